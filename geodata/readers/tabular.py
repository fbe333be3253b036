"""Tables (表格读取): workbooks, web pages and csv as they are, told apart by their content."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from geodata.errors import InputError
from geodata.issues import Issue, issue
from geodata.model import RawTable
from geodata.readers.compound import OLE
from geodata.readers.html import read_html, tables_of
from geodata.readers.workbook import (
    DAMAGED,
    MOST_BYTES,
    MOST_CELLS,
    ZIP,
    read_workbook,
    sheets_of,
    too_large,
    unreadable,
)

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".et": "et", ".csv": "csv"}
_TOLD = {"xlsx": "xlsx 工作簿", "xls": "旧式 xls 工作簿", "html": "网页表格", "csv": "文本表格"}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SECTOR = 512  # an xls is a whole number of them
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head", b"<div", b"<style")
_DELIMITERS = ",\t;"
_MOST_ROWS = MOST_CELLS // 10


def read_table(path: Path, *, name: str, sheet: str | None = None) -> RawTable:
    """Read one sheet of a workbook (xlsx, xls, et), or a csv in UTF-8 or GB18030.

    The content says how a file is read, not its suffix: a workbook of the other kind, a web
    page or a text with tabs under the name of a workbook are read too, which is noted.

    Cells keep their addresses: empty rows and columns are there. Values are as Excel stored
    them last; formulas that were never calculated are empty, and cells that show an error
    hold its text (xlsx). Percent formats are known for xlsx only.

    Args:
        path: the file.
        name: how messages call the file.
        sheet: name of the sheet; the first visible one with any cell when None. A csv has none.

    Raises:
        InputError: the file is missing, of another kind, damaged, protected or too large; no
            such sheet.
    """
    data, kind, notes = _content(path, name)
    if kind == "csv":
        raw = _csv(data, name)
    elif kind == "html":
        raw = read_html(data, name=name, sheet=sheet)
    else:
        raw = read_workbook(data, name=name, sheet=sheet)
    return replace(raw, notes=(*notes, *raw.notes))


def sheets(path: Path, *, name: str) -> list[str]:
    """Names of the sheets of a workbook in their order, none for a csv.

    Raises:
        InputError: the file is missing, of another kind, damaged, protected or too large.
    """
    data, kind, _ = _content(path, name)
    if kind == "csv":
        return []
    return tables_of(data, name=name) if kind == "html" else sheets_of(data, name=name)


def _content(path: Path, name: str) -> tuple[bytes, str, tuple[Issue, ...]]:
    """Bytes of the file, what they are, and a note when its suffix says otherwise."""
    if not path.exists():
        raise InputError([issue("file-missing", file=name)])
    stated = _KINDS.get(path.suffix.lower())
    if stated is None:
        raise InputError([issue("file-kind", file=name, allowed="、".join(_KINDS))])
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError:
        raise unreadable(name, "打不开（可能没有权限，或正被其他程序占用）") from None
    if size > MOST_BYTES:
        raise too_large(name, f"超过 {MOST_BYTES >> 20} MB")
    kind = _kind(data, stated, name)
    fits = kind == stated or (stated == "et" and kind in {"xls", "xlsx"})
    notes = () if fits else (issue("suffix-differs", file=name, kind=_TOLD[kind]),)
    return data, kind, notes


def _kind(data: bytes, stated: str, name: str) -> str:
    """What the content is: xlsx, xls, html or csv."""
    if data.startswith(ZIP):
        return _zip_kind(data, name)
    if data.startswith(OLE):
        return _ole_kind(data, name)
    if not data and stated != "csv":
        raise unreadable(name, "文件是空的")
    if _is_markup(data):
        return "html"
    is_text = data.startswith(_UTF16) or b"\0" not in data
    if is_text and (stated == "csv" or b"\t" in data.partition(b"\n")[0]):
        return "csv"
    raise unreadable(name, "内容不是文本" if stated == "csv" else f"内容不是 {stated} 工作簿")


def _zip_kind(data: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise unreadable(name, DAMAGED) from None
    if "xl/workbook.xml" not in parts:
        raise unreadable(name, "内容是压缩包或其他格式的文件，不是 xlsx 工作簿")
    return "xlsx"


def _ole_kind(data: bytes, name: str) -> str:
    if _ENCRYPTED in data:
        raise InputError([issue("file-locked", file=name)])
    if len(data) % _SECTOR or len(data) < 3 * _SECTOR:
        raise unreadable(name, DAMAGED)
    return "xls"


def _is_markup(data: bytes) -> bool:
    codec = "utf-16" if data.startswith(_UTF16) else "latin-1"
    start = data[:1024].decode(codec, "replace").encode("ascii", "ignore").lstrip().lower()
    return start.lstrip(b"\xef\xbb\xbf").startswith(_MARKUP)


def _csv(data: bytes, name: str) -> RawTable:
    text, notes = _decoded(data, name)
    lines = list(islice(io.StringIO(text), 20))
    delimiter = max(_DELIMITERS, key=lambda mark: sum(line.count(mark) for line in lines))
    try:
        lines_read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        table = list(islice(lines_read, _MOST_ROWS + 1))
    except csv.Error:
        raise unreadable(name, "引号不成对或字段过长，无法分列") from None
    width = max(map(len, table), default=0)
    if len(table) > _MOST_ROWS or len(table) * width > MOST_CELLS:
        raise too_large(name, f"有 {len(table)} 行、{width} 列以上")
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
    raise unreadable(name, "文字编码既不是 UTF-8 也不是 GB18030")
