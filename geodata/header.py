"""Headers (表头): where the header stands, which column means which field, in which unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.utils import get_column_letter

from geodata import units
from geodata.cells import is_blank, plain, split_unit
from geodata.errors import InputError
from geodata.fields import Field, fields_of, fold, names, nearest
from geodata.issues import Issue, issue
from geodata.labels import Labels, folded, labels, meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geodata.model import RawTable

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
_SHORT = 2  # characters; a shorter name looks like anything


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
        row: its last row, counted from 0.
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
    of its header, else that of a unit row under the header, of the label over it and others, or
    of a "单位：万元" above it.

    Args:
        raw: the table.
        table: kind of table: enterprises, parcels, parks or leases.
        how: what the workspace declares.

    Raises:
        InputError: no header, or, all at once: declared names that are unknown, columns that
            are missing or ambiguous, units that are missing or cannot be converted.
    """
    found_labels = labels(raw, table, how)
    sheet = _Sheet(raw=raw, table=table, how=how, labels=found_labels)
    declared, problems = _declared(sheet)
    guessed, unclear, unused = _guessed(sheet, declared)
    found = guessed | declared
    problems += [*unclear, *_missing(sheet, found)]
    columns: list[Column] = []
    for one in fields_of(table).values():
        if one.id in found:
            place = found[one.id]
            columns.append(
                Column(one, place, sheet.headers[place], _stated_unit(sheet, one, place))
            )
            problems += _unit_problems(sheet, columns[-1])
    if problems:
        raise InputError(problems)
    return Header(
        row=found_labels.row,
        first=found_labels.first,
        columns=tuple(columns),
        constants=tuple(one for one in fields_of(table).values() if one.id in how.constants),
        issues=(*unused, *(_note(raw, number) for number in found_labels.notes)),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """What the steps of settling the columns share."""

    raw: RawTable
    table: str
    how: Columns
    labels: Labels

    @property
    def headers(self) -> list[str]:
        return self.labels.texts

    def place(self, column: int | None = None) -> dict[str, str]:
        """File, sheet and cell for an issue."""
        where = {"file": self.raw.file, "sheet": self.raw.sheet}
        if self.raw.geometry is not None:
            return where
        if column is None:
            return where | {"cell": f"第 {self.labels.row + 1} 行"}
        return where | {"cell": f"{get_column_letter(column + 1)}{self.labels.rows[column] + 1}"}

    def like(self, texts: Iterable[str]) -> list[str]:
        """Headers of the table that look like one of the texts."""
        named = {folded(split_unit(one)[0]): one for one in self.headers if one}
        close = [one for text in texts for one in nearest(folded(text), named, count=2)]
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
        places = _places(sheet.labels, text)
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


def _places(labels: Labels, text: str) -> list[int]:
    """Columns with this header, as written or without its unit."""
    wanted = fold(text)
    folds = [{fold(one) for one in names if one} for names in labels.names]
    exact = [place for place, one in enumerate(folds) if wanted in one]
    if exact:
        return exact
    bare = [{fold(split_unit(one)[0]) for one in names} for names in labels.names]
    return [place for place, one in enumerate(bare) if wanted in one]


def _guessed(
    sheet: _Sheet, declared: Mapping[str, int]
) -> tuple[dict[str, int], list[Issue], list[Issue]]:
    """Columns found by their header: where each field stands, what is unclear, what is unused."""
    known, taken = names(sheet.table), set(declared.values())
    candidates: dict[str, list[int]] = {}
    unused: list[int] = []
    for place, text in enumerate(sheet.labels.reads):
        meant = [name for name in meaning(text, known) if name not in sheet.how.columns]
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
    shown = [_unused(sheet, place) for place in unused]
    return found, unclear, [one for one in shown if one is not None]


def _unused(sheet: _Sheet, place: int) -> Issue | None:
    """A column that means nothing to us; None when it is empty."""
    text = sheet.headers[place]
    if not text:
        below = sheet.raw.rows[sheet.labels.first :]
        if all(is_blank(row[place]) for row in below if place < len(row)):
            return None
        return issue("unknown-column", **sheet.place(place), column="（没有列名）", near="")
    known = names(sheet.table)
    telling = [name for name in known if len(name) > _SHORT]
    close = nearest(folded(split_unit(text)[0]), telling, count=2)
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


def _stated_unit(sheet: _Sheet, one: Field, place: int) -> str:
    """Unit of a column, empty when nobody states it and nobody may assume it."""
    if one.type != "number":
        return ""
    stated = sheet.how.units.get(one.id, "").rstrip("!！") or _written_unit(sheet, one, place)
    return stated or ("" if _must_state(one.unit) else one.unit)


def _written_unit(sheet: _Sheet, one: Field, place: int) -> str:
    """Unit of a column as the sheet itself states it, empty when it does not."""
    told, text = sheet.labels, sheet.headers[place]
    stated = split_unit(text)[1]
    if not stated and fold(text) == fold(one.id):
        return one.unit
    shared = told.shared.get(place, "")
    fitting = [unit for unit in told.above if units.factor(unit, one.unit) is not None]
    stated = stated or told.below.get(place, "")
    stated = stated or (shared if units.factor(shared, one.unit) is not None else "")
    return stated or (fitting[0] if len(fitting) == 1 else "")


def _unlike(declared: str, written: str) -> bool:
    """Whether both are units and do not mean the same size."""
    return units.factor(declared, written) not in {None, 1.0}


def _unit_problems(sheet: _Sheet, column: Column) -> list[Issue]:
    one = column.field
    if one.type != "number":
        return []
    where = sheet.place(column.place)
    if not column.unit and one.unit:
        example = f'{one.id} = "{one.unit}"'
        return [issue("unit-undeclared", **where, column=column.header, example=example)]
    declared = sheet.how.units.get(one.id, "")
    written = _written_unit(sheet, one, column.place)
    if declared and written and declared == column.unit and _unlike(declared, written):
        units_told = {"declared": declared, "written": written, "field": one.id}
        return [issue("unit-conflict", **where, column=column.header, **units_told)]
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


def _must_state(unit: str) -> bool:
    """Whether nobody may assume this unit: money, area, electricity, coal, or ratios of them."""
    return any(
        units.factor(part, base) is not None for part in unit.split("/") for base in _MUST_STATE
    )


def _note(raw: RawTable, row: int) -> Issue:
    text = next(plain(cell) for cell in raw.rows[row] if not is_blank(cell))
    where = {"file": raw.file, "sheet": raw.sheet, "cell": row_address(raw, row)}
    return issue("note-row", **where, value=text)
