"""Result tables: everything known, by field ids."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geodata.issues import issue
from reports.tables import (
    enterprise_table,
    issue_table,
    parcel_table,
    park_table,
    point_table,
    problem_table,
    result_tables,
)
from tests.reports.findings import build, without_standards

if TYPE_CHECKING:
    from pathlib import Path


def test_a_park_with_parts_is_their_sum() -> None:
    """Amounts, parcels and firms of the park are those of its parts, added."""
    table = park_table(build())
    for name in ("tax_10k_yuan", "land_area_mu", "parcel_count", "parcels_mu", "enterprise_count"):
        assert table.loc["P1", name] == table.loc["P1A", name] + table.loc["P1B", name]


def test_half_a_parcel_and_half_a_firm_count_half() -> None:
    """云亭: one parcel whole and one by half; the firm there brings half its tax."""
    table = park_table(build())

    assert 22.5 == table.loc["P3", "parcels_mu"]
    assert 30 + 60 / 2 == table.loc["P3", "tax_10k_yuan"]


def test_what_nobody_knows_stays_unknown() -> None:
    """A park without firms has no tax, not zero tax; nor has a firm whose tax is unknown."""
    assert pd.isna(park_table(build()).loc["P4", "tax_10k_yuan"])
    assert pd.isna(enterprise_table(build()).loc["E04", "tax_10k_yuan"])


def test_results_of_every_standard_stand_beside_each_other() -> None:
    """Score, rank and reason under the standard's id; stated amounts under their own prefix."""
    table = park_table(build())

    assert 88.0 == table.loc["P2", "five_good.score"]
    assert "随上级园区评价" in table.loc["P1A", "land_priority.reason"]
    assert 2500.5 == table.loc["P2", "stated.fiscal_revenue_10k_yuan"]
    assert "A" == enterprise_table(build()).loc["E01", "city_default.grade"]


def test_parcels_tell_their_occupant_and_grade() -> None:
    """The occupant's grade and the screening stand with the parcel."""
    table = parcel_table(build())

    assert ("E01", "A") == tuple(table.loc["D01", ["main_enterprise_id", "city_default.grade"]])
    assert bool(table.loc["D03", "suspected_idle"])
    assert 12 == len(table)


def test_points_hold_every_criterion_of_every_judged_subject() -> None:
    """One row per subject and criterion of its cohort, with yardstick and weight."""
    table = point_table(build())

    assert 10 * 1 + 3 * 4 * 2 == len(table)
    row = table[(table["standard"] == "five_good") & (table["subject_id"] == "P2")].iloc[0]
    assert ("tax_per_mu", 5.0, 22.65, 60.0) == tuple(row[["indicator", "floor", "goal", "weight"]])


def test_order_of_rows_changes_no_byte() -> None:
    """Shuffled facts give the same files."""
    found = build()
    data = found.dataset
    mixed = replace(
        data,
        parks=data.parks.iloc[::-1],
        parcels=data.parcels.iloc[::-1],
        enterprises=data.enterprises.iloc[::-1],
        occupancy=data.occupancy.iloc[::-1],
        locations=data.locations.iloc[::-1],
        shares=data.shares.iloc[::-1],
        unlinked=data.unlinked.iloc[::-1],
    )
    one, other = result_tables(found), result_tables(replace(found, dataset=mixed))

    assert [] == [name for name in one if one[name] != other[name]]


def test_csv_opens_in_excel_and_runs_no_formula() -> None:
    """UTF-8 with a mark, and text that a spreadsheet would calculate is disarmed."""
    content = result_tables(build())["enterprises.csv"]

    assert content.startswith(b"\xef\xbb\xbf")
    assert ",'=1+1电子有限公司," in content.decode("utf-8-sig")
    assert ",'=cmd" in problem_table(build().issues, build().dataset).decode("utf-8-sig")


def test_numbers_as_text_are_not_touched() -> None:
    """A negative number read as text is a number to a spreadsheet too."""
    text = problem_table([issue("not-a-number", value="-5", field="税")], build().dataset).decode(
        "utf-8-sig"
    )

    assert ",-5," in text


def test_parquet_gives_back_what_was_found() -> None:
    """The typed file holds the same table at full precision."""
    content = result_tables(build())["parks.parquet"]

    pd.testing.assert_frame_equal(park_table(build()), pd.read_parquet(io.BytesIO(content)))


def test_the_geopackage_holds_parks_and_parcels(tmp_path: Path) -> None:
    """Both layers carry the results and every row, shape or not."""
    path = tmp_path / "evaluation.gpkg"
    path.write_bytes(result_tables(build())["evaluation.gpkg"])

    parks = gpd.read_file(path, layer="parks").set_index("park_id")
    assert (6, 88.0) == (len(parks), parks.loc["P2", "five_good.score"])
    assert 12 == len(gpd.read_file(path, layer="parcels"))


def test_problems_are_sorted_and_worded() -> None:
    """Severest first, in Chinese, with what to do; the machine's table keeps the ids."""
    table = issue_table(build().issues, build().dataset)

    assert ["severe", "warning", "info"] == list(table["severity"])
    assert (
        problem_table(build().issues, build().dataset)
        .decode("utf-8-sig")
        .startswith("严重程度,问题代码,问题,文件")
    )
    assert "重叠" in table.iloc[0]["message"]


def test_nothing_judged_still_gives_tables() -> None:
    """Without standards, groups or doubts every file is there, with the rows of the facts."""
    files = result_tables(without_standards())

    assert 6 == len(pd.read_parquet(io.BytesIO(files["parks.parquet"])))
    assert 0 == len(pd.read_parquet(io.BytesIO(files["points.parquet"])))
    assert 1 == len(files["issues.csv"].decode("utf-8-sig").splitlines())


def test_no_amounts_at_all() -> None:
    """A period without any figures has parks and parcels all the same."""
    found = build()
    bare = replace(found, dataset=replace(found.dataset, amounts={}))

    assert "tax_10k_yuan" not in park_table(bare)
    assert 6 == len(park_table(bare))
