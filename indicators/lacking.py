"""Which of several columns a row does not know (缺项), in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.conditions import known
from indicators.vocabulary import labels

if TYPE_CHECKING:
    from collections.abc import Iterable


def lacking(frame: pd.DataFrame, names: Iterable[str]) -> pd.Series[str]:
    """Labels of the named columns that are unknown, joined; empty where all are known.

    A column that the frame does not have is unknown in every row.

    >>> import pandas as pd
    >>> lacking(pd.DataFrame({"tax_10k_yuan": [1.0, None]}), ["tax_10k_yuan"]).tolist()
    ['', '评价税收']
    """
    columns = list(dict.fromkeys(names))
    pattern = np.zeros(len(frame), dtype=np.int64)
    for place, name in enumerate(columns):
        gap = ~known(frame[name]).to_numpy() if name in frame.columns else True
        pattern |= np.where(gap, 1 << place, 0)
    found, rows = np.unique(pattern, return_inverse=True)
    words = [
        labels(name for place, name in enumerate(columns) if one >> place & 1)
        for one in found.tolist()
    ]
    return pd.Series(np.array(words, dtype=object)[rows], index=frame.index, dtype="object")
