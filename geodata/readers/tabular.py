"""Workbooks and csv (表格读取): cells as they are, nothing guessed but the encoding."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.xml.functions import fromstring
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from geodata.errors import InputError
from geodata.issues import Issue, issue
from geodata.model import RawTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SECTOR = 512  # an xls is a whole number of them
_DAMAGED = "文件不完整或已损坏"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = ",\t;"
_EXACT = 10**15
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_CELL_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_REL_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_table(path: Path, *, name: str, sheet: str | None = None) -> RawTable:
    """Read one sheet of an xlsx or xls, or a csv in UTF-8 or GB18030.

    Cells keep their addresses: empty rows and columns are there. Values are as Excel stored
    them last; formulas that were never calculated are empty, and cells that show an error
    hold its text (xlsx). Percent formats are known for xlsx only.

    Args:
        path: the file.
        name: how messages call the file.
        sheet: name of the sheet; the first visible one with any cell when None. A csv has none.

    Raises:
        InputError: the file is missing, of another kind, damaged or protected; no such sheet.
    """
    data = _content(path, name)
    if path.suffix.lower() == ".csv":
        return _csv(data, name)
    book = _book(path, name)
    wanted, rows = _wanted(book, sheet, name)
    percents: frozenset[tuple[int, int]] = frozenset()
    if data.startswith(_ZIP):
        try:
            percents, errors = _formats(data, wanted)
        except (zipfile.BadZipFile, zlib.error, KeyError, SyntaxError):
            raise _unreadable(name, _DAMAGED) from None
        for (row, column), text in errors.items():
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = text
    return RawTable(file=name, sheet=wanted, rows=rows, percents=percents)


def sheets(path: Path, *, name: str) -> list[str]:
    """Names of the sheets of a workbook in their order, none for a csv.

    Raises:
        InputError: the file is missing, of another kind, damaged or protected.
    """
    _content(path, name)
    return [] if path.suffix.lower() == ".csv" else list(_book(path, name).sheet_names)


def _content(path: Path, name: str) -> bytes:
    """Bytes of the file, once its suffix is known to tell the truth."""
    suffix = path.suffix.lower()
    if not path.exists():
        raise InputError([issue("file-missing", file=name)])
    if suffix not in _EXPECTED:
        raise InputError([issue("file-kind", file=name, allowed="、".join(_EXPECTED))])
    try:
        data = path.read_bytes()
    except OSError:
        raise _unreadable(name, "打不开（可能没有权限，或正被其他程序占用）") from None
    cause = _EXPECTED[suffix](data)
    if cause:
        raise _unreadable(name, cause)
    return data


def _not_xlsx(data: bytes) -> str:
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            return "文件有密码保护"
        return "扩展名是 xlsx，内容却是旧式 xls"
    return "" if data.startswith(_ZIP) else _other_kind(data, "xlsx")


def _not_xls(data: bytes) -> str:
    if data.startswith(_ZIP):
        return "扩展名是 xls，内容却是 xlsx（或其他压缩格式）"
    if not data.startswith(_OLE):
        return _other_kind(data, "xls")
    if _ENCRYPTED in data:
        return "文件有密码保护"
    return _DAMAGED if len(data) % _SECTOR or len(data) < 3 * _SECTOR else ""


def _not_csv(data: bytes) -> str:
    if data.startswith((_ZIP, _OLE)):
        return "扩展名是 csv，内容却是 Excel 工作簿"
    if data.startswith(_UTF16):
        return ""
    return "内容不是文本" if b"\0" in data else _markup(data, "csv")


def _other_kind(data: bytes, suffix: str) -> str:
    if not data:
        return "文件是空的"
    return _markup(data, suffix) or f"内容不是 {suffix} 工作簿"


def _markup(data: bytes, suffix: str) -> str:
    start = data[:1024].lstrip(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head")):
        return f"扩展名是 {suffix}，内容却是网页（html 或 xml）"
    return ""


def _book(path: Path, name: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError:
        raise _unreadable(name, "文件有密码保护") from None
    except BaseException as error:
        if not _is_damage(error):
            raise
        raise _unreadable(name, _DAMAGED) from None


def _is_damage(error: BaseException) -> bool:
    """Whether calamine gave up on the file; on some damage its Rust code panics instead."""
    return isinstance(error, CalamineError) or type(error).__name__ == "PanicException"


def _wanted(book: CalamineWorkbook, sheet: str | None, name: str) -> tuple[str, list[list[object]]]:
    """The sheet asked for, else the first visible one with any cell, and its rows."""
    present = book.sheet_names
    if sheet is not None and sheet not in present:
        listed = "、".join(present)
        raise InputError([issue("sheet-missing", file=name, wanted=sheet, present=listed)])
    if sheet is not None:
        return sheet, _rows(book, sheet, name)
    kinds = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    for one in kinds:
        if one.visible == SheetVisibleEnum.Visible:
            rows = _rows(book, one.name, name)
            if any(cell is not None for row in rows for cell in row):
                return one.name, rows
    return present[0], []


def _rows(book: CalamineWorkbook, sheet: str, name: str) -> list[list[object]]:
    try:
        cells = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except BaseException as error:
        if not _is_damage(error):
            raise
        raise _unreadable(name, f"工作表“{sheet}”不完整或已损坏") from None
    return [[_value(cell) for cell in row] for row in cells]


def _value(cell: object) -> object:
    """Empty text as None; whole numbers beyond 15 digits as floats, for Excel rounded them."""
    if cell == "" and isinstance(cell, str):
        return None
    if isinstance(cell, int) and abs(cell) >= _EXACT:
        return float(cell)
    return cell


def _csv(data: bytes, name: str) -> RawTable:
    text, notes = _decoded(data, name)
    lines = text.splitlines()[:20]
    delimiter = max(_DELIMITERS, key=lambda mark: sum(line.count(mark) for line in lines))
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise _unreadable(name, "引号不成对或字段过长，无法分列") from None
    width = max(map(len, table), default=0)
    rows = [_padded(row, width) for row in table]
    return RawTable(file=name, sheet="", rows=rows, notes=notes)


def _padded(row: list[str], width: int) -> list[object]:
    return [*((cell or None) for cell in row), *[None] * (width - len(row))]


def _decoded(data: bytes, name: str) -> tuple[str, tuple[Issue, ...]]:
    tried = ("utf-16",) if data.startswith(_UTF16) else ("utf-8-sig", "gb18030")
    for encoding in tried:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = encoding == "utf-8-sig"
        note = issue("csv-encoding", file=name, encoding=encoding.upper())
        return text, (() if plain else (note,))
    raise _unreadable(name, "文字编码既不是 UTF-8 也不是 GB18030")


def _formats(
    data: bytes, sheet: str
) -> tuple[frozenset[tuple[int, int]], dict[tuple[int, int], str]]:
    """Number cells with a percent format, and error cells with their text, from an xlsx.

    Calamine hands out neither. The cells concerned are found by pattern, which takes a tenth of
    the time of parsing the sheet; inside XML no text can look like a cell.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        present = set(archive.namelist())
        part = _part(archive, sheet)
        if part not in present:
            return frozenset(), {}
        styles = _percent_styles(archive) if "xl/styles.xml" in present else frozenset()
        content = archive.read(part)
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
    return frozenset(percents), errors


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


def _unreadable(name: str, cause: str) -> InputError:
    return InputError([issue("file-unreadable", file=name, cause=cause)])


_EXPECTED: dict[str, Callable[[bytes], str]] = {
    ".xlsx": _not_xlsx,
    ".xlsm": _not_xlsx,
    ".xls": _not_xls,
    ".csv": _not_csv,
}
