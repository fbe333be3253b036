"""What things are called and how numbers are shown (标签与格式); the words are in labels.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.fields import fields
from indicators.catalog import catalog
from reports.assets import words

if TYPE_CHECKING:
    from indicators.model import Findings
    from indicators.rules import Cohort, Indicator, Standard


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table for people.

    Attributes:
        id: column of the frame.
        title: header, with the unit.
        kind: how its values are shown, a key of `kinds` in labels.toml, or `row`: as the
            frame's column `row_kind` says.
    """

    id: str
    title: str
    kind: str


def word(section: str, name: str, /, **values: object) -> str:
    """One phrase of labels.toml with its `{names}` filled in.

    >>> word("facts", "period")
    '统计期'
    """
    text: str = words()[section][name]
    return text.format_map(values) if values else text


def column(name: str, *, at: str = "", title: str = "") -> Column:
    """A column of our own making, worded by labels.toml.

    Args:
        name: key of `columns` in labels.toml.
        at: column of the frame where it has another name.
        title: words put before the header, joined by a middle dot.
    """
    entry = words()["columns"][name]
    header = f"{title} · {entry['title']}" if title else entry["title"]
    return Column(id=at or name, title=header, kind=entry["kind"])


def field_column(name: str, *, at: str = "", title: str = "") -> Column:
    """A column that holds a field of the data dictionary; unknown ids stand for themselves.

    Args:
        name: field id.
        at: column of the frame where it has another name.
        title: words put before the header, joined by a middle dot.
    """
    header = field_label(name)
    told = f"{title} · {header}" if title else header
    return Column(id=at or name, title=told, kind=field_kind(name))


def indicator_column(indicator: Indicator, *, at: str = "") -> Column:
    """A column that holds an indicator's values, with the unit in its header."""
    unit = "" if indicator.percent else indicator.unit
    header = f"{indicator.label.zh}（{unit}）" if unit else indicator.label.zh
    return Column(id=at or indicator.id, title=header, kind=kind_of(indicator))


def kind_of(indicator: Indicator) -> str:
    """How an indicator's values are shown."""
    return "percent" if indicator.percent else kind_of_unit(indicator.unit)


def kind_of_unit(unit: str) -> str:
    """How amounts in a unit are shown.

    >>> kind_of_unit("亩"), kind_of_unit("家"), kind_of_unit("万元/亩")
    ('mu', 'count', 'number')
    """
    kind: str = words()["units"].get(unit, "number")
    return kind


def field_kind(name: str) -> str:
    """How a field's values are shown; numbers where it is not in the dictionary."""
    known = fields().get(name)
    if known is None:
        return kind_of_unit("")
    return kind_of_unit(known.unit) if known.type == "number" else "text"


def field_label(name: str) -> str:
    """A field's Chinese label with its unit, the id itself where it is not in the dictionary."""
    known = fields().get(name)
    return known.label if known else name


def indicators_of(findings: Findings) -> dict[str, Indicator]:
    """Every indicator that these findings may name: the catalogue's, then the standards' own."""
    own = [one for each in findings.evaluations.values() for one in each.standard.indicators]
    return {**catalog().indicators, **{one.id: one for one in own}}


def show(value: Any, kind: str) -> str:
    """A value as text for a page: thousands parted, empty when unknown.

    >>> show(1234.5, "number"), show(0.1234, "percent"), show(float("nan"), "mu")
    ('1,234.50', '12.3%', '')
    """
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return word("marks", "yes" if value else "no")
    entry: dict[str, Any] = words()["kinds"][kind]
    number = float(value)
    if kind == "percent":
        return _unsigned_zero(f"{number * 100:,.{entry['decimals']}f}") + "%"
    return _unsigned_zero(f"{number:,.{entry['decimals']}f}")


def cohort_label(standard: Standard, name: str) -> str:
    """A cohort in Chinese; the part after the colon is the value that split it.

    Args:
        standard: the rules.
        name: cohort as it stands in the results, such as `all:省级`.
    """
    head, _, value = name.partition(":")
    known = cohort_of(standard, name)
    label = known.label.zh if known else head
    if not value:
        return label
    return value if len(standard.cohorts) == 1 else f"{label} · {value}"


def cohort_of(standard: Standard, name: str) -> Cohort | None:
    """The rules of a cohort named in the results."""
    head = name.partition(":")[0]
    return next((one for one in standard.cohorts if one.id == head), None)


def standing(standard: Standard) -> str:
    """Whether a standard is published, or ours without any official source."""
    return word("marks", "official" if standard.official else "ours")


def ours(findings: Findings) -> tuple[str, ...]:
    """The line that names the standards of ours, which have no official source; or nothing."""
    every = [one.standard for one in findings.evaluations.values()]
    titles = [one.title.zh for one in every if not one.official]
    if not titles:
        return ()
    return (f"{word('marks', 'several').join(titles)}：{word('marks', 'ours')}",)


def _unsigned_zero(text: str) -> str:
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text
