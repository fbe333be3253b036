"""The example city: invented, deterministic, messy, and without severe problems."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from geodata.identifiers import credit_code
from geodata.model import Key
from geodata.readers.tabular import read_table
from geodata.rollup import roll_up
from parkeval import config, decisions
from parkeval.assemble import assemble
from parkeval.demo import write_city
from parkeval.demo.lists import table
from parkeval.sources import read

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.model import Dataset

LAND = "data/市自然资源局"
KEPT = "别的.txt"
ROSTER = "data/市工业和信息化局/2024年工业企业名录.xlsx"
BOOKS = {f"{one['id']} {one['period']}": one for one in table("books")["book"]}
TOTALLED = [name for name, book in BOOKS.items() if book.get("total")]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city, written once, in a folder that held something else before."""
    folder = tmp_path_factory.mktemp("city")
    (folder / "data").mkdir()
    (folder / "data" / KEPT).write_text("留着", encoding="utf-8")
    write_city(folder)
    return folder


@pytest.fixture(scope="module")
def dataset(city: Path) -> Dataset:
    """The facts that the program makes of it."""
    return assemble(city, config.load(city), decisions.load(city))


def layers(folder: Path) -> dict[str, gpd.GeoDataFrame]:
    """Every parcel layer as it stands in the files."""
    found = {
        f"{path.name} {name}": gpd.read_file(path, layer=name)
        for path in sorted((folder / LAND).glob("宗地*.gpkg"))
        for name, _ in pyogrio.list_layers(path)
    }
    shape = folder / LAND / "蘅渚经开区宗地.shp"
    return found | {shape.name: gpd.read_file(shape, encoding="GBK")}


def rows(path: Path) -> list[list[object]]:
    """All rows of the first sheet."""
    return read_table(path, name=path.name).rows


def digests(folder: Path) -> dict[str, str]:
    """Hash of every file by its relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_bytes_on_every_run(city: Path, tmp_path: Path) -> None:
    """Another run, over damaged files of the same names, writes the same files byte by byte."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    again = shutil.copytree(city, tmp_path / "again")
    for path in [one for one in again.rglob("*") if one.is_file() and one.name != KEPT]:
        path.write_bytes(b"damaged")

    write_city(again)

    assert digests(city) == digests(again)
    assert before == pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")


def test_other_files_stay(city: Path) -> None:
    """What else lies in the folder is not touched."""
    assert "留着" == (city / "data" / KEPT).read_text(encoding="utf-8")


def test_size_of_the_city(dataset: Dataset) -> None:
    """One national park, six provincial ones, one of them in three parts; the firms asked for."""
    parks = dataset.parks
    judged = parks[parks["parent_id"].isna()]

    assert {"国家级": 1, "省级": 6} == Counter(judged["park_level"])
    assert 3 == len(parks) - len(judged)
    assert {"S439904"} == set(parks["parent_id"].dropna())
    assert ["S439904"] == list(parks.index[parks.geometry.isna()])
    assert 1500 == len(dataset.enterprises)
    assert 2800 <= len(dataset.parcels) <= 3200


def test_boundaries_are_irregular(city: Path) -> None:
    """Boundaries have 60 to 300 vertices, are valid and keep clear of each other."""
    drawn = gpd.read_file(city / LAND / "园区核准范围.gpkg").geometry.dropna()

    assert "EPSG:4490" == drawn.crs.to_string()
    assert shapely.get_num_coordinates(drawn.to_numpy()).min() >= 60
    assert shapely.get_num_coordinates(drawn.to_numpy()).max() <= 300
    assert drawn.is_valid.all()
    pairs = drawn.sindex.query(drawn.to_numpy(), predicate="intersects")
    assert len(drawn) == pairs.shape[1]


def test_codes_and_names(city: Path) -> None:
    """Every firm has a valid credit code of the invented divisions and a name of its own."""
    listed = [row for row in rows(city / ROSTER) if str(row[2]).startswith("91")]
    codes = {str(row[2]): str(row[1]) for row in listed}

    assert 1500 == len(codes) == len(set(codes.values()))
    assert all(credit_code(code).valid_check for code in codes)
    assert {"4399"} == {code[2:6] for code in codes}


def test_layers_in_both_zones(city: Path) -> None:
    """Western parcels stand in zone 37, eastern ones in zone 38, with the zone in the easting."""
    zones = {
        name: (layer.crs.to_epsg(), {int(x // 1e6) for x in layer.total_bounds[[0, 2]]})
        for name, layer in layers(city).items()
    }

    assert [(4525, {37})] * 3 == [zones[name] for name in zones if "西部" in name]
    assert [(4526, {38})] * 3 == [zones[name] for name in zones if "东部" in name]
    assert {37} == zones["蘅渚经开区宗地.shp"][1]


def test_shape_file_tells_no_encoding(city: Path) -> None:
    """The shp is zone-prefixed EPSG:4525, and its text can be read as GBK but not as UTF-8."""
    path = city / LAND / "蘅渚经开区宗地.shp"
    content = path.with_suffix(".dbf").read_bytes()
    frame = gpd.read_file(path, encoding="GBK")

    assert "EPSG:4525" == frame.crs.to_string() or frame.crs.equals("EPSG:4525")
    assert not path.with_suffix(".cpg").exists()
    assert "自然资源局".encode("gbk") in content
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert {"ZDMJ", "QLR", "DLBM", "标准地"} <= set(frame.columns)


def test_a_few_polygons_cross_themselves(city: Path) -> None:
    """Four to six parcels are bow-ties, all others are valid."""
    invalid = sum(int((~layer.is_valid).sum()) for layer in layers(city).values())

    assert 4 <= invalid <= 6


def test_codes_of_three_land_use_systems(dataset: Dataset) -> None:
    """Industrial land is 0601 in most layers and 100101 in one; nobody else's code looks alike."""
    codes = set(dataset.parcels["land_use_code"])

    assert {"0601", "100101", "0508", "05H1"} <= codes


@pytest.mark.parametrize("name", TOTALLED)
def test_totals_are_the_sums(city: Path, name: str) -> None:
    """A totals row states the sum of all rows above it, figures written as text included."""
    book = BOOKS[name]
    table_rows = rows(city / book["file"])
    start = 1 + len(book.get("lines", [])) + 1
    (total,) = [at for at, row in enumerate(table_rows) if "合计" in row]

    for at, column in enumerate(book["columns"]):
        if len(column) == 3:
            figures = [_figure(row[at]) for row in table_rows[start:total]]
            assert sum(figures) == pytest.approx(
                float(str(_figure(table_rows[total][at]))), rel=1e-9
            )


def _figure(cell: object) -> float:
    if isinstance(cell, str):
        return 0.0 if cell == "核实中" else float(cell.replace(",", ""))
    return float(cell) if isinstance(cell, (int, float)) else 0.0


def test_everything_says_that_it_is_invented(city: Path) -> None:
    """Title, every table's first row, the boundary layer and the readme say 虚构示例."""
    workspace = config.load(city)

    assert workspace.is_example
    assert "虚构示例" in workspace.title
    for path in (city / "data").rglob("*.xlsx"):
        assert "虚构示例" in str(rows(path)[0][0]), path.name
    lines = (city / LAND / "标准厂房租赁.csv").read_bytes().decode("gb18030").split("\r\n")
    assert "虚构示例" in lines[0]
    assert {"虚构示例"} == set(gpd.read_file(city / LAND / "园区核准范围.gpkg")["备注"])
    assert "虚构示例" in (city / "说明.txt").read_text(encoding="utf-8-sig")


def test_messy_without_severe_problems(dataset: Dataset) -> None:
    """The usual faults are all there; none of them is severe, and no amount contradicts itself."""
    found = Counter(one.code for one in dataset.issues)

    assert [] == [one.text() for one in dataset.issues if one.severity == "severe"]
    assert {
        "area-differs",
        "duplicate-row",
        "enterprise-without-land",
        "geometry-repaired",
        "holder-unknown",
        "matched-by-name",
        "matched-by-rename",
        "name-differs",
        "not-a-number",
        "note-row",
        "parcel-outside",
        "total-row",
    } <= set(found)
    assert 52 == found["enterprise-without-land"]
    assert not {"total-mismatch", "parcels-overlap", "name-ambiguous", "unit-suspect"} & set(found)


def test_every_header_and_unit_is_recognised(city: Path) -> None:
    """Columns left unused are those that carry nothing: numbers, counties, the label."""
    deliveries = [one.delivery.conformed for one in read(city, config.load(city))]
    unused = {
        dict(one.params)["column"]
        for table_ in deliveries
        for one in table_.issues
        if one.code == "unknown-column"
    }

    assert {"序号", "（没有列名）", "县（市、区）", "所在县", "备注"} == unused


def test_tax_is_complete(dataset: Dataset) -> None:
    """Every firm of the year has every component of the evaluated tax, and so the tax."""
    for period in ("2023", "2024"):
        amounts = dataset.amounts[Key("enterprise", period, "在地")].values
        assert not amounts.filter(like="tax_").isna().any().any()


def test_above_scale_share(dataset: Dataset) -> None:
    """About 35 in 100 firms are above scale, each with revenue above twenty million yuan."""
    above = dataset.attributes["2024"]["is_above_scale"]
    revenue = dataset.amounts[Key("enterprise", "2024", "在地")].values["revenue_10k_yuan"]

    assert 525 == int(above.sum())
    assert revenue.dropna().min() > 2000
    assert set(revenue.dropna().index) <= set(above.index[above])


def test_parcels_lie_in_across_and_outside(dataset: Dataset) -> None:
    """Some parcels are cut by a boundary, some lie outside every park."""
    inside = dataset.locations.groupby("parcel_id")["area_mu"].sum()
    share = inside.reindex(dataset.parcels.index).fillna(0) / dataset.parcels["area_mu"]

    assert 50 < (share.between(0.02, 0.98)).sum() < 300
    assert 100 < (share == 0).sum() < 400


def test_idle_land_leases_and_aliases_are_there(dataset: Dataset, city: Path) -> None:
    """Land lies idle, firms rent land and floors, and people's decisions are used."""
    parcels = dataset.parcels
    idle = parcels["actual_start_date"].isna() & parcels["build_state"].eq("未建")
    long_past = parcels["agreed_start_date"] < pd.Timestamp("2023-01-01")
    roles = Counter(dataset.occupancy["role"])

    assert (idle & long_past).sum() > 20
    assert roles["rent"] == roles["let"] == 2 * (330 + 58)
    assert "alias" in set(dataset.occupancy["rung"])
    assert 30 == dataset.attributes["2024"]["exempt_reason"].notna().sum()
    assert 4 == len(decisions.load(city).aliases)


def test_levels_follow_the_published_figures(dataset: Dataset) -> None:
    """Tax per mu of built industrial land: about 20 in the national park, 2 to 16 elsewhere."""
    amounts = dataset.amounts[Key("enterprise", "2024", "在地")].values[["tax_10k_yuan"]]
    shares = dataset.shares[dataset.shares["period"] == "2024"]
    tax = roll_up(amounts, shares)["tax_10k_yuan"]
    land = dataset.locations.join(dataset.parcels[["land_use_code", "build_state"]], on="parcel_id")
    industrial = land["land_use_code"].str.match("06|0508|1001|1101") & land["build_state"].eq(
        "已建成"
    )
    per_mu = tax / land[industrial].groupby("park_id")["area_mu"].sum()

    assert 17 < per_mu["G439901"] < 25
    assert per_mu.drop("G439901").between(2, 18).all()
    assert per_mu["S439902"] == per_mu.drop("G439901").max()
