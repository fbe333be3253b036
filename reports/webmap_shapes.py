"""Shapes of the web map (地图图形): parks and parcels as GeoJSON, small enough for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping

from geodata.rollup import ancestors
from reports.places import park_names

if TYPE_CHECKING:
    from geodata.model import Dataset

DECIMALS = 6
"""Decimals of a degree kept: 0.1 m."""

TOLERANCE = 0.5 / 111_320
"""Half a metre in degrees of latitude; of longitude it is less."""


def park_shapes(data: Dataset) -> gpd.GeoSeries:
    """Shape of every park that has any, by `park_id`; a park with parts is their union.

    Args:
        data: the facts; parks in EPSG:4490.
    """
    own = data.parks.geometry
    parts: dict[str, list[shapely.Geometry]] = {}
    for park, chain in ancestors(data.parks).items():
        if data.parks.at[park, "is_leaf"] and _there(own[park]):
            for one in (park, *chain):
                parts.setdefault(one, []).append(own[park])
    found = {park: shapely.union_all(shapes) for park, shapes in parts.items()}
    found |= {park: own[park] for park in own.index if park not in found and _there(own[park])}
    return gpd.GeoSeries(found, crs=own.crs, index=pd.Index(sorted(found), name="park_id"))


def collection(shapes: gpd.GeoSeries) -> dict[str, Any]:
    """A GeoJSON collection, thinned by at most half a metre and rounded to 0.1 m.

    A feature bears its number in the series and nothing else: folium reads what it is given as
    a template, so text from people's files must not pass through it.

    Args:
        shapes: longitude and latitude; missing shapes are left out.
    """
    numbers = [number for number, shape in enumerate(shapes) if _there(shape)]
    drawn = shapes.iloc[numbers].to_numpy()
    thin = shapely.simplify(drawn, TOLERANCE, preserve_topology=True)
    flat = shapely.transform(shapely.force_2d(thin), lambda xy: np.round(xy, DECIMALS))
    features = [
        {"type": "Feature", "properties": {"n": number}, "geometry": mapping(shape)}
        for number, shape in zip(numbers, flat, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def label_points(shapes: gpd.GeoSeries) -> dict[str, list[float]]:
    """Park id → latitude and longitude of a point inside it (in its largest part)."""
    found: dict[str, list[float]] = {}
    for name, shape in shapes.items():
        parts = max(getattr(shape, "geoms", [shape]), key=lambda one: one.area)
        point = parts.representative_point()
        found[str(name)] = [round(point.y, DECIMALS), round(point.x, DECIMALS)]
    return found


def bounds(shapes: gpd.GeoSeries) -> dict[str, list[list[float]]]:
    """Park id → south-west and north-east corner, latitude first."""
    boxes = shapes.bounds.round(DECIMALS)
    return {
        str(name): [[one.miny, one.minx], [one.maxy, one.maxx]]
        for name, one in zip(boxes.index, boxes.itertuples(), strict=True)
    }


def own_or_above(data: Dataset, values: pd.Series) -> dict[str, tuple[str, Any]]:
    """Park → the nearest of itself and those it is part of that has a value, with that value."""
    found: dict[str, tuple[str, Any]] = {}
    for park, chain in ancestors(data.parks).items():
        holder = next((one for one in (park, *chain) if one in values.index), None)
        if holder is not None:
            found[park] = (holder, values[holder])
    return found


def full_names(data: Dataset) -> dict[str, str]:
    """Park id → name, a part with the name of its park before it."""
    own = park_names(data)
    return {
        park: " · ".join(own[one] for one in (*reversed(chain), park))
        for park, chain in ancestors(data.parks).items()
    }


def _there(shape: object) -> bool:
    return isinstance(shape, shapely.Geometry) and not shape.is_empty
