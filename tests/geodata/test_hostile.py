"""Input made to break a reader: refused in words or read, quickly, without a sound."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from benchmarks.fuzz_readers import READERS, attempt, case, seeds
from geodata.conform import conform
from geodata.errors import InputError
from geodata.readers.compound import stream
from geodata.readers.tabular import read_table

DATA = Path(__file__).parent / "data"
CASES = 14


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one good file per reader."""
    folder = tmp_path_factory.mktemp("good")
    seeds(folder)
    return folder


def refused(path: Path) -> str:
    """Code of the one issue with which a table is refused."""
    with pytest.raises(InputError) as caught:
        read_table(path, name=path.name)
    (one,) = caught.value.issues
    return one.code


def rewritten(path: Path, target: Path, part: str, content: bytes) -> Path:
    """The same archive with one part replaced."""
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.namelist():
            new.writestr(one, content if one == part else old.read(one))
    return target


@pytest.mark.parametrize("reader", READERS)
def test_broken_files(good: Path, reader: str) -> None:
    """Whatever is cut, changed or repeated, a reader reads or refuses."""
    wrong = {
        one.seed: one.result
        for one in (case(good, reader, seed) for seed in range(CASES))
        if one.result not in {"read", "refused"}
    }

    assert {} == wrong


def test_good_files_are_read(good: Path) -> None:
    """What is to be broken is whole before."""
    for reader in READERS:
        path = good / f"good{reader}"
        if reader == ".html":
            path = path.rename(good / "page.xls")
        assert attempt(path) == "read", reader


def test_a_cell_at_the_far_corner(tmp_path: Path) -> None:
    """Two cells that span 17 thousand million are refused before memory is asked for."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet()
        page.write(0, 0, "企业名称")
        page.write(1_048_575, 16_383, "x")

    assert "file-too-large" == refused(tmp_path / "a.xlsx")


def test_formats_without_values_take_no_room(tmp_path: Path) -> None:
    """Formatted empty cells far away, and a dimension that lies, do not make a sheet large."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet()
        page.write(0, 0, "企业名称")
        page.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        content = archive.read(part)
    content = content.replace(b"A1:XFD1048576", b"A1:ZZZ99999999")
    path = rewritten(tmp_path / "a.xlsx", tmp_path / "b.xlsx", part, content)

    assert [["企业名称"]] == read_table(path, name="a").rows


def test_an_old_workbook_with_a_far_cell(tmp_path: Path) -> None:
    """The same for xls, where rows and columns are two bytes each."""
    data = (DATA / "energy.xls").read_bytes()
    content = stream(data, ("Workbook",))
    texts = [content[at : at + 14] for at, kind in records(content) if kind == 0x00FD]
    old = next(one for one in texts if data.count(one) == 1)
    for row, column, expected in ((0xFFFF, 3, None), (0xFFFF, 0xFFFF, "file-too-large")):
        new = old[:4] + struct.pack("<HH", row, column) + old[8:]
        (tmp_path / "a.xls").write_bytes(data.replace(old, new))
        if expected:
            assert expected == refused(tmp_path / "a.xls")
        else:
            assert 0x10000 == len(read_table(tmp_path / "a.xls", name="a", sheet="能耗").rows)


def records(content: bytes) -> list[tuple[int, int]]:
    """Place and kind of the records of an old workbook."""
    found, place = [], 0
    while place + 4 <= len(content):
        kind, length = struct.unpack_from("<HH", content, place)
        found.append((place, kind))
        place += 4 + length
    return found


def test_bombs_in_a_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that unpack to more than the stated bytes, also where they lie about it."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet().write(0, 0, "x")
    size = 3 << 20
    monkeypatch.setattr("geodata.readers.workbook.MOST_BYTES", 2 << 20)
    strings = b"<sst>" + b" " * size
    path = rewritten(tmp_path / "a.xlsx", tmp_path / "b.xlsx", "xl/sharedStrings.xml", strings)
    lie = path.read_bytes().replace(struct.pack("<I", len(strings)), struct.pack("<I", 100))
    (tmp_path / "c.xlsx").write_bytes(lie)

    assert "file-too-large" == refused(path)
    assert "file-unreadable" == refused(tmp_path / "c.xlsx")


def test_a_thousand_million_laughs(tmp_path: Path) -> None:
    """Entities that call each other are refused by the XML parser."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet().write(0, 0, "x")
    calls = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{calls}]><styleSheet>&l11;</styleSheet>'
    path = rewritten(tmp_path / "a.xlsx", tmp_path / "b.xlsx", "xl/styles.xml", bomb.encode())

    assert "file-unreadable" == refused(path)


@pytest.mark.parametrize(
    "text",
    [
        "<table>" + "<tr>" + "<td colspan=1000 rowspan=65534>" * 30_000,
        "<table><tr><td>" + "<" * 200_000,
        "<table><tr><td>" + "<!--" * 50_000,
        "<table><tr><td>" + "<a " * 50_000,
        "<table>" * 20_000,
        "<html>" + "&" * 200_000,
    ],
    ids=["spans", "angles", "comments", "tags", "nested", "entities"],
)
def test_web_pages_that_go_on(tmp_path: Path, text: str) -> None:
    """Spans, open tags and nesting without end are refused or read."""
    (tmp_path / "a.xls").write_text(text, encoding="ascii")

    assert attempt(tmp_path / "a.xls") == "refused"


def test_a_csv_with_one_long_line(tmp_path: Path) -> None:
    """Filling all lines up to the longest would take more cells than anybody has."""
    (tmp_path / "a.csv").write_text("x\n" * 50_000 + "," * 1000, encoding="ascii")

    assert "file-too-large" == refused(tmp_path / "a.csv")


def test_numbers_that_are_none(tmp_path: Path) -> None:
    """NaN is missing; infinity and what is too large for a number are named and unknown."""
    lines = ["企业名称,增值税（万元）", "甲,nan", "乙,inf", "丙,1e999", "丁,=1+1", "戊,1e300"]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")

    done = conform(read_table(tmp_path / "a.csv", name="a"), "enterprises")

    known = done.frame["tax_vat_10k_yuan"].notna().tolist()
    assert [False, False, False, False, True] == known
    doubts = [(one.code, one.cell) for one in done.issues if one.severity != "info"]
    assert [("not-a-number", f"B{row}") for row in (3, 4, 5)] == doubts[:3]


def test_formulas_are_not_calculated(tmp_path: Path) -> None:
    """The stored value counts; text that looks like a formula stays text."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet()
        page.write_formula("A1", "=1+1", None, 3)
        page.write_string("B1", '=HYPERLINK("http://localhost")')

    assert [[3.0, '=HYPERLINK("http://localhost")']] == read_table(
        tmp_path / "a.xlsx", name="a"
    ).rows


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "-1e308", "1e999", '"x"', "null", "[]"])
def test_coordinates_that_are_none(tmp_path: Path, figure: str) -> None:
    """They are refused, or their record has no shape."""
    ring = "[112, 28], [113, 28], [113, FIGURE], [112, 28]".replace("FIGURE", figure)
    shape = f'{{"type": "Polygon", "coordinates": [[{ring}]]}}'
    record = f'{{"type": "Feature", "properties": {{"宗地编号": "P1"}}, "geometry": {shape}}}'
    text = f'{{"type": "FeatureCollection", "features": [{record}]}}'
    (tmp_path / "a.geojson").write_text(text, encoding="utf-8")

    assert attempt(tmp_path / "a.geojson") in {"read", "refused"}


def test_a_geojson_as_deep_as_a_well(tmp_path: Path) -> None:
    """Nesting without end is refused."""
    deep = json.loads("[" * 50 + "]" * 50)
    text = json.dumps({"type": "FeatureCollection", "features": deep})
    (tmp_path / "a.geojson").write_text(text.replace("[]", "[" * 100_000), encoding="utf-8")

    assert "refused" == attempt(tmp_path / "a.geojson")
