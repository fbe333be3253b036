"""What a criterion's values are held against (基准值): a number, or a statistic of the cohort."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from geodata.issues import Issue, issue
from indicators.rules import Cohort, CohortStatistic, Criterion
from indicators.vocabulary import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from indicators.rules import Indicator, Missing


class Anchor(NamedTuple):
    """One criterion's numbers in one cohort and period.

    Attributes:
        benchmark: value that earns the weight, NaN under goalposts.
        floor: value that earns nothing, NaN under benchmarks.
        goal: value that earns everything, NaN under benchmarks.
        missing: rule for unknown values in this period.
        basis: where the numbers come from, Chinese.
    """

    benchmark: float
    floor: float
    goal: float
    missing: Missing
    basis: str


class Totals(NamedTuple):
    """What a statistic of the cohort is made of, for one period.

    Attributes:
        period: 统计期.
        numerators: index subject id, columns indicator ids; the cohort's members only.
        denominators: same shape.
        scope: same index, 口径 of each member's amounts.
    """

    period: str
    numerators: pd.DataFrame
    denominators: pd.DataFrame
    scope: pd.Series[str]


def anchor(
    cohort: Cohort,
    criterion: Criterion,
    indicator: Indicator,
    *,
    period: str,
    totals: Mapping[str, Totals],
) -> Anchor | Issue:
    """Numbers that this criterion's values are held against, or why there are none.

    Args:
        cohort: the criterion's cohort.
        criterion: the criterion.
        indicator: what it names.
        period: 统计期 that is judged.
        totals: `current` and, where there is one, `previous`: the cohort's sums.

    Returns:
        The anchor, or the issue that makes the standard unusable for this period.
    """
    nothing = math.nan
    if criterion.floor is not None and criterion.goal is not None:
        numbers = (nothing, criterion.floor, criterion.goal)
        basis = say("benchmark", "goalposts")
    else:
        found = _benchmark(cohort, criterion, indicator, period=period, totals=totals)
        if isinstance(found, Issue):
            return found
        numbers, basis = (found[0], nothing, nothing), found[1]
    missing = _missing(criterion, period)
    if missing is None:
        cause = say("parse", "period_missing", periods=period)
        where = f"{cohort.id} / {criterion.indicator} / missing"
        return issue("standard-invalid", where=where, cause=cause)
    return Anchor(*numbers, missing, basis)


def _missing(criterion: Criterion, period: str) -> Missing | None:
    rule = criterion.missing
    return rule.get(period) if isinstance(rule, dict) else rule


def _benchmark(
    cohort: Cohort,
    criterion: Criterion,
    indicator: Indicator,
    *,
    period: str,
    totals: Mapping[str, Totals],
) -> tuple[float, str] | Issue:
    benchmark = criterion.benchmark
    if isinstance(benchmark, CohortStatistic):
        return _total_ratio(cohort, benchmark, indicator, totals=totals)
    if isinstance(benchmark, dict):
        if period in benchmark:
            return benchmark[period], say("benchmark", "by_period", period=period)
        words = {"period": period, "present": say("measure", "and").join(sorted(benchmark))}
        return issue("benchmark-missing", indicator=indicator.label.zh, **words)
    assert benchmark is not None, "a standard with the method benchmark has benchmarks"
    return benchmark, say("benchmark", "number")


def _total_ratio(
    cohort: Cohort,
    statistic: CohortStatistic,
    indicator: Indicator,
    *,
    totals: Mapping[str, Totals],
) -> tuple[float, str] | Issue:
    """Total over total of those who know both sides: never a mean of ratios."""
    there = totals.get(statistic.period)

    def impossible(cause: str) -> Issue:
        words = {"cohort": cohort.label.zh or cohort.id, "indicator": indicator.label.zh}
        when = there.period if there else say("benchmark", "previous")
        return issue("benchmark-impossible", cause=cause, period=when, **words)

    if there is None:
        return impossible(say("benchmark", "no_previous"))
    scopes = set(totals["current"].scope)
    same = there.scope.isin(scopes)
    if len(there.scope) and not same.any():
        before = say("measure", "and").join(sorted(set(there.scope)))
        words = {"before": before, "now": say("measure", "and").join(sorted(scopes))}
        return impossible(say("benchmark", "scopes", period=there.period, **words))
    above = there.numerators.loc[same, indicator.id].sort_index()
    below = there.denominators.loc[same, indicator.id].sort_index()
    known = above.notna() & below.notna()
    if not known.any():
        return impossible(say("benchmark", "none_known", period=there.period))
    top, bottom = math.fsum(above[known]), math.fsum(below[known])
    value = top / bottom * indicator.factor * statistic.times if bottom > 0 else math.nan
    if not value > 0:
        ratio = f"{top:.10g} / {bottom:.10g}"
        return impossible(say("benchmark", "not_positive", period=there.period, value=ratio))
    numbers = {"numerator": f"{top:.10g}", "denominator": f"{bottom:.10g}"}
    count = int(known.sum())
    basis = say("benchmark", "total_ratio", period=there.period, count=count, **numbers)
    if statistic.times != 1:
        basis += say("benchmark", "times", times=f"{statistic.times:g}")
    if not same.all():
        basis += say("benchmark", "left_out", count=int((~same).sum()))
    return value, basis
