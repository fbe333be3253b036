"""Workbooks (工作簿): sheets of an xlsx or xls as they are, within bounds."""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.cell import column_index_from_string, coordinate_to_tuple
from openpyxl.xml.functions import fromstring
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from geodata.errors import InputError
from geodata.issues import issue
from geodata.model import RawTable
from geodata.readers.compound import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_calamine import CalamineSheet

ZIP = b"PK\x03\x04"

MOST_CELLS = 20_000_000
"""Cells from A1 to the last filled one, above which a table is refused: 300 000 rows times 60."""
MOST_BYTES = 512 << 20
"""Bytes of a file, packed or unpacked, above which it is refused."""

DAMAGED = "文件不完整或已损坏"

_PACKING = 1032  # deflate never packs better than this
_EXACT = 10**15
_CHUNK = 1 << 20
_STDERR = 2
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_CELL_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d{1,9})"')
_WIDE = re.compile(rb'\br="([A-Za-z]{2,3})\d')
_FILLED = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Za-z]{1,3})(\d{1,9})"[^>]*(?<!/)>')
_NARROW = 26  # columns with one letter
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_REL_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, KeyError, SyntaxError, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, struct.error),
)
"""What zipfile and the XML parser raise on damage, unknown compression and passwords."""

_CELL_RECORDS = frozenset({0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E})
_BEGIN, _LOCKED = 0x0809, 0x002F


def read_workbook(data: bytes, *, name: str, sheet: str | None) -> RawTable:
    """One sheet of a workbook, the first visible one with any cell when None.

    Raises:
        InputError: the workbook is damaged, protected or too large; no such sheet.
    """
    book = _book(data, name)
    present = book.sheet_names
    if sheet is not None and sheet not in present:
        listed = "、".join(present)
        raise InputError([issue("sheet-missing", file=name, wanted=sheet, present=listed)])
    for one in [sheet] if sheet is not None else _visible(book):
        read = _sheet(data, book, one, name)
        if sheet is not None or any(cell is not None for row in read.rows for cell in row):
            return read
    return RawTable(file=name, sheet=present[0] if present else "", rows=[])


def sheets_of(data: bytes, *, name: str) -> list[str]:
    """Names of the sheets of a workbook in their order.

    Raises:
        InputError: the workbook is damaged, protected or too large.
    """
    return list(_book(data, name).sheet_names)


def unreadable(name: str, cause: str) -> InputError:
    """The error for a file that cannot be read."""
    return InputError([issue("file-unreadable", file=name, cause=cause)])


def too_large(name: str, cause: str) -> InputError:
    """The error for a file that would need too much memory."""
    return InputError([issue("file-too-large", file=name, cause=cause)])


def _book(data: bytes, name: str) -> CalamineWorkbook:
    if data.startswith(ZIP):
        _check_archive(data, name)
    else:
        _check_records(data, name)
    try:
        with _silence():
            return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise InputError([issue("file-locked", file=name)]) from None
    except BaseException as error:
        if not _is_damage(error):
            raise
        raise unreadable(name, DAMAGED) from None


def _is_damage(error: BaseException) -> bool:
    """Whether calamine gave up on the file; on some damage its Rust code panics instead."""
    return isinstance(error, CalamineError) or type(error).__name__ == "PanicException"


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what Rust says when it panics, which no Python can catch, off the screen."""
    try:
        kept = os.dup(_STDERR)
    except OSError:  # there is no screen
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)


def _visible(book: CalamineWorkbook) -> list[str]:
    return [
        one.name
        for one in book.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
    ]


def _sheet(data: bytes, book: CalamineWorkbook, sheet: str, name: str) -> RawTable:
    found = _Formats(frozenset(), {})
    if data.startswith(ZIP):
        try:
            found = _formats(data, sheet, name)
        except _BROKEN_ZIP:
            raise unreadable(name, DAMAGED) from None
    try:
        with _silence():
            page = book.get_sheet_by_name(sheet)
            cells = page.to_python(skip_empty_area=False)
    except BaseException as error:
        if not _is_damage(error):
            raise
        raise unreadable(name, f"工作表“{sheet}”不完整或已损坏") from None
    rows = [[_value(cell) for cell in row] for row in cells]
    for (row, column), text in found.errors.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    merged = _merged(page)
    return RawTable(file=name, sheet=sheet, rows=rows, percents=found.percents, merged=merged)


def _merged(page: CalamineSheet) -> tuple[tuple[int, int, int, int], ...]:
    return tuple((*start, *end) for start, end in page.merged_cell_ranges or ())


def _value(cell: object) -> object:
    """Empty text as None; whole numbers beyond 15 digits as floats, for Excel rounded them."""
    if cell == "" and isinstance(cell, str):
        return None
    if isinstance(cell, int) and abs(cell) >= _EXACT:
        return float(cell)
    return cell


def _check_archive(data: bytes, name: str) -> None:
    """Refuse an archive that unpacks to too much, whatever sizes it states.

    The parts that calamine reads as a whole are unpacked once; zipfile stops at the stated size
    and compares checksums. Sheets are unpacked likewise before they are read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MOST_BYTES:
                raise too_large(name, f"解压后超过 {MOST_BYTES >> 20} MB")
            for part in parts:
                if "/worksheets/" not in part.filename and part.compress_size * _PACKING > _CHUNK:
                    with archive.open(part) as content:
                        while content.read(_CHUNK):
                            pass
    except _BROKEN_ZIP:
        raise unreadable(name, DAMAGED) from None


def _check_records(data: bytes, name: str) -> None:
    """Refuse an xls with a password, or whose cells lie so far apart that memory would not do."""
    last = [0, 0]
    for kind, content in _records(stream(data, ("Workbook", "Book"))):
        if kind == _LOCKED:
            raise InputError([issue("file-locked", file=name)])
        if kind == _BEGIN:
            last = [0, 0]
        elif kind in _CELL_RECORDS and len(content) >= 4:  # noqa: PLR2004  row and column
            row, column = struct.unpack_from("<HH", content)
            last = [max(last[0], row), max(last[1], column)]
            _check_extent(last[0] + 1, last[1] + 1, name)


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(content):
        kind, length = struct.unpack_from("<HH", content, place)
        yield kind, content[place + 4 : place + 8] if length else b""
        place += 4 + length


def _check_extent(rows: int, columns: int, name: str) -> None:
    if rows * columns > MOST_CELLS:
        raise too_large(name, f"数据一直延伸到第 {rows} 行、第 {columns} 列，中间大多是空的")


def _check_cells(content: bytes, name: str) -> None:
    """The same for a sheet of an xlsx; what is quick to find is looked at first."""
    rows = max((int(one) for one in _ROW.findall(content)), default=0)
    rows = max(rows, content.count(b"row>"))
    columns = max(map(_column, set(_WIDE.findall(content))), default=_NARROW)
    if rows * columns <= MOST_CELLS and rows:
        return
    last_row = last_column = 1
    for letters, number in _FILLED.findall(content):
        last_row, last_column = max(last_row, int(number)), max(last_column, _column(letters))
    _check_extent(last_row, last_column, name)


def _column(letters: bytes) -> int:
    return column_index_from_string(letters.decode())


class _Formats(NamedTuple):
    """What calamine does not hand out."""

    percents: frozenset[tuple[int, int]]
    """Number cells with a percent format."""
    errors: dict[tuple[int, int], str]
    """Cells that show an error, with its text."""


def _formats(data: bytes, sheet: str, name: str) -> _Formats:
    """Number cells with a percent format, and error cells with their text, from an xlsx.

    The cells concerned are found by pattern, which takes a tenth of the time of parsing the
    sheet; inside XML no text can look like a cell.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        present = set(archive.namelist())
        part = _part(archive, sheet)
        if part not in present:
            raise unreadable(name, DAMAGED)
        styles = _percent_styles(archive) if "xl/styles.xml" in present else frozenset()
        content = archive.read(part)
    _check_cells(content, name)
    marks = "|".join([*(f's="{style}"' for style in sorted(styles)), 't="e"'])
    percents: set[tuple[int, int]] = set()
    errors: dict[tuple[int, int], str] = {}
    for found in re.finditer(rf"<(?:\w+:)?c(?=\s[^>]*?(?:{marks}))[^>]*>".encode(), content):
        cell = dict(_ATTRIBUTE.findall(found[0]))
        place, kind = cell.get(b"r", b"").decode(), cell.get(b"t", b"n")
        if place and kind == b"e":
            value = _CELL_VALUE.search(content, found.end())
            errors[_place(place)] = value[1].decode() if value else ""
        elif place and kind == b"n":
            percents.add(_place(place))
    return _Formats(frozenset(percents), errors)


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """Path of a sheet inside the archive, empty when it cannot be told."""
    workbook = fromstring(archive.read("xl/workbook.xml"))
    relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {
        one.get("Id"): one.get("Target", "") for one in relations.iter(f"{_REL}Relationship")
    }
    for one in workbook.iter(f"{_MAIN}sheet"):
        if one.get("name") == sheet:
            target = targets.get(one.get(_REL_ID), "")
            return target[1:] if target.startswith("/") else f"xl/{target}"
    return ""


def _percent_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """Numbers of the cell styles whose number format shows a percentage."""
    root = fromstring(archive.read("xl/styles.xml"))
    formats = {str(number): text for number, text in BUILTIN_FORMATS.items()}
    formats |= {
        one.get("numFmtId", ""): one.get("formatCode", "") for one in root.iter(f"{_MAIN}numFmt")
    }
    table = root.find(f"{_MAIN}cellXfs")
    return frozenset(
        str(number)
        for number, one in enumerate(() if table is None else table)
        if "%" in re.sub(r'"[^"]*"|\\.', "", formats.get(one.get("numFmtId", ""), ""))
    )


def _place(address: str) -> tuple[int, int]:
    row, column = coordinate_to_tuple(address)
    return row - 1, column - 1
