"""A layer as survey coordinates (图形转坐标): polygons to rows of boundary points."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.errors import InputError
from geodata.issues import Issue, issue
from geodata.survey_format import DECIMALS, POLYGON, Block, Parcel, Point
from geodata.survey_layer import planar_m2
from geodata.survey_plane import MILLION, Plane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    Spots = list[tuple[float, float]]

_TRIANGLE = 3
_COLLAPSED = "取到毫米后有 {count} 圈围不成面，没有写出"


def to_block(
    frame: gpd.GeoDataFrame, plane: Plane, *, header: Mapping[str, str], file: str
) -> tuple[Block, tuple[Issue, ...]]:
    """Parcels of a layer as they stand in a survey file.

    Rings are closed and numbered J1 onwards per parcel; each part of a parcel begins with ring
    1, its holes follow. The area is that of the coordinates as written.

    Args:
        frame: columns `number, name, sheet, use, code, extra` as text; polygons in the plane's
            system with zone-prefixed eastings.
        plane: says whether the prefix is written.
        header: attributes of the file.
        file: how messages call the layer.

    Raises:
        InputError: no parcel is left.
    """
    shift = 0 if plane.prefixed else plane.zone * MILLION
    parcels: list[Parcel] = []
    found: list[Issue] = []
    for row, shape in zip(frame.itertuples(index=False), frame.geometry, strict=True):
        rings, dropped = _millimetres(shape, shift)
        if dropped:
            cause = _COLLAPSED.format(count=dropped)
            found.append(issue("survey-ring", file=file, subject=row.number, cause=cause))
        if not rings:
            continue
        points = _points(rings)
        area = f"{_area(rings) / 1e4:.4f}"
        extra = str(row.extra).split(",") if row.extra else ()
        stated = (row.number, row.name, POLYGON, row.sheet, row.use, row.code)
        fields = (str(len(points)), area, *map(str, stated), *extra)
        parcels.append(Parcel(line=0, fields=fields, points=points))
    if not parcels:
        raise InputError(found or [issue("empty-table", file=file)])
    return Block(header=header, parcels=tuple(parcels)), tuple(found)


def _millimetres(shape: shapely.Geometry, shift: int) -> tuple[list[list[Spots]], int]:
    """Rings of each part with rounded coordinates, and how many collapsed on the way."""
    parts: list[list[Spots]] = []
    dropped = 0
    for polygon in shapely.get_parts(shape):
        rings: list[Spots] = []
        for place, ring in enumerate(shapely.get_rings(polygon)):
            rounded = np.round(shapely.get_coordinates(ring) - (shift, 0), DECIMALS).tolist()
            spots = [tuple(spot) for spot, _ in groupby(rounded)][:-1]
            if len(set(spots)) >= _TRIANGLE:
                rings.append(spots)
                continue
            dropped += 1
            if not place:
                break
        if rings:
            parts.append(rings)
    return parts, dropped


def _points(parts: Sequence[Sequence[Spots]]) -> tuple[Point, ...]:
    points: list[Point] = []
    label = 0
    for rings in parts:
        for number, ring in enumerate(rings, start=1):
            named = [f"J{label + place}" for place in range(1, len(ring) + 1)]
            label += len(ring)
            for text, (east, north) in zip([*named, named[0]], [*ring, ring[0]], strict=True):
                points.append(Point(text, number, north, east, 0))
    return tuple(points)


def _area(parts: Sequence[Sequence[Spots]]) -> float:
    return planar_m2(shapely.MultiPolygon([(rings[0], rings[1:]) for rings in parts]))
