"""Parks (园区): boundaries, levels, parts, and the figures stated for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geodata.errors import InputError
from geodata.fields import fields_of
from geodata.geometry import mend
from geodata.issues import Issue, issue
from geodata.merge import Layer, merge, one_per_subject
from geodata.model import Amounts, Conformed, Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.model import Delivery

CRS = "EPSG:4490"

_KEYS = ["park_id", "geometry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parks:
    """All parks with what was stated for them; frames as in `geodata.model.Dataset`.

    Attributes:
        parks: GeoDataFrame by `park_id`, with `is_leaf`.
        attributes: period → attributes stated for that period.
        amounts: figures stated for parks, by (kind, period, scope).
        issues: doubts found on the way.
    """

    parks: gpd.GeoDataFrame
    attributes: Mapping[str, pd.DataFrame]
    amounts: Mapping[Key, Amounts]
    issues: tuple[Issue, ...]


def enrol(deliveries: Sequence[Delivery]) -> Parks:
    """Join the park layers and park tables into one register of parks.

    Rows are recognised by `park_id`, or by a name that belongs to exactly one park. Layers are in
    EPSG:4490. Where two deliveries state the same thing differently, the earlier one in workspace
    order holds and the other is reported.

    Raises:
        InputError: duplicate identifiers in a layer, unknown parents, a parent cycle, no park.
    """
    found: list[Issue] = []
    ids = _identifiers(deliveries, found)
    stated = [(one, _ids(one, ids, found)) for one in deliveries]
    layers = [(one, _layer(one.conformed, rows, found)) for one, rows in stated]
    index = pd.Index(sorted(set(ids.values())), name="park_id", dtype="str")
    roles = {name: one.role for name, one in fields_of("parks").items()}
    named = [name for name, role in roles.items() if role == "attribute"]
    merged = merge([layer for _, layer in layers], named, index=index)
    frame = merged.values
    _check_parents(frame["parent_id"], found)
    frame["is_leaf"] = ~index.isin(frame["parent_id"].dropna())
    geometry = _boundaries(stated, index, found)
    found += [
        issue("park-without-boundary", subject=park, name=str(frame["park_name"].get(park, "")))
        for park in index[frame["is_leaf"] & geometry.isna()]
    ]
    severe = [one for one in found if one.severity == "severe"]
    if severe:
        raise InputError(severe)
    measured = [name for name, role in roles.items() if role == "amount"]
    amounts, doubts = _amounts(layers, measured, index)
    return Parks(
        parks=gpd.GeoDataFrame(frame, geometry=geometry, crs=CRS),
        attributes=_attributes(layers, named, index),
        amounts=amounts,
        issues=(*found, *merged.issues, *doubts),
    )


def _identifiers(deliveries: Sequence[Delivery], found: list[Issue]) -> dict[str, str]:
    """Identifier or name → identifier; names that belong to two parks are left out."""
    meanings: dict[str, set[str]] = {}
    for one in deliveries:
        frame = one.conformed.frame
        if "park_id" not in frame:
            continue
        known = frame["park_id"].dropna()
        if "geometry" in frame:
            place = {"file": one.conformed.file, "sheet": one.conformed.sheet}
            counts = known.value_counts().sort_index()
            found += [
                issue("duplicate-park", subject=name, count=count, **place)
                for name, count in counts[counts > 1].items()
            ]
        for name in known:
            meanings.setdefault(name, set()).add(name)
        if "park_name" in frame:
            for park, name in frame[["park_id", "park_name"]].dropna().itertuples(index=False):
                meanings.setdefault(name, set()).add(park)
    if not meanings:
        raise InputError([issue("no-parks"), *found])
    return {name: next(iter(ids)) for name, ids in meanings.items() if len(ids) == 1}


def _ids(one: Delivery, ids: Mapping[str, str], found: list[Issue]) -> pd.Series[str]:
    """Park of each row by identifier, else by name; rows of no known park are reported."""
    frame, cells = one.conformed.frame, one.conformed.cells
    empty = pd.Series(pd.NA, index=frame.index, dtype="str")
    by_id, name = frame.get("park_id", empty), frame.get("park_name", empty)
    park = by_id.where(by_id.notna(), name.map(ids.get, na_action="ignore")).rename("park_id")
    place = {"file": one.conformed.file, "sheet": one.conformed.sheet}
    for row in park.index[park.isna()]:
        cell = str(cells["park_name"][row]) if "park_name" in cells else ""
        found.append(issue("park-unknown", value=str(name[row]), cell=cell, **place))
    return park


def _layer(table: Conformed, ids: pd.Series[str], found: list[Issue]) -> Layer:
    """What a table states, one row per park."""
    plain = pd.DataFrame(table.frame.drop(columns=_KEYS, errors="ignore"))
    cells = table.cells[list(plain.columns)]
    bare = Conformed(file=table.file, sheet=table.sheet, frame=plain, cells=cells, issues=())
    layer, doubts = one_per_subject(bare, ids)
    found += doubts
    return layer


def _check_parents(parent: pd.Series[str], found: list[Issue]) -> None:
    """Every parent is a park, and nobody is its own ancestor."""
    above = parent.dropna().to_dict()
    for park, first in above.items():
        if first not in parent.index:
            found.append(issue("park-parent-missing", subject=park, parent=first))
        seen, here = {park}, first
        while here in above and here not in seen:
            seen.add(here)
            here = above[here]
        if here == park:
            found.append(issue("park-parent-cycle", subject=park, parent=first))


def _boundaries(
    stated: Sequence[tuple[Delivery, pd.Series[str]]], index: pd.Index[str], found: list[Issue]
) -> gpd.GeoSeries:
    """Repaired boundary of each park from the first layer that has one."""
    shapes: dict[str, object] = {}
    for one, ids in stated:
        if "geometry" not in one.conformed.frame:
            continue
        known = ids.dropna()
        drawn = one.conformed.frame["geometry"].loc[known.index]
        layer = gpd.GeoSeries(drawn.to_numpy(), index=pd.Index(known), crs=CRS)
        mended, doubts = mend(
            layer[layer.notna()], file=one.conformed.file, sheet=one.conformed.sheet
        )
        found += doubts
        for park, shape in mended.dropna().items():
            shapes.setdefault(str(park), shape)
    return gpd.GeoSeries([shapes.get(park) for park in index], index=index, crs=CRS)


def _attributes(
    layers: Sequence[tuple[Delivery, Layer]], named: Sequence[str], index: pd.Index[str]
) -> dict[str, pd.DataFrame]:
    """Attributes by period, from the deliveries that hold for it."""
    periods = sorted({period for one, _ in layers for period in one.periods})
    result: dict[str, pd.DataFrame] = {}
    for period in periods:
        here = [layer for one, layer in layers if period in one.periods]
        known = [name for name in named if any(name in layer.values for layer in here)]
        result[period] = merge(here, known, index=index).values
    return result


def _amounts(
    layers: Sequence[tuple[Delivery, Layer]], measured: Sequence[str], index: pd.Index[str]
) -> tuple[dict[Key, Amounts], list[Issue]]:
    """Stated figures by period and scope."""
    keys = sorted({Key("park", period, one.scope) for one, _ in layers for period in one.periods})
    amounts: dict[Key, Amounts] = {}
    doubts: list[Issue] = []
    for key in keys:
        here = [
            layer for one, layer in layers if key.period in one.periods and key.scope == one.scope
        ]
        known = [name for name in sorted(measured) if any(name in one.values for one in here)]
        if known:
            merged = merge(here, known, index=index)
            amounts[key] = Amounts(values=merged.values, cells=merged.cells)
            doubts += merged.issues
    return amounts, doubts
