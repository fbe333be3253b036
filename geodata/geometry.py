"""Shapes (图形): repair with a finding, ellipsoidal areas, duplicates and overlaps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geodata.crs import CGCS2000, outside_china
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Shapes = npt.NDArray[np.object_]


def mend(
    geometry: gpd.GeoSeries, *, file: str, sheet: str
) -> tuple[gpd.GeoSeries, tuple[Issue, ...]]:
    """Make every shape a valid flat polygon, and name each one that was not.

    Repair keeps every part that an invalid boundary encloses and no part twice; lines and points
    left over are dropped. Heights are dropped without a word. What cannot be used becomes None.

    Args:
        geometry: shapes in longitude and latitude (EPSG:4490), indexed by the id of their subject.
        file: how messages call the file.
        sheet: how messages call the layer.

    Returns:
        Polygons and multipolygons with the same index, and an issue for each missing, foreign,
        repaired or refused shape, in the order of the index.
    """
    shapes: Shapes = shapely.force_2d(np.asarray(geometry.array, dtype=object))
    mended, found = shapes.copy(), dict[int, tuple[str, dict[str, str]]]()

    def refuse(row: int, code: str, **params: str) -> None:
        found[row] = (code, params)
        mended[row] = None

    for row in np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)).tolist():
        refuse(row, "geometry-missing")
    for row in np.flatnonzero(~np.isin(shapely.get_type_id(mended), (-1, *_POLYGONS))).tolist():
        refuse(row, "geometry-kind", kind=_KINDS.get(shapes[row].geom_type, shapes[row].geom_type))
    for row in _endless(mended).tolist():
        refuse(row, "geometry-refused", cause=_CAUSES["endless"])
    for row in np.flatnonzero(_abroad(mended)).tolist():
        refuse(row, "geometry-refused", cause=_CAUSES["abroad"])
    for row in np.flatnonzero(~shapely.is_missing(mended) & ~shapely.is_valid(mended)).tolist():
        cause = _cause(shapely.is_valid_reason(shapes[row]))
        mended[row] = shapely.make_valid(shapes[row], method="structure", keep_collapsed=False)
        before, after = ellipsoidal(np.array([shapes[row], mended[row]], dtype=object))
        if not after:
            refuse(row, "geometry-refused", cause=cause + _CAUSES["nothing-left"])
        else:
            sizes = {"before": f"{before:.1f}", "after": f"{after:.1f}"}
            found[row] = ("geometry-repaired", {"cause": cause, **sizes})

    issues = tuple(
        issue(code, file=file, sheet=sheet, subject=geometry.index[row], **params)
        for row, (code, params) in sorted(found.items())
    )
    return gpd.GeoSeries(mended, index=geometry.index, crs=CGCS2000, name=geometry.name), issues


def area_m2(geometry: gpd.GeoSeries) -> pd.Series[float]:
    """Area on the CGCS2000 ellipsoid in m² (椭球面积); NaN where there is no shape.

    Args:
        geometry: polygons in longitude and latitude (EPSG:4490).
    """
    shapes = np.asarray(geometry.array, dtype=object)
    areas = ellipsoidal(shapes)
    areas[shapely.is_missing(shapes)] = np.nan
    return pd.Series(areas, index=geometry.index, name="area_m2")


def ellipsoidal(shapes: Shapes) -> Floats:
    """Area in m² on the CGCS2000 ellipsoid of each shape's polygons, 0 where it has none.

    An edge is the straight line in longitude and latitude, as drawn. The equal-area (authalic)
    map x = a λ, y = a q(φ)/2 turns a ring's area into the sum of a Δλ times the mean of y along
    each edge. That mean is y at the middle plus h² y″/24, which errs by h⁴/1920 of the radius:
    a tenth of a micrometre at 15 km. So areas of parts add up to the whole to rounding.

    Args:
        shapes: any geometries in degrees; for rings that cross themselves the parts count with
            their sign.

    Source: Snyder, Map Projections: A Working Manual (USGS PP 1395), equation 3-12.
    """
    blocks = np.array_split(shapes, len(shapes) // _BLOCK + 1)
    return np.concatenate([_areas(block) for block in blocks])


def _areas(shapes: Shapes) -> Floats:
    """Shells less holes of a block of shapes, in m²."""
    parts, owner = _polygons(shapes)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    with np.errstate(invalid="ignore"):  # infinite coordinates give an area of NaN
        signed = (
            np.add.reduceat(_strips(points, starts, ring), starts) if len(ring) else np.empty(0)
        )
    is_shell = np.diff(part, prepend=-1) != 0
    size = np.where(is_shell, 1.0, -1.0) * np.abs(signed)
    return np.bincount(owner[part], weights=size, minlength=len(shapes)).astype(float)


def duplicates(geometry: gpd.GeoSeries, *, file: str = "", sheet: str = "") -> tuple[Issue, ...]:
    """An issue for every shape that equals one with a smaller id, whatever its first vertex."""
    known = geometry.dropna().sort_index()
    shapes = shapely.normalize(np.asarray(known.array, dtype=object))
    kind, _ = pd.factorize(shapely.to_wkb(shapes))
    _, rows = np.unique(kind, return_index=True)
    first = known.index[rows[kind]]
    return tuple(
        issue("geometry-duplicate", file=file, sheet=sheet, subject=one, other=other)
        for one, other in zip(known.index, first, strict=True)
        if one != other
    )


def overlaps(geometry: gpd.GeoSeries, least_m2: float) -> pd.DataFrame:
    """Pairs of shapes that overlap by more than an area.

    Args:
        geometry: valid polygons (EPSG:4490), indexed by parcel id, unique; missing ones are
            left out.
        least_m2: overlaps up to this many m² are slivers and left out.

    Returns:
        `parcel_id, other_id, area_m2`, the smaller id first, sorted by both ids.
    """
    known = geometry.dropna().sort_index()
    shapes, ids = np.asarray(known.array, dtype=object), known.index
    one, other = _meeting(shapes)
    areas = ellipsoidal(shapely.intersection(shapes[one], shapes[other]))
    keep = areas > least_m2
    found = {"parcel_id": ids[one[keep]], "other_id": ids[other[keep]], "area_m2": areas[keep]}
    return pd.DataFrame(found)


def _meeting(shapes: Shapes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Pairs of positions, smaller first and sorted, whose interiors meet."""
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    later = one < other
    one, other = one[later], other[later]
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    inner = ~shapely.touches(shapes[one], shapes[other])
    return one[inner], other[inner]


def _polygons(shapes: Shapes) -> tuple[Shapes, npt.NDArray[np.intp]]:
    """Every single polygon, however deep in collections, and the position of its shape."""
    kinds = shapely.get_type_id(shapes)
    single = np.flatnonzero(kinds == shapely.GeometryType.POLYGON)
    several = np.flatnonzero(kinds > shapely.GeometryType.POLYGON)
    if not len(several):
        return shapes[single], single
    parts, inner = shapely.get_parts(shapes[several], return_index=True)
    polygons, owner = _polygons(parts)
    owner = np.concatenate([single, several[inner[owner]]])
    return np.concatenate([shapes[single], polygons]), owner


def _strips(points: Floats, starts: npt.NDArray[np.intp], ring: npt.NDArray[np.intp]) -> Floats:
    """Per vertex the signed area between its edge and the ring's first parallel, in m²."""
    longitude, latitude = np.radians(points[:, 0]), np.radians(points[:, 1])
    east, north = (np.roll(one, -1) - one for one in (longitude, latitude))
    height = _authalic(latitude + north / 2, north) - _authalic(latitude[starts])[ring]
    strips = _A * east * height
    strips[np.roll(starts, -1) - 1] = 0.0  # from a ring's last vertex no edge leads on
    return np.asarray(strips)


def _authalic(latitude: Floats, step: Floats | float = 0.0) -> Floats:
    """Mean of y = a q/2 over a short stretch of latitude (radians) around `latitude`, in m."""
    sine = np.sin(latitude)
    flat = 1 - _E2 * sine**2
    y = sine / flat + np.arctanh(_E * sine) / _E
    bend = -2 * sine * (1 - 4 * _E2 * (1 - sine**2) / flat) / flat**2
    return np.asarray(_A * (1 - _E2) / 2 * (y + bend * np.square(step) / 24))


def _endless(shapes: Shapes) -> npt.NDArray[np.intp]:
    """Positions of shapes with a coordinate that is not a finite number."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    return np.unique(owner[~np.isfinite(points).all(axis=1)])


def _abroad(shapes: Shapes) -> npt.NDArray[np.bool_]:
    """Shapes that are there, but not in China's extent."""
    return np.asarray(~shapely.is_missing(shapes)) & outside_china(shapely.bounds(shapes))


def _cause(reason: str) -> str:
    """Why a shape is invalid, in Chinese, with the place."""
    words, _, place = reason.partition("[")
    spot = [float(number) for number in place.rstrip("]").split()]
    text = _REASONS.get(words.strip(), _REASONS[""])
    return text + (_CAUSES["spot"].format(*spot) if spot else "")


def _ellipsoid() -> tuple[float, float]:
    """Semi-major axis in m and squared eccentricity of CGCS2000."""
    ellipsoid = CRS.from_user_input(CGCS2000).ellipsoid
    assert ellipsoid is not None
    flattening = 1 / ellipsoid.inverse_flattening
    return ellipsoid.semi_major_metre, flattening * (2 - flattening)


_A, _E2 = _ellipsoid()
_E = _E2**0.5

METRES_PER_DEGREE = math.radians(_A)
"""Length of a degree of the equator; a degree of latitude is 0.3 to 1 % shorter."""

_BLOCK = 1000
"""Shapes measured at a time, so that their coordinates stay in the processor's cache."""

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

_KINDS = {
    "Point": "点",
    "MultiPoint": "多点",
    "LineString": "线",
    "LinearRing": "线",
    "MultiLineString": "多线",
    "GeometryCollection": "点线面混合图形",
}

_CAUSES = {
    "endless": "坐标中有不是数字的值或无穷大",
    "abroad": "坐标不在中国范围内",
    "nothing-left": "，修复后没有剩下面积",
    "spot": "（东经 {:.6f}、北纬 {:.6f} 附近）",
}

_REASONS = {
    "Self-intersection": "边界自相交，修复前的面积是正负相抵后的数",
    "Ring Self-intersection": "边界在一点或一线上自相接触",
    "Hole lies outside shell": "内环在外环以外",
    "Holes are nested": "内环之中又有内环",
    "Nested shells": "一个部分落在另一部分之中",
    "Interior is disconnected": "内环把图形内部切断",
    "Duplicate Rings": "有重复的环",
    "Too few points in geometry component": "界址点太少，围不成面",
    "": "边界不合规则",
}
"""Reasons as GEOS words them, in Chinese."""
