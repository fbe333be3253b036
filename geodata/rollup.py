"""Roll amounts up to parks (归集): an enterprise in several places counts by the land it has there.

Apportioning by occupied area is a modelling choice; whatever is shown of a park should say so.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.errors import InputError
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd

SHARES = ("period", "enterprise_id", "place", "park_id", "share")
"""Columns of the shares of enterprises in places."""

_TOLERANCE_MU = 1e-6
"""Land below this is rounding, not land."""

_SLIVER = 1e-9
"""Part of a parcel below this is rounding."""


def occupied_area(occupancy: pd.DataFrame, period: str) -> pd.Series[float]:
    """Land that each enterprise occupies, in mu: own + rented − let out.

    Zero for those that let out all they have; enterprises without any land are not in it.
    """
    rows = occupancy[occupancy["period"] == period]
    net = {name: fsum(areas) for name, areas in rows.groupby("enterprise_id", sort=True)["area_mu"]}
    index = pd.Index(list(net), name="enterprise_id", dtype="str")
    area = pd.Series(list(net.values()), index=index, name="occupied_area_mu", dtype="float64")
    return area.mask(area.abs() <= _TOLERANCE_MU, 0.0)


def shares(
    occupancy: pd.DataFrame,
    parcels: gpd.GeoDataFrame,
    locations: pd.DataFrame,
    enterprises: pd.DataFrame,
    *,
    periods: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Where the amounts of each enterprise belong, by the land it occupies there.

    Land on a parcel counts in parks as the parcel does, and `outside` for the rest; land on a
    parcel without a usable shape is `unlinked`, because nobody knows where it lies. Who lets
    out all its land is placed by the land it owns (or, owning none, by what it rents and
    sublets). Who has no land at all is `unlinked` with share 1.

    Args:
        occupancy: as in `Dataset`.
        parcels: index `parcel_id`; `area_mu` and geometry (none where unusable).
        locations: columns `parcel_id, park_id, area_mu`; leaf parks only. Where leaf parks
            overlap, the parcel's parts are scaled down to the whole parcel.
        enterprises: index `enterprise_id`: everybody, with or without land.
        periods: periods wanted, by default those of the occupancy.

    Returns:
        Columns `SHARES`, sorted; `park_id` is empty outside parks. The shares of an enterprise
        in a period add up to 1.
    """
    wanted = sorted(set(occupancy["period"]) if periods is None else set(periods))
    spread = _weights(occupancy).merge(_places(parcels, locations), on="parcel_id")
    spread["weight"] = spread["area_mu"] * spread["fraction"]
    keys = list(SHARES[:-1])
    spread = spread.sort_values([*keys, "parcel_id"])
    weights = spread.groupby(keys, sort=True)["weight"].sum().reset_index()
    weights = weights[(weights["weight"] > 0) & weights["period"].isin(wanted)]
    placed = _normalised(weights.reset_index(drop=True))
    everyone = pd.MultiIndex.from_product([wanted, enterprises.index], names=keys[:2])
    landless = everyone.difference(pd.MultiIndex.from_frame(placed[keys[:2]]))
    rest = landless.to_frame(index=False).assign(place="unlinked", park_id="", share=1.0)
    frame = pd.concat([placed, rest]) if len(rest) else placed
    frame = frame.sort_values(keys, ignore_index=True)[list(SHARES)]
    return frame.astype(dict.fromkeys(keys, "str") | {"share": "float64"})


def with_parents(frame: pd.DataFrame, parks: pd.DataFrame) -> pd.DataFrame:
    """Add a row for every park with parts: the sum of its leaf parks, at every level.

    Args:
        frame: rows of leaf parks only, named by the index `park_id` (columns are summed,
            unknown skipped, all unknown stays unknown) or by a column `park_id` (numbers are
            summed within each combination of the other columns; an empty `park_id` is no park).
        parks: index `park_id`, with `parent_id`.

    Raises:
        InputError: a parent that is no park, or parks that are their own ancestors.
    """
    above = ancestors(parks)
    long = "park_id" in frame
    rows = frame if long else frame.rename_axis("park_id").reset_index()
    grouped = {name for chain in above.values() for name in chain}
    mixed = sorted(grouped.intersection(rows["park_id"]))
    if mixed:
        raise ValueError(f"only leaf parks are summed, not {mixed}")
    pairs = [(leaf, name) for leaf, chain in above.items() for name in chain]
    step = pd.DataFrame(pairs, columns=["park_id", "ancestor"], dtype="str")
    upper = rows.merge(step, on="park_id").sort_values(["ancestor", "park_id"], kind="stable")
    upper["park_id"] = upper.pop("ancestor")
    keys = [str(name) for name in rows if not pd.api.types.is_float_dtype(rows[name])]
    keys = keys if long else ["park_id"]
    summed = upper.groupby(keys, sort=True, dropna=False).sum(min_count=1).reset_index()
    both = pd.concat([rows, summed[list(rows)]]) if len(summed) else rows
    both = both.sort_values(keys, ignore_index=True)
    return both if long else both.set_index("park_id")


def ancestors(parks: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Park → the parks it is part of, nearest first.

    Raises:
        InputError: a parent that is no park, or parks that are their own ancestors.
    """
    parent = {
        str(park): str(above)
        for park, above in parks["parent_id"].sort_index().items()
        if pd.notna(above) and above != ""
    }
    problems = list(_parent_problems(parent, set(parks.index)))
    if problems:
        raise InputError(problems)
    return {str(park): tuple(_climb(str(park), parent)) for park in sorted(parks.index)}


def roll_up(values: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Amounts of parks: Σ amount of the enterprise × its share in the park.

    Unknown amounts are skipped; a park where all are unknown stays unknown.

    Args:
        values: index `enterprise_id`, one column per amount.
        shares: of one period; rows of the place `park` are used.

    Returns:
        Index `park_id` (sorted; parks that some enterprise of `values` has a share in), same
        columns as `values`.
    """
    rows = _one_period(shares)
    rows = rows[(rows["place"] == "park") & rows["enterprise_id"].isin(values.index)]
    rows = rows.sort_values(["park_id", "enterprise_id"])
    sums = {
        park: _sums(values.loc[some["enterprise_id"]], some["share"].to_numpy())
        for park, some in rows.groupby("park_id", sort=True)
    }
    index = pd.Index(list(sums), name="park_id", dtype="str")
    frame = pd.DataFrame(list(sums.values()), columns=values.columns, dtype="float64")
    return frame.set_axis(index)


def ledger(values: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Prove that nothing was lost: every total against what lies in parks and elsewhere.

    Args:
        values: index `enterprise_id`, one column per amount.
        shares: of one period, leaf parks only.

    Returns:
        Columns `amount, total, in_parks, outside, unlinked, difference`, one row per column of
        `values` with any known value.
    """
    rows = _one_period(shares)
    rows = rows[rows["enterprise_id"].isin(values.index)]
    rows = rows.sort_values(["enterprise_id", "place", "park_id"])
    places = ("park", "outside", "unlinked")
    parts = []
    for place in places:
        some = rows[rows["place"] == place]
        parts.append(_sums(values.loc[some["enterprise_id"]], some["share"].to_numpy()))
    whole = _sums(values.sort_index(), np.ones(len(values)))
    lines = []
    for column, name in enumerate(values.columns):
        if np.isnan(whole[column]):
            continue
        here = [0.0 if np.isnan(part[column]) else part[column] for part in parts]
        difference = fsum([whole[column], *(-one for one in here)])
        lines.append((name, whole[column], *here, difference))
    columns = ["amount", "total", "in_parks", "outside", "unlinked", "difference"]
    types = dict.fromkeys(columns[1:], "float64") | {"amount": "str"}
    return pd.DataFrame(lines, columns=columns).astype(types)


def _weights(occupancy: pd.DataFrame) -> pd.DataFrame:
    """Positive area per period, enterprise and parcel by which an enterprise is placed."""
    keys = ["period", "enterprise_id", "parcel_id"]
    rows = occupancy.sort_values([*keys, "role", "area_mu"])
    net = rows.groupby(keys)["area_mu"].sum()
    whole = net.groupby(level=keys[:2]).transform("sum")
    placed = net[whole > _TOLERANCE_MU]
    for role in ("own", "rent"):
        gross = rows[rows["role"] == role].groupby(keys)["area_mu"].sum()
        done = _firms(gross).isin(_firms(placed))
        placed = pd.concat([placed, gross[~done]]) if not done.all() else placed
    frame = placed.reset_index()
    return frame[frame["area_mu"] > _TOLERANCE_MU]


def _firms(areas: pd.Series[float]) -> pd.MultiIndex:
    """Period and enterprise of each row."""
    return pd.MultiIndex.from_frame(areas.index.to_frame()[["period", "enterprise_id"]])


def _places(parcels: gpd.GeoDataFrame, locations: pd.DataFrame) -> pd.DataFrame:
    """Fractions of each parcel by place, adding up to 1: parks, and the rest."""
    inside = locations.sort_values(["parcel_id", "park_id"])[["parcel_id", "park_id", "area_mu"]]
    area = parcels["area_mu"].reindex(inside["parcel_id"]).to_numpy()
    inside = inside.assign(place="park", fraction=inside["area_mu"] / area)
    covered = inside.groupby("parcel_id")["fraction"].sum()
    covered = covered.reindex(parcels.index, fill_value=0.0)
    full = covered.where(covered > 1 - _SLIVER, 1.0)
    inside["fraction"] /= full.reindex(inside["parcel_id"]).to_numpy()
    shapeless = (parcels.geometry.isna() | parcels.geometry.is_empty).to_numpy()
    rest = pd.DataFrame(
        {
            "parcel_id": parcels.index,
            "park_id": "",
            "place": np.where(shapeless, "unlinked", "outside"),
            "fraction": (1 - covered).to_numpy(),
        }
    )
    rest = rest[(covered <= 1 - _SLIVER).to_numpy()]
    columns = ["parcel_id", "place", "park_id", "fraction"]
    return pd.concat([inside[columns], rest[columns]]) if len(inside) else rest[columns]


def _normalised(weights: pd.DataFrame) -> pd.DataFrame:
    """Shares from weights; what rounding leaves over goes to the largest of each enterprise."""
    firm = [weights["period"], weights["enterprise_id"]]
    share = weights["weight"] / weights["weight"].groupby(firm).transform("sum")
    left = 1 - share.groupby(firm).transform("sum")
    largest = share.groupby(firm).idxmax().to_numpy()
    share.loc[largest] += left.loc[largest]
    return weights.drop(columns="weight").assign(share=share)


def _parent_problems(parent: Mapping[str, str], parks: set[str]) -> Iterator[Issue]:
    for park, above in parent.items():
        if above not in parks:
            yield issue("park-parent-missing", subject=park, parent=above)
        elif park in _climb(park, parent):
            yield issue("park-parent-cycle", subject=park, parent=above)


def _climb(park: str, parent: Mapping[str, str]) -> list[str]:
    """Parks above one, nearest first, until there is none or one comes again."""
    chain: list[str] = []
    here = parent.get(park)
    while here is not None and here not in chain:
        chain.append(here)
        here = parent.get(here)
    return chain


def _one_period(shares: pd.DataFrame) -> pd.DataFrame:
    if len(set(shares["period"])) > 1:
        raise ValueError("shares of one period are wanted")
    return shares


def _sums(values: pd.DataFrame, weights: np.ndarray[Any, Any]) -> list[float]:
    """Weighted sum of each column, unknown skipped, NaN where nothing is known."""
    products = values.to_numpy(dtype="float64") * weights[:, None]
    known = ~np.isnan(products)
    return [
        fsum(products[known[:, column], column]) if known[:, column].any() else np.nan
        for column in range(products.shape[1])
    ]
