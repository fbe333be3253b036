"""Workbooks of the invented departments (报表): titles, totals, notes and honest mess."""

from __future__ import annotations

import csv
import datetime as dt
import io
from math import fsum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import xlsxwriter

from geodata.fields import fields
from geodata.units import factor
from parkeval.demo.lists import city, generator, table
from parkeval.demo.records import aliased, records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parkeval.demo.town import Town

_WIDTHS = {"credit_code": 22, "enterprise_name": 34, "former_name": 34, "park_tag": 26}
_NARROW, _USUAL = 7, 15
_CRLF = "\r\n"


class Column(NamedTuple):
    """One column of a workbook."""

    header: str
    key: str
    unit: str = ""


def workbooks(town: Town) -> dict[str, bytes]:
    """Content of every workbook by its path in the workspace."""
    return {str(book["file"]): _written(book, town) for book in table("books")["book"]}


def _written(book: Mapping[str, Any], town: Town) -> bytes:
    if book.get("old_names"):
        book = {**book, "short_names": aliased(town.firms)}
    columns = [Column(*one) for one in book["columns"]]
    frame = _repeated(records(book, town), book)
    filled = [_filled(frame, column) for column in columns]
    cells = [list(row) for row in zip(*filled, strict=True)]
    _spoil(cells, columns, book)
    if book.get("total"):
        cells.append(_total(cells, columns))
    _as_text(cells, columns, book)
    title = book["title"] + table("books")["words"]["example"]
    if str(book["file"]).endswith(".csv"):
        return _csv([[title], [one.header for one in columns], *cells])
    return _xlsx(title, book, columns, cells)


def _repeated(frame: pd.DataFrame, book: Mapping[str, Any]) -> pd.DataFrame:
    """Some rows once more, further down, exactly as they are."""
    count = book.get("duplicates", 0)
    rng = generator("duplicates", book["id"], book["period"])
    order = np.sort(np.concatenate([np.arange(len(frame)), rng.integers(0, len(frame), count)]))
    return frame.iloc[order].reset_index(drop=True)


def _filled(frame: pd.DataFrame, column: Column) -> list[object]:
    """What stands in the cells of a column before anybody spoils it."""
    if column.key == "index":
        return list(range(1, len(frame) + 1))
    if column.key not in frame:
        return [None] * len(frame)
    values = frame[column.key].astype(object)
    return [_cell(one, column) for one in values.where(values.notna(), None).tolist()]


def _cell(value: object, column: Column) -> object:
    if isinstance(value, bool):
        return table("books")["words"]["yes" if value else "no"]
    if isinstance(value, pd.Timestamp):
        return value.date()
    if isinstance(value, (int, float)):
        return _number(float(value), column)
    return value or None


def _number(value: float, column: Column) -> float | int:
    """A figure in the column's unit, rounded as the department rounds it."""
    decimals = table("books")["decimals"].get(column.unit, 0)
    if column.unit:
        step = factor(fields()[column.key].unit, column.unit)
        assert step is not None, column
        value *= step
    rounded = round(value, decimals)
    return rounded if decimals else int(rounded)


def _spoil(cells: list[list[object]], columns: Sequence[Column], book: Mapping[str, Any]) -> None:
    """Leave cells blank, or write a word into them."""
    rng = generator("spoilt", book["id"], book["period"])
    word = table("books")["words"]["doubtful"]
    figures = [at for at, column in enumerate(columns) if column.unit]
    blank = rng.uniform(size=(len(cells), len(columns))) < book.get("blank", 0.0)
    for row, lost in zip(cells, blank, strict=True):
        for at in figures:
            row[at] = None if lost[at] else row[at]
    for name, count in book.get("doubtful", {}).items():
        at = [column.key for column in columns].index(name)
        for row_number in rng.choice(len(cells), count, replace=False).tolist():
            cells[row_number][at] = word


def _total(cells: Sequence[Sequence[object]], columns: Sequence[Column]) -> list[object]:
    """Sums of everything that is a number."""
    row: list[object] = [None] * len(columns)
    for at, column in enumerate(columns):
        if column.unit:
            figures = [one for line in cells if isinstance(one := line[at], (int, float))]
            row[at] = _rounded(fsum(figures), column)
    row[[bool(one.unit) or one.key == "index" for one in columns].index(False)] = table("books")[
        "words"
    ]["total"]
    return row


def _rounded(value: float, column: Column) -> float | int:
    decimals = table("books")["decimals"].get(column.unit, 0)
    return round(value, decimals) if decimals else round(value)


def _as_text(cells: list[list[object]], columns: Sequence[Column], book: Mapping[str, Any]) -> None:
    """Turn some figures into text with thousands separators."""
    rng = generator("texts", book["id"], book["period"])
    chosen = rng.uniform(size=(len(cells), len(columns))) < book.get("text", 0.0)
    for number, at in np.argwhere(chosen).tolist():
        value, column = cells[number][at], columns[at]
        if column.unit and isinstance(value, (int, float)):
            decimals = table("books")["decimals"].get(column.unit, 0)
            cells[number][at] = f"{value:,.{decimals}f}"


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=_CRLF).writerows(
        [["" if cell is None else cell for cell in row] for row in rows]
    )
    return text.getvalue().encode("gb18030")


def _xlsx(
    title: str,
    book: Mapping[str, Any],
    columns: Sequence[Column],
    cells: Sequence[Sequence[object]],
) -> bytes:
    """The workbook; its dates are fixed so that its bytes are."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": _delivered(), "title": title})
        sheet = workbook.add_worksheet(book["sheet"])
        bold = workbook.add_format({"bold": True, "align": "center", "font_size": 14})
        head = workbook.add_format({"bold": True, "border": 1, "text_wrap": True})
        date = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        formats = {
            unit: workbook.add_format({"num_format": f"#,##0{'.' * bool(n)}{'0' * n}"})
            for unit, n in table("books")["decimals"].items()
        }
        sheet.merge_range(0, 0, 0, len(columns) - 1, title, bold)
        lines = book.get("lines", [])
        for at, line in enumerate(lines, start=1):
            sheet.write_string(at, len(columns) - 1 if ("单位" in line) else 0, line)
        top = len(lines) + 1
        for at, column in enumerate(columns):
            width = _NARROW if column.key == "index" else _WIDTHS.get(column.key, _USUAL)
            sheet.set_column(at, at, width)
            sheet.write_string(top, at, column.header, head)
            for number, row in enumerate(cells, start=top + 1):
                _write(sheet, (number, at), row[at], (formats.get(column.unit), date))
        for at, line in enumerate(book.get("footer", [])):
            sheet.write_string(top + 1 + len(cells) + at, 0, line)
    return content.getvalue()


def _write(
    sheet: Any, place: tuple[int, int], value: object, formats: tuple[object, object]
) -> None:
    if isinstance(value, str):
        sheet.write_string(*place, value)
    elif isinstance(value, dt.date):
        sheet.write_datetime(*place, dt.datetime.combine(value, dt.time()), formats[1])
    elif value is not None:
        sheet.write_number(*place, value, formats[0])


def _delivered() -> dt.datetime:
    """The day on which every department delivered."""
    return dt.datetime.fromisoformat(city()["delivered_on"])
