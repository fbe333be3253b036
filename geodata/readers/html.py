"""Tables of web pages (网页表格): what many systems hand out under the name of xls."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser

from geodata.errors import InputError
from geodata.issues import issue
from geodata.model import RawTable
from geodata.readers.workbook import MOST_CELLS, too_large, unreadable

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_DECLARED_WITHIN = 4096
_CHINESE = {"gb2312", "gbk", "cp936", "gb_2312-80", "hz", "x-gbk"}
_WIDEST, _TALLEST = 1000, 65534  # bounds of colspan and rowspan in HTML
_SILENT = frozenset({"script", "style", "title"})
_MOST_BYTES = 64 << 20
_MOST_SPREAD = 1_000_000  # columns that cells reach over beyond their own
_MOST_UNCLOSED = 100


def read_html(data: bytes, *, name: str, sheet: str | None) -> RawTable:
    """One table of a web page: the first with any text, or `表格2` for the second.

    All cells are text. A cell over several columns or rows is a merged one, as in a workbook:
    its text stands in the first cell. Scripts are not run and nothing is fetched.

    Raises:
        InputError: the page holds no table or not the one wanted, is too large, or is in an
            unknown encoding.
    """
    tables = _tables(data, name)
    names = [f"表格{number}" for number in range(1, len(tables) + 1)]
    if sheet and sheet not in names:
        listed = "、".join(names)
        raise InputError([issue("sheet-missing", file=name, wanted=sheet, present=listed)])
    filled = (at for at, one in enumerate(tables) if any(map(any, one.rows)))
    chosen = names.index(sheet) if sheet else next(filled, 0)
    rows = tables[chosen].filled(name)
    shown = names[chosen] if len(tables) > 1 else ""
    return RawTable(file=name, sheet=shown, rows=rows, merged=tuple(tables[chosen].merged))


def tables_of(data: bytes, *, name: str) -> list[str]:
    """Names of the tables of a web page, none where there is only one.

    Raises:
        InputError: as `read_html`.
    """
    count = len(_tables(data, name))
    return [f"表格{number}" for number in range(1, count + 1)] if count > 1 else []


def _tables(data: bytes, name: str) -> list[_Table]:
    if len(data) > _MOST_BYTES:
        raise too_large(name, f"网页超过 {_MOST_BYTES >> 20} MB")
    page, text = _Page(), _decoded(data, name)
    unclosed = max(text.count("<") - text.count(">"), text.count("<!--") - text.count("-->"))
    if unclosed > _MOST_UNCLOSED:  # the parser would look for each end to the end of the page
        raise unreadable(name, "网页中有大量不完整的标签")
    try:
        page.feed(text)
        page.close()
    except _TooManyCellsError:
        raise too_large(name, "表格中跨列的单元格过多") from None
    if not page.tables:
        raise unreadable(name, "内容是网页（html 或 xml），其中没有表格")
    return page.tables


def _decoded(data: bytes, name: str) -> str:
    """Text in the encoding that the page declares, else UTF-8, else GB18030."""
    tried = ["utf-8-sig", "gb18030"]
    declared = _CHARSET.search(data[:_DECLARED_WITHIN])
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried = ["utf-16"]
    elif declared:
        stated = declared[1].decode().lower()
        tried.insert(0, "gb18030" if stated in _CHINESE else stated)
    for encoding in tried:
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise unreadable(name, "文字编码既不是网页所写的编码，也不是 UTF-8 或 GB18030")


class _TooManyCellsError(Exception):
    """A table is spread over more cells than anybody could have filled."""


class _Table:
    """A table under construction: its cells at their places."""

    def __init__(self) -> None:
        self.rows: list[list[str | None]] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self._open: dict[int, int] = {}  # column → row up to which a tall cell reaches
        self._column = 0
        self._spread = 0

    def begin_row(self) -> None:
        self.rows.append([])
        self._column = 0

    def add(self, width: int, height: int) -> tuple[int, int]:
        """Place for the next cell of the current row."""
        if not self.rows:
            self.begin_row()
        row = len(self.rows) - 1
        while self._open.get(self._column, -1) >= row:
            self._column += 1
        left = self._column
        self._column += width
        self._spread += width - 1
        if self._spread > _MOST_SPREAD:
            raise _TooManyCellsError
        if height > 1:
            self._open |= dict.fromkeys(range(left, left + width), row + height - 1)
        if width > 1 or height > 1:
            self.merged.append((row, left, row + height - 1, left + width - 1))
        line = self.rows[row]
        line += [None] * (left + 1 - len(line))
        return row, left

    def filled(self, name: str) -> list[list[object]]:
        """All rows equally long."""
        width = max(map(len, self.rows), default=0)
        if width * len(self.rows) > MOST_CELLS:
            raise too_large(name, f"表格有 {len(self.rows)} 行、{width} 列")
        return [[*row, *[None] * (width - len(row))] for row in self.rows]


class _Page(HTMLParser):
    """Collects the tables of a page, inner ones apart from outer ones."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._nested: list[tuple[_Table, tuple[int, int] | None]] = []
        self._cell: tuple[int, int] | None = None
        self._text: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent = tag
        elif tag == "table":
            self._end_cell(keep=True)
            self.tables.append(_Table())
            self._nested.append((self.tables[-1], self._cell))
            self._cell = None
        elif not self._nested:
            return
        elif tag == "tr":
            self._end_cell()
            self._nested[-1][0].begin_row()
        elif tag in {"td", "th"}:
            self._end_cell()
            given = dict(attrs)
            width, height = _span(given, "colspan", _WIDEST), _span(given, "rowspan", _TALLEST)
            self._cell = self._nested[-1][0].add(width, height)
        elif tag == "br":
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif not self._nested:
            return
        elif tag in {"td", "th", "tr"}:
            self._end_cell()
        elif tag == "table":
            self._end_cell()
            self._cell = self._nested.pop()[1]

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._text.append(re.sub(r"\s+", " ", data))

    def close(self) -> None:
        super().close()
        self._end_cell()

    def _end_cell(self, *, keep: bool = False) -> None:
        """Store the text of the current cell; `keep` goes on with it afterwards."""
        if self._cell is not None and self._nested:
            row, column = self._cell
            line = self._nested[-1][0].rows[row]
            lines = "".join(self._text).replace("\xa0", " ").split("\n")
            text = "\n".join(one.strip() for one in lines).strip()
            line[column] = (line[column] or "") + text or None
        self._text = []
        if not keep:
            self._cell = None


def _span(attributes: dict[str, str | None], which: str, most: int) -> int:
    text = (attributes.get(which) or "").strip()
    return min(max(int(text), 1), most) if text.isdecimal() and len(text) <= len(str(most)) else 1
