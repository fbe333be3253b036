"""Cells into values."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import cells

FULL_WIDTH = str.maketrans(
    "0123456789,.%-", "".join(chr(ord(one) + 0xFEE0) for one in "0123456789,.%-")
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (12, 12.0),
        (12.5, 12.5),
        ("12.50", 12.5),
        (" 1,234,567.5 ", 1234567.5),
        ("　1，234 ", 1234.0),
        ("12.5".translate(FULL_WIDTH), 12.5),
        ("−3", -3.0),
        ("+3", 3.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("'42", 42.0),
        ("5.84%", 0.0584),
        ("5.84%".translate(FULL_WIDTH), 0.0584),
        ("100 %", 1.0),
        (0, 0.0),
    ],
)
def test_numbers_are_read_as_clerks_write_them(written: object, expected: float) -> None:
    """Separators, widths, spaces and percent signs are understood."""
    assert expected == cells.number(written)


NOT_NUMBERS = [
    None,
    "",
    "—",
    "/",
    "无",
    "约30",
    "1,23",
    "12,34,567",
    "3万",
    "#DIV/0!",
    "1.2.3",
    "%",
]
NOT_NUMBERS += [True, dt.date(2024, 3, 5), float("nan"), float("inf"), "inf", "nan", "-"]


@pytest.mark.parametrize("written", NOT_NUMBERS)
def test_what_is_not_a_number_is_none(written: object) -> None:
    """Nothing is guessed from half a number."""
    assert cells.number(written) is None


def test_a_column_in_percent_is_a_fraction_after_reading() -> None:
    """Bare numbers of a percent column are divided once, text with a sign not twice."""
    assert 0.0236 == cells.number(2.36, percent=True)
    assert 0.0236 == cells.number("2.36", percent=True)
    assert 0.0236 == cells.number("2.36%", percent=True)


BLANKS = [None, "", "  ", "　", "—", "——", "-", "--", "/", "…", "……", "...", "无", "N/A", "null"]
BLANKS += ["\uff0d", "\uff0f", float("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize("written", BLANKS)
def test_marks_for_no_figure_are_blank(written: object) -> None:
    """Every usual sign for a missing figure counts as missing."""
    assert cells.is_blank(written)


@pytest.mark.parametrize("written", [0, 0.0, "0", False, "#N/A", "无锡", "-1", dt.date(2024, 1, 1)])
def test_values_are_not_blank(written: object) -> None:
    """Zero, no and errors are something."""
    assert not cells.is_blank(written)


@pytest.mark.parametrize("written", ["是", 1, "1", 1.0, "TRUE", "√", "规上", " 是 ", True, "有"])
def test_yes(written: object) -> None:
    """Yes in all its spellings."""
    assert cells.flag(written) is True


@pytest.mark.parametrize("written", ["否", 0, "0", 0.0, "False", "×", "规下", "无", False])
def test_no(written: object) -> None:
    """No in all its spellings; a bare 无 is one."""
    assert cells.flag(written) is False


@pytest.mark.parametrize("written", [None, "/", "", "大型", 2, float("nan")])
def test_neither_yes_nor_no(written: object) -> None:
    """Whatever else there is stays unknown."""
    assert cells.flag(written) is None


DATES = ["2024-06-30", "2024/6/30", "2024.6.30", "2024年6月30日", "20240630", 20240630, 20240630.0]
DATES += [45473, 45473.5, "2024-06-30 00:00:00", "2024-06-30T00:00:00Z", pd.Timestamp("2024-06-30")]
DATES += [dt.date(2024, 6, 30), dt.datetime(2024, 6, 30, 8, tzinfo=dt.UTC)]


@pytest.mark.parametrize("written", DATES)
def test_dates(written: object) -> None:
    """One day, however written."""
    assert dt.date(2024, 6, 30) == cells.date(written)


def test_a_month_is_its_first_day() -> None:
    """A month without a day stands for its first."""
    assert dt.date(2024, 6, 1) == cells.date("2024年6月") == cells.date("2024-06")


@pytest.mark.parametrize("written", ["2024", 2024, "45473", 2024.1, "2024-13-01", "去年", True, ""])
def test_what_is_not_a_date_is_none(written: object) -> None:
    """A year alone, a serial number as text, an impossible month are no dates."""
    assert cells.date(written) is None


def test_codes_stay_text() -> None:
    """Leading zeros stay, a number loses only its `.0`, width is folded."""
    assert "0012" == cells.code("0012")
    assert "43090301" == cells.code(43090301.0)
    assert "12" == cells.code("12".translate(FULL_WIDTH))
    assert cells.code("—") is None


def test_damaged_codes_are_seen() -> None:
    """What Excel rounded to 15 digits is told from whole numbers and from text."""
    assert cells.is_damaged_code(9.14309e17)
    assert cells.is_damaged_code("9.14309E+17")
    assert not cells.is_damaged_code(430903001001)
    assert not cells.is_damaged_code("91430900MA0000001A")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("用地面积（亩）", ("用地面积", "亩")),
        ("税收(万元)", ("税收", "万元")),
        ("税收 [单位：万元]", ("税收", "万元")),
        ("税收\n（万元）", ("税收", "万元")),
        ("R&D经费支出占比(%)", ("R&D经费支出占比", "%")),
        ("全员劳动生产率(万元/人·年)", ("全员劳动生产率", "万元/人·年")),
        ("主要污染物排放量（COD）（吨）", ("主要污染物排放量（COD）", "吨")),
        ("税收（万美元）", ("税收", "万美元")),
        ("增值税（入库）", ("增值税（入库）", "")),
        ("用地面积（1）", ("用地面积（1）", "")),
        ("主导产业（两主一特）", ("主导产业（两主一特）", "")),
        ("名称", ("名称", "")),
        ("", ("", "")),
    ],
)
def test_units_in_brackets(header: str, expected: tuple[str, str]) -> None:
    """Only a bracket at the end that names a unit is one."""
    assert expected == cells.split_unit(header)


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=30, deadline=None)
def test_every_number_survives_being_written(figure: float) -> None:
    """A number and its text are the same number, to the last bit."""
    assert figure == cells.number(figure) == cells.number(repr(figure))


@given(st.integers(min_value=-(10**12), max_value=10**12))
@settings(max_examples=30, deadline=None)
def test_separators_and_width_change_nothing(figure: int) -> None:
    """Thousands separators and full-width digits are only a way of writing."""
    assert float(figure) == cells.number(f"{figure:,}".translate(FULL_WIDTH))


@given(st.one_of(st.text(max_size=12), st.floats(), st.booleans(), st.none(), st.dates()))
@settings(max_examples=60, deadline=None)
def test_nothing_raises(written: object) -> None:
    """Any cell can be asked for anything."""
    for read in (cells.number, cells.flag, cells.date, cells.code, cells.text, cells.is_blank):
        read(written)
    cells.split_unit(str(written))
