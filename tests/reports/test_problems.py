"""The problem workbook, read back from its bytes."""

from __future__ import annotations

import io
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.issues import Issue, issue
from reports.problems import _position, problems
from reports.sheet_names import sheet_names
from reports.tables import issue_table
from tests.reports.findings import FORMULA, build

if TYPE_CHECKING:
    from geodata.model import Dataset
    from reports.artifact import Artifact

TAX = "data/税务局/2024年税收.xlsx"
LAND = "data/自然资源局/宗地.gpkg"
RESERVED = ("总览", "其他")


def bad(cell: str, *, file: str = TAX, sheet: str = "税收", value: str = "约3万") -> Issue:
    """A cell that is not a number (提醒)."""
    return issue("not-a-number", file=file, sheet=sheet, cell=cell, value=value, field="增值税")


ISSUES = (
    bad("A10"),
    bad("B2"),
    bad("A2"),
    bad("AA2"),
    bad("C5", value=FORMULA),
    bad("A1", sheet="副表"),
    issue("total-row", file=TAX, sheet="税收", cell="第 12 行", value="=合计"),
    issue("empty-table", file=TAX, sheet="空表"),
    issue("holder-unknown", file=LAND, sheet="东部", subject="D11", value="某某局"),
    issue("parcel-outside", subject="D12"),
    issue("parks-overlap", subject="P2", other="P3", area_mu="1.5"),
)


@pytest.fixture(scope="module")
def data() -> Dataset:
    """The small city, with two files delivered."""
    sources = pd.DataFrame(
        [
            (LAND, "东部", "parcels", "市自然资源局"),
            (LAND, "西部", "parcels", "市自然资源局"),
            (TAX, "税收", "enterprises", "市税务局"),
        ],
        columns=["file", "sheet", "table", "department"],
    )
    return replace(build().dataset, sources=sources)


def made(data: Dataset, issues: tuple[Issue, ...] = ISSUES, *, is_example: bool = True) -> Artifact:
    """The workbook as a file."""
    return problems(issues, data, title="虚岭市", document_date="2025-05-20", is_example=is_example)


def opened(artifact: Artifact) -> openpyxl.Workbook:
    """The workbook read back."""
    return openpyxl.load_workbook(io.BytesIO(artifact.content))


@pytest.fixture(scope="module")
def book(data: Dataset) -> openpyxl.Workbook:
    """The workbook of the problems above."""
    return opened(made(data))


def rows_of(page: object) -> list[dict[str, object]]:
    """Rows of a file's sheet by header, as the filter spans them."""
    whole = [[cell.value for cell in row] for row in page[page.auto_filter.ref]]
    return [dict(zip(whole[0], row, strict=True)) for row in whole[1:]]


def table_of(book: openpyxl.Workbook, title: str) -> list[list[object]]:
    """Rows below a title and a header on the first sheet, up to the next empty row."""
    rows = [list(row) for row in book["总览"].iter_rows(values_only=True)]
    first = next(number for number, row in enumerate(rows) if row[0] == title) + 2
    found = rows[first:]
    end = next((number for number, row in enumerate(found) if row[0] is None), len(found))
    return found[:end]


def listed(book: openpyxl.Workbook) -> list[dict[str, object]]:
    """Every row of every sheet but the first."""
    return [row for page in book.worksheets[1:] for row in rows_of(page)]


def test_each_problem_stands_once_with_its_words(book: openpyxl.Workbook, data: Dataset) -> None:
    """Message, remedy and owner of every issue, no more and no fewer, whatever sheet it is on."""
    names = {"说明": "message", "处理办法": "remedy", "处理人": "owner", "原值": "value"}
    names |= {"位置": "cell", "问题": "title", "对象编号": "subject", "对象": "subject_name"}
    expected = issue_table(ISSUES, data)[list(names.values())].to_numpy().tolist()
    actual = [[row[name] or "" for name in names] for row in listed(book)]

    assert Counter(map(tuple, expected)) == Counter(map(tuple, actual))
    assert len(ISSUES) == len(actual)


def test_a_problem_told_twice_stands_once(data: Dataset) -> None:
    """The same doubt from two stages is one row."""
    assert 1 == len(listed(opened(made(data, (bad("A2"), bad("A2"))))))


def test_sheets_follow_the_sources(book: openpyxl.Workbook) -> None:
    """First the summary, then files as the workspace lists them, then what has no file."""
    assert ["总览", "宗地", "2024年税收", "其他"] == book.sheetnames


def test_counts_add_up(book: openpyxl.Workbook) -> None:
    """By severity, by kind and by file: 2 severe, 7 warnings, 2 for the record."""
    severities = Counter(one.severity for one in ISSUES)
    kinds = Counter(one.kind.title for one in ISSUES)

    assert {"严重": 2, "提醒": 7, "说明": 2} == {
        row[1]: row[2] for row in table_of(book, "按严重程度")
    }
    assert (2, 7, 2) == tuple(severities[name] for name in ("severe", "warning", "info"))
    assert dict(kinds) == {row[0]: row[2] for row in table_of(book, "按问题")}
    assert ["严重", "严重"] == [row[1] for row in table_of(book, "按问题")][:2]


def test_each_department_finds_its_sheet(book: openpyxl.Workbook) -> None:
    """File, department, total, counts by severity, and a link to the sheet."""
    files = table_of(book, "按文件")

    assert [
        [LAND, "市自然资源局", 1, 0, 1, 0, "宗地"],
        [TAX, "市税务局", 8, 1, 6, 1, "2024年税收"],
        ["（不对应单个文件）", None, 2, 1, 0, 1, "其他"],
    ] == [row[:7] for row in files]
    links = {cell.value: cell.hyperlink.location for cell in book["总览"]["G"] if cell.hyperlink}
    assert {name: f"'{name}'!A1" for name in book.sheetnames[1:]} == links
    assert "市税务局" in str(book["2024年税收"]["A4"].value)


def test_rows_are_in_reading_order(book: openpyxl.Workbook) -> None:
    """Severest first, then by sheet, then row by row from left to right: A2 before A10."""
    rows = [
        (row["严重程度"], row["工作表或图层"], row["位置"]) for row in rows_of(book["2024年税收"])
    ]

    assert [
        ("严重", "空表", None),
        ("提醒", "副表", "A1"),
        *(("提醒", "税收", cell) for cell in ("A2", "B2", "AA2", "C5", "A10")),
        ("说明", "税收", "第 12 行"),
    ] == rows
    assert list(range(1, 9)) == [row["序号"] for row in rows_of(book["2024年税收"])]


def test_values_carry_rule_and_remedy(book: openpyxl.Workbook) -> None:
    """A comment on the copied value says what is wrong, what to do and who does it."""
    page = book["2024年税收"]
    first = int(page.auto_filter.ref.split(":")[0].lstrip("A"))
    heads = [cell.value for cell in page[first]]
    across = heads.index("原值")
    comments = {}
    for row in page.iter_rows(min_row=first + 1, max_row=page.max_row):
        comments[row[heads.index("位置")].value] = row[across].comment
        coloured = row[across].fill.fgColor.rgb != "00000000"
        assert coloured == (row[across].value is not None)

    assert comments.pop(None) is None
    one = bad("A2")
    for part in (one.kind.title, one.message(), one.remedy(), one.kind.owner):
        assert part in comments["A2"].text
    assert all(comments.values())


def test_severity_is_a_word_on_a_colour(book: openpyxl.Workbook) -> None:
    """Three words, three colours, each as dark as it is severe."""
    found = {
        cell.value: cell.fill.fgColor.rgb
        for page in book.worksheets[1:]
        for row in page[page.auto_filter.ref][1:]
        for cell in row[1:2]
    }
    light = {word: sum(bytes.fromhex(colour[2:])) for word, colour in found.items()}

    assert light["严重"] < light["提醒"] < light["说明"]


def test_departments_answer_from_a_list(book: openpyxl.Workbook) -> None:
    """Each row of a file's sheet has an empty answer with three choices, and an empty remark."""
    for page in book.worksheets[1:]:
        rule = page.data_validations.dataValidation[0]
        (area,) = rule.sqref.ranges
        heads = [cell.value for cell in page[area.min_row - 1]]

        assert "list" == rule.type
        assert '"已改正,核实无误,待核实"' == rule.formula1
        assert len(rows_of(page)) == area.max_row - area.min_row + 1
        assert "处理情况" == heads[area.min_col - 1]
        assert ["处理情况", "备注"] == heads[-2:]
        assert {None} == {row[name] for row in rows_of(page) for name in heads[-2:]}


def test_nothing_of_others_is_calculated(book: openpyxl.Workbook) -> None:
    """Values that begin with an equals sign are shown as text."""
    kinds = {cell.data_type for page in book for row in page.iter_rows() for cell in row}

    assert "f" not in kinds
    assert {FORMULA, "=合计"} <= {row["原值"] for row in listed(book)}


def test_sheets_are_ready_for_screen_and_paper(book: openpyxl.Workbook) -> None:
    """Header and problem stay in sight, rows can be filtered, a page is as wide as the table."""
    for page in book.worksheets[1:]:
        first = int(page.auto_filter.ref.split(":")[0].lstrip("A"))
        assert f"D{first + 1}" == page.freeze_panes
        assert f"${first}:${first}" == page.print_title_rows
        assert "landscape" == page.page_setup.orientation
        assert page.sheet_properties.pageSetUpPr.fitToPage


def test_the_same_problems_give_the_same_bytes(data: Dataset) -> None:
    """Neither the clock nor the order of the issues shows; the date is the document's."""
    one, other = made(data), made(data, ISSUES[::-1])

    assert one.content == other.content
    assert "2025-05-20" == opened(one).properties.created.date().isoformat()
    assert one.confidential


def test_invented_data_is_marked(data: Dataset) -> None:
    """虚构示例 in the heading of every sheet, and only when it is one."""
    for is_example in (True, False):
        book = opened(made(data, is_example=is_example))
        assert [is_example] * len(book.sheetnames) == [
            "虚构示例" in page["A1"].value for page in book
        ]


def test_no_problem_is_told_too(data: Dataset) -> None:
    """Nothing found: the summary says so and stands alone."""
    book = opened(made(data, ()))

    assert ["总览"] == book.sheetnames
    assert "没有发现数据问题。" == book["总览"]["A3"].value


def test_a_file_of_no_department_has_its_sheet(data: Dataset) -> None:
    """A file that no source names comes after those of the sources."""
    book = opened(made(data, (bad("A2", file="decisions/aliases.csv", sheet=""), bad("A2"))))

    assert ["总览", "2024年税收", "aliases"] == book.sheetnames
    assert [None] == [row[1] for row in table_of(book, "按文件") if "aliases" in str(row[0])]


def test_sheet_names_are_legal_and_told_apart() -> None:
    """Forbidden signs go, names are cut to 31, and no two are alike to Excel."""
    files = ["a/总览.xlsx", "a/表[1]:*?.csv", "甲/Tax.xlsx", "乙/tax.csv", "长" * 40 + ".xlsx"]
    files += ["长" * 50 + ".csv", "' '", "x/History.csv"]

    assert [
        "总览(2)",
        "表_1____",
        "Tax",
        "tax(2)",
        "长" * 31,
        "长" * 28 + "(2)",
        "其他(2)",
        "History(2)",
    ] == list(sheet_names(files, reserved=RESERVED).values())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="aA[]:*?/\\'. 表𠮷", max_size=40), unique=True, max_size=8))
def test_any_file_name_becomes_a_sheet(names: list[str]) -> None:
    """Every name that can be thought of is accepted by the writer."""
    files = [one for one in names if one]
    found = sheet_names(files, reserved=RESERVED)
    folded = [one.casefold() for one in found.values()]

    assert files == list(found)
    assert len(set(folded)) == len(folded)
    with xlsxwriter.Workbook(io.BytesIO()) as book:
        for one in found.values():
            book.add_worksheet(one)
        book.add_worksheet("")
    for one in found.values():
        assert 0 < len(one.encode("utf-16-le")) <= 62
        assert not set(one) & set("[]:*?/\\")
        assert not one.startswith("'")
        assert not one.endswith("'")


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 99), st.integers(1, 99))
def test_position_orders_by_row(row: int, other: int) -> None:
    """Cells of one column stand as their rows do."""
    assert (row < other) == (_position(f"C{row}") < _position(f"C{other}"))


def test_thousands_of_problems_stay_quick(data: Dataset) -> None:
    """3,000 of one kind take a second or so; far more would mean a loop in a loop."""
    many = tuple(bad(f"C{number}") for number in range(1, 3001))
    begun = time.process_time()
    content = made(data, many)

    assert time.process_time() - begun < 3
    assert 3000 == len(rows_of(opened(content)["2024年税收"]))
