"""Parcels (宗地): several layers into one, with recorded and measured area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.errors import InputError
from geodata.fields import fields_of
from geodata.geometry import area_m2, mend
from geodata.issues import Issue, issue
from geodata.merge import place
from geodata.units import M2_PER_MU

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.model import Delivery

CRS = "EPSG:4490"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcels:
    """All parcels of the workspace.

    Attributes:
        parcels: GeoDataFrame (EPSG:4490) by `parcel_id`, sorted: attributes of `fields.csv`,
            `measured_area_mu`, `area_mu`, and `source` (file and layer).
        periods: columns `parcel_id, period`: the periods each parcel's layer holds for.
        issues: doubts found on the way.
    """

    parcels: gpd.GeoDataFrame
    periods: pd.DataFrame
    issues: tuple[Issue, ...]


def enrol(
    deliveries: Sequence[Delivery], *, basis: Literal["measured", "recorded"], tolerance: float
) -> Parcels:
    """Join parcel layers (already in EPSG:4490), repair shapes, and settle which area counts.

    `area_mu` is the area named by `basis`; where that one is unknown the other is used. A
    difference between both above the relative tolerance is reported.

    Raises:
        InputError: an identifier stands more than once, or there is no parcel at all.
    """
    found: list[Issue] = []
    frames = [_settled(one, found) for one in deliveries]
    if not any(len(frame) for frame in frames):
        raise InputError([issue("no-parcels")])
    joined = pd.concat([pd.DataFrame(frame) for frame in frames])
    counts = joined.index.value_counts()
    twice = counts[counts > 1].sort_index()
    if len(twice):
        raise InputError(
            issue(
                "duplicate-parcel",
                subject=name,
                count=count,
                **place(str(joined.loc[[name], "source"].iloc[0])),
            )
            for name, count in twice.items()
        )
    frame = gpd.GeoDataFrame(joined.sort_index(), geometry="geometry", crs=CRS)
    frame["measured_area_mu"] = area_m2(frame.geometry) / M2_PER_MU
    found += _differences(frame, tolerance)
    first, second = ("measured", "recorded") if basis == "measured" else ("recorded", "measured")
    frame["area_mu"] = frame[f"{first}_area_mu"].fillna(frame[f"{second}_area_mu"])
    held = [
        pd.DataFrame({"parcel_id": part.index, "period": period})
        for one, part in zip(deliveries, frames, strict=True)
        for period in one.periods
    ]
    periods = pd.concat(held).sort_values(["parcel_id", "period"], ignore_index=True)
    return Parcels(parcels=frame, periods=periods, issues=tuple(found))


def _settled(one: Delivery, found: list[Issue]) -> gpd.GeoDataFrame:
    """One layer by parcel id, every known attribute column there, shapes repaired."""
    frame = one.conformed.frame
    place = {"file": one.conformed.file, "sheet": one.conformed.sheet}
    if "geometry" not in frame:
        raise InputError([issue("layer-without-geometry", **place)])
    named = [name for name, field in fields_of("parcels").items() if field.role == "attribute"]
    table = pd.DataFrame(frame.drop(columns="geometry")).set_index("parcel_id")
    for name in named:
        if name not in table:
            kind = fields_of("parcels")[name].type
            table[name] = _unknown(kind, table.index)
    shapes = gpd.GeoSeries(frame.geometry.to_numpy(), index=table.index, crs=CRS)
    mended, doubts = mend(shapes, **place)
    found += doubts
    table = table[named].assign(source=f"{place['file']}!{place['sheet']}")
    return gpd.GeoDataFrame(table, geometry=mended, crs=CRS)


def _unknown(kind: str, index: pd.Index[str]) -> pd.Series[float]:
    dtype = {"number": "float64", "flag": "boolean", "date": "datetime64[s]"}.get(kind, "str")
    return pd.Series(None, index=index, dtype=dtype)


def _differences(frame: gpd.GeoDataFrame, tolerance: float) -> list[Issue]:
    recorded, measured = frame["recorded_area_mu"], frame["measured_area_mu"]
    share = (measured - recorded).abs() / recorded
    off = frame.index[np.asarray(share > tolerance)]
    return [
        issue(
            "area-differs",
            subject=name,
            **place(str(frame.at[name, "source"])),
            recorded=f"{recorded.at[name]:.2f}",
            measured=f"{measured.at[name]:.2f}",
            share=f"{share.at[name]:.1%}",
        )
        for name in off
    ]
