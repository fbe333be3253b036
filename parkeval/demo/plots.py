"""Plots of the invented city (地块): blocks between streets, cut into plots by straight lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from parkeval.demo.lists import city, generator
from parkeval.demo.places import quad

if TYPE_CHECKING:
    import numpy.typing as npt

    from parkeval.demo.places import Cell, Floats, Place

_HALF_STREET_M = (8.0, 12.0)
_SHORTEST_M = 42.0
"""A plot whose longer side is shorter than twice this is not cut again."""
_CHAMFER_M = 7.0
"""Street corners are cut off this far from the corner (街角切角)."""
_NOTCHED = 0.07
"""Share of plots of which a neighbour's corner is cut out (L-shaped plots)."""
_WITHIN = 0.97
"""Share of a plot inside the boundary from which the plot counts as inside."""
_OUT = 0.03


class _Box(NamedTuple):
    """A rectangle in a block's own coordinates, both from 0 to 1."""

    left: float
    right: float
    low: float
    high: float

    def ring(self) -> list[tuple[float, float]]:
        return [
            (self.left, self.low),
            (self.right, self.low),
            (self.right, self.high),
            (self.left, self.high),
        ]


def plots(place: Place) -> pd.DataFrame:
    """Plots of a park and of the blocks around it.

    Returns:
        Columns `shape` (on the place's plane), `order` (0 in the oldest block, 1 in the
        youngest, more outside), `block`, `area_m2` on the plane, `within` (share of the area
        inside the boundary).
    """
    rng = generator("plots", place.facts["id"])
    open_blocks = rng.uniform(size=len(place.cells)) >= place.facts["void"]
    blocks = [
        (cell, rank / len(place.cells))
        for rank, cell in enumerate(place.cells)
        if open_blocks[rank] or rank < len(place.cells) // 4
    ]
    blocks += [(cell, 1.2) for cell in _around(place, rng)]
    rows = [
        (ring, order, block)
        for block, (cell, order) in enumerate(blocks)
        for ring in _block(quad(place.corners, cell), place.facts["plot_ha"] * 1e4, rng)
    ]
    frame = pd.DataFrame(rows, columns=["shape", "order", "block"])
    shapes = frame["shape"].to_numpy()
    frame["area_m2"] = shapely.area(shapes)
    inside = shapely.area(shapely.intersection(shapes, place.boundary))
    frame["within"] = (inside / frame["area_m2"]).clip(0, 1)
    return _kept(frame, rng)


def _around(place: Place, rng: np.random.Generator) -> list[Cell]:
    """Some of the blocks next to the boundary."""
    rows, columns = place.corners.shape[0] - 1, place.corners.shape[1] - 1
    taken = set(place.cells)
    steps = ((1, 0), (-1, 0), (0, 1), (0, -1))
    near = sorted({(row + i, column + j) for row, column in taken for i, j in steps} - taken)
    near = [cell for cell in near if 0 <= cell[0] < rows and 0 <= cell[1] < columns]
    chosen = rng.uniform(size=len(near)) < city()["outside_kept"]
    return [cell for cell, yes in zip(near, chosen.tolist(), strict=True) if yes]


def _kept(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """All plots inside, some of those across the boundary, the outer blocks' plots outside."""
    crossing = frame["within"].between(_OUT, _WITHIN, inclusive="neither")
    outer = (frame["order"] > 1) & (rng.uniform(size=len(frame)) < city()["outside_kept"] + 0.2)
    lucky = rng.uniform(size=len(frame)) < city()["straddling_kept"]
    keep = (frame["within"] >= _WITHIN) | (crossing & lucky) | (frame["within"].le(_OUT) & outer)
    kept: pd.DataFrame = frame[keep]
    return kept.reset_index(drop=True)


def _block(corners: Floats, largest: float, rng: np.random.Generator) -> list[shapely.Polygon]:
    """Plots of one block: its rectangle cut in two until the pieces are small enough."""
    wide = (_length(corners[0], corners[1]) + _length(corners[3], corners[2])) / 2
    high = (_length(corners[0], corners[3]) + _length(corners[1], corners[2])) / 2
    half = rng.uniform(*_HALF_STREET_M, 2) / [wide, high]
    whole = _Box(half[0], 1 - half[0], half[1], 1 - half[1])
    rings: list[list[tuple[float, float]]] = []
    todo = [whole]
    while todo:
        box = todo.pop()
        size = np.array([(box.right - box.left) * wide, (box.high - box.low) * high])
        cap = largest * np.exp(rng.normal(0, 0.40))
        if size.prod() <= cap or size.max() < 2 * _SHORTEST_M:
            rings += _finished(box, size, rng)
        else:
            todo += _cut(box, size, rng)
    cuts = np.array([_CHAMFER_M / wide, _CHAMFER_M / high])
    return [_drawn(_chamfered(ring, whole, cuts), corners) for ring in rings]


def _cut(box: _Box, size: Floats, rng: np.random.Generator) -> list[_Box]:
    part = rng.uniform(0.36, 0.64)
    if size[0] >= size[1]:
        at = box.left + part * (box.right - box.left)
        return [box._replace(right=at), box._replace(left=at)]
    at = box.low + part * (box.high - box.low)
    return [box._replace(high=at), box._replace(low=at)]


def _finished(box: _Box, size: Floats, rng: np.random.Generator) -> list[list[tuple[float, float]]]:
    """A plot, or an L-shaped one with the small plot cut out of its corner."""
    if rng.uniform() >= _NOTCHED or size.min() < 2 * _SHORTEST_M:
        return [box.ring()]
    x = box.left + rng.uniform(0.5, 0.65) * (box.right - box.left)
    y = box.low + rng.uniform(0.5, 0.65) * (box.high - box.low)
    rest = [
        (box.left, box.low),
        (box.right, box.low),
        (box.right, y),
        (x, y),
        (x, box.high),
        (box.left, box.high),
    ]
    return [rest, _Box(x, box.right, y, box.high).ring()]


def _chamfered(
    ring: list[tuple[float, float]], block: _Box, cuts: Floats
) -> list[tuple[float, float]]:
    """The ring with the corners that lie on a street corner cut off."""
    found: list[tuple[float, float]] = []
    for at, corner in enumerate(ring):
        if corner[0] not in {block.left, block.right} or corner[1] not in {block.low, block.high}:
            found.append(corner)
            continue
        for near in (ring[at - 1], ring[(at + 1) % len(ring)]):
            step = np.sign(np.subtract(near, corner)) * cuts
            found.append((corner[0] + step[0], corner[1] + step[1]))
    return found


def _drawn(ring: list[tuple[float, float]], corners: Floats) -> shapely.Polygon:
    """A ring of the block on the plane; lines along the block's sides stay straight."""
    s, t = np.array(ring).T[:, :, None]
    points = (
        (1 - s) * (1 - t) * corners[0]
        + s * (1 - t) * corners[1]
        + s * t * corners[2]
        + (1 - s) * t * corners[3]
    )
    return shapely.Polygon(np.round(points, 3))


def _length(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    return float(np.hypot(*(other - one)))
