"""Canonical columns, units and types."""

from __future__ import annotations

import copy
import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geodata import conform as module
from geodata.conform import Columns, conform
from geodata.errors import InputError
from geodata.fields import Field, fields
from geodata.issues import issue
from geodata.model import Conformed, RawTable
from geodata.readers.tabular import read_table

if TYPE_CHECKING:
    from pathlib import Path

CODE = "91430900MA0000001A"


def sheet(*rows: list[Any], percents: frozenset[tuple[int, int]] = frozenset()) -> RawTable:
    """A sheet with these rows."""
    return RawTable(file="报送/表.xlsx", sheet="表", rows=list(rows), percents=percents)


def column(title: str, *values: object, table: str = "enterprises", **declared: Any) -> Conformed:
    """A table of one interesting column beside the key."""
    key = {"enterprises": "企业名称", "parcels": "宗地编号", "parks": "园区编号"}[table]
    rows = [[key, title], *([f"甲{at}", one] for at, one in enumerate(values))]
    return conform(sheet(*rows), table, how=Columns(**declared))


def listed(done: Conformed) -> list[tuple[str, str, str]]:
    """Code, cell and value of every issue."""
    return [(one.code, one.cell, one.value) for one in done.issues]


@pytest.mark.parametrize(
    ("title", "value", "field", "expected"),
    [
        ("增值税（元）", 12345, "tax_vat_10k_yuan", 1.2345),
        ("增值税（万元）", "1,234.5", "tax_vat_10k_yuan", 1234.5),
        ("增值税（亿元）", 1.5, "tax_vat_10k_yuan", 15000),
        ("用地面积（公顷）", 1, "land_area_mu", 15),
        ("用地面积（平方米）", 10000, "land_area_mu", 15),
        ("用地面积（㎡）", 2000, "land_area_mu", 3),
        ("用电量（度）", 20000, "electricity_10k_kwh", 2),
        ("综合能耗（万吨标准煤）", 0.5, "energy_tce", 5000),
        ("主要污染物排放量（千克）", 500, "emission_t", 0.5),
        ("从业人员（万人）", 0.01, "employees", 100),
        ("tax_vat_10k_yuan", 7, "tax_vat_10k_yuan", 7),
    ],
)
def test_units_become_canonical(title: str, value: object, field: str, expected: float) -> None:
    """万元, 亩, 万kWh, tce and t, whatever the table uses; decimal steps stay exact."""
    done = column(title, value)

    assert [expected] == done.frame[field].tolist()
    assert () == done.issues


def test_a_declared_unit_wins() -> None:
    """The workspace may overrule the header, when it says so with an exclamation mark."""
    done = column("增值税（万元）", 12345, units={"tax_vat_10k_yuan": "元!"})

    assert [1.2345] == done.frame["tax_vat_10k_yuan"].tolist()


def test_every_type_has_its_dtype() -> None:
    """Numbers are float64, flags boolean, dates datetime64, text and codes str with NaN."""
    done = conform(
        sheet(
            ["统一社会信用代码", "企业名称", "行业代码", "是否规上", "投产日期", "增值税（万元）"],
            [CODE, " 甲公司 ", 3911.0, "规上", "2015年6月30日", "12"],
            [None, "乙公司", "0610", "否", dt.date(2016, 1, 1), "—"],
            ["/", "丙公司", None, None, None, None],
        ),
        "enterprises",
    )

    frame = done.frame
    assert ["str", "str", "boolean", "str", "datetime64[s]", "float64"] == [
        str(one) for one in frame.dtypes
    ]
    assert [CODE, "甲公司", True, "3911", pd.Timestamp("2015-06-30"), 12.0] == frame.iloc[
        0
    ].tolist()
    assert ["乙公司", "0610"] == frame.loc[1, ["enterprise_name", "industry_code"]].tolist()
    assert frame.loc[2, ["credit_code", "industry_code", "is_above_scale"]].isna().all()
    assert frame["tax_vat_10k_yuan"].isna().tolist() == [False, True, True]
    assert [0, 1, 2] == frame.index.tolist()
    assert () == done.issues


def test_cells_say_where_each_value_stands() -> None:
    """Same index and columns as the frame, addresses as Excel shows them."""
    raw = sheet([], [None, "企业名称", None, "增值税（万元）"], [], [None, "甲", None, 1.0])
    done = conform(raw, "enterprises")

    assert list(done.frame.columns) == list(done.cells.columns)
    assert [["B4", "D4"]] == done.cells.to_numpy().tolist()
    assert ("报送/表.xlsx", "表") == (done.file, done.sheet)


def test_columns_come_in_the_order_of_the_dictionary() -> None:
    """The order of columns in a table changes nothing."""
    one = conform(sheet(["名称", "消费税(元)", "增值税(元)"], ["甲公司", 1, 2]), "enterprises")
    other = conform(sheet(["增值税(元)", "名称", "消费税(元)"], [2, "甲公司", 1]), "enterprises")

    pd.testing.assert_frame_equal(one.frame, other.frame)


@pytest.mark.parametrize("mark", ["—", "-", "/", "…", "无", "", "  ", None])
def test_marks_for_no_figure_are_unknown_and_silent(mark: object) -> None:
    """A missing figure is unknown, never zero, and no mistake."""
    done = column("增值税（万元）", mark)

    assert done.frame["tax_vat_10k_yuan"].isna().all()
    assert () == done.issues


@pytest.mark.parametrize(
    ("title", "value", "code"),
    [
        ("增值税（万元）", "约三十", "not-a-number"),
        ("增值税（万元）", "#DIV/0!", "not-a-number"),
        ("增值税（万元）", "5.84%", "not-a-number"),
        ("是否规上", "大型", "not-a-flag"),
        ("投产日期", "去年", "not-a-date"),
    ],
)
def test_what_cannot_be_read_is_unknown_with_an_issue(title: str, value: str, code: str) -> None:
    """The cell, the value and the enterprise are named."""
    done = column(title, value)

    assert [(code, "B2", value)] == listed(done)
    assert "甲0" == done.issues[0].subject
    assert done.frame.iloc[0].isna().tolist() == [False, True]


def test_lists_know_their_synonyms() -> None:
    """A synonym becomes the canonical value, anything else is refused with what is allowed."""
    done = column("建设状态", "已建", "在建", "拆除", None, table="parcels")

    assert ["已建成", "在建"] == done.frame["build_state"].tolist()[:2]
    assert done.frame["build_state"].isna().tolist() == [False, False, True, True]
    assert [("not-in-list", "B4", "拆除")] == listed(done)
    assert "已建成、在建、未建" in done.issues[0].message()


def test_codes_that_excel_damaged_are_refused() -> None:
    """A rounded credit code is unknown, the row goes on by its name; whole numbers become text."""
    firms = sheet(["统一社会信用代码", "企业名称"], [9.14309e17, "甲"], ["9.14309E+17", "乙"])
    done = conform(firms, "enterprises")
    land = conform(sheet(["宗地编号", "地类编码"], [43090301.0, 9e17]), "parcels")

    assert done.frame["credit_code"].isna().all()
    assert ["credit-code-format"] * 2 == [one.code for one in done.issues]
    assert "Excel" in done.issues[0].message()
    assert ["甲", "乙"] == [one.subject for one in done.issues]
    assert ["43090301"] == land.frame["parcel_id"].tolist()
    assert ["code-damaged"] == [one.code for one in land.issues]


def test_single_values_out_of_bounds_are_kept_with_a_warning() -> None:
    """One odd value is a question, not an error."""
    done = column("从业人员", 10, 20, 30, 40, 500000)

    assert 500000 == done.frame["employees"].iloc[4]
    assert [("out-of-bounds", "B6", "500,000 人")] == listed(done)
    assert "0 至 100,000" in done.issues[0].message()


def test_a_column_mostly_out_of_bounds_is_suspected_as_a_whole() -> None:
    """元 taken for 万元 shows in most values: one severe issue for the column."""
    done = column("增值税（万元）", 1e7, 2e7, 3e7, 4e6, 5.0, None)

    assert ["unit-suspect"] == [one.code for one in done.issues]
    assert "severe" == done.issues[0].severity
    assert "80%" in done.issues[0].message()
    assert 1e7 == done.frame["tax_vat_10k_yuan"].iloc[0]
    assert ["out-of-bounds"] * 4 == [
        one.code for one in column("增值税（万元）", 1e7, 2e7, 3e7, 4e6).issues
    ]


def test_rows_that_name_nobody_are_left_out() -> None:
    """Reported with their row, and their figures stay out of the frame."""
    raw = sheet(
        ["统一社会信用代码", "企业名称", "增值税（万元）"],
        [CODE, None, 1.0],
        [None, "/", 2.0],
        [None, "乙", 3.0],
    )
    done = conform(raw, "enterprises")

    assert [1.0, 3.0] == done.frame["tax_vat_10k_yuan"].tolist()
    assert [0, 1] == done.frame.index.tolist()
    assert ["C2", "C4"] == done.cells["tax_vat_10k_yuan"].tolist()
    assert [("row-without-key", "第 3 行", "")] == listed(done)


@pytest.mark.parametrize("rows", [[], [[None, None]], [["合计", 3.0]], [[None, 3.0]]])
def test_a_table_without_records_is_refused(rows: list[list[Any]]) -> None:
    """Nothing under the header, or nothing but totals: the table cannot be used."""
    with pytest.raises(InputError) as caught:
        conform(sheet(["企业名称", "增值税（万元）"], *rows), "enterprises")

    assert "empty-table" == caught.value.issues[0].code


def test_constants_are_columns() -> None:
    """A list of high-tech firms says so without a column for it."""
    constants = {"is_hightech": True, "land_area_mu": 15, "chain": "新材料"}
    done = conform(
        sheet(["企业名称"], ["甲"], ["乙"]), "enterprises", how=Columns(constants=constants)
    )

    assert [True, True] == done.frame["is_hightech"].tolist()
    assert [15.0, 15.0] == done.frame["land_area_mu"].tolist()
    assert ["新材料", "新材料"] == done.frame["chain"].tolist()
    assert "boolean" == str(done.frame["is_hightech"].dtype)
    assert ["constants", "constants"] == done.cells["is_hightech"].tolist()


def test_a_constant_that_cannot_be_read_is_refused() -> None:
    """A slip in the workspace is told, not passed over."""
    with pytest.raises(InputError, match=r"constants\.is_hightech"):
        column("消费税（元）", 1, constants={"is_hightech": "大概"})


def test_percentages_belong_to_shares_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share reads 5.84%, a percent format and a percent column alike; other numbers refuse it."""
    share = fields()["patents"]
    parts = {name: getattr(share, name) for name in Field.__slots__} | {"unit": "1", "high": 1.0}
    every = fields() | {"patents": Field(**parts)}
    for place in ("geodata.header.fields_of", "geodata.conform.fields_of"):
        monkeypatch.setattr(
            place, lambda table: {k: v for k, v in every.items() if table in v.tables}
        )
    raw = sheet(
        ["企业名称", "发明专利(%)", "用电量(万kWh)"],
        ["甲", "5.84%", 1.0],
        ["乙", 5.84, 0.5],
        ["丙", 0.0584, "50%"],
        percents=frozenset({(3, 1), (2, 2)}),
    )
    done = conform(raw, "enterprises")

    assert [0.0584] * 3 == done.frame["patents"].tolist()
    assert [1.0] == done.frame["electricity_10k_kwh"].dropna().tolist()
    assert [("not-a-number", "C3"), ("not-a-number", "C4")] == [one[:2] for one in listed(done)]


def layer(rows: list[list[Any]], *, crs: str | None = "EPSG:4525") -> RawTable:
    """A layer whose squares of one hectare stand side by side."""
    squares = [box(100 * at, 0, 100 * at + 100, 100) for at in range(len(rows) - 1)]
    shapes = gpd.GeoSeries(squares, crs=crs)
    note = issue("encoding-found", file="图.shp", encoding="GB18030")
    return RawTable(file="图.shp", sheet="", rows=rows, geometry=shapes, notes=(note,))


@pytest.mark.parametrize("crs", ["EPSG:4525", None])
def test_layers_keep_their_geometry_beside_their_rows(crs: str | None) -> None:
    """A record that is left out takes its geometry along; CRS and reader's notes stay."""
    rows = [["宗地编号", "ZDMJ"], ["P1", 15.0], [None, 1.0], ["合计", 30.0]]
    how = Columns(units={"recorded_area_mu": "亩"})
    done = conform(layer(rows, crs=crs), "parcels", how=how)

    frame = done.frame
    assert isinstance(frame, gpd.GeoDataFrame)
    assert crs == (frame.crs.to_string() if frame.crs else None)
    assert ["P1", "合计"] == frame["parcel_id"].tolist()
    assert [0.0, 200.0] == frame.geometry.bounds["minx"].tolist()
    assert ["第1条·ZDMJ", "第3条·ZDMJ"] == done.cells["recorded_area_mu"].tolist()
    assert ["parcel_id", "recorded_area_mu"] == list(done.cells.columns)
    assert ["encoding-found", "row-without-key"] == [one.code for one in done.issues]
    assert "第2条" == done.issues[1].cell


def test_areas_of_a_layer_need_a_declared_unit() -> None:
    """A field name says nothing of square metres or mu."""
    with pytest.raises(InputError) as caught:
        conform(layer([["ZDBH", "ZDMJ"], ["P1", 15.0]]), "parcels")

    assert ["unit-undeclared"] == [one.code for one in caught.value.issues]


def test_an_empty_layer_is_empty() -> None:
    """A layer without records, or without columns, is told as such."""
    for rows in ([["宗地编号"]], [[]]):
        with pytest.raises(InputError) as caught:
            conform(layer(rows), "parcels")
        assert "empty-table" == caught.value.issues[0].code


def test_a_workbook_of_a_bureau(tmp_path: Path) -> None:
    """Read and conformed in one go: title, unit cell, text numbers, total, signature."""
    path = tmp_path / "税收.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("企业税收")
        page.write("A1", "2024年企业税收（虚构）")
        page.write("D2", "单位：元")
        page.write_row(
            "A4", ["序号", "纳税人识别号（统一社会信用代码）", "纳税人名称", "增值税(入库)"]
        )
        page.write_row("A5", [1, CODE, "甲公司", "1,500,000"])
        page.write_row("A6", [2, "—", "乙公司", 500000.5])
        page.write_row("A7", ["合 计", None, None, 2000000.5])
        page.write_row("A9", ["制表人：张三", None, None, "2025年3月"])
    done = conform(read_table(path, name="税收.xlsx"), "enterprises")

    assert [150.0, 50.00005] == done.frame["tax_vat_10k_yuan"].tolist()
    assert ["D5", "D6"] == done.cells["tax_vat_10k_yuan"].tolist()
    assert ["unknown-column", "total-row", "note-row"] == [one.code for one in done.issues]


def canonical(done: Conformed) -> RawTable:
    """A conformed table as a raw one."""
    frame = done.frame.astype(object).where(done.frame.notna(), None)
    rows = [list(frame.columns), *(list(row) for row in frame.itertuples(index=False))]
    return RawTable(file=done.file, sheet=done.sheet, rows=rows)


figures = st.lists(st.floats(0, 1e6, allow_nan=False) | st.none(), min_size=1, max_size=8)


@given(figures)
@settings(max_examples=30, deadline=None)
def test_conforming_twice_equals_once(values: list[float | None]) -> None:
    """Canonical columns pass unchanged and without a word about units."""
    rows = [["企业名称", "增值税（元）", "投产日期", "规上"]]
    rows += [[f"甲{at}", one, dt.date(2020, 1, 1), True] for at, one in enumerate(values)]
    once = conform(sheet(*rows), "enterprises")
    twice = conform(canonical(once), "enterprises")

    pd.testing.assert_frame_equal(once.frame, twice.frame)
    assert () == twice.issues


@given(figures)
@settings(max_examples=30, deadline=None)
def test_the_input_is_not_changed(values: list[float | None]) -> None:
    """The raw table is the same afterwards."""
    raw = sheet(["企业名称", "增值税（元）"], *([f"甲{at}", one] for at, one in enumerate(values)))
    before = copy.deepcopy(raw)
    conform(raw, "enterprises")

    assert before == raw


def test_every_row_is_a_row_or_an_issue() -> None:
    """Records, totals, notes and keyless rows add up to the rows that hold anything."""
    rows = [["甲", 1.0], [None, 2.0], ["合计", 3.0], [None, None], ["乙", "x"], ["注：无", None]]
    done = conform(sheet(["企业名称", "增值税（元）"], *rows), "enterprises")
    gone = {"row-without-key", "total-row", "note-row"}

    assert 5 == len(done.frame) + sum(one.code in gone for one in done.issues)
    assert np.isnan(done.frame["tax_vat_10k_yuan"].iloc[1])
    assert module.__all__ == ["Columns", "conform"]
