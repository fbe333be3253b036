"""Values of one cohort into points (计分), unknown values filled by the rule that says how."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from indicators.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indicators.anchor import Anchor
    from indicators.rules import Cohort


class Points(NamedTuple):
    """Points of one cohort: index its members, columns indicator ids of its criteria.

    Attributes:
        points: weight × share, or what the rule for missing values gave; NaN where the weight
            is left out, or where the rule has nothing to give.
        fills: the rule that was used, empty where the value is known.
    """

    points: pd.DataFrame
    fills: pd.DataFrame


def score(cohort: Cohort, values: pd.DataFrame, anchors: Sequence[Anchor]) -> Points:
    """Points of every criterion for every member of the cohort.

    Args:
        cohort: the rules.
        values: index the cohort's members, columns indicator ids.
        anchors: one per criterion, in declared order.
    """
    points: dict[str, pd.Series[float]] = {}
    fills: dict[str, pd.Series[str]] = {}
    for criterion, anchor in zip(cohort.criteria, anchors, strict=True):
        own = values[criterion.indicator]
        earned = normalise(own, cohort.normalise, anchor) * criterion.weight
        gap = own.isna()
        points[criterion.indicator] = earned.mask(gap, _FILLS[anchor.missing](earned))
        plain = pd.Series("", index=own.index, dtype="object")
        fills[criterion.indicator] = plain.mask(gap, anchor.missing)
    return Points(
        points=pd.DataFrame(points, index=values.index),
        fills=pd.DataFrame(fills, index=values.index).astype("str"),
    )


def _no_points(_earned: pd.Series[float]) -> float:
    return 0.0


def _leave_out_weight(_earned: pd.Series[float]) -> float:
    return np.nan


def _cohort_mean_points(earned: pd.Series[float]) -> float:
    """Mean points of the members whose value is known, unknown when nobody's is."""
    known = earned.dropna().sort_index()
    return math.fsum(known) / len(known) if len(known) else np.nan


_FILLS: dict[str, Callable[[pd.Series[float]], float]] = {
    "no_points": _no_points,
    "leave_out_weight": _leave_out_weight,
    "cohort_mean_points": _cohort_mean_points,
}
