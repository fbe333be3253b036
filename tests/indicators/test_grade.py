"""Ranks, ties, cuts, vetoes."""

from __future__ import annotations

from math import isnan, nan

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.catalog import find_standard
from indicators.grade import cut_counts, grade
from indicators.rules import Cohort, RankShare

CITY = find_standard("city_default").cohorts[0]


def _rule(rounding: str, ties: str) -> RankShare:
    grades = [{"id": "A", "top": 0.2}, {"id": "B", "top": 0.6}, {"id": "C", "top": 1.0}]
    return RankShare.model_validate(
        {"by": "rank_share", "rounding": rounding, "ties": ties, "grades": grades}
    )


def _cohort(**change: object) -> Cohort:
    return CITY.model_copy(update=change)


def _scores(values: list[float]) -> pd.Series[float]:
    return pd.Series(values, index=[f"e{n}" for n in range(len(values))], dtype=float)


def _vetoes(scores: pd.Series[float], **reasons: str) -> pd.Series[str]:
    return pd.Series([reasons.get(name, "") for name in scores.index], index=scores.index)


def test_shares_of_ten() -> None:
    """Of ten, two are A, four B, four C or D by 20, 60, 95 %."""
    scores = _scores([float(n) for n in range(10)])
    found = grade(CITY, scores, _vetoes(scores))

    assert list("CCCCBBBBAA") == found.result["grade"].tolist()
    assert [2, 4, 4, 0] == found.cuts["count"].tolist()
    assert [8.0, 4.0, 0.0] == found.cuts["lowest_score"].tolist()[:3]
    assert isnan(found.cuts["lowest_score"].tolist()[3])
    assert [10.0, 1.0] == found.result["rank"].iloc[[0, 9]].tolist()


@pytest.mark.parametrize(
    ("rounding", "expected"), [("half_up", (1, 2, 3)), ("up", (1, 2, 3)), ("down", (0, 1, 3))]
)
def test_rounding_of_cuts(rounding: str, expected: tuple[int, ...]) -> None:
    """Of three: 0.6 and 1.8 subjects, rounded as the standard says."""
    assert expected == cut_counts(_rule(rounding, "better_grade"), 3)


def test_half_is_rounded_up_in_decimal() -> None:
    """95 % of ten is nine and a half, which is ten: shares are decimals, not binary fractions."""
    grading = CITY.grading
    assert isinstance(grading, RankShare)

    assert (2, 6, 10, 10) == cut_counts(grading, 10)


@pytest.mark.parametrize(
    ("ties", "expected"), [("better_grade", "ABBBC"), ("worse_grade", "ACCCC")]
)
def test_ties_across_a_cut(ties: str, expected: str) -> None:
    """Three tie on ranks 2 to 4 with the cut after 3: all better, or all worse."""
    scores = _scores([9, 5, 5, 5, 1])
    found = grade(_cohort(grading=_rule("half_up", ties)), scores, _vetoes(scores))

    assert list(expected) == found.result["grade"].tolist()
    assert [1, 2, 2, 2, 5] == found.result["rank"].tolist()


def test_scores_tie_to_nine_decimals() -> None:
    """A difference in the tenth decimal is no difference."""
    scores = _scores([1.00000000001, 1.0])

    assert [1, 1] == grade(CITY, scores, _vetoes(scores)).result["rank"].tolist()


def test_no_score_no_rank() -> None:
    """Who has no score takes no place and no share."""
    scores = _scores([nan, 2, 1])
    found = grade(CITY, scores, _vetoes(scores)).result

    assert found["rank"].isna().tolist() == [True, False, False]
    assert ["", "B", "C"] == found["grade"].tolist()
    assert ["", "", ""] == found["reason"].tolist()


def test_veto_takes_the_rank_only() -> None:
    """The vetoed best keeps the score; the next is first."""
    scores = _scores([3, 2, 1])
    found = grade(CITY, scores, _vetoes(scores, e0="一票否决")).result

    assert [True, False, False] == found["rank"].isna().tolist()
    assert [1, 2] == found["rank"].tolist()[1:]
    assert ["一票否决", "", ""] == found["reason"].tolist()
    assert found["grade"].tolist()[0] == ""


def test_too_few_are_not_ranked() -> None:
    """Two parks of a level get values without ranks, and are told why."""
    cohort = find_standard("five_good").cohorts[0]
    scores = _scores([2, 1])
    found = grade(cohort, scores, _vetoes(scores)).result

    assert found["rank"].isna().all()
    assert found["reason"].str.startswith("本组只有 2 个有得分的对象，少于 3 个，不排名；").all()


def test_nobody_and_one() -> None:
    """Nobody is no error; one alone is first, and graded by the rounding rule."""
    nobody = _scores([])
    one = _scores([5])

    assert grade(CITY, nobody, _vetoes(nobody)).result.empty
    assert [("B", 1.0)] == list(
        grade(CITY, one, _vetoes(one)).result[["grade", "rank"]].itertuples(index=False, name=None)
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_better_scores_never_get_worse_grades(points: list[int]) -> None:
    """Grades follow scores, equal scores get equal grades, and everybody has one."""
    scores = _scores([float(one) for one in points])
    found = grade(CITY, scores, _vetoes(scores)).result.assign(score=scores)
    ordered = found.sort_values("score", ascending=False)

    assert ordered["grade"].is_monotonic_increasing
    assert found["score"].nunique() == len(found[["score", "grade"]].drop_duplicates())
    assert (found["grade"] != "").all()
