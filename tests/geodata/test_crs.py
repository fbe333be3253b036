from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geodata.crs import LONGEST_EDGE_M, to_cgcs2000
from geodata.errors import InputError
from geodata.geometry import area_m2

LON, LAT = 112.36, 28.55
"""A place in zones 37 and 38 alike, 140 m square."""


def lonlat(wide: float = 0.001) -> gpd.GeoSeries:
    box = shapely.box(LON, LAT, LON + wide, LAT + wide)
    return gpd.GeoSeries([box], index=["P1"], crs="EPSG:4490")


def moved(geometry: gpd.GeoSeries, declared: str | None = None) -> gpd.GeoSeries:
    result, _ = to_cgcs2000(geometry, declared=declared, file="宗地.shp", sheet="")
    return result


def refused(geometry: gpd.GeoSeries, declared: str | None = None) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        to_cgcs2000(geometry, declared=declared, file="宗地.shp", sheet="宗地")
    (issue,) = caught.value.issues
    assert "宗地.shp" in issue.text()
    return issue.code, issue.message()


def same_place(expected: gpd.GeoSeries, actual: gpd.GeoSeries) -> bool:
    far = shapely.hausdorff_distance(np.asarray(expected.array), np.asarray(actual.array))
    return bool((far < 1e-9).all())


PLANES = [4525, 4526, 4546, 4547, 4509, 4508, 4497, 32649, 3857, 4326, 4490]


@pytest.mark.parametrize("code", PLANES)
def test_every_usable_system_comes_back_to_the_same_place(code: int) -> None:
    """CGCS2000 planes with and without prefix, UTM, Mercator, WGS84: same longitude, latitude."""
    result = moved(lonlat().to_crs(code))

    assert result.crs == "EPSG:4490"
    assert ["P1"] == list(result.index)
    assert same_place(lonlat(), result)


@pytest.mark.parametrize("code", [4525, 4546, 4497, 4490])
def test_prj_as_esri_writes_it_is_understood(code: int) -> None:
    """The WKT of a .prj by ESRI carries no code and other names, and means the same."""
    esri = CRS.from_wkt(CRS.from_epsg(code).to_wkt("WKT1_ESRI"))
    drawn = lonlat().to_crs(code)
    layer = gpd.GeoSeries(drawn.to_numpy(), index=drawn.index, crs=esri)

    assert same_place(lonlat(), moved(layer))
    assert same_place(lonlat(), moved(layer, f"EPSG:{code}"))


def test_wgs84_is_taken_as_it_is_and_said() -> None:
    """WGS84 coordinates are not changed by a digit, and an issue says what was assumed."""
    layer = lonlat().set_crs("EPSG:4326", allow_override=True)
    result, issues = to_cgcs2000(layer, declared=None, file="a.geojson", sheet="")

    assert lonlat().to_wkb().tolist() == result.to_wkb().tolist()
    assert ["crs-wgs84"] == [one.code for one in issues]
    assert "EPSG:4326" in issues[0].message()


def test_declaring_cgcs2000_for_a_wgs84_layer_is_no_contradiction() -> None:
    """GeoJSON always says WGS84; who declares CGCS2000 knows better and needs no note."""
    layer = lonlat().set_crs("OGC:CRS84", allow_override=True)
    result, issues = to_cgcs2000(layer, declared="EPSG:4490", file="a.geojson", sheet="")

    assert same_place(lonlat(), result)
    assert () == issues


@pytest.mark.parametrize("declared", ["EPSG:4525", "4525", " epsg:4525 "])
def test_declared_system_serves_a_layer_without_one(declared: str) -> None:
    """What the user states holds when the file says nothing."""
    plane = lonlat().to_crs(4525)
    silent = gpd.GeoSeries(plane.to_numpy(), index=plane.index)

    assert same_place(lonlat(), moved(silent, declared))


def test_no_system_at_all_is_refused_with_a_hint() -> None:
    """Without CRS nothing is guessed, but the message says what the numbers look like."""
    plane = lonlat().to_crs(4525)

    code, text = refused(gpd.GeoSeries(plane.to_numpy()))
    assert code == "layer-without-crs"
    assert "37" in text
    assert "EPSG:4525" in text

    assert "EPSG:4490" in refused(gpd.GeoSeries(lonlat().to_numpy()))[1]
    assert "中央经线" in refused(gpd.GeoSeries(lonlat().to_crs(4546).to_numpy()))[1]
    assert "没有坐标" in refused(gpd.GeoSeries([None]))[1]


def test_contradiction_between_user_and_file_names_both() -> None:
    """Neither wins when the two would put the layer in different places."""
    code, text = refused(lonlat().to_crs(4525), "EPSG:4526")

    assert code == "crs-coordinates"
    assert "EPSG:4525" in text
    assert "EPSG:4526" in text


@pytest.mark.parametrize("code", [2361, 4610, 2433, 4214, 4612, "+proj=longlat +ellps=GRS80"])
def test_other_datums_are_refused(code: int | str) -> None:
    """Xi'an 80, Beijing 54, foreign and unknown datums need parameters nobody stated."""
    layer = gpd.GeoSeries(lonlat().to_numpy(), crs=code)

    assert refused(layer)[0] == "crs-datum"


def test_unknown_datum_is_refused_even_when_parameters_are_attached() -> None:
    """TOWGS84 in a .prj is not believed: its values are rarely the right ones."""
    text = "+proj=longlat +a=6378140 +rf=298.257 +towgs84=0,0,0"
    layer = gpd.GeoSeries(lonlat().to_numpy(), crs=text)

    assert refused(layer)[0] == "crs-datum"


@pytest.mark.parametrize("declared", ["三度带", "EPSG:999999", "EPSG:4479"])
def test_unreadable_declaration_is_refused(declared: str) -> None:
    """A name that is no usable plane or geographic system ends in one message."""
    assert refused(gpd.GeoSeries(lonlat().to_numpy()), declared)[0] == "crs-unknown"


def swapped(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    flipped = shapely.transform(np.asarray(geometry.array), lambda xy: xy[:, ::-1])
    return gpd.GeoSeries(flipped, index=geometry.index, crs=geometry.crs)


def stated(geometry: gpd.GeoSeries, code: int) -> gpd.GeoSeries:
    return geometry.set_crs(code, allow_override=True)


IMPOSSIBLE = {
    "degrees declared as metres": (stated(lonlat(), 4525), ("经纬度",)),
    "metres declared as degrees": (stated(lonlat().to_crs(4525), 4490), ("米", "EPSG:4525")),
    "prefix too many": (stated(lonlat().to_crs(4525), 4546), ("带号", "EPSG:4525")),
    "prefix of 6 degrees too many": (stated(lonlat().to_crs(4497), 4508), ("19", "EPSG:4497")),
    "prefix missing": (stated(lonlat().to_crs(4546), 4525), ("37", "EPSG:4546")),
    "prefix of 6 degrees missing": (stated(lonlat().to_crs(4508), 4497), ("19", "EPSG:4508")),
    "another zone": (stated(lonlat().to_crs(4526), 4525), ("38", "37", "EPSG:4526")),
    "swapped degrees": (swapped(lonlat()), ("颠倒",)),
    "swapped plane": (swapped(lonlat().to_crs(4546)), ("颠倒",)),
    "swapped plane with prefix": (swapped(lonlat().to_crs(4525)), ("颠倒",)),
    "swapped Mercator": (swapped(lonlat().to_crs(3857)), ("颠倒",)),
    "outside China": (lonlat().translate(-100, 20), ("不在中国范围内",)),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_coordinates_are_refused_with_the_likely_cause(name: str) -> None:
    """Each classic mistake is named, with the right EPSG code where it can be told."""
    layer, words = IMPOSSIBLE[name]
    code, text = refused(layer)

    assert code == "crs-coordinates"
    assert all(word in text for word in words), text


def test_one_parcel_of_another_zone_is_not_moved_300_km_in_silence() -> None:
    """A single shape with the prefix of the next zone refuses the layer."""
    mine, theirs = lonlat().to_crs(4525).iloc[0], lonlat().to_crs(4526).iloc[0]
    layer = gpd.GeoSeries([mine, mine, theirs], crs=4525)

    code, text = refused(layer)
    assert code == "crs-coordinates"
    assert "1 个图形" in text


def test_single_stray_shapes_stay_for_the_check_of_shapes() -> None:
    """Missing, endless and stray shapes neither stop the layer nor leave it."""
    good = lonlat().to_crs(4525).iloc[0]
    endless = shapely.Polygon([(np.inf, 0), (1, 1), (1, 0)])
    zero = shapely.box(0, 0, 1, 1)
    layer = gpd.GeoSeries([good, None, endless, zero, good], index=list("abcde"), crs=4525)
    with np.errstate(invalid="ignore"):
        result = moved(layer)

    assert list("abcde") == list(result.index)
    assert result["b"] is None
    assert same_place(lonlat(), result[["a"]])
    assert same_place(lonlat(), result[["e"]])


def test_empty_layer_passes() -> None:
    """Nothing in, nothing out."""
    assert moved(gpd.GeoSeries([], crs=4525)).empty
    assert moved(gpd.GeoSeries([None], crs=4525)).isna().all()


def test_long_edges_of_a_plane_stay_where_they_were_drawn() -> None:
    """The middle of a 10 km edge drawn in metres stays on the edge to a tenth of a millimetre."""
    x, y = 37_600_000.0, 3_160_000.0
    plane = gpd.GeoSeries([shapely.box(x, y, x + 10_000, y + 10_000)], crs=4525)
    middle = gpd.GeoSeries([shapely.Point(x + 4_321, y)], crs=4525).to_crs(4490).iloc[0]
    result = moved(plane)

    assert result.iloc[0].exterior.distance(middle) * 111_000 < 1e-4
    edges = shapely.get_num_coordinates(result.iloc[0])
    assert edges == 4 * 10_000 / LONGEST_EDGE_M + 1


def test_broken_shapes_arrive_as_broken_as_they_were() -> None:
    """Cutting edges loses no lobe of a bow-tie, no hole, no part and no vertex; heights go."""
    x, y = 37_600_000.0, 3_160_000.0
    tie = shapely.Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    ring = shapely.box(x, y, x + 300, y + 300) - shapely.box(x + 100, y + 100, x + 200, y + 200)
    parts = shapely.MultiPolygon([ring, shapely.box(x + 400, y, x + 500, y + 99)])
    high = shapely.force_3d(ring, 7.0)
    drawn = gpd.GeoSeries([tie, ring, parts, high], crs=4525)
    result = moved(drawn)

    assert not result.iloc[0].is_valid
    assert drawn.geom_type.tolist() == result.geom_type.tolist()
    assert not result.has_z.any()
    for before, after in zip(drawn.to_crs(4490), result, strict=True):
        vertices = shapely.get_coordinates(after).round(12).tolist()
        assert all(one in vertices for one in shapely.get_coordinates(before).round(12).tolist())


def test_inputs_are_not_changed() -> None:
    """The caller's layer is the same afterwards."""
    layer = lonlat(0.01).to_crs(4525)
    before = layer.to_wkb().tolist()
    moved(layer)

    assert before == layer.to_wkb().tolist()
    assert layer.crs == "EPSG:4525"


@settings(max_examples=20, deadline=None)
@given(
    st.floats(-3_000, 3_000),
    st.floats(2_500_000, 4_500_000),
    st.floats(500, 3_000),
    st.floats(-0.5, 0.5),
)
def test_kilometre_edges_in_a_plane_keep_their_geodesic_area(
    east: float, north: float, size: float, lean: float
) -> None:
    """Near its meridian a triangle with edges of kilometres has its geodesic area to 1e-6."""
    x = 37_500_000 + east
    corners = [(x, north), (x + size, north + lean * size), (x + lean * size, north + size)]
    plane = gpd.GeoSeries([shapely.Polygon(corners)], crs=4525)
    geod = Geod(a=6378137, rf=298.257222101)
    expected = abs(geod.geometry_area_perimeter(plane.to_crs(4490).iloc[0])[0])
    measured = area_m2(moved(plane)).iloc[0]

    assert expected == pytest.approx(measured, rel=1e-6)
