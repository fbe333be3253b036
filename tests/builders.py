"""Round numbers for tests: a 100 m square is one hectare, 15 亩."""

from __future__ import annotations

import geopandas as gpd
import shapely

ZONE = "EPSG:4525"
"""CGCS2000 3-degree zone 37, zone-prefixed eastings; metres on the plane."""

EAST, NORTH = 37_550_000.0, 3_165_000.0
"""Corner of the grid, near 111.5°E 28.6°N."""


def square(col: float, row: float, *, wide: float = 1, high: float = 1) -> shapely.Polygon:
    """A rectangle of `wide` × `high` hectares at a place of the 100 m grid."""
    x, y = EAST + col * 100, NORTH + row * 100
    return shapely.box(x, y, x + wide * 100, y + high * 100)


def layer(rows: list[dict[str, object]], *, crs: str | None = ZONE) -> gpd.GeoDataFrame:
    """A layer from records that each hold a `geometry`."""
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)
