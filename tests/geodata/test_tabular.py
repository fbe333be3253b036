"""Workbooks and csv as they are."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
import xlsxwriter

from geodata.errors import InputError
from geodata.readers.tabular import read_table, sheets

if TYPE_CHECKING:
    from collections.abc import Sequence

DATA = Path(__file__).parent / "data"


def workbook(path: Path, rows: Sequence[Sequence[object]], *, sheet: str = "表") -> Path:
    """A small xlsx with one sheet."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return path


def codes(path: Path, *, sheet: str | None = None) -> list[str]:
    """Codes of the issues with which reading is refused."""
    with pytest.raises(InputError) as caught:
        read_table(path, name="报送/表.xlsx", sheet=sheet)
    return [one.code for one in caught.value.issues]


def cause(path: Path) -> str:
    """The cause of an unreadable file."""
    with pytest.raises(InputError) as caught:
        read_table(path, name=path.name)
    (one,) = caught.value.issues
    assert one.code == "file-unreadable"
    return dict(one.params)["cause"]


def test_addresses_do_not_shift(tmp_path: Path) -> None:
    """Empty rows and columns before the first cell are there."""
    path = workbook(tmp_path / "a.xlsx", [[], [], [None, None, "名称", 12.5]])

    raw = read_table(path, name="报送/a.xlsx")

    assert "报送/a.xlsx" == raw.file
    assert "表" == raw.sheet
    assert [[None] * 4, [None] * 4, [None, None, "名称", 12.5]] == raw.rows


def test_cells_keep_their_types(tmp_path: Path) -> None:
    """Text, numbers, dates and booleans arrive as such; long whole numbers as floats."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["0012", 1.5, True, 914309000000000000])
        page.write_datetime(0, 4, dt.date(2024, 6, 30), book.add_format({"num_format": 14}))

    (row,) = read_table(path, name="a").rows

    assert ["0012", 1.5, True, 9.14309e17, dt.date(2024, 6, 30)] == row
    assert isinstance(row[3], float)


@pytest.mark.parametrize("engine", ["xlsxwriter", "openpyxl"])
def test_percent_formats_are_known(tmp_path: Path, engine: str) -> None:
    """Number cells shown as a percentage are listed, others and text are not."""
    path = tmp_path / "a.xlsx"
    if engine == "xlsxwriter":
        with xlsxwriter.Workbook(path) as book:
            page = book.add_worksheet()
            page.write_row(1, 0, [1.5, "5%"])
            page.write_number(2, 1, 0.0584, book.add_format({"num_format": "0.00%"}))
            page.write_number(2, 2, 0.5, book.add_format({"num_format": '0.0"%"'}))
            page.write_number(2, 3, 0.25, book.add_format({"num_format": 9}))
    else:
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        for column, (figure, shown) in enumerate([(0.0584, "0.00%"), (0.5, "0.0"), (0.25, "0%")]):
            page.cell(3, column + 2, figure).number_format = shown
        book.save(path)

    raw = read_table(path, name="a")

    assert {(2, 1), (2, 3)} == raw.percents
    assert 0.0584 == raw.rows[2][1]


def test_errors_are_not_empty(tmp_path: Path) -> None:
    """A cell that shows an error is that text, so that nobody takes it for a missing figure."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_formula("B2", "=1/0", None, "#DIV/0!")
        page.write_number("C2", 1)

    assert [None, "#DIV/0!", 1.0] == read_table(path, name="a").rows[1]


def test_the_first_sheet_with_cells_is_read(tmp_path: Path) -> None:
    """Empty and hidden sheets in front are passed over; all are listed."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("封面")
        hidden = book.add_worksheet("字典")
        hidden.write(0, 0, "不看")
        hidden.hide()
        book.add_worksheet("数据").write(0, 0, "看")

    assert "数据" == read_table(path, name="a").sheet
    assert [["不看"]] == read_table(path, name="a", sheet="字典").rows
    assert ["封面", "字典", "数据"] == sheets(path, name="a")


def test_a_missing_sheet_names_those_present(tmp_path: Path) -> None:
    """The message lists what there is."""
    path = workbook(tmp_path / "a.xlsx", [["x"]], sheet="税收")

    with pytest.raises(InputError, match="没有“能耗”；现有：税收"):
        read_table(path, name="a", sheet="能耗")


def test_an_empty_workbook_has_no_rows(tmp_path: Path) -> None:
    """Nothing to read is not an error of reading."""
    assert [] == read_table(workbook(tmp_path / "a.xlsx", []), name="a").rows


def test_xls() -> None:
    """A workbook of the old kind is read like a new one; its first sheet is empty."""
    raw = read_table(DATA / "energy.xls", name="能耗.xls")

    assert "能耗" == raw.sheet
    assert "单位：吨标准煤" == raw.rows[1][5]
    assert "统一社会信用代码" == raw.rows[3][1]
    assert [
        None,
        "91430900MA0000001A",
        "甲虚构公司",
        100.5,
        20.0,
        dt.date(2015, 6, 30),
    ] == raw.rows[4]


@pytest.mark.parametrize(
    ("encoding", "noted"),
    [("utf-8", []), ("utf-8-sig", []), ("gb18030", ["GB18030"]), ("utf-16", ["UTF-16"])],
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv(tmp_path: Path, encoding: str, noted: list[str], delimiter: str) -> None:
    """Every usual encoding and delimiter gives the same cells; an unusual one is noted."""
    path = tmp_path / "a.csv"
    rows = [["企业名称", "税收"], ["湘江，甲公司", "1.5"], ["乙公司", ""]]
    path.write_text("\r\n".join(delimiter.join(row) for row in rows), encoding=encoding)

    raw = read_table(path, name="a.csv")

    assert [["企业名称", "税收"], ["湘江，甲公司", "1.5"], ["乙公司", None]] == raw.rows
    assert noted == [dict(one.params)["encoding"] for one in raw.notes]
    assert "" == raw.sheet


def test_csv_rows_are_equally_long(tmp_path: Path) -> None:
    """Short lines are filled up, quoted delimiters and line breaks belong to their cell."""
    path = tmp_path / "a.csv"
    path.write_text('标题\n名称,"税收,\n万元",备注\n甲,"1,234"\n', encoding="utf-8")

    rows = read_table(path, name="a.csv").rows

    assert [["标题", None, None], ["名称", "税收,\n万元", "备注"], ["甲", "1,234", None]] == rows


def test_missing_file_and_unknown_kind(tmp_path: Path) -> None:
    """Both have their own message."""
    (tmp_path / "a.docx").write_bytes(b"x")

    assert ["file-missing"] == codes(tmp_path / "none.xlsx")
    assert ["file-kind"] == codes(tmp_path / "a.docx")


def test_suffixes_that_lie(tmp_path: Path) -> None:
    """A suffix that does not fit the content is refused with what the content is."""
    modern = workbook(tmp_path / "a.xlsx", [["x"]]).read_bytes()
    old = (DATA / "energy.xls").read_bytes()
    contents = {
        "1.xls": (modern, "xlsx"),
        "2.xlsx": (old, "旧式 xls"),
        "3.xlsx": ("名称,税收\n".encode(), "不是 xlsx"),
        "4.xls": (b"\xef\xbb\xbf<html><table></table>", "网页"),
        "5.csv": (modern, "Excel"),
        "6.csv": (b"a\0b", "不是文本"),
        "7.xlsx": (b"", "空"),
        "8.csv": (b"<table>", "网页"),
    }
    for name, (data, told) in contents.items():
        (tmp_path / name).write_bytes(data)

        assert told in cause(tmp_path / name)


def test_damaged_and_protected_files(tmp_path: Path) -> None:
    """Truncated, damaged and password-protected workbooks end in one message each."""
    modern = workbook(tmp_path / "a.xlsx", [["x"] * 50] * 50).read_bytes()
    old = (DATA / "energy.xls").read_bytes()
    start = old.index(b"\x09\x08\x10\x00") + 20  # the record after the first BOF
    locked = old[:start] + b"\x2f\x00" + old[start + 2 :]
    contents = {
        "1.xlsx": (modern[: len(modern) // 2], "损坏"),
        "2.xls": (old[: len(old) // 2], "损坏"),
        "3.xls": (old[:-100], "损坏"),
        "4.xls": (old[:80], "损坏"),
        "5.xlsx": (old[:8] + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "密码"),
        "6.xls": (locked, "密码"),
    }
    for name, (data, told) in contents.items():
        (tmp_path / name).write_bytes(data)

        assert told in cause(tmp_path / name)


def test_a_sheet_that_is_not_xml(tmp_path: Path) -> None:
    """Damage inside the archive is found too."""
    path, broken = workbook(tmp_path / "a.xlsx", [["x"]]), tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(broken, "w") as new:
        for part in old.namelist():
            data = b"<worksheet><sheetData><row" if "sheet1.xml" in part else old.read(part)
            new.writestr(part, data)

    assert "损坏" in cause(broken)


def test_csv_that_nobody_can_decode(tmp_path: Path) -> None:
    """Bytes that are neither UTF-8 nor GB18030, and quotes that never close, are refused."""
    (tmp_path / "a.csv").write_bytes(b"\xff\xff,1\n")
    (tmp_path / "b.csv").write_text('名称,"税收\n甲,1\n', encoding="utf-8")

    assert "编码" in cause(tmp_path / "a.csv")
    assert "引号" in cause(tmp_path / "b.csv")
