"""The workbook (园区评价.xlsx): sheets with frozen headers, filters, units and formats."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter

from reports.artifact import Artifact
from reports.assets import words
from reports.labels import ours, word
from reports.overview import overview_sheet
from reports.sheets import (
    ROW_KIND,
    enterprises_sheet,
    grades_sheet,
    issues_sheet,
    parks_sheet,
    points_sheet,
    unlinked_sheet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from indicators.model import Findings
    from reports.labels import Column
    from reports.sheets import Sheet, Table

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NARROWEST, WIDEST, HEADER = 7, 56, 18
"""Column widths in half-width characters: least, most, and where a header breaks."""
PAGE = 190
"""Half-width characters across a landscape A4 page that can still be read."""
A3, A4 = 8, 9
LINE = 15.0
"""Height of one line of text in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Formats made once per workbook."""

    heading: Format
    note: Format
    title: Format
    header: Format
    cells: dict[str, Format]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A sheet that has been drawn.

    Attributes:
        page: where more can be put.
        headers: row of each table's header, from 0.
        widths: width of each column in half-width characters.
    """

    page: Worksheet
    headers: tuple[int, ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A sheet under the pen."""

    sheet: Worksheet
    styles: Styles
    widths: Sequence[int]


def workbook(findings: Findings, *, public: bool = False) -> Artifact:
    """Render the workbook in memory.

    Args:
        findings: what one run found.
        public: without enterprises, their points and the problem list.

    Returns:
        An xlsx whose bytes depend on the findings alone.
    """
    buffer = io.BytesIO()
    heading = _heading(findings)
    with new_book(buffer, heading=heading, date=findings.document_date) as book:
        look = styles(book)
        for one in _sheets(findings, public=public):
            write_sheet(book, one, look, [heading, *_lines(findings, one, public=public)])
    name = word("workbook", "public_file" if public else "file")
    return Artifact(
        name=name, media_type=MEDIA_TYPE, content=buffer.getvalue(), confidential=not public
    )


def new_book(buffer: io.BytesIO, *, heading: str, date: str) -> Workbook:
    """An empty workbook in memory in which text stays text.

    Args:
        buffer: gets the bytes when the workbook is closed.
        heading: title among the file's properties.
        date: ISO date of the document; the file is dated by it, never by the clock.
    """
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": heading, "created": _moment(date)})
    return book


def _sheets(findings: Findings, *, public: bool) -> list[Sheet]:
    first = [overview_sheet(findings, public=public), parks_sheet(findings, public=public)]
    grades, points = grades_sheet(findings, public=public), points_sheet(findings, public=public)
    if public:
        return [*first, grades, points]
    last = [unlinked_sheet(findings), issues_sheet(findings)]
    return [*first, enterprises_sheet(findings), grades, points, *last]


def _heading(findings: Findings) -> str:
    heading = word("workbook", "heading", title=findings.title, period=findings.period)
    mark = word("marks", "example")
    return f"{heading}（{mark}）" if findings.is_example and mark not in heading else heading


def _lines(findings: Findings, one: Sheet, *, public: bool) -> list[str]:
    """Lines under the heading: dates, what every page must say, what the sheet is."""
    dates = word("workbook", "dates", period=findings.period, date=findings.document_date)
    state = word("marks", "public" if public else "internal")
    own = [word("workbook", "ours", ours=word("marks", "ours"))] if ours(findings) else []
    return [" · ".join([dates, state, word("marks", "self_assessed"), *own]), *one.notes]


def _moment(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)


def styles(book: Workbook) -> Styles:
    """The formats that every sheet of ours shares."""
    base = {"font_name": word("workbook", "font"), "font_size": 10, "valign": "vcenter"}
    edge = {"bottom": 1, "bottom_color": "#d0d5da"}
    cells: dict[str, Format] = {}
    for name, kind in words()["kinds"].items():
        look = base | edge | {"num_format": kind["excel"]}
        look |= {"text_wrap": True, "indent": 1} if name == "text" else {"align": "right"}
        cells[name] = book.add_format(look)
    head = {"bold": True, "font_color": "#ffffff", "bg_color": "#2f4858", "border": 1}
    wrapped = {"text_wrap": True, "border_color": "#ffffff", "align": "center"}
    return Styles(
        heading=book.add_format(base | {"bold": True, "font_size": 15, "font_color": "#2f4858"}),
        note=book.add_format(base | {"font_color": "#59636b"}),
        title=book.add_format(base | {"bold": True, "font_size": 12, "font_color": "#2f4858"}),
        header=book.add_format(base | head | wrapped),
        cells=cells,
    )


def write_sheet(
    book: Workbook, one: Sheet, styles: Styles, lines: Sequence[str], *, widest: int = WIDEST
) -> Written:
    """Draw a sheet: lines above, tables below each other, set up for paper.

    Args:
        book: gets the sheet.
        one: what to draw.
        styles: the workbook's formats.
        lines: heading, then notes.
        widest: width in half-width characters from which text wraps.
    """
    page: Worksheet = book.add_worksheet(one.title)
    page.hide_gridlines(2)
    page.set_row(0, 26)
    page.write_string(0, 0, lines[0], styles.heading)
    for row, text in enumerate(lines[1:], start=1):
        page.write_string(row, 0, text, styles.note)
    widths = _widths(one.tables, widest)
    for number, width in enumerate(widths):
        page.set_column(number, number, width)
    pen = _Page(sheet=page, styles=styles, widths=widths)
    row, headers = len(lines) + 1, []
    for table in one.tables:
        if table.title:
            page.write_string(row, 0, table.title, styles.title)
            row += 1
        headers.append(row)
        row = _table(pen, table, row) + 2
    frozen = words()["workbook"]["frozen"].get(one.id, 0)
    if len(one.tables) == 1:
        _single(page, one.tables[0], headers[0], frozen)
    else:
        page.freeze_panes(1, 0)
    wide = sum(widths) > 2 * PAGE and len(one.tables) == 1
    _print_setup(page, A4 if sum(widths) <= PAGE else A3)
    if wide:
        page.print_area(headers[0], 0, row - 3, len(widths) - 1)
        page.set_print_scale(70)
        page.print_across()
        page.repeat_columns(0, max(frozen, 1) - 1)
        page.set_header(f"&L{lines[0]} · {lines[1]}")
    else:
        page.fit_to_pages(1, 0)
    return Written(page=page, headers=tuple(headers), widths=tuple(widths))


def _print_setup(page: Worksheet, paper: int) -> None:
    page.set_landscape()
    page.set_paper(paper)
    page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    page.set_footer(f"&C{word('workbook', 'footer')}")


def _single(page: Worksheet, table: Table, first: int, frozen: int) -> None:
    """A sheet with one table: headers stay in sight, on paper too, and rows can be filtered."""
    page.freeze_panes(first + 1, frozen)
    page.repeat_rows(first)
    page.autofilter(first, 0, first + max(len(table.frame), 1), len(table.columns) - 1)


def _table(page: _Page, table: Table, row: int) -> int:
    """Header and rows from a row on; the row after the last."""
    page.sheet.set_row(row, LINE * max(_header_lines(one) for one in table.columns) + 6)
    for number, one in enumerate(table.columns):
        page.sheet.write_string(row, number, one.title, page.styles.header)
    kinds = list(table.frame[ROW_KIND]) if ROW_KIND in table.frame else []
    lines = [1] * len(table.frame)
    for number, one in enumerate(table.columns):
        for line, value in enumerate(table.frame[one.id].tolist()):
            kind = kinds[line] if one.kind == "row" else one.kind
            shown = plain(value)
            _cell(page.sheet, (row + 1 + line, number), shown, page.styles.cells[kind])
            if isinstance(shown, str):
                lines[line] = max(lines[line], _lines_of(shown, page.widths[number] - 2))
    for line, height in enumerate(lines):
        if height > 1:
            page.sheet.set_row(row + 1 + line, LINE * height)
    return row + len(table.frame) + 1


@lru_cache(maxsize=10_000)
def _lines_of(text: str, width: int) -> int:
    """Lines that wrapped text needs in a cell."""
    return sum(max(1, -(-display_width(one) // width)) for one in text.splitlines())


def _cell(page: Worksheet, at: tuple[int, int], value: str | float | None, style: Format) -> None:
    """One value; text is always text, unknown is always an empty cell."""
    if value is None:
        page.write_blank(*at, None, style)
    elif isinstance(value, str):
        page.write_string(*at, value, style)
    else:
        page.write_number(*at, value, style)


def plain(value: Any) -> str | float | None:
    """A value as a cell holds it: text, number, or nothing.

    >>> plain(True), plain(float("nan")), plain(pd.Timestamp("2024-06-30")), plain("")
    ('是', None, '2024-06-30', None)
    """
    if value is None or value is pd.NaT or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, str):
        return value or None
    if pd.api.types.is_bool(value):
        return word("marks", "yes" if value else "no")
    if isinstance(value, datetime):
        return value.date().isoformat()
    number = float(value)
    return number if abs(number) != float("inf") else None


def _widths(tables: Sequence[Table], most: int) -> list[int]:
    """Width of each column over all tables of a sheet."""
    count = max((len(one.columns) for one in tables), default=1)
    found = [NARROWEST] * count
    for table in tables:
        for number, one in enumerate(table.columns):
            cells = (_width_of(value, one.kind) for value in table.frame[one.id].tolist())
            lines = -(-display_width(one.title) // _header_lines(one))
            widest = max([min(max(cells, default=0), most), lines + 4])
            found[number] = max(found[number], widest + 3)
    return found


def _header_lines(one: Column) -> int:
    return -(-display_width(one.title) // HEADER)


def _width_of(value: Any, kind: str) -> int:
    shown = plain(value)
    if shown is None:
        return 0
    if isinstance(shown, str):
        return max(display_width(line) for line in shown.splitlines() or [""])
    places = words()["kinds"][kind]["decimals"] if kind != "row" else 2
    return len(f"{shown:,.{places}f}") + 1


@lru_cache(maxsize=10_000)
def display_width(text: str) -> int:
    """Width in half-width characters.

    >>> display_width("亩均税收ab")
    10
    """
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
