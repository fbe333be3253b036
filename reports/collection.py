"""Collection templates (采集模板): workbooks that departments fill in and parkeval reads back."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING

import xlsxwriter

from geodata.fields import fields_of
from reports.artifact import Artifact
from reports.assets import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.fields import Field

CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Fixed creation time: a template does not depend on the day."""

ROWS = 2000
"""Rows that are prepared for filling in."""


def collection() -> list[Artifact]:
    """One workbook for each kind of table that people fill in: headers with units, lists, notes.

    Headers are the labels of `fields.csv`, so that a filled template needs no column map.
    """
    named = words()["collection"]
    return [
        Artifact(
            name=f"{title}.xlsx",
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            content=_workbook(title, list(fields_of(table).values())),
            confidential=False,
        )
        for table, title in named.items()
    ]


def _workbook(title: str, columns: list[Field]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": CREATED.replace(tzinfo=None)})
    head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True})
    sheet = book.add_worksheet(title[:31])
    text = book.add_format({"num_format": "@"})
    for number, one in enumerate(columns):
        sheet.write_string(0, number, one.label, head)
        wide = max(10, 2 * len(one.label))
        sheet.set_column(number, number, wide, text if one.type in {"text", "code"} else None)
        note = "；".join(_notes(one))
        if note:
            sheet.write_comment(0, number, note)
        allowed = _allowed(one)
        if allowed:
            sheet.data_validation(1, number, ROWS, number, {"validate": "list", "source": allowed})
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()


def _notes(one: Field) -> Iterator[str]:
    if one.unit:
        yield f"单位：{one.unit}"
    if one.low is not None and one.high is not None:
        yield f"常见范围 {one.low:g} 至 {one.high:g}"


def _allowed(one: Field) -> list[str]:
    if one.type == "flag":
        return ["是", "否"]
    return list(one.values)
