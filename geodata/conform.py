"""Conform a raw table (规整): canonical columns, units and types, every doubt named."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import cells, units
from geodata.errors import InputError
from geodata.fields import Field, fields_of, fold
from geodata.header import KEYS, Column, Columns, addresses, conversion, header, row_address
from geodata.issues import Issue, issue
from geodata.model import Conformed
from geodata.sift import missed, sift

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geodata.header import Header
    from geodata.model import RawTable
    from geodata.sift import Sifted

__all__ = ["Columns", "conform"]

NOTHING_DECLARED = Columns()

_CREDIT_CODES = frozenset({"credit_code", "holder_code", "lessor_code", "tenant_code"})
_LEAST_KNOWN = 5

_SUSPECT_SHARE = 0.2
"""Share of implausible values from which a column's unit is in doubt, not single cells."""
"""Fewer known values than this say nothing about a whole column."""
_TYPES = {"number": "float64", "flag": "boolean", "date": "datetime64[s]"}


def conform(raw: RawTable, table: str, *, how: Columns = NOTHING_DECLARED) -> Conformed:
    """Turn a raw table into canonical columns, units and types.

    The only place where units are converted. Rows of totals and notes are left out and
    reported, totals are compared with the sum of the rows, rows that name no subject are left
    out and reported. A value that cannot be read is unknown, with an issue.

    Args:
        raw: the table as read.
        table: its kind: enterprises, parcels, parks or leases.
        how: what the workspace declares about its columns.

    Raises:
        InputError: with every problem, when there is no header or no data row, or a column or
            unit is missing, ambiguous or unknown.
    """
    head = header(raw, table, how)
    sifted = sift(raw, head, table)
    taken = _take(raw, sifted.records, head, how)
    subjects = _subjects([taken[name] for name in KEYS[table] if name in taken], sifted)
    records = _Records(raw, sifted.records, subjects)
    found = [*raw.notes, *head.issues, *sifted.issues, *_keyless(records, table)]
    if not any(subjects):
        raise InputError([issue("empty-table", file=raw.file, sheet=raw.sheet), *found])
    for one in taken.values():
        found += [*_doubts(records, one), *_out_of_bounds(records, one)]
        found += _mismatches(raw, sifted, one)
    kept = np.array(subjects) != ""
    frame = pd.DataFrame({name: one.series[kept] for name, one in taken.items()})
    frame = frame.reset_index(drop=True)
    if raw.geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=raw.geometry[kept].reset_index(drop=True))
    rows = np.array(sifted.records)[kept].tolist()
    places = {name: _addresses(raw, rows, one.column) for name, one in taken.items()}
    return Conformed(
        file=raw.file,
        sheet=raw.sheet,
        frame=frame,
        cells=pd.DataFrame(places, index=frame.index, dtype="str"),
        issues=tuple(found),
    )


class _Records(NamedTuple):
    """The rows that hold data."""

    raw: RawTable
    rows: Sequence[int]
    subjects: Sequence[str]
    """What each calls its subject, empty when it names none."""

    def where(self, position: int, column: Column | None) -> dict[str, str]:
        """File, sheet, cell, value and subject of one record, for an issue."""
        row = self.rows[position]
        about = _place(self.raw, row, column) | {"subject": self.subjects[position]}
        if column is None:
            return about
        return about | {"value": cells.plain(_cell(self.raw, row, column.place))}


class _Taken(NamedTuple):
    """One field of all records."""

    field: Field
    column: Column | None
    """None for a constant."""
    series: pd.Series[Any]
    """Canonical."""
    stated: NDArray[np.float64]
    """Of a number, in the unit of the table; empty for everything else."""
    doubts: list[tuple[int, str]]
    """Positions of records that could not be read, with the issue that says so."""


def _take(raw: RawTable, records: Sequence[int], head: Header, how: Columns) -> dict[str, _Taken]:
    """Every field there is, from its column or its constant; first those of columns."""
    taken: dict[str, _Taken] = {}
    for column in head.columns:
        place = column.place
        lines = (raw.rows[row] for row in records)
        values = [line[place] if place < len(line) else None for line in lines]
        formatted = {
            position
            for position, row in enumerate(records if raw.percents else ())
            if (row, place) in raw.percents
        }
        taken[column.field.id] = _read(column, values, formatted)
    for one in head.constants:
        value = how.constants[one.id]
        read = _read(Column(one, -1, one.id, one.unit), [value], set())
        if read.doubts:
            where = {"file": raw.file, "sheet": raw.sheet, "cell": f"constants.{one.id}"}
            code = read.doubts[0][1]
            raise InputError([issue(code, **where, value=value, **_particulars(code, one))])
        series = read.series.repeat(len(records)).reset_index(drop=True)
        taken[one.id] = read._replace(column=None, series=series, doubts=[])
    return taken


def _cell(raw: RawTable, row: int, place: int) -> object:
    line = raw.rows[row]
    return line[place] if place < len(line) else None


def _read(column: Column, values: Sequence[object], formatted: set[int]) -> _Taken:
    """Cells of one column as its field's type; `formatted` are those with a percent format."""
    one = column.field
    if one.type == "number":
        return _read_numbers(column, values, formatted)
    reader, refusal = _reader(one)
    read: list[object] = []
    doubts: list[tuple[int, str]] = []
    for position, value in enumerate(values):
        got = reader(value)
        if one.type == "code" and cells.is_damaged_code(value):
            got = None
            code = "credit-code-format" if one.id in _CREDIT_CODES else "code-damaged"
            doubts.append((position, code))
        elif got is None and not cells.is_blank(value):
            doubts.append((position, refusal))
        read.append(got)
    series = pd.Series(read, dtype=_TYPES.get(one.type, "str"))
    return _Taken(one, column, series, np.empty(0), doubts)


def _read_numbers(column: Column, values: Sequence[object], formatted: set[int]) -> _Taken:
    """Numbers of one column; only a share may stand in percent."""
    doubts: list[tuple[int, str]] = []
    share = units.factor("1", column.unit)
    stated = np.full(len(values), np.nan)
    for position, value in enumerate(values):
        if isinstance(value, float) and math.isfinite(value) and position not in formatted:
            stated[position] = value  # most cells, without further ado
            continue
        got = cells.number(value)
        percent = got is not None and (position in formatted or cells.has_percent(value))
        if got is not None and not percent:
            stated[position] = got
        elif got is not None and share is not None:
            stated[position] = got * share
        elif not cells.is_blank(value):
            doubts.append((position, "not-a-number"))
    series = pd.Series(_converted(stated, column), dtype="float64")
    return _Taken(column.field, column, series, stated, doubts)


def _converted(stated: NDArray[np.float64], column: Column) -> NDArray[np.float64]:
    """Numbers in the field's unit; divided where that is exact (元 to 万元)."""
    ratio = conversion(column)
    assert ratio is not None  # the header would have been refused
    inverse = units.factor(column.field.unit, column.unit) or 0.0
    return stated / inverse if inverse > 1 and inverse.is_integer() else stated * ratio


def _reader(one: Field) -> tuple[Callable[[object], object], str]:
    """How a cell of this field is read, and the issue when it cannot be."""
    if one.type != "list":
        return _READERS[one.type]
    known = {fold(text): name for name, same in one.values.items() for text in (name, *same)}
    return (lambda value: known.get(fold(cells.text(value) or ""))), "not-in-list"


def _subjects(keys: Sequence[_Taken], sifted: Sifted) -> list[str]:
    """What each record calls its subject: the first key that it has, empty without any."""
    columns = [one.series.fillna("").tolist() for one in keys]
    return [next((one[at] for one in columns if one[at]), "") for at in range(len(sifted.records))]


def _keyless(records: _Records, table: str) -> list[Issue]:
    """Rows that name no subject."""
    known = fields_of(table)
    wanted = " 或 ".join(known[name].zh for name in KEYS[table])
    raw = records.raw
    return [
        issue("row-without-key", **_row_place(raw, row), columns=wanted)
        for row, subject in zip(records.rows, records.subjects, strict=True)
        if not subject
    ]


def _doubts(records: _Records, one: _Taken) -> list[Issue]:
    """Cells that could not be read."""
    return [
        issue(code, **records.where(position, one.column), **_particulars(code, one.field))
        for position, code in one.doubts
    ]


def _particulars(code: str, field: Field) -> dict[str, str]:
    """What the message of an issue about a cell of this field wants to know."""
    if code == "credit-code-format":
        return {"cause": "Excel 把它存成了数字，15 位以后的数位已经丢失"}
    allowed = {"allowed": "、".join(field.values)} if code == "not-in-list" else {}
    return {"field": field.zh} | allowed


def _out_of_bounds(records: _Records, one: _Taken) -> list[Issue]:
    """Implausible numbers; when they are many in a column, its unit is in doubt instead."""
    field, column = one.field, one.column
    if field.type != "number" or column is None:
        return []
    low = -math.inf if field.low is None else field.low
    high = math.inf if field.high is None else field.high
    values = one.series.to_numpy()
    outside = np.flatnonzero((values < low) | (values > high)).tolist()
    known = int(np.count_nonzero(~np.isnan(values)))
    limits = {"low": _shown(low), "high": _shown(high)}
    if known >= _LEAST_KNOWN and len(outside) > _SUSPECT_SHARE * known:
        share = f"{len(outside) / known:.0%}"
        place = {"file": records.raw.file, "sheet": records.raw.sheet}
        about = {"column": column.header, "share": share, "unit": field.unit}
        return [issue("unit-suspect", **place, **about, **limits)]
    return [
        issue(
            "out-of-bounds",
            **records.where(position, column)
            | {"value": f"{_shown(values[position])} {field.unit}".strip(), "field": field.zh},
            **limits,
        )
        for position in outside
    ]


def _mismatches(raw: RawTable, sifted: Sifted, one: _Taken) -> list[Issue]:
    """Totals that differ from the sum of their records by more than rounding."""
    field, column = one.field, one.column
    if field.type != "number" or column is None or not _adds_up(field):
        return []
    found: list[Issue] = []
    counted = any(units.factor(field.unit, base) is not None for base in ("个", "人"))
    for total in sifted.totals:
        stated = cells.number(_cell(raw, total.row, column.place))
        if stated is None:
            continue
        members = missed(total, sifted, stated, one.stated, counted=counted)
        if members is None:
            continue
        figures = {"total": stated, "members": members, "difference": stated - members}
        shown = {name: f"{_shown(one)} {column.unit}".strip() for name, one in figures.items()}
        about = _place(raw, total.row, column) | {"value": total.text, "field": field.zh}
        found.append(issue("total-mismatch", **about, **shown))
    return found


def _adds_up(field: Field) -> bool:
    """Whether sums of this field mean something: not those of ratios and shares."""
    return "/" not in field.unit and units.factor("1", field.unit) is None


def _addresses(raw: RawTable, rows: Sequence[int], column: Column | None) -> list[str]:
    if column is None:
        return ["constants"] * len(rows)
    return addresses(raw, rows, column)


def _place(raw: RawTable, row: int, column: Column | None) -> dict[str, str]:
    cell = _addresses(raw, [row], column)[0]
    return {"file": raw.file, "sheet": raw.sheet, "cell": cell}


def _row_place(raw: RawTable, row: int) -> dict[str, str]:
    return {"file": raw.file, "sheet": raw.sheet, "cell": row_address(raw, row)}


def _shown(figure: float) -> str:
    """A figure in plain digits, at most four decimals."""
    return f"{figure:,.4f}".rstrip("0").rstrip(".") if math.isfinite(figure) else "不限"


_READERS: dict[str, tuple[Callable[[object], object], str]] = {
    "text": (cells.text, ""),
    "code": (cells.code, ""),
    "flag": (cells.flag, "not-a-flag"),
    "date": (cells.date, "not-a-date"),
}
