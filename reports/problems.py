"""The list of data problems that departments fill in and send back (数据问题清单.xlsx)."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.issues import SEVERITIES
from reports.artifact import Artifact
from reports.assets import words
from reports.labels import Column, column, word
from reports.sheet_names import sheet_names
from reports.sheets import Sheet, Table
from reports.tables import issue_columns, issue_table
from reports.workbook import MEDIA_TYPE, display_width, new_book, styles, write_sheet

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

    from geodata.issues import Issue
    from geodata.model import Dataset
    from reports.workbook import Styles, Written

PARTS = (
    "severity",
    "title",
    "sheet",
    "cell",
    "value",
    "subject",
    "subject_name",
    "message",
    "remedy",
    "owner",
)
"""Columns of a file's sheet that come from the problem list, between the number and the answer."""

ANSWER, REMARK = 13, 28
"""Widths of the columns to fill in, in half-width characters."""

WIDEST = 34
"""Width in half-width characters from which text wraps, so that a row fits across a page."""

FROZEN = 3
"""Columns that stay in sight: number, severity, problem."""

COMMENT, COMMENT_LINE = 44, 17
"""A comment's width in half-width characters, and the height of one of its lines in pixels."""

_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")
_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The problems of one file, or those of none.

    Attributes:
        file: file as the workspace names it, empty for the rest.
        department: who delivered it, empty where nobody is named.
        page: name of its sheet.
        frame: its problems in reading order.
    """

    file: str
    department: str
    page: str
    frame: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Formats of this workbook."""

    common: Styles
    marks: Mapping[str, Format]
    values: Mapping[str, Format]
    link: Format


def problems(
    issues: Iterable[Issue],
    dataset: Dataset,
    *,
    title: str,
    document_date: str,
    is_example: bool,
) -> Artifact:
    """Render the problem list as a workbook with one sheet per file.

    Args:
        issues: every doubt; the same doubt stated twice is listed once.
        dataset: names the subjects, the files' order and who delivered them.
        title: heading of the workspace.
        document_date: ISO date; the file is dated by it.
        is_example: says that everything is invented.

    Returns:
        An xlsx whose bytes depend on the arguments alone.
    """
    frame = issue_table(issues, dataset)
    parts = _parts(frame, dataset)
    heading = word("problems", "heading", title=title)
    mark = word("marks", "example")
    heading = f"{heading}（{mark}）" if is_example and mark not in heading else heading
    dates = word("problems", "dates", date=document_date)
    head = [heading, f"{dates} · {word('marks', 'internal')}"]
    buffer = io.BytesIO()
    with new_book(buffer, heading=heading, date=document_date) as book:
        look = _look(book)
        _summary(book, look, frame=frame, parts=parts, head=head)
        for one in parts:
            _page(book, look, one, head)
    return Artifact(name=word("problems", "file"), media_type=MEDIA_TYPE, content=buffer.getvalue())


def _parts(frame: pd.DataFrame, dataset: Dataset) -> list[_Part]:
    """Files in the order of the workspace, then others by name, then what has no file."""
    listed = list(dict.fromkeys(dataset.sources["file"]))
    present = set(frame["file"])
    files = [one for one in listed if one in present]
    files += sorted(present - set(listed) - {""})
    files += [""] if "" in present else []
    other = word("problems", "other")
    names = sheet_names(files, reserved=(word("problems", "summary"), other))
    return [
        _Part(
            file=file,
            department=_department(file, dataset),
            page=names.get(file, other),
            frame=_in_reading_order(frame[frame["file"] == file]),
        )
        for file in files
    ]


def _department(file: str, dataset: Dataset) -> str:
    """Who delivered a file; its sources may name several."""
    rows = dataset.sources[dataset.sources["file"] == file]
    named = [str(one) for one in rows["department"].dropna() if one]
    return word("marks", "several").join(dict.fromkeys(named))


def _in_reading_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Severest first, then sheet by sheet, row by row, from left to right."""
    rank = {name: number for number, name in enumerate(SEVERITIES)}
    keys = [
        (rank[severity], sheet, _position(cell), number)
        for number, (severity, sheet, cell) in enumerate(
            frame[["severity", "sheet", "cell"]].to_numpy().tolist()
        )
    ]
    return frame.iloc[[number for *_, number in sorted(keys)]].reset_index(drop=True)


def _position(cell: str) -> tuple[int, int]:
    """Row and column of the first cell named; what has no row comes first.

    >>> [_position(one) for one in ("A2", "B2", "A10", "AA1", "D5、D9", "第 5 行", "")]
    [(2, 1), (2, 2), (10, 1), (1, 27), (5, 4), (5, 0), (0, 0)]
    """
    named = _CELL.search(cell)
    if named is None:
        row = _NUMBER.search(cell)
        return (int(row[0]) if row else 0), 0
    across = 0
    for letter in named[1]:
        across = across * 26 + ord(letter) - ord("A") + 1
    return int(named[2]), across


def _look(book: Workbook) -> _Look:
    common = styles(book)
    base = {"font_name": word("workbook", "font"), "font_size": 10, "valign": "vcenter"}
    base |= {"bottom": 1, "bottom_color": "#d0d5da", "text_wrap": True}
    colours = words()["problems"]["colours"]
    return _Look(
        common=common,
        marks={
            name: book.add_format(
                base
                | {"bold": True, "align": "center", "bg_color": one["mark"]}
                | {"font_color": one["font"]}
            )
            for name, one in colours.items()
        },
        values={
            name: book.add_format(base | {"indent": 1, "bg_color": one["value"]})
            for name, one in colours.items()
        },
        link=book.add_format(base | {"indent": 1, "font_color": "#0b5394", "underline": 1}),
    )


def _own(name: str) -> Column:
    """A column that only this workbook has."""
    entry = words()["problems"]["columns"][name]
    return Column(id=name, title=entry["title"], kind=entry["kind"])


def _summary(
    book: Workbook, look: _Look, *, frame: pd.DataFrame, parts: list[_Part], head: list[str]
) -> None:
    """总览: how many of what, whose they are, and where they stand."""
    notes = [word("problems", "send" if len(frame) else "none")]
    tables = [_by_severity(frame), _by_kind(frame), _by_file(parts)] if len(frame) else []
    title = word("problems", "summary")
    sheet = Sheet(id="problems", title=title, notes=(), tables=tuple(tables))
    done = write_sheet(book, sheet, look.common, [*head, *notes])
    if not tables:
        return
    for table, header in zip(tables, done.headers, strict=True):
        _mark(done, look, table, header)
    row, across = done.headers[-1] + 1, [one.id for one in tables[-1].columns].index("page")
    for number, one in enumerate(parts):
        quoted = one.page.replace("'", "''")
        done.page.write_url(row + number, across, f"internal:'{quoted}'!A1", look.link, one.page)


def _by_severity(frame: pd.DataFrame) -> Table:
    counts = frame["severity"].value_counts().reindex(list(SEVERITIES), fill_value=0)
    table = pd.DataFrame(
        {
            "shown": [word("severities", one) for one in SEVERITIES],
            "meaning": [words()["problems"]["meanings"][one] for one in SEVERITIES],
            "issue_count": counts.array,
            "severity": list(SEVERITIES),
        }
    )
    columns = (_own("meaning"), column("severity", at="shown"), column("issue_count"))
    title = words()["problems"]["tables"]["severities"]
    return Table(title=title, columns=columns, frame=table)


def _by_kind(frame: pd.DataFrame) -> Table:
    """One row per kind of problem, severest and most frequent first."""
    keys = ["severity", "code", "title", "owner"]
    table = frame.groupby(keys, sort=True).size().rename("issue_count").reset_index()
    table["rank"] = table["severity"].map(SEVERITIES.index)
    table = table.sort_values(["rank", "issue_count", "code"], ascending=[True, False, True])
    table["shown"] = [word("severities", one) for one in table["severity"]]
    columns = (
        column("issue_title", at="title"),
        column("severity", at="shown"),
        column("issue_count"),
        column("owner"),
    )
    title = words()["problems"]["tables"]["kinds"]
    return Table(title=title, columns=columns, frame=table.reset_index(drop=True))


def _by_file(parts: list[_Part]) -> Table:
    """One row per file, with its department and the sheet that it can be sent."""
    rows: list[dict[str, Any]] = [
        {
            "file": one.file or word("problems", "other_file"),
            "department": one.department,
            "all": len(one.frame),
            **{name: int(one.frame["severity"].eq(name).sum()) for name in SEVERITIES},
            "page": one.page,
        }
        for one in parts
    ]
    columns = (
        column("file"),
        column("department"),
        _own("all"),
        *(_own(name) for name in SEVERITIES),
        _own("page"),
    )
    title = words()["problems"]["tables"]["files"]
    return Table(title=title, columns=columns, frame=pd.DataFrame(rows))


def _page(book: Workbook, look: _Look, part: _Part, head: list[str]) -> None:
    """One file's sheet: its problems, and two columns for the answer."""
    shown = [word("severities", one) for one in part.frame["severity"]]
    frame = part.frame.assign(number=range(1, len(shown) + 1), shown=shown, state="", remark="")
    table = Table(title="", columns=tuple(_page_columns()), frame=frame)
    sheet = Sheet(id="problems", title=part.page, notes=(), tables=(table,))
    done = write_sheet(book, sheet, look.common, [*head, *_page_lines(part)], widest=WIDEST)
    header = done.headers[0]
    done.page.freeze_panes(header + 1, FROZEN)
    _mark(done, look, table, header)
    _values(done, look, table, header)
    _answers(done, table, header)


def _page_columns() -> Iterable[Column]:
    known = {one.id: one for one in issue_columns()}
    yield _own("number")
    yield column("severity", at="shown")
    yield from (known[name] for name in PARTS[1:])
    yield _own("state")
    yield _own("remark")


def _page_lines(part: _Part) -> list[str]:
    """What the sheet is about, how much there is, and what to do with it."""
    counts = part.frame["severity"].value_counts()
    told = [
        word("problems", "count", severity=word("severities", name), count=counts[name])
        for name in SEVERITIES
        if name in counts
    ]
    line = [word("problems", "counts", all=len(part.frame), told="，".join(told))]
    if part.department:
        line.insert(0, word("problems", "department", department=part.department))
    what = word("problems", "file_line", file=part.file) if part.file else ""
    first = what or word("problems", "other_note")
    return [first, " · ".join(line), word("problems", "fill_in")]


def _at(table: Table, name: str) -> int:
    return [one.id for one in table.columns].index(name)


def _mark(done: Written, look: _Look, table: Table, header: int) -> None:
    """The word for the severity, on its colour."""
    if "shown" not in table.frame:
        return
    across = _at(table, "shown")
    for row, (name, shown) in enumerate(
        table.frame[["severity", "shown"]].to_numpy().tolist(), start=header + 1
    ):
        done.page.write_string(row, across, shown, look.marks[name])


def _values(done: Written, look: _Look, table: Table, header: int) -> None:
    """The offending value as it was, coloured, with the rule and the remedy as a comment."""
    across = _at(table, "value")
    author = word("problems", "author")
    for row, one in enumerate(table.frame.to_dict("records"), start=header + 1):
        if not one["value"] and not one["cell"]:
            continue
        if one["value"]:
            done.page.write_string(row, across, one["value"], look.values[one["severity"]])
        text = _comment(one)
        lines = sum(-(-max(display_width(line), 1) // COMMENT) for line in text.splitlines())
        size = {"width": 330, "height": COMMENT_LINE * (lines + 1)}
        font = {"font_name": word("workbook", "font"), "font_size": 9, "author": author}
        done.page.write_comment(row, across, text, size | font)


def _comment(one: Mapping[Hashable, Any]) -> str:
    parts = [f"{one['title']}：{one['message']}"]
    parts += [word("problems", name, **{name: one[name]}) for name in ("remedy", "owner")]
    return "\n".join(parts)


def _answers(done: Written, table: Table, header: int) -> None:
    """Two columns to fill in, the first from a list."""
    state, remark = _at(table, "state"), _at(table, "remark")
    done.page.set_column(state, state, ANSWER)
    done.page.set_column(remark, remark, REMARK)
    allowed = words()["problems"]["states"]
    hint = word("problems", "state_hint", states=word("marks", "several").join(allowed))
    rule = {
        "validate": "list",
        "source": allowed,
        "input_title": word("problems", "state_title"),
        "input_message": hint,
        "error_title": word("problems", "state_title"),
        "error_message": word("problems", "state_error"),
    }
    done.page.data_validation(header + 1, state, header + len(table.frame), state, rule)
