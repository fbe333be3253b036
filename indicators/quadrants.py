"""Efficiency against need (效益 × 需求 四象限) for the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from indicators.model import Evaluation


def quadrants(evaluation: Evaluation) -> pd.Series[str]:
    """Name the quadrant of every subject by two groups of its standard.

    A group counts as high from the standard's stated share of its known weight on.

    Args:
        evaluation: result of a standard that declares `quadrants`.

    Returns:
        Index subject id as in the result; Chinese names, empty when either side is unknown or
        the standard declares no quadrants.
    """
    index = evaluation.groups.index
    named = pd.Series("", index=index, dtype="str", name="quadrant")
    rule = evaluation.standard.quadrants
    if rule is None:
        return named
    efficiency, need = evaluation.groups[rule.efficiency], evaluation.groups[rule.need]
    known = efficiency.notna() & need.notna()
    for name, words in rule.names.items():
        strong, wanted = (side == "high" for side in name.split("_"))
        here = efficiency.ge(rule.at).eq(strong) & need.ge(rule.at).eq(wanted)
        named = named.mask(known & here, words.zh)
    return named
