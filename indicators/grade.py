"""Scores of one cohort into ranks and grades (排名分档)."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from indicators.rules import RankShare
from indicators.vocabulary import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicators.rules import Cohort

_DECIMALS = 9
_ROUNDING = {"half_up": ROUND_HALF_UP, "up": ROUND_CEILING, "down": ROUND_FLOOR}
_POSITION: dict[str, Literal["min", "max"]] = {"better_grade": "min", "worse_grade": "max"}


class Graded(NamedTuple):
    """Ranks and grades of one cohort.

    Attributes:
        result: index its members; `rank` (NaN when none), `grade` (empty when none), `reason`.
        cuts: columns `grade, count, lowest_score`.
    """

    result: pd.DataFrame
    cuts: pd.DataFrame


def grade(cohort: Cohort, scores: pd.Series[float], vetoes: pd.Series[str]) -> Graded:
    """Rank the cohort, best first, and cut it into grades.

    Scores that agree to nine decimals tie and share the better rank. A vetoed subject keeps its
    score but takes no place in the ranking.

    Args:
        cohort: the rules.
        scores: score of every member, NaN for none.
        vetoes: same index: why a member is vetoed, empty when it is not.
    """
    scored = scores.notna()
    enough = int(scored.sum()) >= cohort.min_ranked
    ranked = scored & vetoes.eq("") & enough
    rounded = scores[ranked].round(_DECIMALS)
    rank = rounded.rank(method="min", ascending=False).reindex(scores.index).astype(float)
    reason = vetoes.astype("object").where(scored, "")
    if not enough:
        words = {"count": int(scored.sum()), "least": cohort.min_ranked}
        reason = reason.where(~scored, _both(reason, say("grade", "too_few", **words)))
    if not isinstance(cohort.grading, RankShare):
        plain = scored & vetoes.eq("")
        reason = reason.where(~plain, _both(reason, cohort.grading.reason.zh))
        grades, cuts = pd.Series("", index=scores.index), _NO_CUTS
    else:
        grades = _grades(cohort.grading, rounded).reindex(scores.index, fill_value="")
        cuts = _cuts(cohort.grading, grades, scores)
    result = pd.DataFrame({"rank": rank, "grade": grades, "reason": reason}, index=scores.index)
    return Graded(result.astype({"grade": "str", "reason": "str"}), cuts)


def cut_counts(rule: RankShare, count: int) -> tuple[int, ...]:
    """How many subjects stand above each cut, of so many ranked.

    >>> from indicators.rules import RankShare
    >>> grades = [{"id": "A", "top": 0.2}, {"id": "B", "top": 0.95}, {"id": "C", "top": 1}]
    >>> rule = {"by": "rank_share", "rounding": "half_up", "ties": "better_grade"}
    >>> cut_counts(RankShare(**rule, grades=grades), 10)
    (2, 10, 10)
    """
    shares = [Decimal(repr(one.top)) * count for one in rule.grades]
    return tuple(int(share.to_integral_value(_ROUNDING[rule.rounding])) for share in shares)


def vetoed(reasons: Sequence[tuple[str, pd.Series[bool]]], index: pd.Index) -> pd.Series[str]:
    """Reasons of all vetoes that hold for each subject, joined; empty when none does."""
    found = pd.Series("", index=index, dtype="object")
    for reason, here in reasons:
        found = found.where(~here, _both(found, reason))
    return found


def join(first: str, second: str) -> str:
    """Two reasons as one, either of which may be empty or the same."""
    return say("grade", "join").join(dict.fromkeys(part for part in (first, second) if part))


def _both(reasons: pd.Series[str], more: str) -> pd.Series[str]:
    return reasons.map(lambda reason: join(reason, more))


def _grades(rule: RankShare, rounded: pd.Series[float]) -> pd.Series[str]:
    """Who ties across a cut stands above or below it as a whole."""
    place = rounded.rank(method=_POSITION[rule.ties], ascending=False)
    grades = pd.Series(rule.grades[-1].id, index=rounded.index, dtype="object")
    cuts = list(zip(rule.grades, cut_counts(rule, len(rounded)), strict=True))
    for one, count in reversed(cuts):
        grades = grades.mask(place <= count, one.id)
    return grades


def _cuts(rule: RankShare, grades: pd.Series[str], scores: pd.Series[float]) -> pd.DataFrame:
    rows = [
        (one.id, int(grades.eq(one.id).sum()), scores[grades.eq(one.id)]) for one in rule.grades
    ]
    return pd.DataFrame(
        {
            "grade": [name for name, _, _ in rows],
            "count": [count for _, count, _ in rows],
            "lowest_score": [own.min() if len(own) else np.nan for _, _, own in rows],
        }
    )


_NO_CUTS = pd.DataFrame(
    {
        "grade": pd.Series(dtype="str"),
        "count": pd.Series(dtype=int),
        "lowest_score": pd.Series(dtype=float),
    }
)
