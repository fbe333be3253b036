"""Points of one cohort, and what fills the gaps."""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING

import pandas as pd

from indicators.aggregate import aggregate
from indicators.anchor import Anchor
from indicators.catalog import find_standard
from indicators.score import Points, score

if TYPE_CHECKING:
    from indicators.rules import Cohort

COHORT = find_standard("land_priority").cohorts[0]
ITEMS = [one.indicator for one in COHORT.criteria]
AT = [
    Anchor(nan, one.floor or 0.0, one.goal or 0.0, "leave_out_weight", "")
    for one in COHORT.criteria
]


def _scored(rule: str, *values: float) -> Points:
    """Everybody at the goal, but for the first item, which is as given."""
    rows = [{one.indicator: one.goal for one in COHORT.criteria} for _ in values]
    frame = pd.DataFrame(rows, index=[f"p{n}" for n in range(len(values))], dtype=float)
    frame[ITEMS[0]] = list(values)
    return score(COHORT, frame, [one._replace(missing=rule) for one in AT])


def test_rules_for_missing_values() -> None:
    """20 points of the first item: none, left out, or the mean of 20 and 0."""
    none = _scored("no_points", 22.65, 5.0, nan)
    left = _scored("leave_out_weight", 22.65, 5.0, nan)
    mean = _scored("cohort_mean_points", 22.65, 5.0, nan)

    assert [20, 0, 0] == none.points[ITEMS[0]].tolist()
    assert [20, 0] == left.points[ITEMS[0]].tolist()[:2]
    assert isnan(left.points[ITEMS[0]].tolist()[2])
    assert [20, 0, 10] == mean.points[ITEMS[0]].tolist()
    assert ["", "", "cohort_mean_points"] == mean.fills[ITEMS[0]].tolist()


def test_scores_and_groups() -> None:
    """Left out: 80 of 80 is 100. The group counts known weight only: 45 of 45."""
    left = aggregate(COHORT, _scored("leave_out_weight", nan, 5.0))
    none = aggregate(COHORT, _scored("no_points", nan, 5.0))

    assert [100, 80] == left.result["score"].tolist()
    assert [80, 80] == none.result["score"].tolist()
    assert [0.8, 1.0] == left.result["coverage"].tolist()
    assert [1.0, 45 / 65] == left.groups["efficiency"].tolist()
    assert [1.0, 1.0] == left.groups["need"].tolist()


def test_group_of_which_nothing_is_known() -> None:
    """A group without any known value has no share, and does not hinder the score."""
    points = _scored("leave_out_weight", 22.65)
    need = [one.indicator for one in COHORT.groups[1].criteria]
    gaps = pd.DataFrame("leave_out_weight", index=points.fills.index, columns=need)
    empty = Points(points.points.assign(**dict.fromkeys(need, nan)), points.fills.assign(**gaps))
    found = aggregate(COHORT, empty)

    assert isnan(found.groups.loc["p0", "need"])
    assert (100.0, 0.65) == (found.result.loc["p0", "score"], found.result.loc["p0", "coverage"])


def test_total_weight_scales_what_is_left_out() -> None:
    """With weights that add up to 1000, 800 of 800 known is 1000."""
    tenfold = [
        group.model_copy(
            update={
                "criteria": tuple(
                    one.model_copy(update={"weight": one.weight * 10}) for one in group.criteria
                )
            }
        )
        for group in COHORT.groups
    ]
    cohort: Cohort = COHORT.model_copy(update={"groups": tuple(tenfold), "total_weight": 1000.0})
    frame = pd.DataFrame([{one.indicator: one.goal for one in cohort.criteria}], dtype=float)
    frame[ITEMS[0]] = nan
    found = aggregate(cohort, score(cohort, frame, AT))

    assert [1000.0] == found.result["score"].tolist()
