"""`parkeval score`: any table, any standard, exactly the columns promised."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from geodata.errors import InputError
from parkeval.cli.score import score

if TYPE_CHECKING:
    from collections.abc import Sequence

LISHUI = Path(__file__).parents[2] / "docs" / "standards" / "lishui_2019"
SMALL = "subject_id,is_above_scale,tax_10k_yuan,land_area_mu,electricity_10k_kwh\n"
INDICATORS = [
    "tax_per_mu",
    "value_added_per_mu",
    "value_added_per_tce",
    "value_added_per_emission_t",
    "labour_productivity",
]
AVERAGE = "115.932,10,492.908163265306"  # 11.5932 万元/亩, 0.2352 元/kWh


def run(table: Path, standard: str | Path, period: str, *more: str) -> Result:
    out = str(table.with_name("得分.csv"))
    options = ["--standard", str(standard), "--period", period, "-o", out]
    return CliRunner().invoke(score, [str(table), *options, *more])


def rows(table: Path) -> list[dict[str, str]]:
    text = table.with_name("得分.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def codes(result: Result) -> list[str]:
    assert isinstance(result.exception, InputError), result.exception
    return [one.code for one in result.exception.issues]


def write(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    table = folder / "表.csv"
    table.write_bytes(text.encode(encoding))
    return table


def test_history_is_the_last_period_of_the_same_form(tmp_path: Path) -> None:
    """A half year is never the year before; a row without its period is listed, not guessed."""
    text = "subject_id,period,tax_10k_yuan\na,2024,2\na,2023,1\na,2023H1,9\nb,,2\n"
    table = write(tmp_path, text)
    own = tmp_path / "own.toml"
    own.write_text(GROWTH, encoding="utf-8")
    result = run(table, own, "2024", "--json")

    assert result.exit_code == 0, result.output
    assert [1.0] == [float(row["value.tax_growth"]) for row in rows(table)]
    assert "row-without-key" in {one["code"] for one in json.loads(result.output)["problems"]}


def test_columns_in_their_order_and_rows_in_theirs(tmp_path: Path) -> None:
    """The promised columns, then values, then points; the input's rows as they came; a BOM."""
    table = write(tmp_path, f"{SMALL}b,否,{AVERAGE}\na,否,{AVERAGE}\n")
    result = run(table, "huangyan", "2022")
    found = rows(table)

    assert result.exit_code == 0, result.output
    assert ["b", "a"] == [row["subject_id"] for row in found]
    columns = list(found[0])
    fixed = ["subject_id", "cohort", "score", "coverage", "rank", "grade", "reason"]
    assert fixed == columns[:7]
    names = [
        "tax_per_mu",
        "value_added_per_mu",
        "value_added_per_tce",
        "value_added_per_emission_t",
    ]
    names += ["labour_productivity", "rd_intensity", "tax_per_electricity"]
    assert [*(f"value.{one}" for one in names), *(f"points.{one}" for one in names)] == columns[7:]
    assert ["below_scale", "100.0", "1.0", "1", ""] == list(found[0].values())[1:6]
    assert "没有写明分档比例" in found[0]["reason"]
    assert table.with_name("得分.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_full_double_precision(tmp_path: Path) -> None:
    """What is read back from the csv is the same number to the last bit."""
    table = write(tmp_path, f"{SMALL}a,否,1,3,7\n")
    run(table, "huangyan", "2022")
    (found,) = rows(table)

    assert 1 / 3 == float(found["value.tax_per_mu"])
    assert (1 / 3) / 11.5932 * 50 == float(found["points.tax_per_mu"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_labels_and_units(tmp_path: Path, encoding: str) -> None:
    """Chinese labels with units convert: 元, 公顷 and kWh to 万元, 亩 and 万kWh."""
    header = "subject_id,是否规上,评价税收（元）,用地面积(公顷),用电量（kWh）,联系人\n"
    table = write(
        tmp_path,
        f'{header}甲,否,"1,159,320",0.666666666666666667,4929081.63265306,张三\n',
        encoding=encoding,
    )
    result = run(table, "huangyan", "2022")

    assert result.exit_code == 0, result.exception
    assert round(float(rows(table)[0]["score"]), 9) == 100
    assert "未使用的列  联系人" in result.output


def test_label_without_unit_is_refused(tmp_path: Path) -> None:
    """Money, land and power under a Chinese label must say their unit; ids and people need not."""
    table = write(
        tmp_path,
        "subject_id,是否规上,评价税收,用地面积,electricity_10k_kwh,从业人员\na,否,1,2,3,4\n",
    )

    assert ["score-unit-missing", "score-unit-missing"] == codes(run(table, "huangyan", "2022"))
    assert not table.with_name("得分.csv").exists()


def test_columns_the_standard_does_not_use_need_no_unit(tmp_path: Path) -> None:
    """What the standard does not look at is named and ignored, whatever its header lacks."""
    table = write(tmp_path, f"{SMALL.strip()},利润总额,户名\na,否,{AVERAGE},5,甲公司\n")
    result = run(table, "huangyan", "2022")

    assert result.exit_code == 0, result.exception
    assert "未使用的列  利润总额\n" in result.output


def test_wrong_unit_is_refused(tmp_path: Path) -> None:
    """A unit of another kind cannot be converted."""
    table = write(tmp_path, "subject_id,是否规上,评价税收（吨）\na,否,1\n")

    assert ["score-unit-unknown"] == codes(run(table, "huangyan", "2022"))


def test_ready_values_win_over_amounts(tmp_path: Path) -> None:
    """A column of the indicator itself is taken before the amounts; its unit converts too."""
    header = SMALL.strip() + ",亩均税收（元/亩）\n"
    table = write(tmp_path, f"{header}a,否,{AVERAGE},231864\nb,否,{AVERAGE},\n")
    run(table, "huangyan", "2022")

    assert [23.1864, 11.5932] == [float(row["value.tax_per_mu"]) for row in rows(table)]


def test_percent_signs_and_headers(tmp_path: Path) -> None:
    """3.02 under (%), 3.02% in a cell and 0.0302 are the same fraction."""
    head = "subject_id,is_above_scale,tax_per_mu,value_added_per_mu,value_added_per_tce,"
    head += "value_added_per_emission_t,labour_productivity,"
    at = "24.097,136.16,2.694,4929.81,18.14"
    for name, cell in (
        ("研发强度(%)", "3.02"),
        ("rd_intensity", "3.02%"),
        ("rd_intensity", "0.0302"),
    ):
        table = write(tmp_path, f"{head}{name}\na,是,{at},{cell}\n")
        run(table, "huangyan", "2022")

        assert "0.0302" == rows(table)[0]["value.rd_intensity"]
        assert "100.0" == rows(table)[0]["score"]


def test_workbook_with_percent_format(tmp_path: Path) -> None:
    """A cell that Excel shows as percent already holds the fraction, even under a (%) header."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["2022年规上企业"])
    sheet.append(["subject_id", "is_above_scale", "研发强度(%)", *INDICATORS])
    sheet.append(["a", "是", 0.0302, *AT_BENCHMARK])
    sheet.append(["b", "是", 3.02, *AT_BENCHMARK])
    sheet["C3"].number_format = "0.00%"
    table = tmp_path / "表.xlsx"
    book.save(table)
    result = run(table, "huangyan", "2022")

    assert result.exit_code == 0, result.exception
    assert ["0.0302", "0.0302"] == [row["value.rd_intensity"] for row in rows(table)]


AT_BENCHMARK = [24.097, 136.16, 2.694, 4929.81, 18.14]


def test_parquet(tmp_path: Path) -> None:
    """A parquet table gives the same as a csv."""
    frame = pd.DataFrame({"subject_id": ["a"], "is_above_scale": [False], "tax_per_mu": [11.5932]})
    frame["tax_per_electricity"] = 0.2352
    table = tmp_path / "表.parquet"
    frame.to_parquet(table)
    result = run(table, "huangyan", "2022")

    assert result.exit_code == 0, result.exception
    assert "100.0" == rows(table)[0]["score"]


def test_history_is_the_latest_earlier_period(tmp_path: Path) -> None:
    """Benchmarks come from the latest period before the one judged, whatever else is there."""
    years = [("2021", 1), ("2023", 20), ("2025", 999), ("2024", 20)]
    lines = [f"a,{year}年,否,{tax},10,40" for year, tax in years]
    head = "subject_id,period,is_above_scale,tax_10k_yuan,land_area_mu,electricity_10k_kwh\n"
    table = write(tmp_path, head + "\n".join(lines) + "\n")
    result = run(table, "city_default", "2024")

    assert result.exit_code == 0, result.exception
    (found,) = rows(table)
    assert ("100.0", "B") == (found["score"], found["grade"])
    assert "上期 2023" in result.output
    assert "无官方来源" in result.output
    assert "分档  below_scale：B 1" in result.output


def test_period_that_is_not_there(tmp_path: Path) -> None:
    """A period without rows is refused with those that have some."""
    table = write(tmp_path, "subject_id,period,is_above_scale\na,2021,否\nb,2022,否\n")
    result = run(table, "huangyan", "2024")

    assert ["period-missing"] == codes(result)
    assert "2021、2022" in str(result.exception)


def test_duplicates_are_refused(tmp_path: Path) -> None:
    """A subject twice in one period is refused, also in two scopes, and both scopes are named."""
    head = "subject_id,period,scope,is_above_scale,tax_per_mu,tax_per_electricity\n"
    lines = "a,2022,在地,否,1,1\na,2022,法人,否,1,1\nb,2021,在地,否,1,1\nb,2021,在地,否,1,1\n"
    result = run(write(tmp_path, head + lines), "huangyan", "2022")

    assert ["duplicate-subject", "duplicate-subject"] == codes(result)
    assert "在地、法人" in str(result.exception)


def test_growth_across_scopes_is_refused(tmp_path: Path) -> None:
    """This year in one scope after last year in another gives no growth, with the reason."""
    standard = tmp_path / "growth.toml"
    standard.write_text(GROWTH, encoding="utf-8")
    head = "subject_id,period,scope,tax_10k_yuan\n"
    lines = "a,2023,核准范围,100\na,2024,托管范围,110\nb,2023,核准范围,100\nb,2024,核准范围,110\n"
    table = write(tmp_path, head + lines)
    result = run(table, standard, "2024")
    first, second = rows(table)

    assert ("", "100.0") == (first["score"], second["score"])
    assert "2024 期的评价税收 为托管范围，2023 期的评价税收 为核准范围" in result.output


GROWTH = """
id = "growth"
title = { zh = "增速" }
subject = "park"
official = false
sources = { a = "自定" }
[[cohort]]
id = "all"
label = { zh = "全部" }
normalise = { method = "goalposts" }
criteria = [
  { indicator = "tax_growth", weight = 100, floor = 0, goal = 0.05, missing = "leave_out_weight" }
]
[cohort.grading]
by = "none"
reason = { zh = "不分档" }
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["empty-table"]),
        (SMALL, ["empty-table"]),
        ("企业,税收\na,1\n", ["score-column-missing"]),
        ("subject_id,tax_per_mu\na,1\n", ["score-column-missing"]),
        (f"{SMALL.replace('land_area_mu', 'area')}a,否,1,2,3\n", ["score-column-missing"]),
        (f"{SMALL.strip()},评价税收（万元）\na,否,1,2,3,4\n", ["score-column-twice"]),
    ],
)
def test_unusable_tables(tmp_path: Path, text: str, expected: Sequence[str]) -> None:
    """No rows, no subjects, no cohort, a needed amount missing, a column twice: refused by name."""
    table = write(tmp_path, text)
    table.with_name("得分.csv").write_text("上次的结果", encoding="utf-8")

    assert expected == codes(run(table, "huangyan", "2022"))
    assert table.with_name("得分.csv").read_text(encoding="utf-8") == "上次的结果"


def test_missing_column_is_named_with_what_could_replace_it(tmp_path: Path) -> None:
    """The message names the indicator, the amounts it is made of, and the columns not used."""
    table = write(tmp_path, f"{SMALL.replace('land_area_mu', '占地')}a,否,1,2,3\n")
    message = str(run(table, "huangyan", "2022").exception)

    assert "亩均税收（tax_per_mu，或 用地面积 land_area_mu）" in message
    assert "未使用的列：占地" in message


def test_blank_cells_are_missing_values_not_errors(tmp_path: Path) -> None:
    """Blanks and marks are unknown; words where numbers belong are unknown and told of."""
    table = write(tmp_path, f"{SMALL}a,否,100,/,1\nb,否,100,10,约100\nc,,1,1,1\n合计,,3,3,3\n")
    result = run(table, "huangyan", "2022")
    found = rows(table)

    assert ["a", "b", "c"] == [row["subject_id"] for row in found]
    assert ["0.5", "0.5", ""] == [row["coverage"] for row in found]
    assert "是否规上未知" in found[2]["reason"]
    assert "E3" in result.output
    assert "约100" in result.output
    assert "未评分 1 个：没有适用的评价分组：是否规上未知" in result.output
    assert "“合计”一行视为合计" in result.output


def test_unknown_and_incomplete_standards(tmp_path: Path) -> None:
    """An unknown standard and a published scheme with gaps refuse to score."""
    table = write(tmp_path, f"{SMALL}a,否,{AVERAGE}\n")

    assert ["standard-unknown"] == codes(run(table, "huangyann", "2022"))
    assert ["standard-incomplete"] == codes(run(table, "huaian", "2024"))
    assert ["benchmark-missing"] * 2 == codes(run(table, "huangyan", "2023"))


def test_unreadable_and_absent_files(tmp_path: Path) -> None:
    """A table that is not there, or is no table, is one message."""
    broken = tmp_path / "表.xlsx"
    broken.write_bytes(b"nonsense")

    assert ["file-missing"] == codes(run(tmp_path / "无.csv", "huangyan", "2022"))
    assert ["file-unreadable"] == codes(run(broken, "huangyan", "2022"))


def test_wrong_options_are_usage_errors(tmp_path: Path) -> None:
    """Writing onto the input, or not onto a csv, is a wrong command line."""
    table = write(tmp_path, SMALL)
    runner = CliRunner()
    options = ["--standard", "huangyan", "--period", "2022", "-o"]

    assert 2 == runner.invoke(score, [str(table), *options, str(table)]).exit_code
    assert 2 == runner.invoke(score, [str(table), *options, "o.xlsx"]).exit_code
    assert 2 == runner.invoke(score, [str(table), "--period", "2022"]).exit_code


def test_json_for_programs(tmp_path: Path) -> None:
    """With --json one document tells counts, reasons, columns and problems."""
    table = write(tmp_path, f"{SMALL.strip()},备注\na,否,{AVERAGE},x\nb,,1,1,1,x\n")
    told = json.loads(run(table, "huangyan", "2022", "--json").output)

    assert (2, 1, ["备注"], True) == (
        told["subjects"],
        told["scored"],
        told["ignored_columns"],
        told["official"],
    )
    assert {"没有适用的评价分组：是否规上未知": 1} == told["without_score"]


def test_attribute_that_only_the_standard_knows(tmp_path: Path) -> None:
    """A column named by a condition of the standard is read though no dictionary has it."""
    standard = tmp_path / "own.toml"
    where = 'where = [{ field = "试点", is = true }]\nnormalise'
    text = GROWTH.replace("normalise", where, 1).replace("tax_growth", "tax_per_mu")
    standard.write_text(text, encoding="utf-8")
    table = write(tmp_path, "subject_id,试点,tax_per_mu\na,是,0.05\nb,否,0.05\n")
    run(table, standard, "2024")

    assert ["100.0", ""] == [row["score"] for row in rows(table)]


def test_lishui_as_it_is(tmp_path: Path) -> None:
    """The published league table of ten counties runs as it stands, against city totals."""
    table = tmp_path / "counties.csv"
    table.write_bytes((LISHUI / "counties.csv").read_bytes())
    result = run(table, LISHUI / "lishui_2019.toml", "2019")
    found = rows(table)

    assert result.exit_code == 0, result.exception
    assert 10 == len(found)
    first = found[0]
    assert ("莲都区", "0.0236", "0.0584") == (
        first["subject_id"],
        first["value.county_rd_share"],
        first["value.enterprise_share"],
    )
    assert abs(float(first["points.county_tax_per_mu"]) - 46.38 * 30 * 30341 / 573564) < 1e-9
    without = [
        row["subject_id"] for row in found if row["value.county_value_added_per_emission"] == ""
    ]
    assert ["缙云县", "青田县", "松阳县"] == without
    assert {"0.9"} == {row["coverage"] for row in found if row["subject_id"] in without}
    assert 942 == sum(float(row["value.county_enterprises"]) for row in found)
    assert "未使用的列" not in result.output
