"""Locate (落位): which part of each parcel lies in which park, nothing lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geodata.geometry import METRES_PER_DEGREE, area_m2, ellipsoidal, overlaps

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating]
    Mask = npt.NDArray[np.bool_]
    Positions = npt.NDArray[np.intp]
    Shapes = npt.NDArray[np.object_]

NOISE = 1e-9
"""Share of a parcel's area below which a difference is rounding and not land."""

THINNEST_M = 1e-4
"""A common strip thinner than this (0.1 mm) is a boundary drawn twice and not land."""

_SIMPLE = 64
"""Parks with at most this many vertices are intersected whole, larger ones clipped first."""

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where the parcels lie (落位结果); ellipsoidal m² throughout.

    Attributes:
        pairs: columns `parcel_id, park_id, area_m2`, one row for each parcel that has area in a
            park, sorted by both ids.
        audit: index `parcel_id` (sorted, every parcel), columns `area_m2`, `located_m2` (in at
            least one park), `outside_m2` (in none; the two add up to the area) and
            `multiple_m2` (in more than one); NaN for a parcel without shape.
        overlaps: columns `park_id, other_id, area_m2`, parks that overlap by more than a sliver.
    """

    pairs: pd.DataFrame
    audit: pd.DataFrame
    overlaps: pd.DataFrame


def locate(parcels: gpd.GeoSeries, parks: gpd.GeoSeries, *, sliver_m2: float = 1.0) -> Located:
    """Measure how much of each parcel lies in each park.

    Boundaries are straight lines in longitude and latitude, and areas are ellipsoidal. Common
    boundaries share nothing: what is below `NOISE` of the parcel or thinner than `THINNEST_M`
    makes no pair, and what lacks only `NOISE` of the parcel is the whole parcel.

    Args:
        parcels: valid polygons (EPSG:4490), indexed by parcel id, unique; missing ones stay in
            the audit.
        parks: valid polygons (EPSG:4490), indexed by park id, unique; missing ones have no pairs.
        sliver_m2: overlaps of parks up to this area are not listed (they still count once).
    """
    assert parcels.index.is_unique, "parcel ids are unique"
    assert parks.index.is_unique, "park ids are unique"
    parcels, parks = parcels.sort_index(), parks.dropna().sort_index()
    area = area_m2(parcels)
    shared = overlaps(parks, 0.0).rename(columns={"parcel_id": "park_id"})
    parcel, park, pieces, inside = _pieces(_shapes(parcels), _shapes(parks))
    sizes = _sizes(pieces, inside, area.to_numpy()[parcel])
    kept = sizes > 0
    parcel, park, pieces, sizes = parcel[kept], park[kept], pieces[kept], sizes[kept]
    pairs = pd.DataFrame(
        {"parcel_id": parcels.index[parcel], "park_id": parks.index[park], "area_m2": sizes}
    )
    located = np.bincount(parcel, weights=sizes, minlength=len(parcels)).astype(float)
    multiple = np.zeros(len(parcels))
    for row, several in _twice(parcel, park, parks.index.get_indexer(shared["park_id"])).items():
        located[row], multiple[row] = _counted(pieces[several])
    audit = pd.DataFrame({"area_m2": area, **_balance(area.to_numpy(), located, multiple)})
    return Located(
        pairs=pairs,
        audit=audit.rename_axis(index="parcel_id"),
        overlaps=shared[shared["area_m2"] > sliver_m2].reset_index(drop=True),
    )


def _pieces(parcels: Shapes, parks: Shapes) -> tuple[Positions, Positions, Shapes, Mask]:
    """Every pair that meets, sorted: parcel, park, common shape, whether that is the parcel.

    The tree prepares each park for itself, so nothing of the caller's shapes is touched.
    """
    tree = shapely.STRtree(parcels)
    park, parcel = tree.query(parks, predicate="intersects")
    order = np.lexsort((park, parcel))
    park, parcel = park[order], parcel[order]
    within = np.stack(tree.query(parks, predicate="contains_properly"))
    inside = np.isin(park * len(parcels) + parcel, within[0] * len(parcels) + within[1])
    pieces = parcels[parcel]
    crossing = np.flatnonzero(~inside)
    around = _near(parks, park[crossing], pieces[crossing])
    pieces[crossing] = shapely.intersection(around, pieces[crossing])
    return parcel, park, pieces, inside


def _near(parks: Shapes, park: Positions, parcels: Shapes) -> Shapes:
    """What of each pair's park lies around its parcel: the rest of a long outline is no use."""
    around = parks[park]
    large = np.flatnonzero(shapely.get_num_coordinates(parks)[park] > _SIMPLE)
    boxes = shapely.bounds(parcels[large])
    margin = 0.1 * (boxes[:, 2:] - boxes[:, :2])
    boxes = np.hstack([boxes[:, :2] - margin, boxes[:, 2:] + margin])
    clipped = np.array(
        [shapely.clip_by_rect(one, *box) for one, box in zip(around[large], boxes, strict=True)],
        dtype=object,
    )
    usable = shapely.is_valid(clipped) & np.isin(shapely.get_type_id(clipped), _POLYGONS)
    around[large[usable]] = clipped[usable]
    return around


def _sizes(pieces: Shapes, inside: Mask, whole: Floats) -> Floats:
    """Area of each piece: zero when it is noise, the whole parcel when it lacks only noise."""
    sizes = whole.copy()
    cut = pieces[~inside]
    areas, lengths = ellipsoidal(cut), METRES_PER_DEGREE * shapely.length(cut)
    sizes[~inside] = np.where(2 * areas > THINNEST_M * lengths, areas, 0.0)
    sizes[sizes <= NOISE * whole] = 0.0
    return np.where(sizes >= (1 - NOISE) * whole, whole, sizes)


def _twice(parcel: Positions, park: Positions, overlapping: Positions) -> dict[int, Positions]:
    """Rows of the pairs of each parcel that may lie in several parks at once."""
    counts = np.bincount(parcel, minlength=1)
    suspects = np.unique(parcel[np.isin(park, overlapping) & (counts[parcel] > 1)])
    return {row: np.flatnonzero(parcel == row) for row in suspects}


def _counted(pieces: Shapes) -> tuple[float, float]:
    """Area in at least one, and area in more than one of the pieces of a parcel."""
    pieces = np.array([_polygonal(piece) for piece in pieces], dtype=object)
    one, other = np.triu_indices(len(pieces), k=1)
    twice = shapely.union_all(shapely.intersection(pieces[one], pieces[other]))
    once = shapely.union_all(pieces)
    located, multiple = ellipsoidal(np.array([once, twice], dtype=object))
    return float(located), float(multiple)


def _polygonal(piece: object) -> object:
    """The piece without the lines and points where boundaries only meet."""
    parts = shapely.get_parts(piece)
    return shapely.union_all(parts[np.isin(shapely.get_type_id(parts), _POLYGONS)])


def _balance(area: Floats, located: Floats, multiple: Floats) -> dict[str, Floats]:
    """Located, outside and multiple area of every parcel; rounding is no land outside."""
    outside = area - located
    assert not (outside < -1e3 * NOISE * area).any(), "a parcel is not larger than itself"
    outside[outside <= NOISE * area] = 0.0
    located = area - outside
    multiple = np.where(multiple <= NOISE * area, 0.0, np.minimum(multiple, area))
    multiple[np.isnan(area)] = np.nan
    return {"located_m2": located, "outside_m2": outside, "multiple_m2": multiple}


def _shapes(geometry: gpd.GeoSeries) -> Shapes:
    return np.array(geometry.array, dtype=object)
