"""Columns of a table to be scored (评分表的列): what each header means, and in which unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from geodata import units
from geodata.cells import split_unit
from geodata.fields import Field, fields, fields_of, fold, names, nearest
from geodata.issues import Issue, issue
from indicators.catalog import catalog
from indicators.collect import NAMES
from indicators.evaluate import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicators.rules import Condition, Standard

SUBJECT, PERIOD, SCOPE = "subject_id", "period", "scope"

TABLES = {"enterprise": "enterprises", "park": "parks", "parcel": "parcels"}
"""Kind of table in the data dictionary, by kind of subject."""

_PERCENT = "%"
_MUST_STATE = ("元", "m2", "kWh", "tce")


class Target(NamedTuple):
    """What a header can mean.

    Attributes:
        role: part of the subjects that the column fills.
        id: field, indicator or attribute.
        unit: unit of its values, empty for fractions, text and flags.
        type: how cells are read, as in the data dictionary.
    """

    role: Literal["key", "indicator", "amount", "attribute"]
    id: str
    unit: str
    type: str


class Column(NamedTuple):
    """One column that is used.

    Attributes:
        target: what it means.
        place: counted from 0.
        header: as written.
        factor: turns its numbers into the target's unit.
        percent: bare numbers stand in percent.
    """

    target: Target
    place: int
    header: str
    factor: float = 1.0
    percent: bool = False


class Columns(NamedTuple):
    """All columns of a table.

    Attributes:
        used: what is read.
        ignored: headers that mean nothing to the standard.
        problems: ambiguous columns, missing or impossible units, no column of subjects.
    """

    used: tuple[Column, ...]
    ignored: tuple[str, ...]
    problems: tuple[Issue, ...]


def score_columns(headers: Sequence[str], standard: Standard, place: Mapping[str, str]) -> Columns:
    """Settle what each column means.

    A header is an id, a label or an alias of a field, a derived amount or an indicator, the
    standard's own indicators first, with or without a unit in brackets at its end. Only what
    the standard looks at counts; the rest is ignored. Attributes that only the standard's
    conditions name stand under that name.

    Args:
        headers: texts of the header row.
        standard: names the column of the subjects and indicators of its own.
        place: file and sheet for issues.
    """
    known = _known(standard)
    subject = subject_place(headers, standard)
    used: list[Column] = []
    ignored: list[str] = []
    problems: list[Issue] = []
    for number, header in enumerate(headers):
        if number == subject:
            used.append(Column(Target("key", SUBJECT, "", "code"), number, header))
            continue
        found = _column(header, number, known)
        if isinstance(found, Issue):
            problems.append(_placed(found, place))
        elif found is not None:
            used.append(found)
        elif header:
            ignored.append(header)
    problems += _twice(used, place)
    if subject is None:
        near = _near(headers, subject_names(standard))
        wanted = standard.subject_column or SUBJECT
        columns = SUBJECT if wanted == SUBJECT else f"{SUBJECT} 或 {_titled(wanted)}"
        problems.append(issue("score-column-missing", columns=columns, near=near, **place))
    return Columns(tuple(used), tuple(ignored), tuple(problems))


def subject_names(standard: Standard) -> list[str]:
    """Headers under which the subjects may stand, best first."""
    column = standard.subject_column
    if column is None:
        return [SUBJECT]
    field = fields().get(column)
    return [SUBJECT, column, *((field.zh, *field.aliases) if field else ())]


def subject_place(headers: Sequence[str], standard: Standard) -> int | None:
    """Column of the subjects, counted from 0."""
    folded = [fold(header) for header in headers]
    for name in subject_names(standard):
        if fold(name) in folded:
            return folded.index(fold(name))
    return None


def conditions(standard: Standard) -> list[Condition]:
    """Every condition of a standard that looks at a subject."""
    rules = [one.where for one in standard.exemptions] + [one.where for one in standard.vetoes]
    return [one for where in (*rules, *(one.where for one in standard.cohorts)) for one in where]


def _known(standard: Standard) -> dict[str, Target]:
    """Folded header → what it means to this standard; what comes later wins."""
    wanted = _wanted(standard)
    known = {fold(name): target for name, target in _names(standard) if target.id in wanted}
    for name, kind in _unlisted(standard).items():
        known.setdefault(fold(name), Target("attribute", name, "", kind))
    for name, headers in {PERIOD: (PERIOD, "统计期"), SCOPE: (SCOPE, "口径", "统计口径")}.items():
        known |= {fold(header): Target("key", name, "", "text") for header in headers}
    return known


def _names(standard: Standard) -> Iterator[tuple[str, Target]]:
    """Every name of fields, derived amounts and indicators, the weakest claim first."""
    table = TABLES[standard.subject]
    for name, ids in names(table).items():
        if len(ids) == 1:
            yield name, _field_target(fields()[ids[0]])
    for amount in (*catalog().amounts.values(), *standard.amounts):
        target = Target("amount", amount.id, amount.unit, "number")
        yield from ((name, target) for name in (amount.label.zh, amount.id))
    for one in (*catalog().indicators.values(), *standard.indicators):
        target = Target("indicator", one.id, one.unit, "number")
        yield from ((name, target) for name in (*one.aliases, one.label.zh, one.id))
    for field in (*fields().values(), *fields_of(table).values()):
        yield field.id, _field_target(field)


def _wanted(standard: Standard) -> set[str]:
    """Ids of all that this standard looks at, and the subjects' names."""
    indicators = named(standard)
    parts = {name for one in indicators.values() for name in (*one.numerator, *one.denominator)}
    return {*indicators, *parts, *_unlisted(standard), NAMES[standard.subject]}


def _unlisted(standard: Standard) -> dict[str, str]:
    """Attributes that only this standard knows, with the kind that its conditions expect."""
    found = {one.split: "text" for one in standard.cohorts if one.split}
    found |= {one.reason_field: "text" for one in standard.exemptions if one.reason_field}
    for one in conditions(standard):
        if isinstance(one.equals, bool) or isinstance(one.is_not, bool):
            found[one.field] = "flag"
        elif one.at_least is not None or one.below is not None:
            found[one.field] = "number"
        else:
            found.setdefault(one.field, "text")
    return found


def _field_target(field: Field) -> Target:
    role: Literal["amount", "attribute"] = "amount" if field.role == "amount" else "attribute"
    return Target(role, field.id, field.unit, field.type)


def _column(header: str, place: int, known: Mapping[str, Target]) -> Column | Issue | None:
    label, unit = split_unit(header)
    whole = known.get(fold(header))
    target = whole or known.get(fold(label))
    if target is None:
        return None
    column = Column(target, place, header)
    if target.type != "number":
        return column
    return _with_unit(column, unit, written=whole is not None) if unit else _without_unit(column)


def _with_unit(column: Column, unit: str, *, written: bool) -> Column | Issue:
    """Convert; a unit within a name that somebody wrote down for an indicator is its own."""
    target = column.target
    if fold(unit) == _PERCENT and target.role == "indicator":
        return column._replace(percent=True)
    factor = units.factor(unit, target.unit or "1")
    if factor is not None:
        return column._replace(factor=factor)
    if target.role == "indicator" and written:
        return column
    if not target.unit and target.id.endswith(f"_{fold(unit)}"):
        return column
    words = {"column": column.header, "unit": unit, "wanted": target.unit or "1"}
    return issue("score-unit-unknown", **words)


def _without_unit(column: Column) -> Column | Issue:
    """An amount under its id, and an indicator, stand in their own unit; money must say so."""
    target = column.target
    stated = target.role != "amount" or fold(column.header) == fold(target.id)
    if stated or not _must_state(target.unit):
        return column
    example = f"{column.header}（{target.unit}）"
    return issue("score-unit-missing", column=column.header, example=example, field=target.id)


def _must_state(unit: str) -> bool:
    """Whether nobody may assume this unit: money, area, electricity, coal, ratios of them."""
    parts = [part for part in unit.split("/") if part]
    return any(units.factor(part, base) is not None for part in parts for base in _MUST_STATE)


def _twice(used: Iterable[Column], place: Mapping[str, str]) -> list[Issue]:
    by_id: dict[tuple[str, str], list[str]] = {}
    for one in used:
        by_id.setdefault((one.target.role, one.target.id), []).append(f"“{one.header}”")
    return [
        issue("score-column-twice", field=_titled(name), columns="、".join(headers), **place)
        for (_, name), headers in by_id.items()
        if len(headers) > 1
    ]


def _near(headers: Iterable[str], wanted: Iterable[str]) -> str:
    there = [header for header in headers if header]
    close = dict.fromkeys(one for name in wanted for one in nearest(name, there, count=1))
    found = "、".join(f"“{one}”" for one in close)
    listed = "、".join(there)
    return f"；表中相近的列：{found}" if found else f"；表中的列：{listed or '（没有列名）'}"


def _titled(name: str) -> str:
    field = fields().get(name)
    return f"{field.zh}（{name}）" if field else name


def _placed(one: Issue, place: Mapping[str, str]) -> Issue:
    return issue(one.code, **place, **dict(one.params))
