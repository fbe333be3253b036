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
    assert one.code in {"file-unreadable", "file-too-large"}
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
    """The content is read as what it is, and that is noted for the record."""
    modern = workbook(tmp_path / "a.xlsx", [["x", "y"]]).read_bytes()
    old = (DATA / "energy.xls").read_bytes()
    page = b"\xef\xbb\xbf<html><table><tr><td>x<td>y</table>"
    contents = {
        "1.xls": (modern, "xlsx", ["x", "y"]),
        "2.xlsx": (old, "旧式 xls", None),
        "3.xls": (page, "网页", ["x", "y"]),
        "4.csv": (modern, "xlsx", ["x", "y"]),
        "5.csv": (page, "网页", ["x", "y"]),
        "6.xls": ("x\ty\n".encode("utf-16"), "文本", ["x", "y"]),
    }
    for name, (data, told, expected) in contents.items():
        (tmp_path / name).write_bytes(data)

        raw = read_table(tmp_path / name, name=name)

        note = raw.notes[0]
        assert ("suffix-differs", "info") == (note.code, note.severity)
        assert told in note.message()
        assert expected is None or expected == raw.rows[0]


def test_content_that_is_no_table(tmp_path: Path) -> None:
    """What cannot be read as any table is refused with what it is."""
    with zipfile.ZipFile(tmp_path / "1.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    contents = {
        "2.xlsx": ("名称,税收\n".encode(), "不是 xlsx"),
        "3.csv": (b"a\0b", "不是文本"),
        "4.xlsx": (b"", "空"),
        "5.csv": (b"<html>", "没有表格"),
        "6.xls": (b'<?xml version="1.0"?><Workbook/>', "没有表格"),
    }
    for name, (data, _) in contents.items():
        (tmp_path / name).write_bytes(data)

    for name, told in {
        "1.xlsx": "压缩包",
        **{name: one[1] for name, one in contents.items()},
    }.items():
        assert told in cause(tmp_path / name)


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
def test_et(tmp_path: Path, kind: str) -> None:
    """A workbook of WPS is either an old or a new one inside, and nothing to remark on."""
    path = tmp_path / "能耗.et"
    modern = workbook(tmp_path / "a.xlsx", [["x"]]).read_bytes()
    path.write_bytes((DATA / "energy.xls").read_bytes() if kind == "xls" else modern)

    raw = read_table(path, name="能耗.et")

    assert ("能耗" if kind == "xls" else "表") == raw.sheet
    assert () == raw.notes
    assert raw.sheet in sheets(path, name="能耗.et")


def test_merged_cells_are_known(tmp_path: Path) -> None:
    """The value stands in the first cell, and where the merging ends is told."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.merge_range(1, 2, 1, 4, "税收")
        page.write(2, 4, "合计")

    raw = read_table(path, name="a")

    assert ((1, 2, 1, 4),) == raw.merged
    assert [None, None, "税收", None, None] == raw.rows[1]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("gb2312", "gb18030"), ("utf-8", "utf-8"), ("", "gb18030"), ("", "utf-8"), ("", "utf-16")],
)
def test_web_pages_called_xls(tmp_path: Path, declared: str, encoding: str) -> None:
    """Cells over several columns or rows keep the others in their places; scripts are no text."""
    meta = f'<meta http-equiv=Content-Type content="text/html; charset={declared}">'
    text = f"""<html><head>{meta if declared else ""}<style>td {{color: red}}</style></head>
    <script>document.write("<table><tr><td>不看</table>")</script>
    <table><tr><td rowspan=2>企业<br>名称</td><td colspan="2">税收（万元）</td></tr>
    <tr><td>增值税<td>契税&nbsp;</tr>
    <tr><th>甲 &amp;  乙<td>1,234.5<td><b>2</b></tr></table>"""
    (tmp_path / "a.xls").write_bytes(text.encode(encoding))

    raw = read_table(tmp_path / "a.xls", name="a.xls")

    assert [
        ["企业\n名称", "税收（万元）", None],
        [None, "增值税", "契税"],
        ["甲 & 乙", "1,234.5", "2"],
    ] == raw.rows
    assert ((0, 0, 1, 0), (0, 1, 0, 2)) == raw.merged
    assert "" == raw.sheet


def test_the_table_of_a_page_is_chosen(tmp_path: Path) -> None:
    """The first with any text, or the one named; tables inside cells are tables of their own."""
    text = "<table></table><table><tr><td>外<table><tr><td>内</table>层</table>"
    (tmp_path / "a.xls").write_text(text, encoding="utf-8")

    assert ["表格1", "表格2", "表格3"] == sheets(tmp_path / "a.xls", name="a")
    assert [["外层"]] == read_table(tmp_path / "a.xls", name="a").rows
    assert [["内"]] == read_table(tmp_path / "a.xls", name="a", sheet="表格3").rows
    with pytest.raises(InputError, match="没有“表”；现有：表格1、表格2、表格3"):
        read_table(tmp_path / "a.xls", name="a", sheet="表")


def test_protected_files(tmp_path: Path) -> None:
    """A password is named as such, with what to do; in a new container and an old workbook."""
    old = (DATA / "energy.xls").read_bytes()
    start = old.index(b"\x09\x08\x10\x00") + 20  # the record after the first BOF
    (tmp_path / "1.xlsx").write_bytes(
        old[:8] + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    (tmp_path / "2.xls").write_bytes(old[:start] + b"\x2f\x00" + old[start + 2 :])
    (tmp_path / "3.et").write_bytes((DATA / "locked.xls").read_bytes())
    for name in ("1.xlsx", "2.xls", "3.et"):
        assert ["file-locked"] == codes(tmp_path / name)
        with pytest.raises(InputError, match="取消密码后另存为 xlsx"):
            read_table(tmp_path / name, name=name)


def test_damaged_files(tmp_path: Path) -> None:
    """Truncated and damaged workbooks end in one message each."""
    modern = workbook(tmp_path / "a.xlsx", [["x"] * 50] * 50).read_bytes()
    old = (DATA / "energy.xls").read_bytes()
    contents = {
        "1.xlsx": (modern[: len(modern) // 2], "损坏"),
        "2.xls": (old[: len(old) // 2], "损坏"),
        "3.xls": (old[:-100], "损坏"),
        "4.xls": (old[:80], "损坏"),
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
