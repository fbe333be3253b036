from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.crs import to_cgcs2000
from geodata.geometry import area_m2, ellipsoidal
from geodata.locate import NOISE, locate
from geodata.units import M2_PER_MU
from tests import builders

STEP = 0.001


def square(col: float, row: float, wide: float = 1, high: float = 1) -> shapely.Polygon:
    """A box on a grid of a thousandth of a degree, near 112°E 28°N."""
    x, y = 112 + col * STEP, 28 + row * STEP
    return shapely.box(x, y, x + wide * STEP, y + high * STEP)


def layer(**shapes: object) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs="EPSG:4490")


def plane(**shapes: shapely.Polygon) -> gpd.GeoSeries:
    """Squares of the 100 m grid, moved to longitude and latitude."""
    drawn = gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs=builders.ZONE)
    return to_cgcs2000(drawn, declared=None, file="", sheet="")[0]


def pairs(parcels: gpd.GeoSeries, parks: gpd.GeoSeries) -> dict[tuple[str, str], float]:
    found = locate(parcels, parks).pairs
    return {(row.parcel_id, row.park_id): row.area_m2 for row in found.itertuples()}


def grid(count: int = 5) -> gpd.GeoSeries:
    """Square parcels side by side, `P00` to `P44`."""
    names = [(row, col) for row in range(count) for col in range(count)]
    return layer(**{f"P{row}{col}": square(col, row) for row, col in names})


def outside(parcels: gpd.GeoSeries, parks: gpd.GeoSeries) -> pd.Series[float]:
    """Area in no park, found independently: what is left when all parks are taken away."""
    left = shapely.difference(np.asarray(parcels.array), shapely.union_all(parks.array))
    return pd.Series(ellipsoidal(left), index=parcels.index)


def sides(draw: list[tuple[float, float, float, float]], name: str) -> gpd.GeoSeries:
    return layer(**{f"{name}{n}": square(*box) for n, box in enumerate(draw)})


BOX = st.tuples(
    *[st.integers(0, 40).map(lambda n: n / 8)] * 2, *[st.sampled_from([0.5, 1, 2.5])] * 2
)
BOXES = st.lists(BOX, min_size=1, max_size=6)


def test_whole_half_and_no_parcel() -> None:
    """A parcel in a park counts whole, one half in it counts half, one beside it not at all."""
    parcels = layer(whole=square(1, 1), half=square(2.5, 1), beside=square(3, 0), far=square(9, 9))
    result = locate(parcels, layer(K=square(0, 0, 3, 3)))
    area = area_m2(parcels)

    assert ["half", "whole"] == result.pairs["parcel_id"].tolist()
    assert area["whole"] == result.audit.loc["whole", "located_m2"]
    assert area["half"] / 2 == pytest.approx(result.audit.loc["half", "located_m2"], rel=1e-9)
    assert [0.0, 0.0] == result.audit.loc[["beside", "far"], "located_m2"].tolist()
    assert area["far"] == result.audit.loc["far", "outside_m2"]
    assert ["parcel_id", "park_id", "area_m2"] == list(result.pairs.columns)
    assert ["area_m2", "located_m2", "outside_m2", "multiple_m2"] == list(result.audit.columns)


def test_a_100_m_square_of_the_plane_is_fifteen_mu() -> None:
    """Drawn in a 3-degree plane 50 km off its meridian: 15 mu to the plane's own distortion."""
    square_ = builders.square
    found = pairs(plane(P=square_(1, 1)), plane(K=square_(0, 0, wide=3, high=3)))

    assert 15 == pytest.approx(found["P", "K"] / M2_PER_MU, rel=1e-4)


@pytest.mark.parametrize("edge", [2.6, 3.3, 7.7, 100])
def test_half_parcels_of_the_plane_count_half(edge: float) -> None:
    """A parcel half across a park's edge counts half, wherever the edge's vertices are."""
    across = builders.square(1.2, -0.5)
    parcels, parks = plane(P=across), plane(K=builders.square(0, 0, wide=edge, high=edge))

    assert 0.5 == pytest.approx(pairs(parcels, parks)["P", "K"] / area_m2(parcels)["P"], rel=1e-6)


@pytest.mark.parametrize("edge", [2.6, 3.3, 7.7])
def test_neighbours_along_an_edge_of_the_plane_make_no_pair(edge: float) -> None:
    """Parcels outside a park that share its edge are not in it, wherever its vertices are."""
    parcels = plane(a=builders.square(0.3, -1), b=builders.square(1.3, -1), c=builders.square(1, 0))

    assert [("c", "K")] == list(
        pairs(parcels, plane(K=builders.square(0, 0, wide=edge, high=edge)))
    )


def test_a_parcel_across_two_adjacent_parks_splits_exactly() -> None:
    """Three tenths here, seven tenths there, nothing outside and nothing twice."""
    parcels, parks = layer(P=square(0.7, 0)), layer(a=square(0, -1, 1, 3), b=square(1, -1, 1, 3))
    result = locate(parcels, parks)
    shares = result.pairs.set_index("park_id")["area_m2"] / result.audit.loc["P", "area_m2"]

    assert 0.3 == pytest.approx(shares["a"], rel=1e-9)
    assert 0.7 == pytest.approx(shares["b"], rel=1e-9)
    assert 0 == result.audit.loc["P", "outside_m2"]
    assert 0 == result.audit.loc["P", "multiple_m2"]
    assert result.overlaps.empty


def test_area_in_several_parks_counts_once_as_located() -> None:
    """Parks that overlap over a parcel: each pair is whole, the union counts once."""
    parks = layer(a=square(0, 0, 0.75, 1), b=square(0.25, 0, 0.75, 1), c=square(5, 5))
    result = locate(layer(P=square(0, 0)), parks)
    audit = result.audit.loc["P"] / result.audit.loc["P", "area_m2"]

    assert [0.75, 0.75] == pytest.approx(
        (result.pairs["area_m2"] / result.audit.loc["P", "area_m2"]).tolist()
    )
    assert 1 == pytest.approx(audit["located_m2"], rel=1e-9)
    assert 0 == audit["outside_m2"]
    assert 0.5 == pytest.approx(audit["multiple_m2"], rel=1e-9)
    assert [("a", "b")] == list(
        zip(result.overlaps["park_id"], result.overlaps["other_id"], strict=True)
    )


def test_a_park_inside_another_counts_twice_in_pairs_and_once_as_located() -> None:
    """Nested parks: the parcel is whole in both, located once, all of it multiple."""
    parks = layer(inner=square(-1, -1, 3, 3), outer=square(-2, -2, 5, 5))
    result = locate(layer(P=square(0, 0)), parks)
    area = result.audit.loc["P", "area_m2"]

    assert [area, area] == result.pairs["area_m2"].tolist()
    assert [area, 0, area] == result.audit.loc["P"].tolist()[1:]


def test_overlaps_of_parks_start_at_the_stated_sliver() -> None:
    """A strip of 1 m by 330 m is listed, unless slivers are said to be larger."""
    parks = layer(a=square(0, 0, 3, 3), b=square(2.99, 0, 3, 3))

    assert 1 == len(locate(grid(), parks).overlaps)
    assert locate(grid(), parks, sliver_m2=1000).overlaps.empty


def test_parcels_without_shape_stay_unknown() -> None:
    """No shape, no area: NaN and not zero, and the row is there."""
    result = locate(layer(b=None, a=square(0, 0)), layer(K=square(0, 0, 2, 2), none=None))

    assert ["a", "b"] == list(result.audit.index)
    assert result.audit.loc["b"].isna().all()
    assert ["a"] == result.pairs["parcel_id"].tolist()


def test_empty_layers_locate_nothing() -> None:
    """No parks: everything is outside. No parcels: nothing at all."""
    result = locate(grid(2), layer())

    assert result.pairs.empty
    assert (result.audit["outside_m2"] == result.audit["area_m2"]).all()
    assert locate(layer(), grid(2)).audit.empty


def test_ids_must_be_unique() -> None:
    """Two parcels of one id are the caller's mistake."""
    twice = gpd.GeoSeries([square(0, 0)] * 2, index=["a", "a"], crs=4490)

    with pytest.raises(AssertionError):
        locate(twice, grid(2))


def test_parks_of_whole_parcels_hold_them_exactly() -> None:
    """Parks dissolved from parcels: every parcel is whole in its own park and in no other."""
    parcels = grid(6)
    own = pd.Series([f"K{name[1:] > '30'}{name[2] > '2'}" for name in parcels.index], parcels.index)
    parks = parcels.groupby(own).apply(lambda part: part.union_all()).set_crs("EPSG:4490")
    result = locate(parcels, parks)

    assert list(zip(own.index, own, strict=True)) == list(
        zip(result.pairs["parcel_id"], result.pairs["park_id"], strict=True)
    )
    assert (result.audit["outside_m2"] == 0).all()
    assert result.audit["area_m2"].tolist() == result.pairs["area_m2"].tolist()
    assert result.overlaps.empty


@pytest.mark.parametrize("shift", [1e-13, 1e-11, 1e-9, 1e-7, 1e-5])
def test_parks_moved_by_little_agree_with_plain_intersection(shift: float) -> None:
    """From a hundredth of a micrometre to a metre: areas as GEOS finds them pair by pair."""
    parcels, moved = grid(), layer(K=square(1, 1, 3, 3)).translate(shift, shift / 3)
    expected = shapely.intersection(np.asarray(parcels.array), moved.iloc[0])
    result = locate(parcels, moved.set_crs("EPSG:4490", allow_override=True))
    found = result.audit["located_m2"].to_numpy()
    apart = np.abs(found - ellipsoidal(expected))

    strip = 1.2e-4 * 110  # what is thinner than a tenth of a millimetre may be dropped
    assert (apart <= NOISE * result.audit["area_m2"] + strip * (shift < 1e-8)).all()


def star(corners: int) -> shapely.Polygon:
    """A ragged park of many vertices around the grid, with a hole."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = STEP * (2.2 + 0.2 * np.sin(17 * angle) + 0.1 * np.sin(61 * angle))
    ring = np.c_[112.0025 + reach * np.cos(angle), 28.0025 + reach * np.sin(angle)]
    return shapely.Polygon(ring, [ring[::-1] * 0.3 + 0.7 * ring.mean(axis=0)])


def test_long_outlines_are_clipped_without_a_trace() -> None:
    """A park of 3,000 vertices gives what intersecting it whole gives."""
    parcels, park = grid(), star(3000)
    expected = ellipsoidal(shapely.intersection(np.asarray(parcels.array), park))
    result = locate(parcels, layer(K=park))

    assert expected.tolist() == pytest.approx(result.audit["located_m2"].tolist(), rel=1e-9)


def test_outlines_along_the_edges_of_parcels_survive_clipping() -> None:
    """A park of many vertices whose edges coincide with those of parcels and of their boxes."""
    dense = shapely.segmentize(square(1, 1, 3, 3).difference(square(2, 2)), STEP / 64)
    whole = [f"P{row}{col}" for row in (1, 2, 3) for col in (1, 2, 3) if (row, col) != (2, 2)]
    result = locate(grid(), layer(K=dense))

    assert whole == result.pairs["parcel_id"].tolist()
    assert (result.audit.loc[whole, "outside_m2"] == 0).all()


@settings(max_examples=60, deadline=None)
@given(BOXES, BOXES)
def test_area_is_conserved(parcels_: list[tuple], parks_: list[tuple]) -> None:
    """Located and outside add up to the area; both agree with an independent way to find them."""
    parcels, parks = sides(parcels_, "P"), sides(parks_, "K")
    result = locate(parcels, parks)
    audit = result.audit

    assert audit["area_m2"].tolist() == pytest.approx(area_m2(parcels).tolist(), rel=1e-12)
    assert (audit["located_m2"] + audit["outside_m2"]).tolist() == pytest.approx(
        audit["area_m2"].tolist(), rel=1e-9
    )
    independent = outside(parcels, parks)
    assert (np.abs(independent - audit["outside_m2"]) <= 1e-8 * audit["area_m2"]).all()
    assert (audit["outside_m2"] >= 0).all()
    assert (audit["multiple_m2"] <= audit["located_m2"] * (1 + 1e-12)).all()
    whole = audit["area_m2"].reindex(result.pairs["parcel_id"]).to_numpy()
    assert (result.pairs["area_m2"].to_numpy() <= whole).all()
    assert (result.pairs["area_m2"] > 0).all()
    total = result.pairs.groupby("parcel_id")["area_m2"].sum().reindex(audit.index).fillna(0)
    assert (total >= audit["located_m2"] * (1 - 1e-9)).all()


@settings(max_examples=30, deadline=None)
@given(BOXES, BOXES, st.randoms(use_true_random=False))
def test_row_order_never_matters(parcels_: list[tuple], parks_: list[tuple], dice: object) -> None:
    """The same layers in another order give the same bits."""
    parcels, parks = sides(parcels_, "P"), sides(parks_, "K")
    here = locate(parcels, parks)
    mixed = [
        gpd.GeoSeries(one.loc[dice.sample(list(one.index), len(one))]) for one in (parcels, parks)
    ]
    there = locate(*mixed)

    pd.testing.assert_frame_equal(here.pairs, there.pairs, check_exact=True)
    pd.testing.assert_frame_equal(here.audit, there.audit, check_exact=True)
    pd.testing.assert_frame_equal(here.overlaps, there.overlaps, check_exact=True)


def test_inputs_are_not_changed() -> None:
    """Neither order nor shapes of the caller's layers change, nor are they prepared for ever."""
    parcels, parks = grid().iloc[::-1], layer(b=star(200), a=square(0, 0, 2, 2))
    before = [parcels.to_wkb().tolist(), parks.to_wkb().tolist()]
    locate(parcels, parks)

    assert before == [parcels.to_wkb().tolist(), parks.to_wkb().tolist()]
    assert not shapely.is_prepared(np.asarray(parks.array)).any()
