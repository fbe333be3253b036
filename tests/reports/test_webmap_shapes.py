"""Shapes of the map."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from reports.webmap_shapes import bounds, collection, full_names, label_points, park_shapes
from tests.reports.findings import build


def test_a_park_with_parts_is_their_union() -> None:
    """The park has the area of its parts; every park with a shape has one."""
    shapes = park_shapes(build().dataset)

    assert ["P1", "P1A", "P1B", "P2", "P3", "P4"] == list(shapes.index)
    assert shapes["P1"].area == pytest.approx(shapes["P1A"].area + shapes["P1B"].area)


def test_points_that_matter_less_than_half_a_metre_go() -> None:
    """A point 0.1 m beside the line goes, one 5 m beside it stays; six decimals are kept."""
    metre = 1 / 111_320
    ring = [
        (112, 28),
        (112.0005, 28 - 0.1 * metre),
        (112.001, 28),
        (112.001, 28.001),
        (112, 28.001),
    ]
    bent = [(112, 28), (112.0005, 28 - 5 * metre), (112.001, 28), (112.001, 28.001), (112, 28.001)]
    shapes = gpd.GeoSeries([Polygon(ring), Polygon(bent)], index=["a", "b"], crs="EPSG:4490")
    found = collection(shapes)["features"]

    assert [5, 6] == [len(one["geometry"]["coordinates"][0]) for one in found]
    flat = [
        number for one in found for point in one["geometry"]["coordinates"][0] for number in point
    ]
    assert flat == [round(number, 6) for number in flat]


def test_missing_shapes_are_left_out() -> None:
    """A parcel without a shape is not drawn and stops nothing."""
    shapes = gpd.GeoSeries([None, box(0, 0, 1, 1), Polygon()], index=["a", "b", "c"])

    assert [1] == [one["properties"]["n"] for one in collection(shapes)["features"]]


def test_labels_stand_in_the_largest_part() -> None:
    """Latitude first; bounds are south-west and north-east."""
    both = MultiPolygon([box(0, 0, 1, 1), box(10, 10, 14, 14)])
    shapes = gpd.GeoSeries([both], index=["a"])
    north, east = label_points(shapes)["a"]

    assert (10 < north < 14, 10 < east < 14) == (True, True)
    assert {"a": [[0, 0], [14, 14]]} == bounds(shapes)


def test_parts_bear_their_park_s_name() -> None:
    """A part is named after its park."""
    assert "虚岭经济技术开发区 · 虚岭东园" == full_names(build().dataset)["P1A"]
