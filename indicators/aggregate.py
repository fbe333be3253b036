"""Points up the criteria tree (合成): shares of the groups, score, coverage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from indicators.vocabulary import labels, say

if TYPE_CHECKING:
    from indicators.rules import Cohort
    from indicators.score import Points


class Aggregated(NamedTuple):
    """Scores of one cohort.

    Attributes:
        result: index its members; `score`, `coverage`, and `reason` where there is no score.
        groups: same index, columns group ids: earned share of the group's known weight.
    """

    result: pd.DataFrame
    groups: pd.DataFrame


def aggregate(cohort: Cohort, scored: Points) -> Aggregated:
    """Sum the points of every member.

    The score is the sum of the points; where a weight was left out it is that sum over the
    weight that stayed, times the total. There is no score when nothing at all is known, below
    the least coverage, or when a mean that should fill a gap does not exist.
    """
    weights = {one.indicator: one.weight for one in cohort.criteria}
    points, fills = scored
    known = fills == ""
    weight = pd.Series(weights)[list(points.columns)].to_numpy()
    coverage = _rows(known * weight) / cohort.total_weight
    left_out = _rows((fills == "leave_out_weight") * weight)
    total = _rows(points.fillna(0.0))
    kept = cohort.total_weight - left_out
    score = total.where(left_out.eq(0), total * cohort.total_weight / kept.where(kept > 0))
    reason = pd.Series("", index=points.index, dtype="object")
    empty_mean = points.isna() & (fills == "cohort_mean_points")
    for subject in points.index[empty_mean.any(axis=1)]:
        names = labels(points.columns[empty_mean.loc[subject]])
        reason[subject] = say("score", "no_mean", indicators=names)
    low = coverage.lt(cohort.min_coverage)
    for subject in points.index[low]:
        shares = {"coverage": f"{coverage[subject]:.1%}", "least": f"{cohort.min_coverage:.0%}"}
        reason[subject] = say("score", "low_coverage", **shares)
    reason = reason.mask(~known.any(axis=1), say("score", "nothing_known"))
    result = pd.DataFrame(
        {"score": score.where(reason.eq("")), "coverage": coverage, "reason": reason},
        index=points.index,
    )
    return Aggregated(result, _groups(cohort, points, known))


def _groups(cohort: Cohort, points: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    groups: dict[str, pd.Series[float]] = {}
    for group in cohort.groups:
        names = [one.indicator for one in group.criteria]
        weight = np.array([one.weight for one in group.criteria])
        there = _rows(known[names] * weight)
        earned = _rows(points[names].where(known[names], 0.0))
        groups[group.id] = earned / there.where(there > 0)
    return pd.DataFrame(groups, index=points.index, dtype=float)


def _rows(frame: pd.DataFrame) -> pd.Series[float]:
    """Sum of every row, correctly rounded, so that the order of columns does not matter."""
    sums = [math.fsum(row) for row in frame.to_numpy(dtype=float)]
    return pd.Series(sums, index=frame.index, dtype=float)
