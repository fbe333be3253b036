"""Records, totals and notes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.conform import conform
from geodata.model import RawTable

CODES = [f"91430900MA000000{number}X" for number in range(9)]


def rows_of(*rows: list[object], titles: list[object] | None = None) -> tuple[list[str], list[str]]:
    """Names of the records that are left, and `code cell` of every issue."""
    titles = titles or ["企业名称", "职工人数", "统一社会信用代码"]
    done = conform(RawTable(file="a.xlsx", sheet="表", rows=[titles, *rows]), "enterprises")
    left = done.frame["enterprise_name"].fillna("").tolist()
    return left, [f"{one.code} {one.cell}" for one in done.issues]


@pytest.mark.parametrize(
    "text",
    [
        "合计",
        "合 计",
        "总　计",
        "小计",
        "合计（2家）",
        "全市合计",
        "合计：",
        "其中：规上",
        "共计",
        "平均",
    ],
)
def test_rows_of_totals_are_kept_out(text: str) -> None:
    """However a total is written, it is no enterprise, and it is reported."""
    left, issues = rows_of(["甲公司", 1.0], ["乙公司", 2.0], [text, 3.0])

    assert ["甲公司", "乙公司"] == left
    assert ["total-row 第 4 行"] == issues


def test_a_total_may_stand_in_another_column() -> None:
    """The first text of a row tells, wherever it stands."""
    left, issues = rows_of(
        ["1", "甲公司", 1.0], ["合计", None, 1.0], titles=["序号", "企业名称", "职工人数"]
    )

    assert ["甲公司"] == left
    assert "total-row 第 3 行" in issues


@pytest.mark.parametrize("text", ["合计", "注：一人公司", "制表人"])
def test_a_row_with_a_code_is_a_record(text: str) -> None:
    """Whatever its name looks like, a row with a credit code is somebody."""
    left, issues = rows_of([text, 1.0, CODES[0]])

    assert [text] == left
    assert [] == issues


def test_companies_are_not_mistaken_for_totals() -> None:
    """A word inside a name is a name."""
    names = [
        "合计科技有限公司",
        "小计量具厂",
        "总计划公司",
        "注塑模具厂",
        "备注云公司",
        "单位服务社",
    ]

    assert (names, []) == rows_of(*([name, 1.0] for name in names))


@pytest.mark.parametrize(
    "note",
    [
        ["注：本表为快报数", None],
        ["备注:1.人数为年末数", None],
        ["制表人：张三", "审核人：李四"],
        ["填报人", "张三"],
        ["数据来源：市统计局", None],
        ["摘编自《统计年鉴》", None],
        ["以上数据未经审计。", None],
    ],
)
def test_notes_beneath_a_table_are_kept_out(note: list[object]) -> None:
    """Remarks and signatures are reported, not judged."""
    left, issues = rows_of(["甲公司", 1.0], ["乙公司", 2.0], note)

    assert ["甲公司", "乙公司"] == left
    assert ["note-row 第 4 行"] == issues


def test_a_lonely_name_at_the_end_stays() -> None:
    """A company of which nothing is known is a record unless a gap or a total is before it."""
    last: list[object] = ["丙公司", None]

    assert ["甲公司", "丙公司"] == rows_of(["甲公司", 1.0], last)[0]
    assert ["甲公司"] == rows_of(["甲公司", 1.0], [None, None], last)[0]
    assert ["甲公司"] == rows_of(["甲公司", 1.0], ["合计", 1.0], last)[0]


def test_a_plain_list_of_names_is_data() -> None:
    """A table of one column consists of single cells."""
    assert (["甲公司", "乙公司"], []) == rows_of(["甲公司"], [], ["乙公司"], titles=["企业名称"])


def test_titles_of_sections_and_repeated_headers() -> None:
    """What structures a printed table is no enterprise."""
    left, issues = rows_of(
        ["一、国家级园区", None],
        ["甲公司", 1.0],
        ["企业名称", "职工人数", "统一社会信用代码"],
        ["（二）省级园区", None],
        ["乙公司", 2.0],
    )

    assert ["甲公司", "乙公司"] == left
    assert ["note-row 第 2 行", "note-row 第 4 行", "note-row 第 5 行"] == issues


def test_empty_rows_fall_through() -> None:
    """Empty rows are nobody's loss; addresses count them all the same."""
    titles: list[object] = ["企业名称", "职工人数"]
    raw = RawTable(
        file="a", sheet="b", rows=[titles, [None, " "], ["甲公司", 1.0], [], ["乙", 2.0]]
    )
    done = conform(raw, "enterprises")

    assert ["A3", "A5"] == done.cells["enterprise_name"].tolist()
    assert () == done.issues


def mismatches(*rows: list[object], title: str = "增值税（万元）") -> list[str]:
    """`cell total members` of every total that does not fit."""
    raw = RawTable(file="a.xlsx", sheet="表", rows=[["企业名称", title], *rows])
    done = conform(raw, "enterprises")
    found = [one for one in done.issues if one.code == "total-mismatch"]
    shown = [(one.cell, dict(one.params)) for one in found]
    return [f"{cell} {params['total']} {params['members']}" for cell, params in shown]


def test_totals_are_checked() -> None:
    """A total that fits is silent, one that does not is told with both figures, in its unit."""
    assert [] == mismatches(["甲", 1.5], ["乙", 2.5], ["合计", 4.0])
    assert [] == mismatches(["合计", "4.0"], ["甲", "1.5"], ["乙", "2.5"])
    assert ["B4 1,400 元 400 元"] == mismatches(
        ["甲", 150.0], ["乙", 250.0], ["合计", 1400.0], title="增值税（元）"
    )


def test_rounding_is_no_mismatch() -> None:
    """Figures rounded one by one may miss their rounded sum by a little, whole counts may not."""
    thirds: list[list[object]] = [["甲", 33.33], ["乙", 33.33], ["丙", 33.33]]

    assert [] == mismatches(*thirds, ["合计", 100.0])
    assert ["B5 100.1 万元 99.99 万元"] == mismatches(*thirds, ["合计", 100.1])
    assert ["B4 4 人 3 人"] == mismatches(["甲", 1.0], ["乙", 2.0], ["合计", 4.0], title="职工人数")


def test_subtotals() -> None:
    """A subtotal may stand above or below its members; the grand total is of all."""
    below: list[list[object]] = [
        ["甲", 1.0],
        ["乙", 2.0],
        ["小计", 3.0],
        ["丙", 5.0],
        ["小计", 5.0],
    ]
    above: list[list[object]] = [["一区小计", 3.0], ["甲", 1.0], ["乙", 2.0], ["二区小计", 5.0]]

    assert [] == mismatches(*below, ["合计", 8.0])
    assert [] == mismatches(["合计", 8.0], *above, ["丙", 5.0])
    assert ["B4 40 万元 3 万元"] == mismatches(
        ["甲", 1.0], ["乙", 2.0], ["小计", 40.0], ["合计", 3.0]
    )


def test_parts_and_blank_totals_are_not_compared() -> None:
    """其中 states a part, an empty total nothing, and ratios have no sum."""
    assert [] == mismatches(
        ["合计", 3.0], ["其中：规上", 1.0], ["甲", 1.0], ["乙", 2.0], ["总计", "—"]
    )
    raw = RawTable(
        file="a",
        sheet="b",
        rows=[["宗地编号", "约定亩均税收（万元/亩）"], ["P1", 10.0], ["P2", 20.0], ["合计", 15.0]],
    )
    assert ["total-row"] == [one.code for one in conform(raw, "parcels").issues]


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_an_exact_total_always_fits(hundredths: list[int]) -> None:
    """Sums of figures with two decimals are never a mismatch; a missing row is one."""
    rows: list[list[object]] = [[f"公司{at}", one / 100] for at, one in enumerate(hundredths)]
    total = sum(hundredths) / 100

    assert [] == mismatches(*rows, ["合计", total])
    assert [] != mismatches(*rows, ["合计", total + 1000])
