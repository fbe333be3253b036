"""Headers (表头): where the header stands, which column means which field, in which unit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.utils import get_column_letter

from geodata import cells, units
from geodata.cells import bare_unit, is_blank, plain, split_unit
from geodata.errors import InputError
from geodata.fields import Field, fields_of, fold, names, nearest
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geodata.model import RawTable

SEARCHED = 20
"""Rows from the top among which the header is looked for."""

KEYS: dict[str, tuple[str, ...]] = {
    "enterprises": ("credit_code", "enterprise_name"),
    "parcels": ("parcel_id",),
    "parks": ("park_id", "park_name"),
    "leases": ("parcel_id",),
}
"""Fields that tell of which subject a row speaks, any one of them, by kind of table."""

_ALSO_REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "leases": (("tenant_code", "tenant_name"),),
}
_MUST_STATE = ("元", "m2", "kWh", "tce")
_UNIT_CELL = re.compile(r"(?:^|[\s(,;])(?:计量|金额|货币|面积)?单\s*位\s*[:：]\s*([^()]*)")
_ORDINALS = ("栏次", "序号", *"甲乙丙丁戊己庚辛")
_NUMBERED = 3
_SHORT = 2  # characters; a shorter name looks like anything

_ROW_NUMBERS = {"序号", "行号", "no.", "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the workspace declares about the columns of a source.

    Attributes:
        columns: field id → header text in the table.
        units: field id → unit, which wins over whatever the table states.
        header_row: row of the header counted from 1, None when it is to be found.
        constants: field id → value for every row, for columns that the table does not have.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    header_row: int | None = None
    constants: Mapping[str, object] = field(default_factory=dict)


class Column(NamedTuple):
    """One column of a raw table that means a field."""

    field: Field
    place: int
    """Counted from 0."""
    header: str
    """As the table writes it."""
    unit: str
    """Unit of its cells, empty where the field has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a raw table.

    Attributes:
        row: its row, counted from 0.
        first: first row that may hold data, counted from 0.
        columns: the columns that mean something, in the order of `fields.csv`.
        constants: fields that the workspace gives one value for all rows.
        issues: columns that mean nothing to us, rows under the header that are not data.
    """

    row: int
    first: int
    columns: tuple[Column, ...]
    constants: tuple[Field, ...]
    issues: tuple[Issue, ...]


def header(raw: RawTable, table: str, how: Columns) -> Header:
    """Find the header of a raw table and settle what each column means, and in which unit.

    Declared columns come first, then ids, labels and aliases of `fields.csv`, as written or
    without a unit in brackets at the end. The unit of a column is the declared one, else that
    of its header, else that of a unit row under the header or of a "单位：万元" above it.

    Args:
        raw: the table.
        table: kind of table: enterprises, parcels, parks or leases.
        how: what the workspace declares.

    Raises:
        InputError: no header, or, all at once: declared names that are unknown, columns that
            are missing or ambiguous, units that are missing or cannot be converted.
    """
    row = _header_row(raw, table, how)
    below = _Below.of(raw, row)
    headers = [(cells.text(cell) or "").replace("\n", "") for cell in raw.rows[row]]
    sheet = _Sheet(raw=raw, table=table, how=how, row=row, headers=headers)
    declared, problems = _declared(sheet)
    guessed, unclear, unused = _guessed(sheet, declared, below.first)
    found = guessed | declared
    problems += [*unclear, *_missing(sheet, found)]
    above = _units_above(raw.rows[:row])
    columns: list[Column] = []
    for one in fields_of(table).values():
        if one.id in found:
            place = found[one.id]
            unit = _stated_unit(sheet, one, place, (below.units.get(place, ""), above))
            columns.append(Column(one, place, sheet.headers[place], unit))
            problems += _unit_problems(sheet, columns[-1])
    if problems:
        raise InputError(problems)
    issues = (*unused, *(_note(raw, number) for number in below.notes))
    constants = tuple(one for one in fields_of(table).values() if one.id in how.constants)
    return Header(
        row=row, first=below.first, columns=tuple(columns), constants=constants, issues=issues
    )


def addresses(raw: RawTable, rows: Sequence[int], column: Column) -> list[str]:
    """Addresses in the reader's words: `C5` in a sheet, `第3条·列名` in a layer."""
    if raw.geometry is not None:
        return [f"第{row}条·{column.header}" for row in rows]
    letter = get_column_letter(column.place + 1)
    return [f"{letter}{row + 1}" for row in rows]


def row_address(raw: RawTable, row: int) -> str:
    """A row in the reader's words: `第 5 行` of a sheet, `第3条` of a layer."""
    return f"第{row}条" if raw.geometry is not None else f"第 {row + 1} 行"


def _header_row(raw: RawTable, table: str, how: Columns) -> int:
    place = {"file": raw.file, "sheet": raw.sheet}
    if not any(cell is not None for row in raw.rows for cell in row):
        raise InputError([issue("empty-table", **place)])
    if raw.geometry is not None:
        return 0
    if how.header_row is not None:
        if 1 <= how.header_row <= len(raw.rows):
            return how.header_row - 1
        raise InputError([issue("header-missing", **place, rows=len(raw.rows))])
    known = names(table)
    wanted = {fold(text) for text in how.columns.values()}
    scores = [_hits(row, known, wanted) for row in raw.rows[:SEARCHED]]
    best = max(scores)
    if not best[0]:
        raise InputError([issue("header-missing", **place, rows=len(scores))])
    return scores.index(best)


def _hits(
    row: Sequence[object], known: Mapping[str, tuple[str, ...]], wanted: set[str]
) -> tuple[int, int]:
    """How many different columns a row names, and how many cells it fills."""
    texts = [cell for cell in row if isinstance(cell, str) and cell.strip()]
    named = {text for text in texts if fold(text) in wanted or _meaning(text, known)}
    return len(named), len(texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """What the steps of settling the columns share."""

    raw: RawTable
    table: str
    how: Columns
    row: int
    headers: list[str]

    def place(self, column: int | None = None) -> dict[str, str]:
        """File, sheet and cell for an issue."""
        where = {"file": self.raw.file, "sheet": self.raw.sheet}
        if self.raw.geometry is not None:
            return where
        cell = f"{get_column_letter(column + 1)}{self.row + 1}" if column is not None else ""
        return where | {"cell": cell or f"第 {self.row + 1} 行"}

    def like(self, texts: Iterable[str]) -> list[str]:
        """Headers of the table that look like one of the texts."""
        named = {_folded(split_unit(one)[0]): one for one in self.headers if one}
        close = [one for text in texts for one in nearest(_folded(text), named, count=2)]
        return [named[one] for one in dict.fromkeys(close)][:3]


def _declared(sheet: _Sheet) -> tuple[dict[str, int], list[Issue]]:
    """Columns that the workspace names, and what is wrong with its names."""
    known, found, problems = fields_of(sheet.table), dict[str, int](), list[Issue]()
    how, where = sheet.how, {"file": sheet.raw.file, "sheet": sheet.raw.sheet}
    for name in dict.fromkeys((*how.columns, *how.units, *how.constants)):
        if name not in known:
            near = _listed("；相近的：", nearest(name, known))
            problems.append(issue("unknown-field", **where, field=name, near=near))
    for name, text in how.columns.items():
        places = _places(sheet.headers, text)
        if name not in known:
            continue
        if len(places) == 1 and name not in how.constants:
            found[name] = places[0]
        elif places:
            problems.append(_ambiguous(sheet, known[name], places))
        else:
            wanted = f"“{text}”（{known[name].zh}，{name}）"
            problems.append(_missing_column(sheet, wanted, name, sheet.like([text])))
    return found, problems


def _places(headers: Sequence[str], text: str) -> list[int]:
    """Columns with this header, as written or without its unit."""
    wanted = fold(text)
    exact = [place for place, one in enumerate(headers) if one and fold(one) == wanted]
    if exact:
        return exact
    return [place for place, one in enumerate(headers) if fold(split_unit(one)[0]) == wanted]


def _guessed(
    sheet: _Sheet, declared: Mapping[str, int], first: int
) -> tuple[dict[str, int], list[Issue], list[Issue]]:
    """Columns found by their header: where each field stands, what is unclear, what is unused."""
    known, taken = names(sheet.table), set(declared.values())
    candidates: dict[str, list[int]] = {}
    unused: list[int] = []
    for place, text in enumerate(sheet.headers):
        meant = [name for name in _meaning(text, known) if name not in sheet.how.columns]
        if place in taken:
            continue
        if len(meant) == 1:
            candidates.setdefault(meant[0], []).append(place)
        else:
            unused.append(place)
    every = fields_of(sheet.table)
    unclear = [
        _ambiguous(sheet, every[name], places)
        for name, places in candidates.items()
        if len(places) > 1 or name in sheet.how.constants
    ]
    found = {name: places[0] for name, places in candidates.items()}
    shown = [_unused(sheet, place, first) for place in unused]
    return found, unclear, [one for one in shown if one is not None]


def _unused(sheet: _Sheet, place: int, first: int) -> Issue | None:
    """A column that means nothing to us; None when it is empty."""
    text = sheet.headers[place]
    if not text:
        below = sheet.raw.rows[first:]
        if all(is_blank(row[place]) for row in below if place < len(row)):
            return None
        return issue("unknown-column", **sheet.place(place), column="（没有列名）", near="")
    known = names(sheet.table)
    telling = [name for name in known if len(name) > _SHORT]
    close = nearest(_folded(split_unit(text)[0]), telling, count=2)
    every = fields_of(sheet.table)
    meant = dict.fromkeys(f"{every[one].zh}（{one}）" for name in close for one in known[name])
    near = _listed("；相近的项目：", meant)
    return issue("unknown-column", **sheet.place(place), column=text, near=near)


def _missing(sheet: _Sheet, found: Mapping[str, int]) -> list[Issue]:
    """Required columns that are not there; declared ones are told of elsewhere."""
    known, problems = fields_of(sheet.table), list[Issue]()
    for group in (KEYS[sheet.table], *_ALSO_REQUIRED.get(sheet.table, ())):
        if any(name in found or name in sheet.how.constants for name in group):
            continue
        if any(name in sheet.how.columns for name in group):
            continue
        wanted = " 或 ".join(f"{known[name].zh}（{name}）" for name in group)
        near = sheet.like(text for name in group for text in (known[name].zh, name))
        problems.append(_missing_column(sheet, wanted, group[0], near))
    return problems


def _missing_column(sheet: _Sheet, wanted: str, name: str, near: Sequence[str]) -> Issue:
    example = f'{name} = "{near[0] if near else "表中的列名"}"'
    shown = _listed("；表中相近的列：", [f"“{one}”" for one in near])
    return issue("missing-column", **sheet.place(), columns=wanted, near=shown, example=example)


def _ambiguous(sheet: _Sheet, one: Field, places: Sequence[int]) -> Issue:
    shown = [
        f"“{sheet.headers[place]}”（{sheet.place(place).get('cell', '')}）" for place in places
    ]
    if one.id in sheet.how.constants:
        shown.append("constants")
    return issue("ambiguous-column", **sheet.place(), field=one.zh, columns="、".join(shown))


def _stated_unit(sheet: _Sheet, one: Field, place: int, around: tuple[str, tuple[str, ...]]) -> str:
    """Unit of a column, empty when nobody states it and nobody may assume it."""
    if one.type != "number":
        return ""
    text = sheet.headers[place]
    below, above = around
    stated = sheet.how.units.get(one.id) or split_unit(text)[1]
    if not stated and fold(text) == fold(one.id):
        return one.unit
    fitting = [unit for unit in above if units.factor(unit, one.unit) is not None]
    stated = stated or below or (fitting[0] if len(fitting) == 1 else "")
    return stated or ("" if _must_state(one.unit) else one.unit)


def _unit_problems(sheet: _Sheet, column: Column) -> list[Issue]:
    one = column.field
    if one.type != "number":
        return []
    where = sheet.place(column.place)
    if not column.unit and one.unit:
        example = f'{one.id} = "{one.unit}"'
        return [issue("unit-undeclared", **where, column=column.header, example=example)]
    if conversion(column) is not None:
        return []
    wanted = one.unit or one.label
    return [issue("unit-unknown", **where, column=column.header, unit=column.unit, wanted=wanted)]


def conversion(column: Column) -> float | None:
    """Number that turns the cells of a column into its field's unit, None when there is none.

    A field without a unit of its own names it at the end of its id (`peak_load_kw`).
    """
    one = column.field
    if one.unit:
        return units.factor(column.unit, one.unit)
    return 1.0 if not column.unit or one.id.endswith(f"_{fold(column.unit)}") else None


def _listed(lead: str, texts: Iterable[str]) -> str:
    joined = "、".join(texts)
    return f"{lead}{joined}" if joined else ""


def _meaning(text: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return known.get(_folded(text)) or known.get(_folded(split_unit(text)[0])) or ()


def _folded(text: str) -> str:
    """Folded header without the star that marks a column as obligatory."""
    return fold(text).strip("*")


class _Below(NamedTuple):
    """What stands between the header and the data: a row of units, a row of numbers."""

    first: int
    units: dict[int, str]
    notes: tuple[int, ...]

    @classmethod
    def of(cls, raw: RawTable, row: int) -> _Below:
        found, notes, number = dict[int, str](), [], row + 1
        while raw.geometry is None and number < min(len(raw.rows), row + 3):
            filled = {place: one for place, one in enumerate(raw.rows[number]) if not is_blank(one)}
            if filled and all(isinstance(one, str) and bare_unit(one) for one in filled.values()):
                found |= {place: bare_unit(str(one)) for place, one in filled.items()}
            elif not _is_numbering(list(filled.values())):
                break
            notes.append(number)
            number += 1
        return cls(first=number, units=found, notes=tuple(notes))


def _is_numbering(cells: Sequence[object]) -> bool:
    """Whether these are the numbers of columns (甲 乙 1 2 3) that forms print under a header."""
    texts = [str(cell).strip().removesuffix(".0") for cell in cells]
    rest = [text for text in texts if text not in _ORDINALS]
    return len(texts) >= _NUMBERED and rest == [str(one + 1) for one in range(len(rest))]


def _units_above(rows: Iterable[Sequence[object]]) -> tuple[str, ...]:
    """Units stated in cells such as `单位：万元、亩` above the header."""
    found: list[str] = []
    for row in rows:
        line = " ".join(
            unicodedata.normalize("NFKC", cell) for cell in row if isinstance(cell, str)
        )
        for match in _UNIT_CELL.finditer(line):
            found += [bare_unit(part) for part in re.split(r"[、,;\s]+", match[1])]
    return tuple(dict.fromkeys(unit for unit in found if unit))


def _must_state(unit: str) -> bool:
    """Whether nobody may assume this unit: money, area, electricity, coal, or ratios of them."""
    return any(
        units.factor(part, base) is not None for part in unit.split("/") for base in _MUST_STATE
    )


def _note(raw: RawTable, row: int) -> Issue:
    text = next(plain(cell) for cell in raw.rows[row] if not is_blank(cell))
    where = {"file": raw.file, "sheet": raw.sheet, "cell": row_address(raw, row)}
    return issue("note-row", **where, value=text)
