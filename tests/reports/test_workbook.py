"""The workbook, read back from its bytes."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest

from reports.workbook import workbook
from tests.reports.findings import FORMULA, build, without_standards

SHEETS = ["概览", "园区", "企业", "档次", "得分明细", "未关联", "数据问题"]


@pytest.fixture(scope="module")
def book() -> openpyxl.Workbook:
    """The workbook of the small findings."""
    return openpyxl.load_workbook(io.BytesIO(workbook(build()).content))


def _rows(page: object) -> list[list[object]]:
    return [list(row) for row in page.iter_rows(values_only=True)]


def _table(page: object) -> tuple[list[object], dict[object, dict[str, object]]]:
    """Headers of a sheet's only table, and its rows by the first column."""
    first = int(page.auto_filter.ref.split(":")[0].lstrip("A")) - 1
    rows = _rows(page)
    heads = rows[first]
    return heads, {row[0]: dict(zip(heads, row, strict=True)) for row in rows[first + 1 :]}


def test_sheets_stand_in_order(book: openpyxl.Workbook) -> None:
    """概览 first, problems last."""
    assert SHEETS == book.sheetnames


def test_the_same_findings_give_the_same_bytes() -> None:
    """No clock and no chance in the file; its date is the document's."""
    content = workbook(build()).content

    assert content == workbook(build()).content
    made = openpyxl.load_workbook(io.BytesIO(content)).properties.created
    assert "2025-05-20" == made.date().isoformat()


def test_every_sheet_says_what_it_is(book: openpyxl.Workbook) -> None:
    """Invented data, internal use, self-assessment and rules of ours are named on every sheet."""
    for page in book:
        head = " ".join(str(page.cell(row, 1).value) for row in range(1, 6))
        for mark in ("虚构示例", "内部资料", "自评", "本工具自定，无官方来源"):
            assert mark in head, (page.title, mark)


def test_headers_are_frozen_and_filtered(book: openpyxl.Workbook) -> None:
    """Every sheet of one table has its header in sight, a filter, and repeats it in print."""
    for page in book:
        assert page.freeze_panes is not None
        assert "landscape" == page.page_setup.orientation
    for name in ("园区", "企业", "得分明细", "未关联", "数据问题"):
        first = int(book[name].auto_filter.ref.split(":")[0].lstrip("A"))
        assert book[name].freeze_panes.endswith(str(first + 1))
        assert f"${first}:${first}" == book[name].print_title_rows


def test_parks_carry_judgement_amounts_and_indicators(book: openpyxl.Workbook) -> None:
    """Units stand in headers; scores, coverage and reasons beside each other."""
    heads, rows = _table(book["园区"])

    assert {"归集 · 评价税收（万元）", "亩均税收（万元/亩）", "填报 · 财税收入（万元）"} <= set(
        heads
    )
    assert 88.0 == rows["P2"]["五好园区自评 · 得分"]
    assert "虚岭经济技术开发区" == rows["P1A"]["上级园区"]
    assert "省级" == rows["P2"]["五好园区自评 · 评价分组"]
    assert "覆盖率" in rows["P4"]["五好园区自评 · 说明"]


def test_unknown_is_an_empty_cell(book: openpyxl.Workbook) -> None:
    """Never zero: the tax of a park without firms, the rank of a park too few to rank."""
    _, rows = _table(book["园区"])

    assert rows["P4"]["归集 · 评价税收（万元）"] is None
    assert rows["P1"]["五好园区自评 · 名次"] is None


def test_firms_carry_grade_and_reason(book: openpyxl.Workbook) -> None:
    """Grade A for the best, a reason for whom could not be judged."""
    _, rows = _table(book["企业"])

    assert ("A", "规上", 1) == tuple(rows["E05"][name] for name in ("档次", "评价分组", "名次"))
    assert "没有得分" in rows["E04"]["说明"]
    assert "是" == rows["E01"]["是否规上"]


def test_formulas_of_others_are_text(book: openpyxl.Workbook) -> None:
    """A name or value that begins with an equals sign is shown, not calculated."""
    _, rows = _table(book["企业"])
    kinds = {cell.data_type for page in book for row in page.iter_rows() for cell in row}

    assert FORMULA == rows["E02"]["企业名称"]
    assert "f" not in kinds
    assert any("=cmd" in str(one) for row in _rows(book["数据问题"]) for one in row)


def test_numbers_are_formatted_by_what_they_are(book: openpyxl.Workbook) -> None:
    """Thousands, one decimal for mu, percent for fractions."""
    page = book["园区"]
    heads, _ = _table(page)
    row = int(page.auto_filter.ref.split(":")[0].lstrip("A")) + 1
    formats = {head: page.cell(row, number).number_format for number, head in enumerate(heads, 1)}

    assert "#,##0.00" == formats["归集 · 评价税收（万元）"]
    assert "#,##0.0" == formats["园内宗地面积（亩）"]
    assert "0.0%" == formats["五好园区自评 · 数据覆盖率"]


def test_points_are_shown_in_the_criterion_s_own_format(book: openpyxl.Workbook) -> None:
    """A fraction and an amount stand in one column, each as people read it."""
    page = book["得分明细"]
    heads, _ = _table(page)
    value, name = heads.index("实际值") + 1, heads.index("评价项") + 1
    formats = {
        page.cell(row, name).value: page.cell(row, value).number_format
        for row in range(1, page.max_row + 1)
    }

    assert "#,##0.00" == formats["亩均税收"]
    assert "0.0%" == next(form for item, form in formats.items() if item and "R&D" in str(item))


def test_the_overview_proves_that_nothing_was_lost(book: openpyxl.Workbook) -> None:
    """Total = in parks + outside + unlinked, and the counts of what was joined."""
    rows = _rows(book["概览"])
    tax = next(row for row in rows if row[0] == "评价税收（万元）")
    facts = {row[0]: row[1] for row in rows}

    assert [1585.0, 1500.0, 75.0, 10.0, 0.0] == tax[1:6]
    assert (10, 9, 1) == tuple(
        facts[name] for name in ("企业", "其中：已关联用地", "其中：未关联用地")
    )
    assert (1, 1, 1) == tuple(facts[name] for name in ("严重", "提醒", "说明"))
    assert 157.5 == facts["园区内面积"]


def test_yardsticks_are_told_with_their_origin(book: openpyxl.Workbook) -> None:
    """Weight, benchmark or goal, and where the number comes from, per cohort and criterion."""
    rows = [row for row in _rows(book["档次"]) if row[1] == "亩均税收"]

    assert ["规上", "亩均税收", "万元/亩", 100.0, 10.0, None, None, "给定数值"] in [
        row[:8] for row in rows
    ]
    assert 2 + 3 * 2 == len(rows)


def test_columns_are_wide_enough(book: openpyxl.Workbook) -> None:
    """A Chinese character takes two places."""
    widths = book["企业"].column_dimensions

    assert widths["B"].width >= len("虚岭厂") * 2 + len("<script>alert(1)</script>")
    assert max(one.width for one in widths.values()) <= 60


def test_the_public_version_has_no_firm() -> None:
    """Sheets with figures of enterprises, and their names, are not in the public file."""
    found = build()
    public = workbook(found, public=True)
    open_book = openpyxl.load_workbook(io.BytesIO(public.content))
    text = " ".join(str(one) for page in open_book for row in _rows(page) for one in row)

    assert ["概览", "园区", "档次", "得分明细"] == open_book.sheetnames
    assert "公开" in public.name
    assert not public.confidential
    assert not [name for name in found.dataset.enterprises["enterprise_name"] if name in text]
    assert "税务.xlsx" not in text


def test_nothing_judged_still_makes_a_workbook() -> None:
    """All sheets are there, none of them claims a rule or an example."""
    empty = openpyxl.load_workbook(io.BytesIO(workbook(without_standards()).content))
    text = " ".join(str(one) for page in empty for row in _rows(page) for one in row)

    assert SHEETS == empty.sheetnames
    assert "虚构示例" not in text
    assert "本工具自定" not in text


def test_no_amounts_at_all() -> None:
    """A period without any figures still makes a workbook."""
    found = build()
    bare = replace(found, dataset=replace(found.dataset, amounts={}), ledger=found.ledger.iloc[:0])

    assert workbook(bare).content
