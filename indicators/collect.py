"""Every stage of every cohort into one Evaluation (汇成评价结果)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geodata.issues import Issue, issue
from indicators.grade import join
from indicators.model import Evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicators.aggregate import Aggregated
    from indicators.anchor import Anchor
    from indicators.grade import Graded
    from indicators.model import Measured, Subjects
    from indicators.rules import Cohort, Standard
    from indicators.score import Points

NAMES = {"enterprise": "enterprise_name", "park": "park_name", "parcel": "parcel_name"}
"""Attribute that names a subject, by kind."""


class Judged(NamedTuple):
    """One cohort through all stages.

    Attributes:
        cohort: the rules.
        name: the cohort's id, with the value of its split.
        anchors: numbers of its criteria, in declared order.
        points: points by criterion.
        aggregated: scores and groups.
        graded: ranks and grades.
    """

    cohort: Cohort
    name: str
    anchors: Sequence[Anchor]
    points: Points
    aggregated: Aggregated
    graded: Graded


def collect(
    standard: Standard,
    now: Subjects,
    *,
    measured: Measured,
    assigned: pd.DataFrame,
    judged: Sequence[Judged],
) -> Evaluation:
    """Put the cohorts' tables together, one row per subject, nobody left out.

    Args:
        standard: the rules.
        now: the subjects, sorted by id.
        measured: their indicator values.
        assigned: their cohorts, or why they have none.
        judged: the cohorts that judged somebody.
    """
    index = assigned.index
    weighed = list(dict.fromkeys(one.indicator for c in standard.cohorts for one in c.criteria))
    groups = list(dict.fromkeys(one.id for c in standard.cohorts for one in c.groups))
    points = [one.points.points for one in judged]
    fills = _stack([one.points.fills for one in judged], index, weighed)
    return Evaluation(
        standard=standard,
        period=now.period,
        result=_result(now, assigned, judged),
        measured=measured,
        points=_stack(points, index, weighed).astype(float),
        groups=_stack([one.aggregated.groups for one in judged], index, groups).astype(float),
        fills=fills.astype("object").fillna("").astype("str"),
        benchmarks=_benchmarks(judged),
        cuts=_cuts(judged),
        issues=(*measured.issues, *_few(judged)),
    )


def _stack(parts: list[pd.DataFrame], index: pd.Index, columns: list[str]) -> pd.DataFrame:
    together = pd.concat(parts) if parts else pd.DataFrame()
    return together.reindex(index=index, columns=columns)


def _result(now: Subjects, assigned: pd.DataFrame, judged: Sequence[Judged]) -> pd.DataFrame:
    index = assigned.index
    scores = _stack(
        [one.aggregated.result for one in judged], index, ["score", "coverage", "reason"]
    )
    ranks = _stack([one.graded.result for one in judged], index, ["rank", "grade", "reason"])
    name = NAMES[now.kind]
    names = now.attributes[name] if name in now.attributes.columns else pd.Series(index=index)
    reasons = pd.DataFrame(
        {"of": assigned["reason"], "no": scores["reason"], "why": ranks["reason"]}
    )
    texts = [
        join(join(of, no), why)
        for of, no, why in reasons.astype("object").fillna("").itertuples(index=False)
    ]
    return pd.DataFrame(
        {
            "name": names.astype("object").fillna("").astype("str"),
            "cohort": assigned["cohort"],
            "score": scores["score"].astype(float),
            "coverage": scores["coverage"].astype(float),
            "rank": ranks["rank"].astype(float),
            "grade": ranks["grade"].astype("object").fillna("").astype("str"),
            "reason": pd.Series(texts, index=index, dtype="str"),
        },
        index=index,
    )


def _benchmarks(judged: Sequence[Judged]) -> pd.DataFrame:
    columns = ["cohort", "indicator", "weight", "benchmark", "floor", "goal", "basis"]
    rows = [
        (one.name, criterion.indicator, criterion.weight, *at[:3], at.basis)
        for one in judged
        for criterion, at in zip(one.cohort.criteria, one.anchors, strict=True)
    ]
    kinds = dict.fromkeys(columns[2:6], float) | dict.fromkeys(
        ("cohort", "indicator", "basis"), "str"
    )
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def _cuts(judged: Sequence[Judged]) -> pd.DataFrame:
    parts = [one.graded.cuts.assign(cohort=one.name) for one in judged if len(one.graded.cuts)]
    columns = ["cohort", "grade", "count", "lowest_score"]
    if not parts:
        return pd.DataFrame(columns=columns).astype({"count": int, "lowest_score": float})
    return pd.concat(parts, ignore_index=True)[columns]


def _few(judged: Sequence[Judged]) -> list[Issue]:
    found = []
    for one in judged:
        count = int(one.aggregated.result["score"].notna().sum())
        if count < one.cohort.min_ranked:
            label = one.cohort.label.zh or one.cohort.id
            what = label + one.name.removeprefix(one.cohort.id)
            least = one.cohort.min_ranked
            found.append(issue("too-few-subjects", what=what, count=count, least=least))
    return found
