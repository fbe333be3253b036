"""Layers of the invented land bureau (图层): boundaries in gpkg, parcels in gpkg and shp."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import Transformer

from geodata.units import M2_PER_MU
from parkeval.demo.firms import agencies
from parkeval.demo.land import DATES
from parkeval.demo.lists import city, generator, table
from parkeval.demo.places import GEOGRAPHIC, parks
from parkeval.demo.records import aliased, written
from parkeval.demo.tenure import AGENCY, NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from parkeval.demo.places import Place
    from parkeval.demo.town import Town

_DEGREES = 9
"""Decimals of a boundary's degrees: a tenth of a millimetre."""
_COMPANIONS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def write_layers(directory: Path, places: Sequence[Place], town: Town) -> None:
    """Write every layer; files that are already there are replaced."""
    frame = _attributes(town)
    shapes = _crossed(town.parcels["shape"].to_numpy(), town.parcels)
    with _dated():
        _write_parks(directory, places)
        for name, layer in table("city")["layer"].items():
            path = directory / layer["file"]
            _cleared(path)
            for sheet, rows in _sheets(name, town.parcels).items():
                _write(path, sheet, _drawn(frame.loc[rows], shapes[rows], layer["crs"], name))


@contextmanager
def _dated() -> Iterator[None]:
    """GDAL writes the day of delivery instead of today's date."""
    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: f"{city()['delivered_on']}T08:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _cleared(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [path.with_suffix(one) for one in _COMPANIONS] if path.suffix == ".shp" else [path]
    for one in names:
        one.unlink(missing_ok=True)


def _write_parks(directory: Path, places: Sequence[Place]) -> None:
    """Boundaries in degrees; a park with parts has a row and no boundary."""
    style = table("layers")["parks"]
    drawn = {place.facts["id"]: _in_degrees(place) for place in places}
    areas = {place.facts["id"]: place.boundary.area / 1e4 for place in places}
    rows = []
    for facts in parks():
        parts = [one["id"] for one in parks() if facts["id"] in {one["id"], one.get("parent")}]
        area = sum(areas.get(part, 0.0) for part in parts)
        own = {"leading": "、".join(facts["leading"]), "area_ha": round(area, 2)}
        row: dict[str, Any] = {**facts, **own, "example": style["example"]}
        rows.append({header: row.get(key) for header, key in style["columns"]})
    shapes = [drawn.get(facts["id"]) for facts in parks()]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=GEOGRAPHIC)
    path = directory / style["file"]
    _cleared(path)
    pyogrio.write_dataframe(frame, path, layer=style["layer"], geometry_type="Polygon")


def _in_degrees(place: Place) -> shapely.Polygon:
    """A boundary in longitude and latitude."""
    moved = Transformer.from_crs(place.crs, GEOGRAPHIC, always_xy=True)
    ring = shapely.get_coordinates(place.boundary.exterior)
    degrees = np.column_stack(moved.transform(ring[:, 0], ring[:, 1]))
    return shapely.Polygon(np.round(degrees, _DEGREES))


def _sheets(name: str, parcels: pd.DataFrame) -> dict[str, pd.Index[int]]:
    """Rows of each layer of a file."""
    sheets: dict[str, list[str]] = {}
    for facts in parks():
        if facts.get("layer") == name:
            sheets.setdefault(facts["sheet"], []).append(facts["id"])
    return {sheet: parcels.index[parcels["park"].isin(some)] for sheet, some in sheets.items()}


def _attributes(town: Town) -> pd.DataFrame:
    """What the land bureau has on file, before a layer's own words."""
    frame = town.parcels.drop(columns="shape")
    facts = {one["id"]: one for one in parks()}
    layers = frame["park"].map({name: one.get("layer") for name, one in facts.items()})
    frame["holder_code"], frame["holder_name"] = _holders(town, layers)
    codes = table("names")["land"]
    systems = frame["park"].map({name: one.get("codes", "national") for name, one in facts.items()})
    pairs = [codes[one][use] for one, use in zip(systems, frame["use"], strict=True)]
    frame["use_code"] = [code for code, _ in pairs]
    frame["use_name"] = [name for _, name in pairs]
    rng = generator("seats")
    streets = table("names")["seat"]["streets"]
    drawn = rng.integers(0, len(streets), len(frame)).tolist()
    numbers = rng.integers(1, 400, len(frame)).tolist()
    frame["seat"] = [
        f"{county}{streets[at]}{number}号"
        for county, at, number in zip(frame["county"], drawn, numbers, strict=True)
    ]
    frame["recorded_m2"] = np.round(frame["recorded_mu"] * M2_PER_MU, 2)
    frame["holder_name"] = frame["holder_name"].where(frame["holder_name"] != "", None)
    frame["holder_code"] = frame["holder_code"].where(frame["holder_code"] != "", None)
    return frame


def _holders(town: Town, layers: pd.Series[str]) -> tuple[list[str], list[str]]:
    """Code and name of each holder as that layer writes them, empty where nobody holds."""
    holders = town.tenure.holders
    counties = town.parcels["county"].loc[holders == AGENCY].tolist()
    authorities = iter(agencies(len(counties), counties))
    by_layer = {}
    for name in table("city")["layer"]:
        style = {**table("layers")[name], "id": f"layer {name}", "old_names": True}
        style["short_names"] = aliased(town.firms)
        by_layer[name] = written(style, town.firms)
    codes, names = [], []
    for holder, layer in zip(holders.tolist(), layers, strict=True):
        if holder >= 0:
            codes.append(by_layer[layer][0][holder])
            names.append(by_layer[layer][1][holder])
        else:
            codes.append("")
            names.append("" if holder == NOBODY else next(authorities))
    return codes, names


def _crossed(shapes: np.ndarray, parcels: pd.DataFrame) -> np.ndarray:
    """A few polygons whose boundary crosses itself, as badly drawn files have them."""
    rng = generator("bow ties")
    plain = (shapely.get_num_coordinates(shapes) == 5) & parcels["use"].eq("industry").to_numpy()
    plain &= ~parcels["workshop"].to_numpy() & parcels["within"].eq(1).to_numpy()
    found = shapes.copy()
    for row in rng.choice(np.flatnonzero(plain), city()["bow_ties"], replace=False).tolist():
        one, two, three, four = shapely.get_coordinates(shapes[row])[:4]
        found[row] = shapely.Polygon([one, three, two, four])
    return found


def _drawn(frame: pd.DataFrame, shapes: np.ndarray, crs: str, name: str) -> gpd.GeoDataFrame:
    """One layer in its own words."""
    style = table("layers")[name]
    words = table("books")["words"]
    own = frame.assign(
        supply=frame["supply"].map(style["supply"]),
        build=frame["build"].map(style["build"]),
        standard=np.where(frame["standard"], words["yes"], words["no"]),
    )
    for day in DATES:
        own[day] = _dates(own[day], style["dates"])
    columns = {header: own[key] for header, key in style["columns"]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def _dates(days: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Dates as a date column, or as text."""
    if kind == "text":
        written: pd.Series[Any] = days.dt.strftime("%Y-%m-%d").where(days.notna(), None)
        return written
    dates: pd.Series[Any] = days.dt.date.where(days.notna(), None)
    return dates


def _write(path: Path, sheet: str, frame: gpd.GeoDataFrame) -> None:
    """Write a layer of a gpkg, or a shp whose encoding nothing tells."""
    if path.suffix == ".gpkg":
        pyogrio.write_dataframe(frame, path, layer=sheet, geometry_type="Polygon")
        return
    options: Mapping[str, str] = {"DBF_DATE_LAST_UPDATE": city()["delivered_on"]}
    pyogrio.write_dataframe(
        frame,
        path,
        driver="ESRI Shapefile",
        encoding=table("layers")["shape"]["encoding"],
        geometry_type="Polygon",
        layer_options=dict(options),
    )
    path.with_suffix(".cpg").unlink(missing_ok=True)
