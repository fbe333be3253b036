"""Parks of the invented city (园区): street grids and approved boundaries on the map plane."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

from parkeval.demo.lists import generator, table

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Cell = tuple[int, int]

GEOGRAPHIC = "EPSG:4490"

_REACH = 1.8
"""Half width of a grid in radii of a disc with the park's area."""
_WAVE_M = 40.0
"""How far streets swing."""
_VERTICES = 80
"""Vertices that the boundary of a small park has at least, roughly."""
_LONGEST_M = 170.0
"""Longest side of a boundary before it is disturbed."""
_STREET_M = 6.0
"""Disturbance that stays within a street."""
_ACROSS_M = 42.0
"""Disturbance that cuts plots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One park without parts, on the plane of its layer (metres, zone-prefixed eastings).

    Attributes:
        facts: its entry in `city.toml`.
        crs: plane of its layer.
        corners: street crossings, (rows + 1) × (columns + 1) × 2.
        cells: blocks inside the boundary in the order in which the park grew.
        boundary: approved boundary.
    """

    facts: dict[str, Any]
    crs: str
    corners: Floats
    cells: tuple[Cell, ...]
    boundary: shapely.Polygon


def parks() -> list[dict[str, Any]]:
    """Entries of all parks, those with parts included, in the order of `city.toml`."""
    entries: list[dict[str, Any]] = table("city")["park"]
    return entries


def places() -> list[Place]:
    """All parks that have a boundary of their own."""
    return [_place(facts) for facts in parks() if "area_ha" in facts]


def quad(corners: Floats, cell: Cell) -> Floats:
    """Four corners of a block, counter-clockwise from its first crossing."""
    row, column = cell
    return np.array(
        [
            corners[row, column],
            corners[row, column + 1],
            corners[row + 1, column + 1],
            corners[row + 1, column],
        ]
    )


def _place(facts: dict[str, Any]) -> Place:
    crs = table("city")["layer"][facts["layer"]]["crs"]
    corners = _corners(facts, crs)
    cells = _grown(facts, corners)
    union = shapely.union_all(
        np.array([shapely.Polygon(quad(corners, cell)) for cell in cells], dtype=object)
    )
    return Place(
        facts=facts,
        crs=crs,
        corners=corners,
        cells=cells,
        boundary=_disturbed(shapely.Polygon(union.exterior), generator("outline", facts["id"])),
    )


def _corners(facts: dict[str, Any], crs: str) -> Floats:
    """Crossings of a turned, slightly wavy street grid around the park's centre."""
    rng = generator("streets", facts["id"])
    reach = _REACH * np.sqrt(facts["area_ha"] * 1e4 / np.pi)
    count = int(np.ceil(2 * reach / facts["block"]))
    steps = facts["block"] * rng.uniform(0.72, 1.28, (2, count))
    lines = np.hstack([np.zeros((2, 1)), steps.cumsum(axis=1)])
    lines -= lines[:, -1:] / 2
    u, v = np.meshgrid(lines[0], lines[1])
    phase = rng.uniform(0, 2 * np.pi, 2)
    x = u + _WAVE_M * np.sin(v / 500 + phase[0])
    y = v + _WAVE_M * np.sin(u / 430 + phase[1])
    angle = np.radians(facts["angle"])
    turned = [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)]
    centre = Transformer.from_crs(GEOGRAPHIC, crs, always_xy=True)
    east, north = centre.transform(facts["lon"], facts["lat"])
    centred: Floats = np.stack(turned, axis=-1) + np.array([round(east), round(north)])
    return np.round(centred, 3)


def _grown(facts: dict[str, Any], corners: Floats) -> tuple[Cell, ...]:
    """Blocks taken one after the other, nearest first, until the approved area is reached."""
    rng = generator("growth", facts["id"])
    rows, columns = corners.shape[0] - 1, corners.shape[1] - 1
    middle = (corners[:-1, :-1] + corners[1:, 1:]) / 2
    away = middle - corners.reshape(-1, 2).mean(axis=0)
    theta = np.arctan2(away[..., 1], away[..., 0])
    lobes = sum(
        rng.uniform(0.05, 0.24) * np.cos(k * theta + rng.uniform(0, 2 * np.pi)) for k in (1, 2, 3)
    )
    cost = np.hypot(away[..., 0], away[..., 1]) / (1 + lobes)
    cost *= rng.uniform(0.90, 1.10, cost.shape)
    start = (rows // 2, columns // 2)
    queue, seen, taken, area = [(0.0, start)], {start}, list[tuple[int, int]](), 0.0
    while area < facts["area_ha"] * 1e4:
        cell = heapq.heappop(queue)[1]
        taken.append(cell)
        area += shapely.Polygon(quad(corners, cell)).area
        row, column = cell
        for near in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            if near not in seen and 0 < near[0] < rows - 1 and 0 < near[1] < columns - 1:
                seen.add(near)
                heapq.heappush(queue, (float(cost[near]), near))
    return tuple(taken)


def _disturbed(outline: shapely.Polygon, rng: np.random.Generator) -> shapely.Polygon:
    """An outline that follows streets here and cuts across plots there."""
    longest = min(_LONGEST_M, outline.exterior.length / _VERTICES)
    ring = shapely.get_coordinates(shapely.segmentize(outline.exterior, longest))[:-1]
    along = np.arange(len(ring)) / len(ring)
    across = np.sin(2 * np.pi * (2 * along + rng.uniform())) > np.cos(0.5 * np.pi)
    reach = np.where(across, _ACROSS_M, _STREET_M)
    moves = rng.uniform(-1, 1, ring.shape) * reach[:, None]
    for scale in (1.0, 0.7, 0.4, 0.1):
        found = shapely.Polygon(np.round(ring + scale * moves, 3))
        if found.is_valid:
            return found
    raise AssertionError("a boundary cannot be drawn")
