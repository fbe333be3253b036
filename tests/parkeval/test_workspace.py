"""A whole workspace, from files to results, with numbers that can be checked in the head."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from geodata.errors import InputError
from parkeval.__main__ import cli, message
from tests.builders import square
from tests.parkeval import tiny

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The tiny workspace, freshly written."""
    return tiny.write(tmp_path / "city")


def run(*words: object) -> Result:
    """One command of the program."""
    return CliRunner().invoke(cli, [str(word) for word in words])


def refused(*words: object) -> str:
    """The message of a command that refuses its input."""
    result = run(*words)

    assert isinstance(result.exception, InputError), result.output
    return message(result.exception)


def table(city: Path, name: str, period: str = "2024") -> pd.DataFrame:
    """A table of the results."""
    return pd.read_parquet(city / "results" / period / f"{name}.parquet").reset_index()


def test_taxes_go_where_the_land_lies(city: Path) -> None:
    """A parcel half in a park counts half, tenants split a parcel, a park is the sum of parts."""
    assert run("evaluate", city).exit_code == 0
    parks = table(city, "parks").set_index("park_id")

    assert parks.loc[["A", "B", "B1", "B2"], "tax_10k_yuan"].tolist() == pytest.approx(
        [150 + 300 / 2, 40 + 50 + 100 + 75, 40 + 50 + 100, 75]
    )


def test_land_is_counted_once(city: Path) -> None:
    """Per-mu tax of a park is total tax over total land."""
    assert run("evaluate", city).exit_code == 0
    parks = table(city, "parks").set_index("park_id")

    assert parks.loc["A", "value.tax_per_mu"] == pytest.approx(300 / 22.5, rel=1e-3)
    assert parks.loc["B2", "value.tax_per_mu"] == pytest.approx(75 / 15, rel=1e-3)


def test_nothing_is_lost(city: Path) -> None:
    """All tax = in leaf parks + on land outside every park + unlinked, to the yuan."""
    assert run("evaluate", city).exit_code == 0
    row = table(city, "ledger").set_index("amount").loc["tax_10k_yuan"]

    assert row["total"] == pytest.approx(sum(tiny.TAX.values()), abs=1e-9)
    assert row["in_parks"] == pytest.approx(150 + 150 + 190 + 75, abs=1e-4)
    assert row["outside"] == pytest.approx(150 + 45, abs=1e-4)
    assert row["unlinked"] == pytest.approx(9, abs=1e-9)
    assert abs(row["difference"]) < 1e-4


def test_the_tax_table_in_yuan_is_read_as_such(city: Path) -> None:
    """元 in the header becomes 万元 once, whatever the thousands separators."""
    assert run("evaluate", city).exit_code == 0
    firms = table(city, "enterprises").set_index("enterprise_id")

    assert firms.loc[tiny.FIRMS["甲"], "tax_10k_yuan"] == 150


def test_two_runs_agree_to_the_byte_whatever_the_order(city: Path, tmp_path: Path) -> None:
    """Same facts, same bytes: neither the order of rows nor a second run changes a file."""
    other = tiny.write(tmp_path / "other")
    for name in ("tax_2024", "tax_2023"):
        rows = pd.read_csv(other / "data" / f"{name}.csv", encoding="gb18030", dtype="str")
        rows.iloc[::-1].to_csv(other / "data" / f"{name}.csv", index=False, encoding="gb18030")
    assert run("evaluate", city).exit_code == run("evaluate", other).exit_code == 0

    def files(base: Path) -> dict[str, bytes]:
        found = (base / "results").rglob("*"), (base / "reports").rglob("*")
        skipped = {"manifest.json", "sources.parquet", "园区评价.xlsx"}
        return {
            path.relative_to(base).as_posix(): path.read_bytes()
            for group in found
            for path in group
            if path.is_file() and path.name not in skipped
        }

    mine, theirs = files(city), files(other)
    assert list(mine) == list(theirs)
    different = [name for name in mine if mine[name] != theirs[name]]

    assert [name for name in different if _without_cells(mine[name], theirs[name])] == []


def _without_cells(left: bytes, right: bytes) -> bool:
    """Whether files differ in more than cell addresses, which do follow the order of rows."""
    if left[:4] == b"PAR1":
        a, b = pd.read_parquet(io.BytesIO(left)), pd.read_parquet(io.BytesIO(right))
        cells = {"tax_10k_yuan"}
        same = set(a.columns) == cells and a.astype("str").map(_no_row).equals(
            b.astype("str").map(_no_row)
        )
        return not same
    return _no_row(left.decode("utf-8", "replace")) != _no_row(right.decode("utf-8", "replace"))


def _no_row(text: str) -> str:
    return re.sub(r"[A-Z]+\d+", "", text)


def test_running_twice_changes_nothing(city: Path) -> None:
    """A second run writes the same bytes, manifest included."""
    assert run("evaluate", city).exit_code == 0
    before = {path: path.read_bytes() for path in city.rglob("*") if path.is_file()}
    assert run("evaluate", city).exit_code == 0

    assert before == {path: path.read_bytes() for path in city.rglob("*") if path.is_file()}


def test_reports_are_rendered_from_stored_results(city: Path) -> None:
    """`report` writes the same workbook, map and problem lists as `evaluate` did."""
    assert run("evaluate", city).exit_code == 0
    folder = city / "reports" / "2024"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    assert run("report", city).exit_code == 0

    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_explain_reaches_the_cell(city: Path) -> None:
    """A score is told as arithmetic down to file, sheet and cell."""
    assert run("evaluate", city).exit_code == 0
    told = run("explain", city, "甲有限公司").output

    assert "tax_2024.csv" in told
    assert "D2" in told
    assert "本工具自定，无官方来源" in told


def test_explain_answers_in_json(city: Path) -> None:
    """`--json` gives the same explanation to programs."""
    assert run("evaluate", city).exit_code == 0
    told = json.loads(run("explain", city, tiny.FIRMS["甲"], "--json").output)

    assert [one["standard"] for one in told] == ["own"]


def test_check_lists_problems_and_passes_without_severe_ones(city: Path) -> None:
    """`check` writes the list and exits 0 when nothing is severe."""
    result = run("check", city)

    assert result.exit_code == 0, result.output
    assert (city / "reports" / "2024" / "数据问题清单.csv").is_file()
    assert (city / "reports" / "2024" / "数据问题清单.xlsx").is_file()


def test_the_problem_list_goes_to_nobody_outside(city: Path) -> None:
    """A public version and a single report leave the problem lists alone."""
    assert run("evaluate", city).exit_code == 0
    folder = city / "reports" / "2024"
    for path in folder.iterdir():
        path.unlink()
    assert run("report", city, "--public").exit_code == 0
    assert run("report", city, "--only", "workbook").exit_code == 0

    assert [] == [path.name for path in folder.iterdir() if "数据问题" in path.name]


def test_overlapping_parks_are_a_problem_not_a_double_count(city: Path) -> None:
    """Leaf parks that overlap are severe: check exits 1, evaluate writes nothing."""
    parks = gpd.read_file(city / "data" / "parks.gpkg")
    parks.loc[parks["园区编号"] == "B1", "geometry"] = square(1, 0)
    parks.to_file(city / "data" / "parks.gpkg", layer="parks")

    assert run("check", city).exit_code == 1
    assert "园区范围互相重叠" in refused("evaluate", city)
    assert not (city / "results").exists()


def test_a_missing_column_is_named_with_its_neighbours(city: Path) -> None:
    """The message names the file, the missing column, and what the table has instead."""
    rows = pd.read_csv(city / "data" / "tax_2024.csv", encoding="gb18030", dtype="str")
    rows = rows.drop(columns=["统一社会信用代码", "企业名称"])
    rows.to_csv(city / "data" / "tax_2024.csv", index=False, encoding="gb18030")
    told = refused("evaluate", city)

    assert "tax_2024.csv" in told
    assert "统一社会信用代码" in told


def test_a_wrong_unit_is_refused(city: Path) -> None:
    """A unit of another kind cannot be converted, and the message says which column."""
    text = (city / "data" / "tax_2024.csv").read_text(encoding="gb18030")
    (city / "data" / "tax_2024.csv").write_text(
        text.replace("评价税收（元）", "评价税收（亩）"), encoding="gb18030"
    )
    told = refused("evaluate", city)

    assert "评价税收" in told
    assert "亩" in told


def test_every_unusable_source_is_named_at_once(city: Path) -> None:
    """An unreadable file and a missing file are told in one message."""
    (city / "data" / "tax_2024.csv").rename(city / "data" / "gone.csv")
    (city / "data" / "leases.csv").write_bytes(b"")
    told = refused("evaluate", city)

    assert "tax_2024.csv" in told
    assert "leases.csv" in told


def test_an_unreadable_workbook_is_told_plainly(city: Path) -> None:
    """Random bytes named xlsx end in a message, not in a traceback."""
    config = (city / "parkeval.toml").read_text(encoding="utf-8")
    (city / "parkeval.toml").write_text(
        config.replace("data/tax_2024.csv", "data/tax_2024.xlsx"), encoding="utf-8"
    )
    (city / "data" / "tax_2024.xlsx").write_bytes(bytes(range(256)) * 20)

    assert "tax_2024.xlsx" in refused("evaluate", city)


def test_an_unknown_standard_suggests_the_nearest(city: Path) -> None:
    """A misspelt standard is refused with the right name beside it."""
    assert "city_default" in refused("evaluate", city, "--standard", "city_defualt")


def test_an_incomplete_scheme_refuses_to_score(city: Path) -> None:
    """A published scheme with gaps says what is missing instead of scoring."""
    assert "不完整" in refused("evaluate", city, "--standard", "huaian")


def test_weights_that_sum_to_95_are_refused(city: Path) -> None:
    """The message names the cohort, the sum and what it should be."""
    text = (city / "own.toml").read_text(encoding="utf-8")
    (city / "own.toml").write_text(text.replace("weight = 100", "weight = 95"), encoding="utf-8")
    told = refused("evaluate", city)

    assert "95" in told
    assert "100" in told


def test_an_empty_table_is_refused(city: Path) -> None:
    """A header without rows is no data."""
    header = (city / "data" / "tax_2024.csv").read_text(encoding="gb18030").splitlines()[0]
    (city / "data" / "tax_2024.csv").write_text(header + "\n", encoding="gb18030")

    assert "没有数据行" in refused("evaluate", city)


def test_a_park_layer_without_crs_is_refused(city: Path) -> None:
    """No coordinate system is guessed."""
    parks = gpd.read_file(city / "data" / "parks.gpkg").set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        parks.to_file(city / "data" / "parks.gpkg", layer="parks")

    assert "坐标系" in refused("evaluate", city)


def test_degrees_declared_as_metres_are_refused(city: Path) -> None:
    """Longitudes and latitudes under a projected system are noticed."""
    parks = gpd.read_file(city / "data" / "parks.gpkg").to_crs("EPSG:4490")
    parks.set_crs("EPSG:4525", allow_override=True).to_file(
        city / "data" / "parks.gpkg", layer="parks"
    )

    assert "坐标值与坐标系不符" in refused("evaluate", city)


def test_a_failed_run_leaves_the_last_good_results(city: Path) -> None:
    """After a refusal every file of the previous run is as it was."""
    assert run("evaluate", city).exit_code == 0
    before = {
        path: path.read_bytes()
        for folder in ("results", "reports")
        for path in (city / folder).rglob("*")
        if path.is_file()
    }
    (city / "data" / "tax_2024.csv").write_bytes(b"\xff\xfe\x00")
    refused("evaluate", city)

    assert before == {path: path.read_bytes() for path in before}


def test_tax_in_another_scope_is_never_divided_by_local_land(city: Path) -> None:
    """法人口径 tax over 在地 land is refused with both scopes named."""
    config = (city / "parkeval.toml").read_text(encoding="utf-8")
    head, tail = config.rsplit('scope = "在地"', 1)
    (city / "parkeval.toml").write_text(head + 'scope = "法人"' + tail, encoding="utf-8")
    result = run("evaluate", city)

    assert result.exit_code == 0, result.output
    firms = table(city, "enterprises").set_index("enterprise_id")
    assert firms["value.tax_per_mu"].isna().all()
    listed = (city / "reports" / "2024" / "数据问题清单.csv").read_text(encoding="utf-8-sig")
    assert "法人" in listed


def test_land_in_another_scope_is_refused(city: Path) -> None:
    """Judging by 法人口径 with land that is declared 在地 is refused with both named."""
    config = (city / "parkeval.toml").read_text(encoding="utf-8")
    config = config.replace('enterprise_scope = "在地"', 'enterprise_scope = "法人"')
    (city / "parkeval.toml").write_text(config, encoding="utf-8")
    told = refused("evaluate", city)

    assert "parcels" in told
    assert "“在地”，与“法人”不同" in told


def test_a_layer_in_the_wrong_zone_is_refused(city: Path) -> None:
    """Parcels three degrees away from every park are no parcels of this city."""
    parcels = gpd.read_file(city / "data" / "parcels.gpkg")
    parcels.geometry = parcels.geometry.translate(xoff=1_000_000)
    parcels.set_crs("EPSG:4526", allow_override=True).to_file(
        city / "data" / "parcels.gpkg", layer="parcels"
    )

    assert "远离所有园区" in refused("evaluate", city)


def test_a_park_without_boundary_is_refused(city: Path) -> None:
    """A leaf park that lost its shape would lose its parcels to the outside."""
    parks = gpd.read_file(city / "data" / "parks.gpkg")
    parks.loc[parks["园区编号"] == "B1", "geometry"] = None
    parks.to_file(city / "data" / "parks.gpkg", layer="parks")

    assert "乙园一区" in refused("evaluate", city)


def test_a_folder_in_the_place_of_a_report_is_told(city: Path) -> None:
    """What cannot be replaced is named, and nothing else is written."""
    (city / "reports" / "2024" / "园区评价.xlsx").mkdir(parents=True)

    assert "园区评价.xlsx" in refused("evaluate", city)
    assert not (city / "results").exists()


def test_every_mistake_of_the_workspace_file_is_told_at_once(city: Path) -> None:
    """Unknown keys, wrong types and unknown fields come in one message."""
    config = (city / "parkeval.toml").read_text(encoding="utf-8")
    config = config.replace('period = "2024"\ndocument', 'perod = "2024"\ndocument', 1)
    config = config.replace('table = "leases"', 'table = "lease"')
    (city / "parkeval.toml").write_text(config, encoding="utf-8")
    told = refused("check", city)

    assert "perod" in told
    assert "enterprises" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["evaluate", ".", "--colour"], "没有选项 --colour"),
        (["score", "x.csv", "--standard", "huangyan"], "缺少 --period"),
        (["evalute"], "没有这个命令"),
    ],
)
def test_wrong_options_exit_with_2(words: list[str], told: str) -> None:
    """A wrong command line is told in Chinese, with exit code 2."""
    command = [sys.executable, "-m", "parkeval", *words]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", cwd=ROOT)

    assert done.returncode == 2
    assert told in done.stderr


def test_a_users_mistake_is_one_message_without_traceback(tmp_path: Path) -> None:
    """The real program prints the problem and exits with 1."""
    command = [sys.executable, "-m", "parkeval", "evaluate", str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", cwd=ROOT)

    assert done.returncode == 1
    assert "不是 parkeval 工作区" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_workspace_is_told(tmp_path: Path) -> None:
    """A folder without parkeval.toml is named."""
    assert "parkeval.toml" in refused("evaluate", tmp_path)


def test_explain_before_evaluate_says_so(city: Path) -> None:
    """Without results there is nothing to explain."""
    assert "还没有评价结果" in refused("explain", city, "甲有限公司")


def test_init_proposes_a_workspace_from_the_files(city: Path) -> None:
    """The proposal recognises each file, and its text is a workspace file that loads."""
    (city / "parkeval.toml").unlink()
    result = run("init", city)

    assert result.exit_code == 0, result.output
    text = (city / "parkeval.toml").read_text(encoding="utf-8")
    for name in ("parks.gpkg", "parcels.gpkg", "leases.csv", "tax_2023.csv", "tax_2024.csv"):
        assert name in text
    assert run("check", city).exit_code == 0


def test_init_proposes_every_layer_and_names_what_it_cannot_read(city: Path) -> None:
    """A GeoPackage of two layers gives two sources; a broken file is named in a comment."""
    parcels = gpd.read_file(city / "data" / "parcels.gpkg")
    parcels.iloc[:2].to_file(city / "data" / "parcels.gpkg", layer="西部")
    (city / "data" / "坏.xlsx").write_bytes(b"not a workbook")
    (city / "parkeval.toml").unlink()
    assert run("init", city).exit_code == 0
    told = (city / "parkeval.toml").read_text(encoding="utf-8")

    assert told.count('file = "data/parcels.gpkg"') == 2
    assert "#   data/坏.xlsx：文件无法读取" in told


def test_init_never_overwrites(city: Path) -> None:
    """An existing workspace file stays as it is."""
    assert "已经存在" in refused("init", city)
