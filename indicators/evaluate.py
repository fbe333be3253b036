"""A standard applied to one period (评价): the table of contents of the method."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geodata.errors import InputError
from geodata.issues import Issue, issue
from indicators.aggregate import aggregate
from indicators.anchor import Anchor, Totals, anchor
from indicators.assign import assign
from indicators.collect import Judged, collect
from indicators.conditions import mask
from indicators.grade import grade, vetoed
from indicators.measure import measure
from indicators.rules import CohortStatistic
from indicators.score import score
from indicators.vocabulary import catalog

if TYPE_CHECKING:
    from indicators.model import Evaluation, Measured, Subjects
    from indicators.rules import Cohort, Indicator, Standard


def evaluate(standard: Standard, now: Subjects, before: Subjects | None = None) -> Evaluation:
    """Judge every subject by a standard.

    measure → assign → benchmarks → score → aggregate → grade, cohort by cohort. Who is exempt,
    or fits no cohort, stays in the table with the reason. The order of the rows does not
    matter; results are sorted by id.

    Args:
        standard: the rules.
        now: the subjects at the period to judge.
        before: the same at the period before it, for growth and last year's benchmarks.

    Raises:
        InputError: the energy basis is not the standard's, there is no benchmark for this
            period, or one cannot be computed; every problem at once.
    """
    now, before = _sorted(now), None if before is None else _sorted(before)
    indicators = named(standard)
    measured = measure(list(indicators.values()), now, before)
    facts = _facts(now, measured)
    assigned = assign(standard, facts)
    sums = _sums(standard, now=now, before=before)
    problems = _basis_problems(standard, now)
    judged: list[Judged] = []
    for cohort, name in _cohorts(standard, assigned):
        members = assigned.index[assigned["cohort"].eq(name)]
        totals = {when: one.of(name) for when, one in sums.items()}
        found = [
            anchor(cohort, one, indicators[one.indicator], period=now.period, totals=totals)
            for one in cohort.criteria
        ]
        problems += [one for one in found if isinstance(one, Issue)]
        if problems:
            continue
        anchors = [one for one in found if isinstance(one, Anchor)]
        points = score(cohort, measured.values.loc[members], anchors)
        total = aggregate(cohort, points)
        graded = grade(cohort, total.result["score"], _vetoes(standard, facts.loc[members]))
        judged.append(Judged(cohort, name, anchors, points, total, graded))
    if problems:
        raise InputError(dict.fromkeys(problems))
    return collect(standard, now, measured=measured, assigned=assigned, judged=judged)


def named(standard: Standard) -> dict[str, Indicator]:
    """Every indicator that the standard names or declares, by id.

    Criteria come first in declared order, then those named by conditions, then the standard's
    own that nothing weighs.
    """
    own = {one.id: one for one in standard.indicators}
    known = {**catalog().indicators, **own}
    criteria = [one.indicator for cohort in standard.cohorts for one in cohort.criteria]
    wheres = [exemption.where for exemption in standard.exemptions]
    wheres += [veto.where for veto in standard.vetoes]
    wheres += [cohort.where for cohort in standard.cohorts]
    conditions = [one.field for where in wheres for one in where]
    return {name: known[name] for name in (*criteria, *conditions, *own) if name in known}


def _sorted(subjects: Subjects) -> Subjects:
    order = subjects.amounts.index.sort_values()
    others = subjects.other_scopes
    return replace(
        subjects,
        scope=subjects.scope.reindex(order),
        attributes=subjects.attributes.reindex(order),
        amounts=subjects.amounts.reindex(order),
        ready=subjects.ready.reindex(order),
        other_scopes=others if others.empty else others.reindex(order),
    )


def _facts(subjects: Subjects, measured: Measured) -> pd.DataFrame:
    """All that conditions may look at: attributes before amounts before indicator values."""
    tables = (subjects.attributes, subjects.amounts, measured.values)
    together = pd.concat(tables, axis="columns")
    return together.loc[:, ~together.columns.duplicated()]


def _basis_problems(standard: Standard, now: Subjects) -> list[Issue]:
    wanted, present = standard.energy_basis, now.energy_basis
    if wanted is None or not present or present == wanted:
        return []
    return [issue("energy-basis", wanted=wanted, present=present)]


def _cohorts(standard: Standard, assigned: pd.DataFrame) -> list[tuple[Cohort, str]]:
    """Cohorts that judge somebody: declared order, then by the value of the split."""
    return [
        (cohort, name)
        for cohort in standard.cohorts
        for name in sorted(set(assigned.loc[assigned["declared"].eq(cohort.id), "cohort"]))
    ]


class _Sums(NamedTuple):
    """Numerators and denominators of one period, with everybody's cohort."""

    subjects: Subjects
    measured: Measured
    assigned: pd.DataFrame

    def of(self, cohort: str) -> Totals:
        """Those of one cohort's members."""
        members = self.assigned.index[self.assigned["cohort"].eq(cohort)]
        return Totals(
            period=self.subjects.period,
            numerators=self.measured.numerators.loc[members],
            denominators=self.measured.denominators.loc[members],
            scope=self.subjects.scope.loc[members],
        )


def _sums(standard: Standard, *, now: Subjects, before: Subjects | None) -> dict[str, _Sums]:
    """What statistics of cohorts are made of, by the name that a benchmark uses for the period."""
    criteria = [one for cohort in standard.cohorts for one in cohort.criteria]
    if not any(isinstance(one.benchmark, CohortStatistic) for one in criteria):
        return {}
    current = {"current": _sum(standard, now)}
    return current if before is None else current | {"previous": _sum(standard, before)}


def _sum(standard: Standard, subjects: Subjects) -> _Sums:
    """Ready values have no sums: they count for the cohort and are then put aside."""
    indicators = list(named(standard).values())
    measured = measure(indicators, subjects)
    assigned = assign(standard, _facts(subjects, measured))
    if len(subjects.ready.columns):
        measured = measure(indicators, replace(subjects, ready=subjects.ready.iloc[:, :0]))
    return _Sums(subjects, measured, assigned)


def _vetoes(standard: Standard, facts: pd.DataFrame) -> pd.Series[str]:
    found = [(one.reason.zh, mask(one.where, facts)) for one in standard.vetoes]
    return vetoed(found, facts.index)
