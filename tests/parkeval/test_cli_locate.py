from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import shapely
from click.testing import CliRunner, Result

from geodata.errors import InputError
from geodata.units import M2_PER_MU
from parkeval.cli.locate import locate
from tests.builders import layer, square

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

PARCELS = [
    {"宗地代码": 2, "geometry": square(0.5, 0)},
    {"宗地代码": 1, "geometry": square(-0.5, 0)},
    {"宗地代码": 10, "geometry": square(5, 5)},
]
PARKS = [{"编号": "K1", "geometry": square(0, -1, wide=3, high=3)}]


def write(folder: Path, parcels: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> None:
    parcels.to_file(folder / "宗地.gpkg", layer="宗地")
    parks.to_file(folder / "园区.gpkg", layer="园区")


def run(folder: Path, *more: str) -> Result:
    layers = [str(folder / "宗地.gpkg"), str(folder / "园区.gpkg")]
    options = ["--parcel-id", "宗地代码", "--park-id", "编号", "-o", str(folder / "落位.csv")]
    return CliRunner().invoke(locate, [*layers, *options, *more])


def codes(result: Result) -> list[str]:
    assert isinstance(result.exception, InputError), result.exception
    return [one.code for one in result.exception.issues]


def rows(folder: Path) -> list[dict[str, str]]:
    text = (folder / "落位.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_pairs_are_written_for_excel_and_sums_are_told(tmp_path: Path) -> None:
    """One row per pair in both units, sorted by id as text, and the four sums on the last line."""
    write(tmp_path, layer(PARCELS), layer(PARKS))
    result = run(tmp_path)
    found = rows(tmp_path)

    assert result.exit_code == 0, result.output
    assert (
        (tmp_path / "落位.csv").read_bytes().startswith(b"\xef\xbb\xbfparcel_id,park_id,area_m2,")
    )
    assert [("1", "K1"), ("2", "K1")] == [(row["parcel_id"], row["park_id"]) for row in found]
    areas = [float(row["area_m2"]) for row in found]
    assert [5000, 10000] == pytest.approx(areas, rel=1e-3)
    assert areas == pytest.approx([float(row["area_mu"]) * M2_PER_MU for row in found], rel=1e-15)
    closing = result.output.splitlines()[-1]
    assert all(word in closing for word in ("宗地", "园区内", "园区以外", "一个以上", "亩"))


def test_json_holds_the_sums_and_the_problems(tmp_path: Path) -> None:
    """Located and outside add up to the parcels' area; 1.5 ha of 3 lie in the park."""
    write(tmp_path, layer(PARCELS), layer(PARKS))
    told = json.loads(run(tmp_path, "--json").output)

    assert [3, 1, 2] == [told["parcels"], told["parks"], told["pairs"]]
    assert told["parcel_area_m2"] == pytest.approx(told["located_m2"] + told["outside_m2"])
    assert 0.5 == pytest.approx(told["located_m2"] / told["parcel_area_m2"], rel=1e-6)
    assert 22.5 == pytest.approx(told["located_mu"], rel=1e-3)
    assert 0 == told["multiple_m2"]
    assert [] == told["problems"]
    assert str(tmp_path / "落位.csv") == told["file"]


def test_areas_are_written_to_the_last_digit(tmp_path: Path) -> None:
    """What is read back from the file is the very number that was measured."""
    write(tmp_path, layer(PARCELS), layer(PARKS))
    told = json.loads(run(tmp_path, "--json").output)

    assert told["located_m2"] == sum(float(row["area_m2"]) for row in rows(tmp_path))


def test_row_order_changes_no_byte(tmp_path: Path) -> None:
    """The same records in another order write the same file."""
    write(tmp_path, layer(PARCELS), layer(PARKS))
    run(tmp_path)
    before = (tmp_path / "落位.csv").read_bytes()
    write(tmp_path, layer(PARCELS[::-1]), layer(PARKS))
    run(tmp_path)

    assert before == (tmp_path / "落位.csv").read_bytes()


def test_layers_may_be_in_different_systems(tmp_path: Path) -> None:
    """Parcels in zone 37, parks in zone 38 without prefix: the same areas."""
    write(tmp_path, layer(PARCELS), layer(PARKS))
    run(tmp_path)
    before = [float(row["area_m2"]) for row in rows(tmp_path)]
    write(tmp_path, layer(PARCELS), layer(PARKS).to_crs(4547))
    run(tmp_path)

    assert before == pytest.approx([float(row["area_m2"]) for row in rows(tmp_path)], rel=1e-4)


def test_shapefile_without_system_takes_the_declared_one(tmp_path: Path) -> None:
    """A GBK shapefile without .prj works with --parcels-crs, and is refused without it."""
    write(tmp_path, layer(PARCELS), layer(PARKS))
    plain = layer([{**row, "DKBH": str(row["宗地代码"])} for row in PARCELS]).drop(
        columns="宗地代码"
    )
    plain.to_file(tmp_path / "DK.shp", encoding="GBK")
    (tmp_path / "DK.prj").unlink()
    options = [str(tmp_path / "DK.shp"), str(tmp_path / "园区.gpkg"), "--parcel-id", "DKBH"]
    options += ["--park-id", "编号", "-o", str(tmp_path / "落位.csv")]

    assert ["layer-without-crs"] == codes(CliRunner().invoke(locate, options))
    assert not (tmp_path / "落位.csv").exists()
    result = CliRunner().invoke(locate, [*options, "--parcels-crs", "EPSG:4525"])
    assert result.exit_code == 0, result.output
    assert ["1", "2"] == [row["parcel_id"] for row in rows(tmp_path)]


def test_duplicate_ids_of_both_layers_are_refused_at_once(tmp_path: Path) -> None:
    """Every duplicate is named in one message, and what stood there before stays."""
    write(tmp_path, layer([*PARCELS, PARCELS[0]]), layer(PARKS * 2))
    (tmp_path / "落位.csv").write_text("昨天", encoding="utf-8")
    result = run(tmp_path)

    assert ["duplicate-parcel", "duplicate-park"] == codes(result)
    assert "编号 2 出现 2 次" in str(result.exception)
    assert "昨天" == (tmp_path / "落位.csv").read_text(encoding="utf-8")


def test_missing_column_is_named_with_what_there_is(tmp_path: Path) -> None:
    """The nearest name and all names are told."""
    write(tmp_path, layer(PARCELS).rename(columns={"宗地代码": "宗地编码"}), layer(PARKS))
    result = run(tmp_path)

    assert ["missing-column"] == codes(result)
    assert "最接近的是“宗地编码”" in str(result.exception)
    assert "--parcel-id 宗地编码" in str(result.exception)


def test_rows_without_id_are_refused(tmp_path: Path) -> None:
    """An empty id and a null are both no id; the records are named."""
    names = ["a", " ", None]
    parcels = layer([{**row, "宗地代码": name} for row, name in zip(PARCELS, names, strict=True)])
    write(tmp_path, parcels, layer(PARKS))
    result = run(tmp_path)

    assert ["id-missing"] == codes(result)
    assert "第 2 条、第 3 条" in str(result.exception)


def test_numbers_with_gaps_are_still_seen_as_whole(tmp_path: Path) -> None:
    """Ids of a column of floating numbers read 1, not 1.0."""
    write(
        tmp_path,
        layer([{**row, "宗地代码": float(row["宗地代码"])} for row in PARCELS]),
        layer(PARKS),
    )
    run(tmp_path)

    assert ["1", "2"] == [row["parcel_id"] for row in rows(tmp_path)]


def test_repaired_shapes_and_overlapping_parks_are_listed(tmp_path: Path) -> None:
    """Lesser problems do not stop the work, and are on the screen."""
    x, y = square(0, 0).bounds[:2]
    tie = shapely.Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    parks = [*PARKS, {"编号": "K2", "geometry": square(1, -1, wide=3, high=3)}]
    write(tmp_path, layer([*PARCELS, {"宗地代码": 7, "geometry": tie}]), layer(parks))
    result = run(tmp_path)

    assert result.exit_code == 0, result.output
    assert "7：边界自相交" in result.output
    assert "K1 与 K2 重叠" in result.output


def test_metres_that_are_degrees_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    """A layer in degrees declared as metres ends in one message."""
    wrong = layer(PARCELS).to_crs(4490).set_crs(4525, allow_override=True)
    write(tmp_path, wrong, layer(PARKS))

    assert ["crs-coordinates"] == codes(run(tmp_path))
    assert not (tmp_path / "落位.csv").exists()


def test_files_that_are_not_there_are_all_named(tmp_path: Path) -> None:
    """Both missing files stand in one message."""
    assert ["file-missing", "file-missing"] == codes(run(tmp_path))


def test_layers_without_rows_or_usable_shapes_are_refused(tmp_path: Path) -> None:
    """An empty layer, and one of points only, cannot be located in."""
    points = layer([{"编号": "K1", "geometry": square(0, 0).centroid}])
    write(tmp_path, layer(PARCELS).iloc[:0], points)

    assert ["empty-table", "geometry-kind"] == codes(run(tmp_path))


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    """-o on one of the inputs is a wrong command line."""
    write(tmp_path, layer(PARCELS), layer(PARKS))

    assert run(tmp_path, "-o", str(tmp_path / "园区.gpkg")).exit_code == 2


def test_help_is_light(tmp_path: Path) -> None:
    """The command's module does not load pandas."""
    check = "import sys, parkeval.cli.locate; sys.exit('pandas' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", check], check=False).returncode
    assert CliRunner().invoke(locate, ["--help"]).exit_code == 0
