"""`parkeval survey`: text to layer and back, and what is said about it."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InputError
from parkeval.cli.survey import survey
from parkeval.config import Source
from parkeval.sources import _one
from tests.builders import layer, square

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HOLE = shapely.box(37_550_010, 3_165_010, 37_550_020, 3_165_020)
SHAPES = [
    square(0, 0).difference(HOLE),
    shapely.MultiPolygon([square(3, 0), square(5, 0)]),
]


def text(*, zone: int = 37, datum: str = "2000国家大地坐标系", area: str = "1.0000") -> str:
    spots = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    rows = [f"J{n},1,{3165000 + x}.000,37{550000 + y}.000" for n, (x, y) in enumerate(spots)]
    head = ["[属性描述]", f"坐标系={datum}", "数据产生日期=2024-6-30", f"带号={zone}"]
    return "\n".join([*head, "[地块坐标]", f"5,{area},1,甲,面,,,,@", *rows])


def run(*arguments: object) -> Result:
    return CliRunner().invoke(survey, [str(one) for one in arguments])


def done(*arguments: object) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def codes(result: Result) -> list[str]:
    assert isinstance(result.exception, InputError), result.exception
    return [one.code for one in result.exception.issues]


def source(folder: Path, content: str, name: str = "甲.txt") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def parcels(folder: Path, shapes: Sequence[shapely.Geometry] = SHAPES, crs: str = "") -> Path:
    path = folder / "宗地.gpkg"
    path.unlink(missing_ok=True)
    rows = [
        {"地块编号": f"A{n}", "坐落": "某路, 1 号", "geometry": one} for n, one in enumerate(shapes)
    ]
    frame = layer(rows)
    (frame.to_crs(crs) if crs else frame).to_file(path, layer="宗地")
    return path


def test_a_survey_file_becomes_a_layer(tmp_path: Path) -> None:
    """One hectare: points, both areas in both units, the declared one agrees."""
    output = tmp_path / "甲.gpkg"
    told = json.loads(done(source(tmp_path, text()), "-o", output, "--json").output)
    frame = gpd.read_file(output)
    parcel = told["parcels"][0]

    assert [] == told["problems"]
    assert ["EPSG:4525", str(output)] == [told["crs"], told["file"]]
    assert ["1", 4, 10000, 15, 1, "rounded"] == [
        parcel[name]
        for name in ("id", "points", "planar_m2", "planar_mu", "declared_ha", "verdict")
    ]
    assert 10000 == pytest.approx(parcel["ellipsoidal_m2"], rel=1e-3)
    assert ["1"] == frame["宗地编号"].tolist()
    assert "EPSG:4525" == str(frame.crs)
    assert [10000] == frame.area.tolist()


def test_a_person_reads_areas_and_doubts(tmp_path: Path) -> None:
    """The line of a parcel holds both units; a wrong area is told with both numbers."""
    output = done(source(tmp_path, text(area="1.2")), "-o", tmp_path / "甲.gpkg").output

    assert "15.0000 亩" in output
    assert "写明 1.2 公顷，按坐标计算（平面）1.000000 公顷" in output
    assert "不符" in output.splitlines()[-2]


def test_bytes_do_not_depend_on_the_clock(tmp_path: Path) -> None:
    """The same file gives the same bytes."""
    path = source(tmp_path, text())
    for name in ("a.gpkg", "b.gpkg", "a.geojson", "b.geojson"):
        done(path, "-o", tmp_path / name)

    for kind in ("gpkg", "geojson"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_geojson_is_in_degrees(tmp_path: Path) -> None:
    """Longitude first, CGCS2000."""
    output = tmp_path / "甲.geojson"
    told = json.loads(done(source(tmp_path, text()), "-o", output, "--json").output)
    frame = gpd.read_file(output)

    assert "EPSG:4490" == told["crs"] == str(frame.crs)
    west, south, _, _ = frame.total_bounds
    assert (111.5, 28.6) == pytest.approx((west, south), abs=0.05)


def test_several_files_are_one_layer(tmp_path: Path) -> None:
    """Equal numbers get ids and the file is named; systems that differ meet in degrees."""
    one, two = source(tmp_path, text()), source(tmp_path, text(), "乙.txt")
    three = source(tmp_path, text(zone=38).replace(",3755", ",3855"), "丙.txt")
    result = json.loads(done(one, two, three, "-o", tmp_path / "全.gpkg", "--json").output)
    frame = gpd.read_file(tmp_path / "全.gpkg")

    assert ["1", "1-2", "1-3"] == frame["宗地编号"].tolist()
    assert ["甲.txt", "乙.txt", "丙.txt"] == frame["来源文件"].tolist()
    assert "EPSG:4490" == str(frame.crs)
    found = [problem["code"] for problem in result["problems"]]
    assert [*2 * ["survey-number-given"], "survey-several-systems"] == found


def test_a_boundary_that_crosses_itself_is_named_and_kept(tmp_path: Path) -> None:
    """A bow-tie is told in the words of the repair, and written as it is."""
    rows = text().splitlines()
    rows[7], rows[8] = rows[8], rows[7]
    output = tmp_path / "甲.gpkg"
    told = json.loads(done(source(tmp_path, "\n".join(rows)), "-o", output, "--json").output)

    assert ["survey-area-differs", "survey-invalid"] == [one["code"] for one in told["problems"]]
    assert 5000 == told["parcels"][0]["planar_m2"]
    assert 5000 == pytest.approx(told["parcels"][0]["ellipsoidal_m2"], rel=1e-3)
    assert "边界自相交" in "".join(one["text"] for one in told["problems"])
    assert [False] == gpd.read_file(output).is_valid.tolist()


def test_problems_of_all_files_come_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    """Another datum and another zone: both named, no output."""
    foreign = source(tmp_path, text(datum="1980西安坐标系"))
    other = source(tmp_path, text(zone=38), "乙.txt")
    result = run(foreign, other, tmp_path / "丙.txt", "-o", tmp_path / "全.gpkg")

    assert ["crs-datum", "survey-zone", "file-missing"] == codes(result)
    assert not (tmp_path / "全.gpkg").exists()


def test_a_layer_becomes_a_survey_file(tmp_path: Path) -> None:
    """Header complete, areas in hectares, rings closed, holes with 圈号 2, commas harmless."""
    output = tmp_path / "甲.txt"
    done(parcels(tmp_path), "-o", output, "--unit", "某测绘队", "--date", "2024-06-30")
    lines = output.read_text(encoding="utf-8").splitlines()

    assert [
        "[属性描述]",
        "格式版本号=1.01版本",
        "数据产生单位=某测绘队",
        "数据产生日期=2024-06-30",
        "坐标系=2000国家大地坐标系",
        "几度分带=3",
        "投影类型=高斯克吕格",
        "计量单位=米",
        "带号=37",
        "精度=0.001",
        "转换参数=0,0,0,0,0,0,0",
        "[地块坐标]",
        "10,0.9900,A0,某路， 1 号,面,,,,@",
    ] == lines[:13]
    assert 10 == sum(line.endswith(",面,,,,@") or line.startswith("J") for line in lines[13:23])
    assert ["1"] * 5 + ["2"] * 5 == [line.split(",")[1] for line in lines[13:23]]
    assert lines[13] == lines[17]
    assert lines[18] == lines[22]
    assert "10,2.0000,A1,某路， 1 号,面,,,,@" == lines[23]


@pytest.mark.parametrize(
    "options", [[], ["--no-prefix"], ["--encoding", "gbk"], ["--degrees", "6"]]
)
def test_layer_to_text_to_layer(tmp_path: Path, options: list[str]) -> None:
    """The same shapes come back to the millimetre, whatever the plane and the encoding."""
    done(parcels(tmp_path), "-o", tmp_path / "甲.txt", *options)
    done(tmp_path / "甲.txt", "-o", tmp_path / "回.gpkg")
    back = gpd.read_file(tmp_path / "回.gpkg").to_crs("EPSG:4525")

    assert ["A0", "A1"] == back["宗地编号"].tolist()
    for one, other in zip(SHAPES, back.geometry, strict=True):
        alike = other if isinstance(one, shapely.MultiPolygon) else other.geoms[0]
        assert one.normalize().equals_exact(alike.normalize(), tolerance=0.001)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 100_000_000), min_size=2, max_size=2))
def test_text_to_layer_to_text(tmp_path_factory: pytest.TempPathFactory, corner: list[int]) -> None:
    """Through a gpkg and back every printed coordinate is the same, digit for digit."""
    folder = tmp_path_factory.mktemp("survey")
    x, y = 3_100_000 + corner[0] / 1000, 37_500_000 + corner[1] / 1000
    shape = shapely.Polygon(
        [(y, x), (y, x + 90.001), (y + 80.007, x + 70), (y + 50, x)],
        [[(y + 10, x + 10), (y + 10, x + 11.5), (y + 12.3, x + 11)]],
    )
    done(parcels(folder, [shape]), "-o", folder / "a.txt")
    done(folder / "a.txt", "-o", folder / "b.gpkg")
    done(folder / "b.gpkg", "-o", folder / "b.txt")

    assert (folder / "a.txt").read_bytes() == (folder / "b.txt").read_bytes()


def test_layers_in_degrees_take_the_zone_of_their_middle(tmp_path: Path) -> None:
    """111.5°E lies in zone 37, in 6-degree zone 19; another one can be asked for."""
    path = parcels(tmp_path, crs="EPSG:4490")
    found = [
        json.loads(done(path, "-o", tmp_path / "甲.txt", "--json", *more).output)["crs"]
        for more in ([], ["--degrees", "6"], ["--zone", "38"], ["--zone", "37", "--no-prefix"])
    ]

    assert ["EPSG:4525", "EPSG:4497", "EPSG:4526", "EPSG:4546"] == found


def test_a_zone_too_far_away_is_refused(tmp_path: Path) -> None:
    """Zone 40 is 9 degrees off."""
    result = run(parcels(tmp_path), "-o", tmp_path / "甲.txt", "--zone", "40")

    assert ["survey-far"] == codes(result)
    assert not (tmp_path / "甲.txt").exists()


def test_characters_outside_the_encoding_are_refused(tmp_path: Path) -> None:
    """GBK has no 𠮷; UTF-8 has."""
    path = tmp_path / "宗地.gpkg"
    layer([{"宗地编号": "𠮷", "geometry": square(0, 0)}]).to_file(path)

    assert ["survey-characters"] == codes(run(path, "-o", tmp_path / "甲.txt", "--encoding", "gbk"))
    done(path, "-o", tmp_path / "甲.txt")


def test_layers_without_parcels_or_system_are_refused(tmp_path: Path) -> None:
    """Points, no CRS, an empty layer."""
    path = tmp_path / "宗地.gpkg"
    layer([{"宗地编号": "1", "geometry": shapely.Point(37_550_000, 3_165_000)}]).to_file(path)
    assert ["geometry-kind"] == codes(run(path, "-o", tmp_path / "甲.txt"))
    bare = tmp_path / "无.shp"
    with pytest.warns(UserWarning, match="crs"):
        layer([{"DKBH": "1", "geometry": square(0, 0)}], crs=None).to_file(bare)
    assert ["layer-without-crs"] == codes(run(bare, "-o", tmp_path / "甲.txt"))
    done(bare, "-o", tmp_path / "甲.txt", "--crs", "4525")


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.txt"],
        ["a.txt", "-o", "b.dxf"],
        ["a.txt", "-o", "a.txt"],
        ["a.txt", "-o", "b.txt"],
        ["a.gpkg", "b.gpkg", "-o", "b.txt"],
        ["-o", "b.gpkg"],
        ["a.txt", "-o", "b.gpkg", "--zone", "37"],
    ],
)
def test_wrong_command_lines_are_usage_errors(arguments: list[str]) -> None:
    """No output, another kind of output, text to text, two layers, no input, idle options."""
    assert 2 == run(*arguments).exit_code


def test_a_workspace_reads_survey_files_as_parcels(tmp_path: Path) -> None:
    """The source is a parcel layer in degrees, its declared hectares are 15 mu."""
    source(tmp_path, text())
    stated = Source(
        id="kc", file="甲.txt", table="parcels", period="2024", scope="在地", department="测绘"
    )
    frame = _one(tmp_path, stated).delivery.conformed.frame

    assert [["1"], [15.0]] == [frame["parcel_id"].tolist(), frame["recorded_area_mu"].tolist()]
    assert isinstance(frame, gpd.GeoDataFrame)
    assert "EPSG:4490" == str(frame.crs)


def test_nothing_ends_in_a_traceback(tmp_path: Path) -> None:
    """Damaged digits through the whole command: written, or refused with a message."""
    dice = random.Random(3)  # noqa: S311  damage, not secrets
    path, outcomes = tmp_path / "甲.txt", set[int]()
    for _ in range(40):
        damaged = re.sub(r"\d", lambda one: dice.choice([one[0]] * 300 + ["0", "9", ""]), text())
        path.write_text(damaged, encoding="utf-8")
        result = run(path, "-o", tmp_path / "甲.gpkg")
        assert result.exception is None or isinstance(result.exception, InputError)
        outcomes.add(result.exit_code)

    assert {0, 1} == outcomes
