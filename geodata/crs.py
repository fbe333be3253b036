"""Coordinate reference systems (坐标系): every layer to CGCS2000 longitude and latitude.

Coordinates are x = east, y = north throughout, whatever order an authority lists its axes in.
A declared system never overrules a layer's own, and coordinates that cannot be meant in their
system are refused with the likely cause, since a wrong zone lands 300 km away without a sound.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError

from geodata.errors import InputError
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

CGCS2000 = "EPSG:4490"
"""CGCS2000 geographic (2000 国家大地坐标系), the one system used inside."""

EXTENT = (73.0, 3.0, 136.0, 54.0)
"""Rough extent of China: west, south, east, north in degrees."""

LONGEST_EDGE_M = 50.0
"""Edges of a projected layer are cut to this before they move. A line straight on the map
plane bends in longitude and latitude by about L² tan φ / 8R: 0.03 mm for 50 m, 28 cm for 5 km."""

_MILLION = 1e6
_ZONES = (13, 45)
"""Zone numbers in China: 13 to 23 are 6-degree zones, 25 to 45 are 3-degree zones."""
_FIRST_OF_THREE = 25
_NORTHING = (1e6, 6.1e6)
"""Northings of China in metres, the far south aside, which look like eastings."""
_CIRCLE = 360
"""No coordinate in degrees is larger."""


def to_cgcs2000(
    geometry: gpd.GeoSeries, *, declared: str | None, file: str, sheet: str
) -> tuple[gpd.GeoSeries, tuple[Issue, ...]]:
    """Move a layer to CGCS2000 longitude and latitude (EPSG:4490).

    CGCS2000 and WGS84 count as one datum: they differ by less than some metres, and an issue
    says so. Long edges of projected layers gain points (`LONGEST_EDGE_M`), so that they stay
    where they were drawn; heights are dropped. Single shapes outside China are left to
    `geometry.mend`.

    Args:
        geometry: shapes of any kind, with the layer's own CRS or none; missing ones stay.
        declared: CRS stated by the user (`EPSG:4525`), None when the layer's own is meant.
        file: how messages call the file.
        sheet: how messages call the layer.

    Returns:
        The shapes with the same index in EPSG:4490, and what was assumed.

    Raises:
        InputError: no CRS; one that cannot be read; two that differ; a datum that needs
            parameters; or coordinates that cannot be meant in it.
    """
    place = {"file": file, "sheet": sheet}
    bounds = _bounds(geometry)
    crs = _agreed(geometry.crs, declared, bounds, place)
    if cause := _misfit(crs, bounds):
        raise InputError([_contradiction(_name(crs), bounds, cause, place)])
    own = gpd.GeoSeries(_cut(geometry, crs), index=geometry.index, crs=crs)
    moved = own.to_crs(CGCS2000).rename(geometry.name)
    if _datum(crs) == "cgcs2000":
        return moved, ()
    return moved, (issue("crs-wgs84", crs=_name(crs), **place),)


def outside_china(bounds: Floats) -> Mask:
    """Which boxes in degrees (n × 4: west, south, east, north) are not wholly in China's extent."""
    west, south, east, north = EXTENT
    inside = (bounds[:, 0] >= west) & (bounds[:, 1] >= south)
    return ~(inside & (bounds[:, 2] <= east) & (bounds[:, 3] <= north))


def _agreed(own: object, declared: str | None, bounds: Floats, place: Mapping[str, str]) -> CRS:
    """The one CRS that the layer and the user mean, or an InputError."""
    layer = None if own is None else _unbound(CRS.from_user_input(own))
    stated = _read(declared, place) if declared else None
    given = [one for one in (stated, layer) if one is not None]
    if not given:
        text = _range(bounds) + _guess(bounds)
        raise InputError([issue("layer-without-crs", bounds=text, **place)])
    foreign = [issue("crs-datum", crs=_name(one), **place) for one in given if not _datum(one)]
    if foreign:
        raise InputError(foreign)
    if stated is not None and layer is not None and not _same(stated, layer, bounds):
        cause = _CAUSES["contradiction"].format(own=_name(layer))
        raise InputError([_contradiction(_name(stated), bounds, cause, place)])
    return given[0]


def _read(declared: str, place: Mapping[str, str]) -> CRS:
    text = declared.strip()
    try:
        crs = _unbound(CRS.from_user_input(f"EPSG:{text}" if text.isdigit() else text))
    except CRSError:
        raise InputError([issue("crs-unknown", value=declared, **place)]) from None
    if not (crs.is_geographic or crs.is_projected):
        raise InputError([issue("crs-unknown", value=declared, **place)])
    return crs


def _unbound(crs: CRS) -> CRS:
    """The CRS without parameters towards WGS84, which some programs attach to any datum."""
    inner = crs.source_crs if crs.is_bound else None
    return crs if inner is None else inner


def _datum(crs: CRS) -> str:
    """`cgcs2000`, `wgs84`, or empty for any other datum."""
    geodetic = crs.geodetic_crs
    if (
        geodetic is None
        or geodetic.ellipsoid is None
        or not (crs.is_geographic or crs.is_projected)
    ):
        return ""
    named = f"{geodetic.datum.name if geodetic.datum else ''} {geodetic.ellipsoid.name}"
    for datum, (pattern, like) in _DATUMS.items():
        wanted = CRS.from_epsg(like).ellipsoid
        assert wanted is not None
        shape = (geodetic.ellipsoid.semi_major_metre, geodetic.ellipsoid.inverse_flattening)
        close = np.allclose(shape, (wanted.semi_major_metre, wanted.inverse_flattening), rtol=1e-10)
        if close and re.search(pattern, named, re.IGNORECASE):
            return datum
    return ""


def _same(one: CRS, other: CRS, bounds: Floats) -> bool:
    """Whether both put the layer in the same place; names and axis order do not matter."""
    if one.equals(other, ignore_axis_order=True):
        return True
    there, here = _corners(one, bounds), _corners(other, bounds)
    return bool(len(bounds)) and np.allclose(there, here, rtol=0, atol=1e-9)


def _cut(geometry: gpd.GeoSeries, crs: CRS) -> npt.NDArray[np.object_]:
    """Flat shapes, long edges of projected polygons cut; absurd coordinates are left alone."""
    shapes = np.asarray(shapely.force_2d(np.asarray(geometry.array, dtype=object)))
    if not crs.is_projected:
        return shapes
    sane = _finite(shapes)
    sane[sane] = ~outside_china(_boxes(_corners(crs, shapely.bounds(shapes[sane]))))
    longest = LONGEST_EDGE_M / crs.axis_info[0].unit_conversion_factor
    for kind in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON):
        those = sane & (shapely.get_type_id(shapes) == kind)
        if those.any():
            shapes[those] = _dense(kind, shapes[those], longest)
    return shapes


def _dense(
    kind: shapely.GeometryType, shapes: npt.NDArray[np.object_], longest: float
) -> npt.NDArray[np.object_]:
    """Points added along the edges of shapes of one kind, valid or not.

    GEOS's own densifier drops a lobe of a bow-tie in passing; here no vertex is lost.
    """
    _, points, (rings, *outer) = shapely.to_ragged_array(shapes)
    step = np.roll(points, -1, axis=0) - points
    count = np.maximum(np.ceil(np.hypot(step[:, 0], step[:, 1]) / longest), 1).astype(int)
    count[rings[1:] - 1] = 1  # from a ring's last vertex no edge leads on
    ends = np.concatenate([[0], np.cumsum(count)])
    start = np.repeat(np.arange(len(points)), count)
    along = (np.arange(ends[-1]) - ends[start]) / count[start]
    dense = points[start] + along[:, np.newaxis] * step[start]
    return np.asarray(shapely.from_ragged_array(kind, dense, (ends[rings], *outer)), dtype=object)


def _finite(shapes: npt.NDArray[np.object_]) -> Mask:
    """Which shapes have coordinates, and only finite ones."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = owner[~np.isfinite(coordinates).all(axis=1)]
    found = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    found[broken] = False
    return np.asarray(found, dtype=bool)


def _bounds(geometry: gpd.GeoSeries) -> Floats:
    """One box for each shape with finite coordinates (n × 4)."""
    shapes = np.asarray(geometry.array, dtype=object)
    return np.asarray(shapely.bounds(shapes[_finite(shapes)]), dtype=float).reshape(-1, 4)


def _corners(crs: CRS, bounds: Floats, *, swapped: bool = False) -> Floats:
    """Longitude and latitude of each box's corners (n × 4 × 2)."""
    x, y = bounds[:, [0, 0, 2, 2]], bounds[:, [1, 3, 1, 3]]
    move = Transformer.from_crs(crs, CGCS2000, always_xy=True)
    return np.stack(move.transform(*((y, x) if swapped else (x, y))), axis=-1)


def _boxes(corners: Floats) -> Floats:
    return np.hstack([corners.min(axis=1), corners.max(axis=1)])


# --- coordinates that cannot be meant ------------------------------------------------------


def _misfit(crs: CRS, bounds: Floats) -> str:
    """Why most shapes cannot be meant in this CRS; empty when they can."""
    if not len(bounds):
        return ""
    return _unit_misfit(crs, bounds) or _zone_misfit(crs, bounds) or _place_misfit(crs, bounds)


def _unit_misfit(crs: CRS, bounds: Floats) -> str:
    """Degrees declared as metres, or metres as degrees."""
    in_degrees = np.abs(bounds).max(axis=1) <= _CIRCLE
    if crs.is_projected and _most(in_degrees):
        return _CAUSES["degrees"]
    if crs.is_geographic and _most(~in_degrees):
        return _CAUSES["metres"] + _guess(bounds)
    return ""


def _place_misfit(crs: CRS, bounds: Floats) -> str:
    """Shapes that land outside China, perhaps because their axes are swapped."""
    lands = _boxes(_corners(crs, bounds))
    if not _most(outside_china(lands)):
        return ""
    if not _most(outside_china(_boxes(_corners(crs, bounds, swapped=True)))):
        return _CAUSES["swapped"]
    return _CAUSES["outside"].format(range=_range(lands[np.isfinite(lands).all(axis=1)]))


def _zone_misfit(crs: CRS, bounds: Floats) -> str:
    """Zone prefix too many, missing or another one, or axes swapped, in a Gauss-Krüger plane."""
    plane = _plane(crs)
    if plane is None:
        return ""
    meridian, false_easting = plane
    east, north = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    in_north = (east >= _NORTHING[0]) & (east <= _NORTHING[1])
    if _most((north >= 10 * _MILLION) | (in_north & (north < _MILLION))):
        return _CAUSES["swapped"]
    zone, zones = int(false_easting // _MILLION), np.floor(east / _MILLION)
    odd = zones != zone
    if not odd.any():
        return ""
    if zone and _most(zones == 0):
        right = _suggestion(meridian=meridian, easting=5e5, three=zone >= _FIRST_OF_THREE)
        return _CAUSES["prefix-missing"].format(zone=zone, right=right)
    known = odd & (zones >= _ZONES[0]) & (zones <= _ZONES[1])
    if not known.any():
        return ""
    found = int(np.median(zones[known]))
    right = _suggestion(easting=found * _MILLION + 5e5)
    code = "prefix-other" if zone else "prefix-extra"
    count = int(known.sum())
    return _CAUSES[code].format(count=count, found=found, zone=zone, right=right)


def _plane(crs: CRS) -> tuple[float, float] | None:
    """Central meridian and false easting of a Gauss-Krüger plane, None for any other CRS."""
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    given = {one.name: one.value for one in operation.params}
    meridian, easting = given.get("Longitude of natural origin"), given.get("False easting")
    if meridian is None or easting is None:  # a damaged .prj
        return None
    return float(meridian), float(easting)


def _guess(bounds: Floats) -> str:
    """What the coordinates look like, for a layer whose system is unknown; may be empty."""
    if not len(bounds):
        return ""
    east, north = np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    if not _most(outside_china(bounds)):
        return _CAUSES["like-degrees"]
    if _ZONES[0] <= east // _MILLION <= _ZONES[1]:
        zone = int(east // _MILLION)
        return _CAUSES["like-zone"].format(
            zone=zone, right=_suggestion(easting=zone * _MILLION + 5e5)
        )
    if north >= 10 * _MILLION or _NORTHING[0] <= east <= _NORTHING[1]:
        return _CAUSES["like-swapped"]
    return _CAUSES["like-plane"] if _NORTHING[0] <= north <= _NORTHING[1] else ""


def _suggestion(*, easting: float, meridian: float | None = None, three: bool | None = None) -> str:
    """EPSG code and name of the CGCS2000 plane with these parameters, empty when none has."""
    for name, code, its_meridian, its_easting in _planes():
        fits = its_easting == easting and meridian in {None, its_meridian}
        if fits and three in {None, "3-degree" in name}:
            return _CAUSES["suggestion"].format(code=code, name=name)
    return ""


@cache
def _planes() -> tuple[tuple[str, str, float, float], ...]:
    """Name, code, central meridian and false easting of every CGCS2000 plane of EPSG."""
    known = query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS])
    found = []
    for one in known:
        if one.name.startswith("CGCS2000 / "):
            plane = _plane(CRS.from_epsg(int(one.code)))
            assert plane is not None, one.name
            found.append((one.name, one.code, plane[0], plane[1]))
    return tuple(found)


def _most(mask: Mask) -> bool:
    return bool(2 * mask.sum() > mask.size)


def _contradiction(crs: str, bounds: Floats, cause: str, place: Mapping[str, str]) -> Issue:
    return issue("crs-coordinates", crs=crs, bounds=_range(bounds), cause=cause, **place)


def _name(crs: CRS) -> str:
    authority = crs.to_authority()
    return f"{':'.join(authority)}（{crs.name}）" if authority else crs.name


def _range(bounds: Floats) -> str:
    """Range of x and y over all boxes, as people write coordinates."""
    if not len(bounds):
        return _CAUSES["no-coordinates"]
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    digits = 4 if max(abs(low).max(), abs(high).max()) <= _CIRCLE else 0
    x, y = (f"{low[n]:.{digits}f} 至 {high[n]:.{digits}f}" for n in (0, 1))
    return f"x {x}，y {y}"


_DATUMS = {
    "cgcs2000": (r"(cgcs|china|china geodetic coordinate system)[ _]*2000", 4490),
    "wgs84": (r"wgs[ _]*(19)?84|world geodetic system 1984", 4326),
}
"""Datum → how its datum or ellipsoid is called, and an EPSG code with the same ellipsoid."""

_CAUSES = {
    "contradiction": "图层自带的坐标系是 {own}，两者不一致",
    "degrees": "坐标值像是经纬度（度），而声明的是以米为单位的投影坐标系",
    "metres": "坐标值像是投影坐标（米），而声明的是以度为单位的经纬度坐标系",
    "swapped": "坐标顺序颠倒，x 应为东坐标（经度），y 应为北坐标（纬度）",
    "prefix-extra": "{count} 个图形的东坐标前两位 {found} 是带号，而声明的坐标系不带带号{right}",
    "prefix-missing": "东坐标没有带号，而声明的坐标系是 {zone} 带、带号在前{right}",
    "prefix-other": "{count} 个图形的东坐标带号是 {found}，而声明的坐标系是 {zone} 带{right}",
    "outside": "换算后为 {range}（经度、纬度），不在中国范围内，坐标系或带号有误",
    "suggestion": "，应为 EPSG:{code}（{name}）",
    "like-degrees": "；坐标值像是经纬度，例如 EPSG:4490",
    "like-zone": "；东坐标前两位 {zone} 像是带号{right}",
    "like-swapped": "；坐标顺序像是先北后东",
    "like-plane": "；坐标值像是不带带号的高斯投影，须查明中央经线",
    "no-coordinates": "（没有坐标）",
}
