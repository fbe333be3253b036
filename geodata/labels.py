"""Labels (表头文字): the rows of a sheet that form its header, put together column by column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from geodata import cells
from geodata.cells import bare_unit, is_blank, split_unit
from geodata.errors import InputError
from geodata.fields import fold, names
from geodata.issues import issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geodata.header import Columns
    from geodata.model import RawTable

SEARCHED = 20
"""Rows from the top among which the header is looked for."""

_UNIT_CELL = re.compile(r"(?:^|[\s(,;])(?:计量|金额|货币|面积)?单\s*位\s*[:：]\s*([^()]*)")
_UNIT_TITLES = ("单位", "计量单位")
_ORDINALS = ("栏次", "序号", *"甲乙丙丁戊己庚辛")
_NUMBERED = 3
_TOTALS = ("合计", "总计", "小计", "总额")
_SEVERAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The header of a sheet, put together from one or two rows.

    Attributes:
        row: its last row, counted from 0.
        first: first row that may hold data, counted from 0.
        texts: label of each column; with the label above it where it alone says too little.
        reads: what to look up for each column, which leaves out the 合计 beneath 税收.
        names: everything each column may be called by, as written or put together.
        rows: row in which the label of each column stands, counted from 0.
        shared: units in brackets of labels that stand over several columns, by column.
        below: units of a row of their own beneath the labels, by column.
        above: units of cells such as `单位：万元、亩` above the labels.
        notes: rows beneath the labels that are not data.
    """

    row: int
    first: int
    texts: list[str]
    reads: list[str]
    names: list[tuple[str, ...]]
    rows: list[int]
    shared: Mapping[int, str]
    below: Mapping[int, str]
    above: tuple[str, ...]
    notes: tuple[int, ...]


def labels(raw: RawTable, table: str, how: Columns) -> Labels:
    """Find the header of a raw table and put its labels together.

    A header of two rows has labels over several columns and others beneath them. The lower one
    counts (增值税); where it alone says nothing we know, the upper one goes before it (用地 and
    面积 are 用地面积), and a 合计 is its upper label's. Cells over several columns are merged,
    or followed by blank ones in sheets that know no merging.

    Args:
        raw: the table.
        table: kind of table: enterprises, parcels, parks or leases.
        how: what the workspace declares.

    Raises:
        InputError: the table is empty, or no row looks like a header.
    """
    known = names(table)
    row = _header_row(raw, known, how)
    upper, lower, spans = row, row, dict[int, int]()
    for pair in ((row, row + 1), (row - 1, row)):
        found = _spans(raw, *pair, known) if raw.geometry is None else {}
        if found:
            (upper, lower), spans = pair, found
            break
    below = _Below.of(raw, lower)
    width = max(len(raw.rows[upper]), len(raw.rows[lower]))
    heads = [
        _head(raw, (upper, lower), place, spans.get(place), known=known) for place in range(width)
    ]
    heads = _told_apart(heads, known)
    return Labels(
        row=lower,
        first=below.first,
        texts=[one.text for one in heads],
        reads=[one.read for one in heads],
        names=[one.names for one in heads],
        rows=[one.row for one in heads],
        shared={place: split_unit(_text(raw, upper, at))[1] for place, at in spans.items()},
        below=below.units,
        above=_units_above(raw.rows[:lower]),
        notes=below.notes,
    )


def folded(text: str) -> str:
    """Folded header without the star that marks a column as obligatory."""
    return fold(text).strip("*")


def meaning(text: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Fields that a header may mean, as written or without a unit in brackets at its end."""
    return known.get(folded(text)) or known.get(folded(split_unit(text)[0])) or ()


def _header_row(raw: RawTable, known: Mapping[str, tuple[str, ...]], how: Columns) -> int:
    place = {"file": raw.file, "sheet": raw.sheet}
    if not any(cell is not None for row in raw.rows for cell in row):
        raise InputError([issue("empty-table", **place)])
    if raw.geometry is not None:
        return 0
    if how.header_row is not None:
        if 1 <= how.header_row <= len(raw.rows):
            return how.header_row - 1
        raise InputError([issue("header-missing", **place, rows=len(raw.rows))])
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
    named = {text for text in texts if fold(text) in wanted or meaning(text, known)}
    return len(named), len(texts)


class _Head(NamedTuple):
    """The label of one column, see `Labels`."""

    text: str
    read: str
    names: tuple[str, ...]
    row: int


def _head(
    raw: RawTable,
    rows: tuple[int, int],
    place: int,
    span: int | None,
    *,
    known: Mapping[str, tuple[str, ...]],
) -> _Head:
    upper, lower = rows
    own = _text(raw, lower, place)
    if span is None:
        text = own or _text(raw, upper, place)
        return _Head(text, text, (text,), lower if own else upper)
    over = split_unit(_text(raw, upper, span))[0]
    joined = f"{over}{own}"
    if meaning(own, known):
        return _Head(own, own, (own, joined), lower)
    label, unit = split_unit(own)
    if label in _TOTALS and not meaning(joined, known) and meaning(over, known):
        return _Head(joined, f"{over}（{unit}）" if unit else over, (own, joined), lower)
    return _Head(joined, joined, (own, joined), lower)


def _told_apart(heads: list[_Head], known: Mapping[str, tuple[str, ...]]) -> list[_Head]:
    """The same, but lower labels that occur more than once are shown with their upper ones."""
    every = [folded(one.text) for one in heads]
    told: list[_Head] = []
    for one in heads:
        joined = one.names[-1]
        if joined != one.text and every.count(folded(one.text)) > 1:
            read = joined if meaning(joined, known) else one.read
            told.append(one._replace(text=joined, read=read))
        else:
            told.append(one)
    return told


def _spans(
    raw: RawTable, upper: int, lower: int, known: Mapping[str, tuple[str, ...]]
) -> dict[int, int]:
    """Columns beneath a label over several: where that stands; none unless both are a header."""
    if upper < 0 or lower >= len(raw.rows):
        return {}
    above, below = _filled(raw.rows[upper]), _filled(raw.rows[lower])
    texts = [*above.values(), *below.values()]
    if len(above) < _SEVERAL or not all(isinstance(one, str) for one in texts):
        return {}
    if any(":" in fold(str(one)) for one in above.values()):  # 填报单位：… above the header
        return {}
    if all(bare_unit(str(one)) or cells.number(one) is not None for one in below.values()):
        return {}
    spans = _merged(raw, upper, below)
    if spans is None:
        spans = _continued(above, below, len(raw.rows[lower]))
    for place in above.keys() & below.keys() - spans.keys():
        if fold(str(above[place])) != fold(str(below[place])):
            return {}
    named = [_head(raw, (upper, lower), place, at, known=known) for place, at in spans.items()]
    return spans if any(meaning(one.read, known) for one in named) else {}


def _merged(raw: RawTable, upper: int, below: Mapping[int, object]) -> dict[int, int] | None:
    """Columns beneath merged cells of this row, None when no columns of it are merged."""
    here = [one for one in raw.merged if one[0] == one[2] == upper and one[3] > one[1]]
    if not here:
        return None
    reached = ((place, left) for _, left, _, right in here for place in range(left, right + 1))
    return {place: left for place, left in reached if place in below}


def _continued(
    above: Mapping[int, object], below: Mapping[int, object], width: int
) -> dict[int, int]:
    """Columns beneath cells that blank ones continue, as long as there is text beneath them."""
    groups: dict[int, list[int]] = {}
    start: int | None = None
    for place in range(width):
        if place not in below:
            start = None
        elif place in above:
            start = place
        if start is not None:
            groups.setdefault(start, []).append(place)
    return {place: at for at, one in groups.items() if len(one) > 1 for place in one}


def _filled(row: Sequence[object]) -> dict[int, object]:
    return {place: one for place, one in enumerate(row) if not is_blank(one)}


def _text(raw: RawTable, row: int, place: int) -> str:
    line = raw.rows[row]
    return (cells.text(line[place] if place < len(line) else None) or "").replace("\n", "")


class _Below(NamedTuple):
    """What stands between the header and the data: a row of units, a row of numbers."""

    first: int
    units: dict[int, str]
    notes: tuple[int, ...]

    @classmethod
    def of(cls, raw: RawTable, row: int) -> _Below:
        found, notes, number = dict[int, str](), [], row + 1
        while raw.geometry is None and number < min(len(raw.rows), row + 3):
            filled = _filled(raw.rows[number])
            stated = {
                place: bare_unit(one) if isinstance(one, str) else ""
                for place, one in filled.items()
                if not (isinstance(one, str) and fold(one).strip(":") in _UNIT_TITLES)
            }
            if stated and all(stated.values()):
                found |= stated
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
