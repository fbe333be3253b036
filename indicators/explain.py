"""How one subject got its score and grade (得分说明): arithmetic down to the source cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.errors import InputError
from geodata.fields import nearest
from geodata.identifiers import fold_name
from geodata.issues import issue
from indicators.anchor import Anchor
from indicators.arithmetic import Side, measured, scored, shown
from indicators.evaluate import named
from indicators.explanation import Explanation, Lift, Line, beyond, number
from indicators.lift import Item, lift
from indicators.rules import RankShare
from indicators.shipped import phrase
from indicators.trace import Place, trace

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    import pandas as pd

    from geodata.model import Dataset
    from indicators.model import Evaluation
    from indicators.rules import Cohort, Criterion

__all__ = ["Explanation", "explain"]

_TIE = 2e-9
"""Scores that agree to nine decimals tie; where a tie goes to the worse grade, this beats it."""

_SHOWN = 6
"""Significant digits of values that would have to be reached, rounded to the safe side."""


class _Case(NamedTuple):
    """One subject under one standard."""

    evaluation: Evaluation
    subject: str
    row: Mapping[Hashable, Any]
    cohort: Cohort | None
    anchors: Mapping[str, Mapping[Hashable, Any]]


SUGGESTED = 5
"""Names offered when a subject is not found but its text stands in them."""


def explain(evaluation: Evaluation, subject: str, *, dataset: Dataset | None) -> Explanation:
    """Explain one subject's score as arithmetic, and what would lift it one grade.

    Args:
        evaluation: the result to explain.
        subject: identifier, name, or a name that differs only in width, case and spaces.
        dataset: the facts, for source cells; may be absent.

    Raises:
        InputError: the result has no such subject (the nearest names are given), or several
            subjects bear the name.
    """
    case = _case(evaluation, _find(evaluation.result, subject))
    lines = tuple(_line(case, one, dataset) for one in _criteria(case))
    standing = _standing(case)
    row = case.row
    return Explanation(
        standard=evaluation.standard.id,
        title=evaluation.standard.title.zh,
        official=evaluation.standard.official,
        period=evaluation.period,
        subject_id=case.subject,
        name=str(row["name"]),
        cohort=str(row["cohort"]),
        lines=lines,
        score=float(row["score"]),
        coverage=float(row["coverage"]),
        rank=float(row["rank"]),
        ranked=standing.ranked,
        grade=str(row["grade"]),
        reason=str(row["reason"]),
        lowest=standing.lowest,
        next_grade=standing.next_grade,
        next_lowest=standing.next_lowest,
        gap=standing.next_lowest - float(row["score"]),
        lifts=_lifts(case, lines, standing),
        header=tuple(_header(case)),
        closing=tuple(_closing(case, lines, standing)),
    )


def _find(result: pd.DataFrame, subject: str) -> str:
    if subject in result.index:
        return subject
    folded = [fold_name(name) for name in result["name"]]
    for wanted, names in ((subject, list(result["name"])), (fold_name(subject), folded)):
        found = [str(one) for one, name in zip(result.index, names, strict=True) if name == wanted]
        if wanted and len(found) == 1:
            return found[0]
        if wanted and found:
            candidates = phrase("explain", "join").join(found)
            raise InputError([issue("name-ambiguous", value=subject, candidates=candidates)])
    known = dict.fromkeys([*(name for name in result["name"] if name), *map(str, result.index)])
    inside = [name for name in known if subject in name][:SUGGESTED]
    close = phrase("explain", "join").join(inside or nearest(subject, known))
    hint = phrase("explain", "near", names=close) if close else ""
    raise InputError([issue("subject-missing", value=subject, near=hint)])


def _case(evaluation: Evaluation, subject: str) -> _Case:
    row = evaluation.result.loc[[subject]].to_dict("records")[0]
    name = str(row["cohort"])
    cohorts = [one for one in evaluation.standard.cohorts if _is_of(name, one)]
    cohort = max(cohorts, key=lambda one: len(one.id), default=None)
    rows = evaluation.benchmarks[evaluation.benchmarks["cohort"].eq(name)].to_dict("records")
    return _Case(evaluation, subject, row, cohort, {one["indicator"]: one for one in rows})


def _at(table: pd.DataFrame, case: _Case, indicator: str) -> Any:
    return table.loc[[case.subject], indicator].to_list()[0]


def _is_of(name: str, cohort: Cohort) -> bool:
    return name == cohort.id or (cohort.split is not None and name.startswith(f"{cohort.id}:"))


def _criteria(case: _Case) -> tuple[Criterion, ...]:
    return case.cohort.criteria if case.cohort else ()


def _item(case: _Case, criterion: Criterion) -> Item:
    assert case.cohort is not None
    at = case.anchors[criterion.indicator]
    value = float(_at(case.evaluation.measured.values, case, criterion.indicator))
    anchor = Anchor(at["benchmark"], at["floor"], at["goal"], "no_points", at["basis"])
    return Item(value, at["weight"], anchor, case.cohort.normalise)


def _line(case: _Case, criterion: Criterion, dataset: Dataset | None) -> Line:
    indicator = named(case.evaluation.standard)[criterion.indicator]
    item, found = _item(case, criterion), case.evaluation.measured
    above = float(_at(found.numerators, case, indicator.id))
    below = float(_at(found.denominators, case, indicator.id))
    place = Place(case.evaluation, case.subject, dataset)
    is_growth = indicator.kind == "growth"
    earlier = indicator.numerator if is_growth else indicator.denominator
    upper = trace(place, indicator.numerator, above)
    lower = trace(place, earlier, below, earlier=is_growth)
    earned = float(_at(case.evaluation.points, case, indicator.id))
    fill = str(_at(case.evaluation.fills, case, indicator.id))
    return Line(
        indicator=indicator.id,
        label=indicator.label.zh,
        unit=indicator.unit,
        percent=indicator.percent,
        value=item.value,
        numerator=above,
        denominator=below,
        numerator_parts=upper,
        denominator_parts=lower,
        measured=measured(indicator, item.value, Side(above, upper), Side(below, lower)),
        weight=item.weight,
        benchmark=item.anchor.benchmark,
        floor=item.anchor.floor,
        goal=item.anchor.goal,
        basis=item.anchor.basis,
        points=earned,
        fill=fill,
        scored=scored(indicator, item, earned, fill),
        note=str(_at(found.notes, case, indicator.id)),
        coverage=float(_at(found.coverage, case, indicator.id)),
    )


class _Standing(NamedTuple):
    """Where the subject stands in its cohort."""

    ranked: int
    lowest: float
    next_grade: str
    next_lowest: float


def _standing(case: _Case) -> _Standing:
    """Ranked subjects, lowest score of the own grade, and the next better grade anybody has."""
    result, name = case.evaluation.result, case.row["cohort"]
    ranked = int((result["cohort"].eq(name) & result["rank"].notna()).sum()) if name else 0
    grading = case.cohort.grading if case.cohort else None
    if not isinstance(grading, RankShare) or not case.row["grade"]:
        return _Standing(ranked, math.nan, "", math.nan)
    cuts = case.evaluation.cuts
    here = cuts[cuts["cohort"].eq(name)]
    lowest = dict(zip(here["grade"], here["lowest_score"].astype(float), strict=True))
    order = [one.id for one in grading.grades]
    better = order[: order.index(case.row["grade"])]
    held = [one for one in better if not math.isnan(lowest[one])]
    own = lowest[case.row["grade"]]
    if not held:
        return _Standing(ranked, own, "", math.nan)
    return _Standing(ranked, own, held[-1], lowest[held[-1]])


def _kept(case: _Case, lines: Sequence[Line]) -> tuple[float, float]:
    """Total weight of the cohort, and what of it counts for this subject."""
    assert case.cohort is not None
    left_out = math.fsum(line.weight for line in lines if line.fill == "leave_out_weight")
    return case.cohort.total_weight, case.cohort.total_weight - left_out


def _lifts(case: _Case, lines: Sequence[Line], standing: _Standing) -> tuple[Lift, ...]:
    """What each indicator would have to be for the next grade's lowest score, others held."""
    if case.cohort is None or not standing.next_grade:
        return ()
    total, kept = _kept(case, lines)
    wanted = standing.next_lowest - float(case.row["score"])
    grading = case.cohort.grading
    if isinstance(grading, RankShare) and grading.ties == "worse_grade":
        wanted += _TIE
    found = []
    for criterion, line in zip(case.cohort.criteria, lines, strict=True):
        needed = lift(_item(case, criterion), wanted * kept / total)
        found.append(
            Lift(
                indicator=line.indicator,
                label=line.label,
                now=line.value,
                needed=needed,
                text=_lift_text(case, line, needed),
            )
        )
    return tuple(found)


def _lift_text(case: _Case, line: Line, needed: float | None) -> str:
    indicator = named(case.evaluation.standard)[line.indicator]
    words = {"label": line.label, "now": shown(indicator, line.value)}
    if needed is None:
        return phrase("explain", "alone_missing" if math.isnan(line.value) else "alone", **words)
    up = needed > line.value
    words["needed"] = shown(indicator, beyond(needed, _SHOWN, up=up))
    return phrase("explain", "lift", verb=phrase("explain", "up" if up else "down"), **words)


def _header(case: _Case) -> Iterator[str]:
    standard, row = case.evaluation.standard, case.row
    form = "subject" if row["name"] and row["name"] != case.subject else "nameless"
    yield phrase("explain", form, name=row["name"], subject=case.subject)
    yield phrase("explain", "under", title=standard.title.zh, period=case.evaluation.period)
    note = standard.note.zh if standard.note else ""
    if not standard.official:
        note = note or phrase("explain", "ours_default")
    if note:
        yield phrase("explain", "ours", note=note)
    if case.cohort is not None:
        yield phrase("explain", "cohort", cohort=_cohort_label(case.cohort, str(row["cohort"])))


def _cohort_label(cohort: Cohort, name: str) -> str:
    value = name.removeprefix(cohort.id).removeprefix(":")
    label = cohort.label.zh or cohort.id
    return phrase("explain", "split", label=label, value=value) if value else label


def _closing(case: _Case, lines: Sequence[Line], standing: _Standing) -> Iterator[str]:
    row = case.row
    if not math.isnan(row["score"]):
        yield _total(case, lines)
    if case.cohort is not None and not math.isnan(row["coverage"]):
        yield phrase("explain", "known", share=f"{number(row['coverage'] * 100)}%")
    if not math.isnan(row["rank"]):
        yield phrase("explain", "rank", rank=number(row["rank"]), count=standing.ranked)
    if row["grade"]:
        yield phrase("explain", "grade", grade=row["grade"], lowest=number(standing.lowest))
        if standing.next_grade:
            gap = standing.next_lowest - float(row["score"])
            words = {"lowest": number(standing.next_lowest), "gap": number(gap)}
            yield phrase("explain", "next", grade=standing.next_grade, **words)
        else:
            yield phrase("explain", "best")
    if row["reason"]:
        yield phrase("explain", "reason", reason=row["reason"])


def _total(case: _Case, lines: Sequence[Line]) -> str:
    total, kept = _kept(case, lines)
    words = {"score": number(float(case.row["score"])), "total": number(total)}
    if kept == total:
        return phrase("explain", "total", **words)
    points = math.fsum(line.points for line in lines if not math.isnan(line.points))
    return phrase("explain", "total_kept", points=number(points), kept=number(kept), **words)
