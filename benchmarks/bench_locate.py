"""Locate and ellipsoidal areas beside their peers, agreement first.

Invented parcels: a bent quilt of about 36 vertices each, neighbours share every vertex. Invented
parks: 15 ragged outlines of 500 to 5,000 vertices, some with a hole. Deterministic.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from geodata.geometry import area_m2, ellipsoidal
from geodata.locate import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

SIDE = 100
"""Parcels along a side: 10,000 in all."""
PARKS = 15
BENDS = 9
"""Vertices along each edge of a parcel."""
CELL = 0.001
"""Size of a parcel in degrees, about a hectare."""
WEST, SOUTH = 112.3, 28.5
ROUNDS = 5
AGREEMENT = 1e-9
LEAST_LOCATE = 2.0
LEAST_AREA = 10.0


def quilt() -> gpd.GeoSeries:
    """Parcels whose common edges are the same wavy line for both neighbours."""
    fine = np.arange(SIDE * BENDS + 1) / BENDS
    x, y = np.meshgrid(fine, fine, indexing="ij")
    wavy = np.stack(
        [
            x + 0.22 * np.sin(2.1 * x + 1.3 * y) + 0.04 * np.sin(7 * y + 3 * x),
            y + 0.22 * np.sin(1.7 * y - 1.9 * x) + 0.04 * np.sin(8 * x - 2 * y),
        ],
        axis=-1,
    )
    around = [(n, 0) for n in range(BENDS)] + [(BENDS, n) for n in range(BENDS)]
    around += [(BENDS - n, BENDS) for n in range(BENDS)] + [(0, BENDS - n) for n in range(BENDS)]
    turn = np.array([*around, around[0]])
    corner = np.stack(np.meshgrid(*[np.arange(SIDE) * BENDS] * 2, indexing="ij"), axis=-1)
    place = corner.reshape(-1, 1, 2) + turn
    rings = wavy[place[..., 0], place[..., 1]] * CELL + (WEST, SOUTH)
    names = [f"P{number:05d}" for number in range(SIDE * SIDE)]
    return gpd.GeoSeries(shapely.polygons(rings), index=names, crs="EPSG:4490")


def outlines() -> gpd.GeoSeries:
    """Ragged parks on a lattice, every fourth with a hole."""
    dice = np.random.default_rng(7)
    cells = dice.choice(16, PARKS, replace=False)
    shapes = []
    for number, cell in enumerate(cells):
        middle = (np.array([cell % 4, cell // 4]) + 0.5) * SIDE / 4
        ring = _blob(dice, int(dice.integers(500, 5001)))
        hole = [middle + 2 * _blob(dice, 200)] if number % 4 == 0 else []
        shell, *holes = ((one * CELL + (WEST, SOUTH)) for one in (middle + 7 * ring, *hole))
        shapes.append(shapely.Polygon(shell, holes))
    names = [f"K{number:02d}" for number in range(PARKS)]
    return gpd.GeoSeries(shapely.make_valid(shapes), index=names, crs="EPSG:4490")


def _blob(dice: np.random.Generator, corners: int) -> npt.NDArray[np.float64]:
    angle = np.sort(dice.uniform(0, 2 * np.pi, corners))
    waves = np.arange(1, 60)[:, np.newaxis]
    size = dice.normal(0, 0.12, (59, 1)) / waves**1.15
    reach = np.exp(
        np.clip((size * np.cos(waves * angle + dice.uniform(0, 6, (59, 1)))).sum(0), -0.6, 0.3)
    )
    return np.c_[reach * np.cos(angle), reach * np.sin(angle)]


# --- the same answer in other ways: area by (parcel, park) ----------------------------------


def ours(parcels: gpd.GeoSeries, parks: gpd.GeoSeries) -> pd.Series[float]:
    """`geodata.locate`, whose time includes the audit of every parcel and the parks' overlaps."""
    return locate(parcels, parks).pairs.set_index(["parcel_id", "park_id"])["area_m2"]


def overlay(parcels: gpd.GeoSeries, parks: gpd.GeoSeries) -> pd.Series[float]:
    """`geopandas.overlay`, measured with our areas, which are quicker than any of its own."""
    one = gpd.GeoDataFrame(
        {"parcel_id": parcels.index}, geometry=parcels.to_numpy(), crs=parcels.crs
    )
    other = gpd.GeoDataFrame({"park_id": parks.index}, geometry=parks.to_numpy(), crs=parks.crs)
    common = gpd.overlay(one, other, how="intersection")
    return _by_pair(common["parcel_id"], common["park_id"], np.asarray(common.geometry.array))


def joined(parcels: gpd.GeoSeries, parks: gpd.GeoSeries) -> pd.Series[float]:
    """`geopandas.sjoin`, then an intersection for each pair."""
    one = gpd.GeoDataFrame(
        {"parcel_id": parcels.index}, geometry=parcels.to_numpy(), crs=parcels.crs
    )
    other = gpd.GeoDataFrame({"park_id": parks.index}, geometry=parks.to_numpy(), crs=parks.crs)
    pairs = gpd.sjoin(one, other, predicate="intersects")
    park = np.asarray(other.geometry.array)[pairs["index_right"]]
    common = shapely.intersection(np.asarray(pairs.geometry.array), park)
    return _by_pair(pairs["parcel_id"], pairs["park_id"], common)


def _by_pair(parcel: object, park: object, shapes: npt.NDArray[np.object_]) -> pd.Series[float]:
    table = pd.DataFrame({"parcel_id": parcel, "park_id": park, "area_m2": ellipsoidal(shapes)})
    return table.groupby(["parcel_id", "park_id"])["area_m2"].sum()


def geod_loop(shapes: gpd.GeoSeries) -> npt.NDArray[np.float64]:
    """`pyproj.Geod` shape by shape."""
    geod = Geod(a=6378137, rf=298.257222101)
    return np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in shapes])


# --- timing ---------------------------------------------------------------------------------


def seconds(jobs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each job; the order turns with every round."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    names = list(jobs)
    for turn in range(ROUNDS):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            start = time.perf_counter()
            jobs[name]()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in taken.items()}


def told(title: str, taken: Mapping[str, float], mine: str) -> None:
    """A small table: seconds, and how many times as long as ours."""
    print(title)
    for name, each in taken.items():
        print(f"  {name:<28}{each:8.3f} s{each / taken[mine]:8.1f} x")


def main() -> None:
    """Assert agreement, then print and assert ratios."""
    parcels, parks = quilt(), outlines()
    assert parcels.is_valid.all()
    assert parks.is_valid.all()
    mine = ours(parcels, parks)
    for peer in (overlay, joined):
        theirs = peer(parcels, parks).reindex(mine.index, fill_value=0.0)
        size = area_m2(parcels)[mine.index.get_level_values("parcel_id")].to_numpy()
        assert (np.abs(theirs - mine).to_numpy() <= AGREEMENT * size).all(), peer.__name__
        lost = peer(parcels, parks).sum() - mine.sum()
        assert abs(lost) <= AGREEMENT * mine.sum(), peer.__name__
    whole = int(
        (mine == area_m2(parcels)[mine.index.get_level_values("parcel_id")].to_numpy()).sum()
    )
    print(
        f"{len(parcels):,} parcels x {len(parks)} parks: {len(mine):,} pairs, "
        f"{len(mine) - whole:,} of them crossing; all agree to {AGREEMENT:g}"
    )
    taken = seconds(
        {
            "locate": lambda: ours(parcels, parks),
            "geopandas.overlay": lambda: overlay(parcels, parks),
            "sjoin + intersection": lambda: joined(parcels, parks),
        }
    )
    told("area of parcels by park", taken, "locate")
    assert taken["geopandas.overlay"] >= LEAST_LOCATE * taken["locate"]
    assert taken["sjoin + intersection"] >= LEAST_LOCATE * taken["locate"]

    some = parcels.iloc[::4]
    assert np.allclose(geod_loop(some), area_m2(some), rtol=1e-6, atol=0)
    taken = seconds({"area_m2": lambda: area_m2(some), "Geod loop": lambda: geod_loop(some)})
    told(f"ellipsoidal area of {len(some):,} parcels", taken, "area_m2")
    assert taken["Geod loop"] >= LEAST_AREA * taken["area_m2"]


if __name__ == "__main__":
    main()
