"""One subject's score as arithmetic (得分说明), as values and as Chinese text."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from indicators.shipped import phrase

DIGITS = 8
"""Significant digits printed, so that a pocket calculator arrives at the printed result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One amount that went into an indicator.

    Attributes:
        field: field id.
        label: Chinese name.
        unit: unit of measurement.
        value: the amount, NaN unknown.
        source: file, sheet and cell, or where else it comes from; empty when not known.
    """

    field: str
    label: str
    unit: str
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One criterion: value, points, and how they came about.

    Attributes:
        indicator: indicator id.
        label: Chinese name.
        unit: unit of the value, empty for a fraction.
        percent: shown as percent.
        value: indicator value, NaN unknown.
        numerator: what was divided, NaN when the value was given ready.
        denominator: what it was divided by.
        numerator_parts: amounts added to the numerator.
        denominator_parts: amounts added to the denominator.
        measured: the value's arithmetic in Chinese.
        weight: points for reaching the benchmark or goal.
        benchmark: value that earns the weight, NaN for goalposts.
        floor: value that earns nothing, NaN for benchmarks.
        goal: value that earns the weight, NaN for benchmarks.
        basis: where these numbers come from.
        points: points earned, NaN when none could be given.
        fill: missing-value rule that gave the points, empty when the value is known.
        scored: the points' arithmetic in Chinese.
        note: what to know about the value.
        coverage: for parks, share of the members' land whose figures entered, else NaN.
    """

    indicator: str
    label: str
    unit: str
    percent: bool
    value: float
    numerator: float
    denominator: float
    numerator_parts: tuple[Part, ...]
    denominator_parts: tuple[Part, ...]
    measured: str
    weight: float
    benchmark: float
    floor: float
    goal: float
    basis: str
    points: float
    fill: str
    scored: str
    note: str
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """What one indicator would have to be for the next better grade, all else held.

    Attributes:
        indicator: indicator id.
        label: Chinese name.
        now: present value, NaN unknown.
        needed: value needed, None when this indicator alone cannot do it.
        text: the same in Chinese.
    """

    indicator: str
    label: str
    now: float
    needed: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How one subject was judged under one standard.

    Attributes:
        standard: id of the standard.
        title: its Chinese title.
        official: false for a scheme that is ours.
        period: 统计期.
        subject_id: identifier.
        name: name of the subject.
        cohort: cohort that judged it, empty when none did.
        lines: one per criterion, in the standard's order.
        score: NaN unknown.
        coverage: known weight / total weight.
        rank: 1 for the best of the cohort, NaN without a rank.
        ranked: subjects of the cohort that have a rank.
        grade: grade, empty without.
        reason: why there is no cohort, score, rank or grade.
        lowest: lowest score of the own grade, NaN without.
        next_grade: next better grade that anybody has, empty when there is none.
        next_lowest: its lowest score, NaN without.
        gap: points of score to it, NaN without.
        lifts: what each indicator would have to be.
        header: opening lines in Chinese.
        closing: Chinese lines on score, rank and grade.
    """

    standard: str
    title: str
    official: bool
    period: str
    subject_id: str
    name: str
    cohort: str
    lines: tuple[Line, ...]
    score: float
    coverage: float
    rank: float
    ranked: int
    grade: str
    reason: str
    lowest: float
    next_grade: str
    next_lowest: float
    gap: float
    lifts: tuple[Lift, ...]
    header: tuple[str, ...]
    closing: tuple[str, ...]

    def text(self) -> str:
        """The whole explanation on several Chinese lines."""
        told = [*self.header, ""]
        for number, line in enumerate(self.lines, start=1):
            told += [phrase("explain", "item", number=number, label=line.label)]
            told += [f"   {one}" for one in _told(line)]
        told += [*([""] if self.lines else []), *self.closing]
        if self.lifts:
            told += ["", phrase("explain", "lifts", grade=self.next_grade)]
            told += [f"   {one.text}" for one in self.lifts]
        return "\n".join(told)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON; unknown numbers are None."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)
        return plain


def number(value: float, digits: int = DIGITS) -> str:
    """A number without exponent, with so many significant digits and no idle zeros.

    >>> number(0.000012345), number(24.097), number(1234567.891), number(-0.0)
    ('0.000012345', '24.097', '1234567.9', '0')
    """
    if math.isnan(value):
        return phrase("explain", "unknown")
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def beyond(value: float, digits: int, *, up: bool) -> float:
    """The value rounded to so many significant digits, never to the easier side.

    >>> beyond(2.34561, 4, up=True), beyond(2.34561, 4, up=False)
    (2.346, 2.345)
    """
    if value == 0 or not math.isfinite(value):
        return value
    exact = Decimal(value)
    step = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return float(exact.quantize(step, ROUND_CEILING if up else ROUND_FLOOR))


def quantity(value: float, unit: str, *, percent: bool = False) -> str:
    """A number with its unit, or as percent.

    >>> quantity(24.097, "万元/亩"), quantity(0.0584, "", percent=True)
    ('24.097 万元/亩', '5.84%')
    """
    if math.isnan(value):
        return phrase("explain", "unknown")
    if percent:
        return f"{number(value * 100)}%"
    return f"{number(value)} {unit}".rstrip()


def _told(line: Line) -> list[str]:
    parts = [*line.numerator_parts, *line.denominator_parts]
    sources = [
        phrase("explain", "source", label=part.label, source=part.source)
        for part in dict.fromkeys(parts)
        if part.source
    ]
    notes = [phrase("explain", "note", note=line.note)] if line.note else []
    if not math.isnan(line.coverage):
        share = f"{number(line.coverage * 100)}%"
        notes.append(phrase("explain", "coverage", share=share))
    return [line.measured, *sources, *notes, line.scored]


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
