"""Where the header stands, what its columns mean, in which unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geodata.errors import InputError
from geodata.fields import Field, fields, names
from geodata.header import Columns, Header, header
from geodata.model import RawTable

if TYPE_CHECKING:
    from geodata.issues import Issue

FIRM = ["91430900MA0000001A", "甲公司"]


def head(*rows: list[object], table: str = "enterprises", how: Columns | None = None) -> Header:
    """The header of a sheet with these rows."""
    raw = RawTable(file="报送/税收.xlsx", sheet="税收", rows=list(rows))
    return header(raw, table, how or Columns())


def refused(
    *rows: list[object], table: str = "enterprises", how: Columns | None = None
) -> list[Issue]:
    """The problems with which a sheet is refused."""
    with pytest.raises(InputError) as caught:
        head(*rows, table=table, how=how)
    return list(caught.value.issues)


def units(found: Header) -> dict[str, str]:
    """Unit of each number column."""
    return {one.field.id: one.unit for one in found.columns if one.field.type == "number"}


def test_the_header_is_found_beneath_titles() -> None:
    """Title, unit and empty rows above it do not matter."""
    found = head(
        ["2024年规上企业税收情况表", None, None],
        [None, None, None],
        ["填报单位：市税务局", None, "单位：万元"],
        ["统一社会信用代码", "企业名称", "增值税"],
        [*FIRM, 1.0],
    )

    assert (3, 4) == (found.row, found.first)
    assert ["credit_code", "enterprise_name", "tax_vat_10k_yuan"] == [
        one.field.id for one in found.columns
    ]
    assert {"tax_vat_10k_yuan": "万元"} == units(found)
    assert () == found.issues


def test_a_declared_header_row_is_believed() -> None:
    """Rows that look better are passed over; a row that is not there is refused."""
    rows: list[list[object]] = [["企业名称", "增值税（万元）"], ["名称", None], ["甲公司", 1.0]]

    assert 1 == head(*rows, how=Columns(header_row=2)).row
    assert ["header-missing"] == [one.code for one in refused(*rows, how=Columns(header_row=9))]


def test_no_header_at_all() -> None:
    """A sheet of strangers is refused with the number of rows looked through."""
    (one,) = refused(*[["甲", "乙"]] * 30)

    assert "header-missing" == one.code
    assert "前 20 行" in one.message()


@pytest.mark.parametrize("rows", [[], [[None, None]], [[], []]])
def test_nothing_at_all(rows: list[list[object]]) -> None:
    """A sheet without any cell is empty, not without a header."""
    assert ["empty-table"] == [one.code for one in refused(*rows)]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("tax_vat_10k_yuan", "tax_vat_10k_yuan"),
        ("增值税（万元）", "tax_vat_10k_yuan"),
        ("增值税\n(万元)", "tax_vat_10k_yuan"),
        ("增值税（入库）（万元）", "tax_vat_10k_yuan"),
        ("  占地 面积 [亩]", "land_area_mu"),
        ("*用地面积（公顷）", "land_area_mu"),
        ("综合能耗（等价值）（吨标准煤）", "energy_tce"),
        ("年平均职工人数", "employees"),
        ("可调节负荷（kW）", "adjustable_load_kw"),
        ("纳税人识别号（统一社会信用代码）", "credit_code"),
    ],
)
def test_headers_are_matched(text: str, field: str) -> None:
    """Ids, labels and aliases, in any width, with or without a unit in brackets."""
    found = head(["企业名称", text], ["甲公司", 1.0])

    assert field in {one.field.id for one in found.columns}


@pytest.mark.parametrize("one", [one for one in fields().values() if one.tables])
def test_every_field_is_found_by_its_id_and_its_label(one: Field) -> None:
    """Our own names, and our own column headers with unit, are understood without a remark."""
    for table in one.tables:
        keys = {"leases": ["parcel_id", "tenant_name"], "parcels": ["parcel_id"]}
        keys |= {"parks": ["park_id"], "enterprises": ["enterprise_name"]}
        others = [key for key in keys[table] if key != one.id]
        for name in (one.id, one.label):
            found = head([*others, name], table=table)
            (column,) = (column for column in found.columns if column.field == one)
            assert one.unit == column.unit


def test_declared_columns_come_first() -> None:
    """A declared header wins over an alias, which then is an unused column."""
    how = Columns(columns={"tax_vat_10k_yuan": "增值税(实缴)"}, units={"tax_vat_10k_yuan": "元"})
    found = head(["企业名称", "增值税（万元）", "增值税（实缴）"], how=how)

    (column,) = (one for one in found.columns if one.field.id == "tax_vat_10k_yuan")
    assert (2, "元") == (column.place, column.unit)
    assert [("unknown-column", "B1")] == [(one.code, one.cell) for one in found.issues]


def test_a_declared_header_may_leave_out_its_unit() -> None:
    """`实缴税金` finds 实缴税金（万元）."""
    how = Columns(columns={"tax_10k_yuan": "实缴税金"})

    assert {"tax_10k_yuan": "万元"} == units(head(["名称", "实缴税金（万元）"], how=how))


def test_unknown_columns_are_listed_with_what_they_resemble() -> None:
    """Nothing disappears: strange headers, and filled columns without one, are named."""
    found = head(["企业名称", "增值税额度（万元）", None, None], ["甲", 1.0, "x", None])

    assert ["unknown-column"] * 2 == [one.code for one in found.issues]
    assert ["B1", "C1"] == [one.cell for one in found.issues]
    assert "tax_vat_10k_yuan" in found.issues[0].message()


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Missing and ambiguous columns, unknown fields, missing and strange units: one message."""
    how = Columns(
        columns={"revenue_10k_yuan": "主营收入(全口径)", "profit": "利润"},
        units={"electricity_10k_kwh": "亩", "colour": "红"},
        constants={"is_hightec": True},
    )
    others = ["用地面积（公亩）", "用电量", "利润总额"]
    problems = refused(
        ["所属行业", "主营业务收入（全口径）（万元）", "增值税", "增值税额", "国内增值税", *others],
        how=how,
    )

    assert [
        "unknown-field",
        "unknown-field",
        "unknown-field",
        "missing-column",
        "ambiguous-column",
        "missing-column",
        "unit-undeclared",
        "unit-undeclared",
        "unit-unknown",
        "unit-unknown",
    ] == [one.code for one in problems]
    assert "主营业务收入（全口径）（万元）" in problems[3].message()
    assert "revenue_10k_yuan = " in problems[3].remedy()
    assert "“增值税”（C1）、“国内增值税”（E1）" in problems[4].message()
    assert "统一社会信用代码（credit_code） 或 企业名称" in problems[5].message()


def test_a_lease_needs_a_tenant() -> None:
    """Both a parcel and somebody who uses it must be there."""
    (one,) = refused(["宗地编号", "出租方"], table="leases")

    assert "tenant_code" in one.message()
    assert head(["宗地编号", "承租方"], table="leases").columns


def test_a_constant_and_a_column_for_one_field() -> None:
    """Which of the two holds must be said."""
    how = Columns(constants={"is_hightech": True})

    (one,) = refused(["企业名称", "高企"], how=how)
    assert "ambiguous-column" == one.code


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ((None, "增值税", None, "元"), "元"),
        (("单位：亿元", "增值税（千元）", "万元", "元!"), "元"),
        (("单位：亿元", "增值税（亿元）", None, "亿元"), "亿元"),
        (("单位：亿元", "增值税（千元）", "万元", None), "千元"),
        (("单位：亿元", "增值税", "万元", None), "万元"),
        (("单位：亿元", "增值税", None, None), "亿元"),
        (("计量单位: 元", "增值税", None, None), "元"),
        (("企业税收表（单位：元、人）", "增值税", None, None), "元"),
        (("单 位：万元；亩", "增值税", None, None), "万元"),
        (("单位：亿元", "tax_vat_10k_yuan", None, None), "万元"),
    ],
)
def test_where_units_come_from(
    stated: tuple[str | None, str, str | None, str | None], expected: str
) -> None:
    """Declared, else in the header, else in a unit row, else above; an id says its unit itself."""
    above, text, below, declared = stated
    how = Columns(units={"tax_vat_10k_yuan": declared} if declared else {})
    rows: list[list[object]] = [[above, None], ["企业名称", text]]
    rows += [[None, below]] if below else []
    found = head(*rows, ["甲公司", 1.0], how=how)

    assert {"tax_vat_10k_yuan": expected} == units(found)
    assert found.first == len(rows)


@pytest.mark.parametrize("text", ["增值税（万元）", "增值税", "tax_vat_10k_yuan"])
def test_a_declared_unit_that_contradicts_the_sheet_is_refused(text: str) -> None:
    """元 over 万元 would be ten thousand times off; `元!` says that it is meant."""
    how = Columns(units={"tax_vat_10k_yuan": "元"})
    (found,) = refused(["单位：万元"], ["企业名称", text], ["甲公司", 1.0], how=how)

    assert "unit-conflict" == found.code
    assert "元!" in found.remedy()


def test_a_unit_above_is_for_columns_of_its_kind() -> None:
    """万元 above the table says nothing of land, and counts need no unit."""
    rows: list[list[object]] = [
        ["单位：万元"],
        ["企业名称", "增值税", "职工人数", "排放量", "用地"],
    ]

    (one,) = refused(*rows)
    assert ("unit-undeclared", "E2") == (one.code, one.cell)
    assert {"tax_vat_10k_yuan": "万元", "emission_t": "t", "employees": "人"} == units(
        head(rows[0], rows[1][:4])
    )


def test_two_units_of_one_kind_above_settle_nothing() -> None:
    """元 and 万元 together leave it open which column has which."""
    (one,) = refused(["单位：元、万元"], ["企业名称", "增值税"])

    assert "unit-undeclared" == one.code


def test_who_fills_in_is_no_unit() -> None:
    """填报单位 and 单位名称 are not units of measurement."""
    (one,) = refused(["填报单位：万元县统计局"], ["单位：市税务局"], ["单位名称", "增值税"])

    assert "unit-undeclared" == one.code


def test_numbers_of_columns_are_not_data() -> None:
    """甲 乙 1 2 under a header is reported and passed over."""
    found = head(
        ["序号", "企业名称", "增值税", "消费税"],
        [None, None, "万元", "万元"],
        ["甲", "乙", 1.0, 2.0],
        [1.0, "甲公司", 1.0, 2.0],
    )

    assert 3 == found.first
    assert [("note-row", "第 2 行"), ("note-row", "第 3 行")] == [
        (one.code, one.cell) for one in found.issues if one.code == "note-row"
    ]


TWO_ROWS: list[list[object]] = [
    ["2024年企业税收情况表", None, None, None, None, None],
    ["企业名称", "税收（万元）", None, None, "用地", None],
    [None, "增值税", "企业所得税", "合计", "面积（亩）", "备注"],
]


def merged(*ranges: tuple[int, int, int, int], rows: list[list[object]], how: Columns) -> Header:
    """The header of a sheet with merged cells."""
    raw = RawTable(file="a", sheet="b", rows=rows, merged=ranges)
    return header(raw, "enterprises", how)


@pytest.mark.parametrize("row", [None, 2, 3])
@pytest.mark.parametrize("known", [True, False])
def test_a_header_of_two_rows(row: int | None, *, known: bool) -> None:
    """The lower label counts, the upper one completes it and lends its unit, merged or not."""
    ranges = [(0, 0, 0, 5), (1, 0, 2, 0), (1, 1, 1, 3), (1, 4, 1, 5)] if known else []

    found = merged(*ranges, rows=[*TWO_ROWS, ["甲公司", 1.0]], how=Columns(header_row=row))

    assert (2, 3) == (found.row, found.first)
    assert [
        ("enterprise_name", "企业名称", 0),
        ("tax_vat_10k_yuan", "增值税", 1),
        ("tax_income_10k_yuan", "企业所得税", 2),
        ("land_area_mu", "用地面积（亩）", 4),
    ] == [(one.field.id, one.header, one.place) for one in found.columns]
    assert ["万元", "万元", "亩"] == [one.unit for one in found.columns if one.unit]
    assert ["D3", "F3"] == [one.cell for one in found.issues]
    assert "列“税收合计”" in found.issues[0].message()


def test_columns_of_two_rows_are_declared_by_either_name() -> None:
    """The lower label alone, or both together."""
    for text in ("合计", "税收合计", "税收合计（万元）"):
        how = Columns(columns={"tax_10k_yuan": text})
        rows = [*TWO_ROWS[1:], ["甲公司", 1.0]]
        if text.endswith("）"):
            rows[1] = [None, "增值税", "企业所得税", "合计（万元）", "面积（亩）", "备注"]
        (column,) = (one for one in head(*rows, how=how).columns if one.place == 3)
        assert ("tax_10k_yuan", "万元") == (column.field.id, column.unit)


def test_a_total_beneath_a_known_label_is_that_label() -> None:
    """综合能耗 above 合计 is 综合能耗; its unit is the upper one's."""
    rows: list[list[object]] = [
        ["企业名称", "综合能耗（吨标准煤）", None],
        [None, "合计", "其中：煤"],
    ]

    assert {"energy_tce": "吨标准煤"} == units(head(*rows, ["甲公司", 1.0, 1.0]))


def test_one_label_beneath_two_is_ambiguous_and_can_be_told_apart() -> None:
    """本期 and 上年同期 both hold a 增值税: which one is meant must be said."""
    rows: list[list[object]] = [
        ["企业名称", "本期（万元）", None, "上年同期（万元）", None],
        [None, "增值税", "消费税", "增值税", "印花税"],
    ]

    (one,) = refused(*rows)
    assert "ambiguous-column" == one.code
    assert "“本期增值税”（B2）、“上年同期增值税”（D2）" in one.message()
    how = Columns(columns={"tax_vat_10k_yuan": "本期增值税"})
    (column,) = (one for one in head(*rows, how=how).columns if one.place == 1)
    assert ("tax_vat_10k_yuan", "万元") == (column.field.id, column.unit)


def test_a_shared_unit_of_another_kind_is_not_taken() -> None:
    """A label over columns of several kinds lends its unit to those it fits."""
    rows: list[list[object]] = [
        ["企业名称", "主要指标（万元）", None, None],
        [None, "增值税", "职工人数", "用地面积"],
    ]

    (one,) = refused(*rows)
    assert ("unit-undeclared", "D2") == (one.code, one.cell)


def test_merging_says_where_a_label_ends() -> None:
    """A column beside merged ones does not take their unit."""
    rows: list[list[object]] = [
        ["企业名称", "税收（万元）", None, None],
        [None, "增值税", "消费税", "契税"],
    ]

    with pytest.raises(InputError, match="“契税”没有单位"):
        merged((0, 1, 0, 2), rows=rows, how=Columns())
    assert "万元" == units(head(*rows))["tax_deed_10k_yuan"]


@pytest.mark.parametrize(
    "row",
    [
        ["甲公司", "增值税", "文字"],
        [None, 1.0, 2.0],
        [None, "1.5", "2.5"],
        [None, "未报", "未报"],
        [None, None, None],
    ],
)
def test_data_is_no_second_row(row: list[object]) -> None:
    """Rows with a subject, with figures or with words we do not know stay data."""
    found = head(["企业名称", "增值税（万元）", None], row, ["乙公司", 1.0, 2.0])

    assert (0, 1) == (found.row, found.first)


def test_titles_are_no_first_row() -> None:
    """Neither a title over all columns nor who fills in and when belongs to the header."""
    for above in (["企业情况（万元）", None, None], ["填报单位：税务局", None, "单位：亿元"]):
        found = head([*above], ["企业名称", "增值税（万元）", "备注"], ["甲公司", 1.0, "x"])
        assert ["企业名称", "增值税（万元）"] == [one.header for one in found.columns]
        assert ["备注"] == [dict(one.params)["column"] for one in found.issues]


def test_a_row_of_units_may_say_that_it_is_one() -> None:
    """计量单位 in front of 万元 and 亩, and units in brackets or marked as none."""
    found = head(
        ["序号", "企业名称", "增值税", "用地面积", "职工人数"],
        ["计量单位", "—", "（万元）", "亩", "人"],
        [1.0, "甲公司", 1.0, 2.0, 3.0],
    )

    assert {"tax_vat_10k_yuan": "万元", "land_area_mu": "亩", "employees": "人"} == units(found)
    assert 2 == found.first


@pytest.mark.parametrize("table", ["enterprises", "parcels", "parks", "leases"])
def test_names_mean_one_field_each(table: str) -> None:
    """No header can mean two fields of one table: matching never has to choose."""
    assert {} == {name: ids for name, ids in names(table).items() if len(ids) > 1}
