from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geodata.geometry import area_m2, duplicates, ellipsoidal, mend, overlaps

GEOD = Geod(a=6378137, rf=298.257222101)
STEP = 0.001


def square(col: float, row: float, wide: float = 1, high: float = 1) -> shapely.Polygon:
    """A box on a grid of a thousandth of a degree, near 112°E 28°N: about 98 m by 111 m."""
    x, y = 112 + col * STEP, 28 + row * STEP
    return shapely.box(x, y, x + wide * STEP, y + high * STEP)


def layer(**shapes: object) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs="EPSG:4490")


def mended(shape: object) -> tuple[shapely.Geometry, list[str], str]:
    result, issues = mend(layer(P1=shape), file="a.shp", sheet="")
    return result.iloc[0], [one.code for one in issues], "".join(one.text() for one in issues)


def geodesic(shape: shapely.Polygon) -> float:
    """Area by Karney's geodesics, along edges cut to 20 m."""
    dense = shapely.segmentize(shape, 0.0002)
    return sum(
        abs(GEOD.polygon_area_perimeter(*shapely.get_coordinates(ring).T)[0]) * sign
        for part in shapely.get_parts(dense)
        for ring, sign in [(part.exterior, 1), *((hole, -1) for hole in part.interiors)]
    )


# --- areas ----------------------------------------------------------------------------------


def test_one_minute_at_the_equator_is_known() -> None:
    """A thousandth of a degree at the equator: a² (1 − e²) times both angles."""
    box = shapely.box(100, -0.0005, 100.001, 0.0005)
    angle = np.radians(0.001)
    expected = 6378137**2 * (1 - 0.00669438) * angle**2

    assert expected == pytest.approx(ellipsoidal(np.array([box]))[0], rel=1e-8)


@pytest.mark.parametrize("size", [0.001, 0.01, 0.05, 0.5])
def test_area_agrees_with_geodesics_from_100_m_to_50_km(size: float) -> None:
    """A triangle with edges of any length has the area that Geod finds along its edges."""
    shape = shapely.Polygon([(112, 28), (112 + size, 28 + size / 7), (112 + size / 3, 28 + size)])

    assert geodesic(shape) == pytest.approx(area_m2(layer(P=shape)).iloc[0], rel=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.floats(75, 130), st.floats(5, 52), st.integers(3, 12), st.floats(1e-4, 0.05))
def test_area_agrees_with_geodesics_anywhere(
    lon: float, lat: float, corners: int, size: float
) -> None:
    """Stars of any size, with a hole, anywhere in China: within a millionth of Geod."""
    angle = np.linspace(0, 2 * np.pi, 2 * corners, endpoint=False)
    reach = size * np.where(np.arange(2 * corners) % 2, 0.6, 1.0)
    star = np.c_[lon + reach * np.cos(angle), lat + reach * np.sin(angle)]
    hole = np.c_[lon + 0.1 * reach * np.cos(angle), lat + 0.1 * reach * np.sin(angle)]
    shape = shapely.Polygon(star, [hole])

    assert geodesic(shape) == pytest.approx(area_m2(layer(P=shape)).iloc[0], rel=1e-6)


def test_parts_add_up_to_the_whole() -> None:
    """Cutting a large polygon into pieces neither makes nor loses a square centimetre."""
    whole = shapely.Polygon([(112, 28), (112.3, 28.1), (112.2, 28.4), (112.05, 28.3)])
    halves = [shapely.box(111, 27, 112.13, 29), shapely.box(112.13, 27, 113, 29)]
    parts = shapely.intersection(whole, np.array(halves))

    assert ellipsoidal(np.array([whole]))[0] == pytest.approx(ellipsoidal(parts).sum(), rel=1e-12)


def test_holes_count_off_and_parts_count_up() -> None:
    """A ring of eight squares is a square of nine less one; a multipolygon is its parts."""
    ring = square(0, 0, 3, 3).difference(square(1, 1))
    parts = shapely.MultiPolygon([square(0, 0), square(5, 0)])
    areas = area_m2(layer(ring=ring, nine=square(0, 0, 3, 3), one=square(1, 1), two=parts))

    assert areas["nine"] - areas["one"] == pytest.approx(areas["ring"], rel=1e-10)
    assert 2 * area_m2(layer(P=square(0, 0))).iloc[0] == pytest.approx(areas["two"], rel=1e-10)


def test_no_shape_has_no_area() -> None:
    """Unknown stays unknown, same index out, and lines have no area."""
    areas = area_m2(layer(a=square(0, 0), b=None, c=square(1, 0)))

    assert list("abc") == list(areas.index)
    assert [False, True, False] == areas.isna().tolist()
    assert areas["a"] == pytest.approx(areas["c"], rel=1e-10)
    assert ellipsoidal(np.array([shapely.LineString([(0, 0), (1, 1)])])).tolist() == [0.0]
    assert area_m2(layer()).empty


def test_areas_of_many_shapes_do_not_depend_on_their_company() -> None:
    """Blocks of work change nothing: each of 2,500 squares has the area it has alone."""
    shapes = np.array([square(n % 50, n // 50) for n in range(2500)])
    alone = [ellipsoidal(shapes[n : n + 1])[0] for n in (0, 999, 1000, 2499)]

    assert alone == ellipsoidal(shapes)[[0, 999, 1000, 2499]].tolist()


# --- repair ---------------------------------------------------------------------------------


def test_sound_polygons_pass_untouched() -> None:
    """A valid polygon is returned as it is, without an issue."""
    shape, codes, _ = mended(square(0, 0))

    assert square(0, 0).wkb == shape.wkb
    assert [] == codes


def test_index_name_and_crs_are_kept() -> None:
    """Same index out, in CGCS2000."""
    given_ = layer(b=square(0, 0), a=None).rename("geometry")
    result, _ = mend(given_, file="", sheet="")

    assert ["b", "a"] == list(result.index)
    assert result.crs == "EPSG:4490"
    assert result.name == "geometry"
    assert given_.iloc[0].equals(square(0, 0))


@pytest.mark.parametrize("shape", [None, shapely.Polygon(), shapely.MultiPolygon()])
def test_missing_shapes_are_named(shape: object) -> None:
    """No geometry and an empty one are the same: missing."""
    assert (None, ["geometry-missing"]) == mended(shape)[:2]


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        (shapely.Point(112, 28), "点"),
        (shapely.LineString([(112, 28), (112.1, 28)]), "线"),
        (shapely.GeometryCollection([square(0, 0), shapely.Point(112, 28)]), "混合"),
    ],
)
def test_what_is_no_polygon_is_refused_by_kind(shape: object, word: str) -> None:
    """Points, lines and mixtures have no place in a land layer."""
    result, codes, text = mended(shape)

    assert (None, ["geometry-kind"]) == (result, codes)
    assert word in text


def test_bow_tie_keeps_both_halves() -> None:
    """A bow-tie of a square has half the square's area, and the signed sum before was nothing."""
    x, y = 112, 28
    tie = shapely.Polygon([(x, y), (x + STEP, y + STEP), (x + STEP, y), (x, y + STEP)])
    result, codes, text = mended(tie)
    half = area_m2(layer(P=square(0, 0))).iloc[0] / 2

    assert ["geometry-repaired"] == codes
    assert result.is_valid
    assert half == pytest.approx(area_m2(layer(P=result)).iloc[0], rel=1e-4)
    assert "自相交" in text
    assert "正负相抵" in text
    assert f"变为 {area_m2(layer(P=result)).iloc[0]:.1f} 平方米" in text
    assert "112.0005" in text


INVALID = {
    "内环在外环以外": shapely.Polygon(square(0, 0).exterior, [square(5, 5).exterior]),
    "内环之中又有内环": shapely.Polygon(
        square(0, 0, 9, 9).exterior, [square(1, 1, 5, 5).exterior, square(2, 2).exterior]
    ),
    "一个部分落在另一部分之中": shapely.MultiPolygon([square(0, 0, 5, 5), square(1, 1)]),
    "自相接触": shapely.Polygon(
        [(112, 28), (112.002, 28), (112.002, 28.002), (112, 28.002), (112, 28), (112, 27.99)]
    ),
}


@pytest.mark.parametrize("words", INVALID)
def test_reasons_are_told_in_chinese(words: str) -> None:
    """What is wrong is named in the reader's words, and the result is a valid polygon."""
    result, codes, text = mended(INVALID[words])

    assert ["geometry-repaired"] == codes
    assert words in text
    assert result.is_valid
    assert result.geom_type in {"Polygon", "MultiPolygon"}


def test_repair_of_a_spike_leaves_the_square() -> None:
    """Lines left over are dropped."""
    result, _, _ = mended(INVALID["自相接触"])

    assert result.equals(square(0, 0, 2, 2))


def test_part_inside_another_part_counts_once() -> None:
    """No land counts twice after the repair."""
    result, _, _ = mended(INVALID["一个部分落在另一部分之中"])

    assert result.equals(square(0, 0, 5, 5))


def test_nothing_left_is_refused() -> None:
    """A polygon that is only a line cannot be used."""
    flat = shapely.Polygon([(112, 28), (112.001, 28), (112, 28)])
    result, codes, text = mended(flat)

    assert (None, ["geometry-refused"]) == (result, codes)
    assert "没有剩下面积" in text


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(bad: float) -> None:
    """NaN and infinite coordinates cannot be repaired."""
    with np.errstate(invalid="ignore"):
        result, codes, _ = mended(shapely.Polygon([(112, 28), (112.001, bad), (112.001, 28)]))

    assert (None, ["geometry-refused"]) == (result, codes)


def test_shapes_outside_china_are_refused() -> None:
    """A stray shape at zero longitude is named, and not measured."""
    result, codes, text = mended(shapely.box(0, 0, 0.001, 0.001))

    assert (None, ["geometry-refused"]) == (result, codes)
    assert "中国范围" in text


def test_heights_are_dropped_without_a_word() -> None:
    """Z and M are of no use here."""
    high = shapely.force_3d(square(0, 0), 50.0)
    result, codes, _ = mended(high)

    assert not result.has_z
    assert [] == codes


def test_every_shape_in_is_a_shape_out_or_an_issue() -> None:
    """None is lost: what has no shape afterwards has an issue under its id."""
    flat = shapely.Polygon([(112, 28), (112.001, 28), (112, 28)])
    shapes = layer(a=square(0, 0), b=None, c=shapely.Point(112, 28), d=flat)
    result, issues = mend(shapes, file="a.shp", sheet="宗地")

    assert ["b", "c", "d"] == list(result.index[result.isna()])
    assert ["b", "c", "d"] == [one.subject for one in issues]
    assert {"a.shp，工作表或图层“宗地”"} == {one.place() for one in issues}


# --- duplicates and overlaps ----------------------------------------------------------------


def test_equal_shapes_are_named_once_whatever_their_first_vertex() -> None:
    """The larger id is the duplicate, in any order of rows."""
    turned = shapely.Polygon(np.roll(square(0, 0).exterior.coords[:-1], 2, axis=0))
    shapes = layer(c=turned, a=square(1, 0), b=square(0, 0), d=square(0, 0), e=None)
    issues = duplicates(shapes, file="a.shp")

    assert [("c", "b"), ("d", "b")] == [(one.subject, dict(one.params)["other"]) for one in issues]
    assert issues == duplicates(shapes.iloc[::-1], file="a.shp")
    assert () == duplicates(layer())


def test_overlaps_are_pairs_with_area() -> None:
    """A square pushed halfway over its neighbour shares half; touching shares nothing."""
    shapes = layer(c=square(2, 0), b=square(1, 0), a=square(0.5, 0), d=None)
    found = overlaps(shapes, 1.0)
    half = area_m2(layer(P=square(1, 0, 0.5))).iloc[0]

    assert ["parcel_id", "other_id", "area_m2"] == list(found.columns)
    assert [("a", "b")] == list(zip(found["parcel_id"], found["other_id"], strict=True))
    assert half == pytest.approx(found["area_m2"].iloc[0], rel=1e-9)
    pd.testing.assert_frame_equal(found, overlaps(shapes.iloc[::-1], 1.0))


def test_slivers_and_empty_layers_have_no_overlaps() -> None:
    """Up to the least area nothing is listed."""
    near = layer(a=square(0, 0), b=square(0.999, 0))

    assert 1 == len(overlaps(near, 1.0))
    assert overlaps(near, 20.0).empty
    assert overlaps(layer(), 1.0).empty


def test_overlaps_of_3000_parcels_are_quick() -> None:
    """A whole city takes a fraction of a second (bound ten times what it takes)."""
    shapes = np.array([square(n % 60, n // 60, 1.001) for n in range(3000)])
    city = gpd.GeoSeries(shapes, index=[f"P{n:04d}" for n in range(3000)], crs="EPSG:4490")
    start = time.perf_counter()
    found = overlaps(city, 1.0)

    assert 50 * 59 == len(found)
    assert time.perf_counter() - start < 3
