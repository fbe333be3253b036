"""Survey coordinates as a layer (坐标转图形), with what does not add up."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import units
from geodata.cells import bare_unit
from geodata.errors import InputError
from geodata.fields import fields_of
from geodata.issues import Issue, issue
from geodata.survey_format import POLYGON
from geodata.survey_plane import MILLION, Plane, degrees_of, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from geodata.survey_format import Parcel, Survey

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]
    Spots = list[tuple[float, float]]

SHEET = "图幅号"
EXTRA = "其他字段"
AREA_UNIT = "公顷"

_NORTHING = (1e6, 6.1e6)
_EASTING = (1e5, 9e5)
"""Plausible northings, and eastings without their zone, in m."""
_TOLERANCE = 0.001
"""Relative difference of areas that is let pass."""
_TRIANGLE = 3
_LISTED = 20
_AREA = re.compile(r"([0-9]{1,12}(?:\.([0-9]{0,12}))?)\s*(\D.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A survey file as a layer.

    Attributes:
        frame: one row per parcel in the order of the file, columns as `fields.csv` names them,
            geometry in the file's own system.
        checks: same index; `id`, `line`, `points` (closing points not counted), `rings`,
            `planar_m2`, `declared_ha` (NaN when unknown), `verdict` (`rounded`, `truncated`,
            `close`, `differs`, `missing`).
        plane: the file's system.
        header: attributes of the first block.
        issues: doubts found on the way.
    """

    frame: gpd.GeoDataFrame
    checks: pd.DataFrame
    plane: Plane
    header: Mapping[str, str]
    issues: tuple[Issue, ...]


def to_layer(survey: Survey, *, file: str) -> Layer:
    """Build shapes from the points of a survey file, and check what it states against them.

    Raises:
        InputError: the system cannot be settled or blocks differ in it; points that are no
            coordinates in China, each named by its line; no parcel has a shape.
    """
    parcels = [parcel for block in survey.blocks for parcel in block.parcels]
    ids, found = numbered([(one.number, one.name) for one in parcels], _places(parcels, file))
    turned = [_turned(one) for one in parcels]
    problems = [one for spots in turned for one in _strange(spots, file)]
    if problems:
        rest = _CAUSES["more"].format(count=len(problems) - _LISTED)
        more = [issue("survey-row", file=file, cause=rest)] if len(problems) > _LISTED else []
        raise InputError([*problems[:_LISTED], *more])
    plane, notes = _plane(survey, turned, file)
    found = [*survey.issues, *notes, *found]
    built = [
        _built(spots, name, {"file": file, "cell": _line(spots.parcel.line)})
        for name, spots in zip(ids, turned, strict=True)
    ]
    if all(one.shape is None for one in built):
        raise InputError([doubt for one in built for doubt in one.issues])
    found += [doubt for one in built for doubt in one.issues]
    frame = gpd.GeoDataFrame(
        _columns(ids, built),
        geometry=gpd.GeoSeries([one.shape for one in built], crs=f"EPSG:{plane.epsg}"),
    )
    checks = pd.DataFrame(
        {
            "id": ids,
            "line": [one.parcel.line for one in built],
            "points": [one.points for one in built],
            "rings": [one.rings for one in built],
            "planar_m2": [one.planar_m2 for one in built],
            "declared_ha": [one.declared_ha for one in built],
            "verdict": [one.verdict for one in built],
        }
    )
    header = survey.blocks[0].header
    return Layer(frame=frame, checks=checks, plane=plane, header=header, issues=tuple(found))


def planar_m2(shape: shapely.Geometry) -> float:
    """Area on the plane in m²; where a boundary crosses itself, of all that it encloses.

    >>> planar_m2(shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]))
    5000.0
    """
    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    return float(shapely.area(shape))


def numbered(
    stated: Sequence[tuple[str, str]], places: Sequence[Mapping[str, str]]
) -> tuple[list[str], list[Issue]]:
    """Unique ids: the number where there is one, else the name; what is taken gets a suffix.

    Args:
        stated: number and name of each parcel.
        places: file and cell of each, for the issues.

    >>> numbered([("1", "甲"), ("1", "乙"), ("", "丙")], [{}, {}, {}])[0]
    ['1', '1-2', '丙']
    """
    reserved = {number for number, _ in stated if number}
    taken, ids, found = set[str](), list[str](), list[Issue]()
    for (number, name), place in zip(stated, places, strict=True):
        base = number or name or _CAUSES["unnumbered"]
        chosen, count = base, 1
        while chosen in taken or (chosen in reserved and chosen != number):
            count += 1
            chosen = f"{base}-{count}"
        taken.add(chosen)
        ids.append(chosen)
        if chosen != number:
            cause = _CAUSES["twice"].format(number=number) if number else _CAUSES["empty"]
            found.append(issue("survey-number-given", **place, subject=chosen, cause=cause))
    return ids, found


# --- from points to shapes ------------------------------------------------------------------


class _Spots(NamedTuple):
    """The points of a parcel as north and east."""

    parcel: Parcel
    north: Floats
    east: Floats
    swapped: bool
    plausible: Mask


def _turned(parcel: Parcel) -> _Spots:
    """Points with the axes told apart by magnitude."""
    first = np.array([one.first for one in parcel.points], dtype=float)
    second = np.array([one.second for one in parcel.points], dtype=float)
    normal, swapped = _is_north(first) & _is_east(second), _is_east(first) & _is_north(second)
    if swapped.sum() > normal.sum():
        return _Spots(parcel, second, first, swapped=True, plausible=swapped)
    return _Spots(parcel, first, second, swapped=False, plausible=normal)


def _is_north(values: Floats) -> Mask:
    return np.asarray((values >= _NORTHING[0]) & (values <= _NORTHING[1]))


def _is_east(values: Floats) -> Mask:
    zones, rest = np.divmod(values, MILLION)
    known = np.array([one == 0 or degrees_of(int(one)) is not None for one in zones], dtype=bool)
    return known & (rest >= _EASTING[0]) & (rest <= _EASTING[1])


def _strange(spots: _Spots, file: str) -> Iterable[Issue]:
    """Points that cannot be meant, by their line."""
    for place in np.flatnonzero(~spots.plausible).tolist():
        point = spots.parcel.points[place]
        cause = _CAUSES["implausible"].format(first=point.first, second=point.second)
        yield issue("survey-row", file=file, cell=_line(point.line), cause=cause)


def _plane(survey: Survey, turned: Sequence[_Spots], file: str) -> tuple[Plane, list[Issue]]:
    """The one plane of all blocks."""
    rest = iter(turned)
    planes, notes, problems = list[Plane](), list[Issue](), list[Issue]()
    for block in survey.blocks:
        spots = [next(rest) for _ in block.parcels]
        easts = np.concatenate([one.east for one in spots])
        prefixes = {int(one) for one in np.unique(easts // MILLION)}
        if not prefixes:
            continue  # no points at all, which is told parcel by parcel
        try:
            plane, told = settle(block, prefixes, file=file)
        except InputError as error:
            problems += error.issues
        else:
            planes.append(plane)
            notes += told
    if not problems and len(set(planes)) > 1:
        shown = "、".join(dict.fromkeys(f"EPSG:{one.epsg}" for one in planes))
        cause = _CAUSES["several"].format(systems=shown)
        problems.append(issue("survey-zone", file=file, cause=cause))
    if not problems and not planes:
        problems.append(issue("survey-unreadable", file=file, cause=_CAUSES["no-points"]))
    if problems:
        raise InputError(problems)
    return planes[0], notes


class _Ring(NamedTuple):
    """One ring without its closing point."""

    number: int
    spots: Spots
    closed: bool


class _Built(NamedTuple):
    """A parcel with its shape and what was found about it."""

    parcel: Parcel
    shape: shapely.Geometry | None
    points: int
    rings: int
    planar_m2: float
    declared_ha: float
    verdict: str
    issues: list[Issue]


def _built(spots: _Spots, name: str, place: Mapping[str, str]) -> _Built:
    parcel, about = spots.parcel, {**place, "subject": name}
    rings = _rings(spots)
    found = [issue("survey-swapped", **about)] if spots.swapped else []
    whole = [one for one in rings if len(set(one.spots)) >= _TRIANGLE]
    kind = unicodedata.normalize("NFKC", parcel.fields[4])
    shape, causes = _shape(whole) if whole and kind in {"", POLYGON} else (None, [])
    if kind not in {"", POLYGON}:
        found.append(issue("geometry-kind", **about, kind=kind))
    few = [one for one in rings if len(set(one.spots)) < _TRIANGLE]
    causes += [_CAUSES["few"].format(ring=one.number, count=len(set(one.spots))) for one in few]
    causes += [] if rings else [_CAUSES["no-points"]]
    found += [issue("survey-ring", **about, cause=cause) for cause in causes]
    open_rings = sum(not one.closed for one in whole)
    if open_rings and shape is not None:
        found.append(issue("survey-open-ring", **about, count=open_rings))
    counted = sum(len(one.spots) for one in rings)
    found += _count_doubts(parcel, counted, len(rings), about)
    area = planar_m2(shape) if shape is not None else np.nan
    declared, verdict, doubts = _compared(parcel, area, about)
    return _Built(parcel, shape, counted, len(whole), area, declared, verdict, [*found, *doubts])


def _rings(spots: _Spots) -> list[_Ring]:
    """Rings by 圈号; one that closes before its rows end is followed by another."""
    rows = zip(spots.parcel.points, spots.east.tolist(), spots.north.tolist(), strict=True)
    found: list[_Ring] = []
    for number, part in groupby(rows, key=lambda row: row[0].ring):
        current: Spots = []
        last: tuple[float, float] | None = None
        for _, east, north in part:
            spot = (east, north)
            if spot == last:
                continue
            last = spot
            if len(current) >= _TRIANGLE and spot == current[0]:
                found.append(_Ring(number, current, closed=True))
                current = []
            else:
                current.append(spot)
        if current:
            found.append(_Ring(number, current, closed=False))
    return found


def _shape(rings: Sequence[_Ring]) -> tuple[shapely.Geometry, list[str]]:
    """Outer rings with their holes, and what is odd about them."""
    causes: list[str] = []
    shells = [one for one in rings if one.number <= 1]
    if not shells:
        shells = [rings[0]]
        causes.append(_CAUSES["no-outer"].format(ring=rings[0].number))
    areas = [shapely.Polygon(one.spots) for one in shells]
    holes: list[list[Spots]] = [[] for _ in shells]
    for ring in rings:
        if any(ring is one for one in shells):
            continue
        x, y = zip(*ring.spots, strict=True)
        inside = [int(shapely.intersects_xy(one, x, y).sum()) for one in areas[: len(holes)]]
        best = int(np.argmax(inside))
        if inside[best]:
            holes[best].append(ring.spots)
        else:
            causes.append(_CAUSES["outside"].format(ring=ring.number))
            shells.append(ring)
            areas.append(shapely.Polygon(ring.spots))
            holes.append([])
    parts = [
        shapely.Polygon(shell.spots, inner) for shell, inner in zip(shells, holes, strict=True)
    ]
    return (parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)), causes


# --- what is stated against what is there ---------------------------------------------------


def _count_doubts(
    parcel: Parcel, counted: int, rings: int, about: Mapping[str, str]
) -> list[Issue]:
    """A doubt when the stated number of points fits neither with nor without closing points."""
    text = unicodedata.normalize("NFKC", parcel.fields[0])
    allowed = {counted, counted + rings, len(parcel.points)}
    if not text or (text.isdecimal() and int(text) in allowed):
        return []
    return [issue("survey-points-differ", **about, declared=text, counted=counted)]


def _compared(
    parcel: Parcel, planar_m2: float, about: Mapping[str, str]
) -> tuple[float, str, list[Issue]]:
    """Declared area in hectares, the verdict on it, and a doubt."""
    text = unicodedata.normalize("NFKC", parcel.fields[1])
    if not text:
        return np.nan, "missing", []
    found = _AREA.fullmatch(text)
    unit = bare_unit(found[3] or AREA_UNIT) if found else ""
    size = units.factor(unit, "m2") if unit else None
    if found is None or size is None:
        field = fields_of("parcels")["recorded_area_mu"].zh
        return np.nan, "missing", [issue("not-a-number", **about, value=text, field=field)]
    declared = float(found[1])
    verdict = _verdict(declared, planar_m2 / size, len(found[2] or ""))
    hectares = declared * (units.factor(unit, AREA_UNIT) or np.nan)
    if verdict != "differs":
        return hectares, verdict, []
    shown = {"declared": f"{hectares:.10g}", "computed": f"{planar_m2 / 1e4:.6f}"}
    return hectares, verdict, [issue("survey-area-differs", **about, **shown)]


def _verdict(declared: float, computed: float, decimals: int) -> str:
    """How a printed number agrees with a computed one.

    >>> _verdict(5.7089, 5.70895009, 4), _verdict(5.709, 5.70895, 3), _verdict(5.6, 5.70895, 4)
    ('truncated', 'rounded', 'differs')
    """
    step, off = 10.0**-decimals, computed - declared
    noise = 1e-9 * max(abs(computed), step)
    if np.isnan(computed):
        return "missing"
    if declared > 0 and abs(off) <= step / 2 + noise:
        return "rounded"
    if declared > 0 and 0 <= off < step + noise:
        return "truncated"
    return "close" if abs(off) <= _TOLERANCE * computed else "differs"


def _columns(ids: Sequence[str], built: Sequence[_Built]) -> dict[str, pd.Series[str]]:
    """Columns by the names of `fields.csv`; what no parcel states is left out."""
    known, parcels = fields_of("parcels"), [one.parcel for one in built]
    found = {
        known["parcel_id"].zh: list(ids),
        known["parcel_name"].zh: [one.name for one in parcels],
        known["land_use_name"].zh: [one.fields[6] for one in parcels],
        known["land_use_code"].zh: [one.fields[7] for one in parcels],
        SHEET: [one.fields[5] for one in parcels],
        EXTRA: [",".join(one.extra) for one in parcels],
    }
    columns = {
        name: pd.Series([one or None for one in texts], dtype="str")
        for name, texts in found.items()
        if any(texts)
    }
    area = f"{known['recorded_area_mu'].zh}（{AREA_UNIT}）"
    return columns | {area: pd.Series([one.declared_ha for one in built], dtype="float64")}


def _places(parcels: Sequence[Parcel], file: str) -> list[dict[str, str]]:
    return [{"file": file, "cell": _line(one.line)} for one in parcels]


def _line(number: int) -> str:
    return f"第 {number} 行"


_CAUSES = {
    "implausible": "X={first:.10g}、Y={second:.10g} 不是国内的高斯投影坐标"
    "（X 为北，百万米以上；Y 为东，6 位，或带号加 6 位）",
    "several": "各段属性描述分属不同的坐标系（{systems}），请拆成几个文件",
    "no-points": "没有界址点",
    "few": "第 {ring} 圈只有 {count} 个不同的点，围不成面，没有采用",
    "no-outer": "没有圈号 1，以圈号 {ring} 为外圈",
    "outside": "圈号 {ring} 在外圈以外，按另一外圈处理",
    "unnumbered": "无编号",
    "empty": "为空",
    "more": "另有 {count} 个界址点不是国内的高斯投影坐标",
    "twice": "“{number}”重复",
}
