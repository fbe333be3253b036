"""From a Dataset to the subjects of a standard (评价对象): attributes, amounts, members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.fields import fields
from geodata.rollup import ancestors, occupied_area, with_parents
from indicators.catalog import catalog
from indicators.derive import Crowd, derive
from indicators.model import Members, Subjects
from indicators.screen import FLAGS, decidable, screen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geodata.model import Dataset, Key
    from indicators.rules import DerivedAmount, Kind

LAND = "land_area_mu"
"""Field id of the land that a subject occupies."""

PROMISE = "agreed_tax_10k_yuan"
"""Parcel amount made here: agreed tax per mu × area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What was asked for."""

    dataset: Dataset
    period: str
    scopes: Mapping[str, str]
    grades: Mapping[str, pd.Series]
    derived: tuple[DerivedAmount, ...]


def gather(
    dataset: Dataset,
    kind: str,
    period: str,
    *,
    scope: str | Mapping[str, str],
    grades: Mapping[str, pd.Series],
    amounts: Sequence[DerivedAmount] = (),
) -> Subjects | None:
    """Collect the subjects of one kind at one period, with everything a standard may ask.

    Enterprises: every enterprise that anything of the period mentions. Land is what the
    enterprise occupies; a stated figure serves where no land could be linked.

    Parks: the park's own figures stand; a figure that only its parts state is their sum, when
    all of them have it; everything else is rolled up from the members by their share of land,
    unknown amounts skipped. Derived amounts of the catalogue, and those given, are added.

    Parcels: their sizes and own amounts, and the screening's flags as attributes.

    Args:
        dataset: the facts.
        kind: `enterprise`, `park` or `parcel`.
        period: 统计期.
        scope: 口径 of the subjects' amounts; or kind → 口径. The members of parks are taken in
            the scope given for `enterprise`; where none is given, in the one with most figures.
        grades: standard id → grades by subject id; they become attributes `grade.<standard>`.
        amounts: derived amounts beside the catalogue's (a standard's own); same id wins.

    Returns:
        The subjects, sorted by id; None when the period has no figures for this kind.

    Raises:
        KeyError: the kind is none of the three.
    """
    given = {kind: scope} if isinstance(scope, str) else dict(scope)
    derived = dict(catalog().amounts) | {one.id: one for one in amounts}
    wish = _Wish(
        dataset=dataset,
        period=period,
        scopes={"enterprise": _busiest(dataset, period)} | given,
        grades=grades,
        derived=tuple(derived[name] for name in sorted(derived)),
    )
    return _KINDS[kind](wish)


def _busiest(dataset: Dataset, period: str) -> str:
    """Scope with most known enterprise figures; the first by name on a tie."""
    counts = {
        key.scope: int(held.values.notna().to_numpy().sum())
        for key, held in dataset.amounts.items()
        if (key.kind, key.period) == ("enterprise", period)
    }
    return min(counts, key=lambda scope: (-counts[scope], scope), default="")


def _enterprises(wish: _Wish) -> Subjects | None:
    data, period = wish.dataset, wish.period
    keys = _keys(wish, "enterprise")
    if not keys and period not in data.attributes:
        return None
    stated = data.attributes.get(period, pd.DataFrame())
    ids: set[str] = set().union(stated.index, *(data.amounts[key].values.index for key in keys))
    for table in (data.shares, data.occupancy):
        ids.update(table.loc[table["period"].eq(period), "enterprise_id"])
    index = pd.Index(sorted(ids), dtype="str", name="enterprise_id")
    amounts = _amounts(wish, "enterprise", index)
    land = occupied_area(data.occupancy, period).clip(lower=0.0).reindex(index)
    if land.notna().any() or LAND in amounts:
        amounts[LAND] = land.combine_first(amounts[LAND]) if LAND in amounts else land
    return _subjects(
        wish,
        "enterprise",
        attributes=_laid(data.enterprises, stated, index),
        amounts=amounts,
    )


def _parks(wish: _Wish) -> Subjects | None:
    data, period = wish.dataset, wish.period
    enterprises = _enterprises(wish)
    if enterprises is None and not _keys(wish, "park") and period not in data.park_attributes:
        return None
    index = pd.Index(sorted(data.parks.index), dtype="str", name="park_id")
    stated = data.park_attributes.get(period, pd.DataFrame())
    attributes = _laid(data.parks.drop(columns=data.parks.geometry.name), stated, index)
    own = _sizes(attributes).combine_first(_amounts(wish, "park", index))
    if enterprises is None:
        made = _from_parcels(wish, attributes, pd.DataFrame())
        members = None
    else:
        made, members = _from_enterprises(wish, attributes, enterprises)
        made = made.join(_from_parcels(wish, attributes, enterprises.amounts))
    amounts, given = _own_first(made, own, attributes)
    found = _subjects(wish, "park", attributes=attributes, amounts=amounts)
    return replace(found, members=None if members is None else replace(members, stated=given))


def _parcels(wish: _Wish) -> Subjects | None:
    data, period = wish.dataset, wish.period
    if not _keys(wish, "parcel") and not data.occupancy["period"].eq(period).any():
        return None
    enterprises = _enterprises(wish)
    paid = pd.DataFrame() if enterprises is None else enterprises.amounts
    attributes = _screened(wish, paid)
    amounts = _sizes(attributes).combine_first(_amounts(wish, "parcel", attributes.index))
    return _subjects(wish, "parcel", attributes=attributes, amounts=amounts)


def _subjects(
    wish: _Wish, kind: Kind, *, attributes: pd.DataFrame, amounts: pd.DataFrame
) -> Subjects:
    graded = {
        f"grade.{name}": grades.reindex(attributes.index)
        for name, grades in sorted(wish.grades.items())
        if grades.index.isin(attributes.index).any()
    }
    return Subjects(
        kind=kind,
        period=wish.period,
        scope=pd.Series(wish.scopes.get(kind, ""), index=attributes.index, dtype="str"),
        attributes=attributes.assign(**graded),
        amounts=amounts[sorted(amounts.columns)].astype(float),
        ready=pd.DataFrame(index=attributes.index),
        other_scopes=_elsewhere(wish, kind, amounts),
        energy_basis=wish.dataset.energy_basis.get(wish.period) or None,
    )


def _keys(wish: _Wish, kind: str) -> list[Key]:
    return sorted(key for key in wish.dataset.amounts if key[:2] == (kind, wish.period))


def _amounts(wish: _Wish, kind: str, index: pd.Index) -> pd.DataFrame:
    """Amounts stated in the scope asked for."""
    scope = wish.scopes.get(kind, "")
    held = [wish.dataset.amounts[key].values for key in _keys(wish, kind) if key.scope == scope]
    return held[0].reindex(index) if held else pd.DataFrame(index=index)


def _elsewhere(wish: _Wish, kind: str, amounts: pd.DataFrame) -> pd.DataFrame:
    """Field by field, the other scope under which an unknown amount is known."""
    found = pd.DataFrame(index=amounts.index)
    for key in _keys(wish, kind):
        if key.scope == wish.scopes.get(kind, ""):
            continue
        there = wish.dataset.amounts[key].values.reindex(amounts.index)
        for name in there.columns:
            absent = amounts[name].isna() if name in amounts else True
            before = found.get(name, pd.Series(np.nan, index=found.index, dtype="str"))
            found[name] = before.mask(there[name].notna() & absent & before.isna(), key.scope)
    return found


def _laid(base: pd.DataFrame, later: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Attributes of the period over those that do not change."""
    laid = pd.DataFrame(base).reindex(index)
    for name in later.columns:
        over = later[name].reindex(index)
        laid[name] = over.combine_first(laid[name]) if name in laid else over
    return laid


def _beside(attributes: pd.DataFrame, amounts: pd.DataFrame) -> pd.DataFrame:
    """Attributes and amounts in one frame; the amount where both have the name."""
    return attributes.drop(columns=amounts.columns, errors="ignore").join(amounts)


def _sizes(attributes: pd.DataFrame) -> pd.DataFrame:
    """Attributes that add up: areas of the parcel and park tables."""
    known = fields()
    names = [
        name
        for name in attributes.columns
        if name in {"area_mu", "measured_area_mu", PROMISE}
        or (name in known and known[name].type == "number" and "/" not in known[name].unit)
    ]
    return attributes[names].astype(float)


def _from_enterprises(
    wish: _Wish, parks: pd.DataFrame, enterprises: Subjects
) -> tuple[pd.DataFrame, Members]:
    shares = wish.dataset.shares
    here = shares["period"].eq(wish.period) & shares["park_id"].isin(parks.index)
    leaves = shares.loc[here, ["enterprise_id", "park_id", "share"]]
    pairs = _pairs(leaves.rename(columns={"enterprise_id": "member_id"}), parks)
    facts = _beside(enterprises.attributes, enterprises.amounts)
    wanted = [one for one in wish.derived if one.members == "enterprise"]
    derived = derive(wanted, Crowd(members=facts, pairs=pairs, parks=parks))
    amounts = enterprises.amounts
    parts = amounts.reindex(pd.Index(pairs["member_id"])).reset_index(drop=True)
    rolled = parts.mul(pairs["share"], axis=0).groupby(pairs["park_id"]).sum(min_count=1)
    fresh = [name for name in derived.members.columns if name not in amounts]
    members = Members(
        shares=pairs.rename(columns={"member_id": "enterprise_id"}),
        amounts=amounts.join(derived.members[fresh]),
        by_park=derived.by_park.rename(columns={"member_id": "enterprise_id"}),
    )
    plain = [name for name in rolled.columns if name not in derived.parks]
    return derived.parks.join(rolled[plain]), members


def _from_parcels(wish: _Wish, parks: pd.DataFrame, paid: pd.DataFrame) -> pd.DataFrame:
    facts = _screened(wish, paid)
    facts = _beside(facts, _amounts(wish, "parcel", facts.index))
    placed = wish.dataset.locations
    placed = placed[placed["park_id"].isin(parks.index)]
    share = placed["area_mu"] / placed["parcel_id"].map(facts["area_mu"])
    leaves = placed.assign(share=share).rename(columns={"parcel_id": "member_id"})
    pairs = _pairs(leaves[["member_id", "park_id", "share"]], parks)
    wanted = [one for one in wish.derived if one.members == "parcel"]
    return derive(wanted, Crowd(members=facts, pairs=pairs, parks=parks)).parks


def _pairs(leaves: pd.DataFrame, parks: pd.DataFrame) -> pd.DataFrame:
    """Members with their share of every level of park, in an order of their own."""
    typed = leaves.astype({"member_id": "str", "park_id": "str", "share": "float64"})
    ordered = typed.sort_values(["member_id", "park_id"], ignore_index=True)
    return with_parents(ordered, parks)


def _screened(wish: _Wish, paid: pd.DataFrame) -> pd.DataFrame:
    """Parcels with the screening's columns and the tax agreed for the whole parcel.

    A flag that could not be decided for any parcel is unknown here, not false.
    """
    parcels = wish.dataset.parcels
    flags = screen(wish.dataset, paid, wish.period)
    facts = pd.DataFrame(parcels.drop(columns=parcels.geometry.name)).sort_index()
    facts = facts.drop(columns=flags.columns, errors="ignore").join(flags)
    for name in frozenset(FLAGS) - decidable(facts):
        facts[name] = pd.array([pd.NA] * len(facts), dtype="boolean")
    if "agreed_tax_10k_yuan_per_mu" in facts:
        facts[PROMISE] = facts["agreed_tax_10k_yuan_per_mu"] * facts["area_mu"]
    return facts


def _own_first(
    made: pd.DataFrame, own: pd.DataFrame, parks: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Own figures over made ones, from the leaves upwards; a park is the sum of its parts."""
    columns = made.columns.union(own.columns)
    values, own = made.reindex(columns=columns), own.reindex(columns=columns)
    stated = own.notna()
    above = ancestors(parks)
    for park in sorted(parks.index, key=lambda park: (-len(above[park]), park)):
        parts = sorted(part for part, chain in above.items() if chain[:1] == (park,))
        if parts:
            of_parts = stated.loc[parts].any() & ~stated.loc[park]
            total = values.loc[parts].sum(min_count=len(parts))
            values.loc[park] = values.loc[park].mask(of_parts, total)
            stated.loc[park] = stated.loc[park] | of_parts
        values.loc[park] = own.loc[park].combine_first(values.loc[park])
    return values, stated


_KINDS: dict[str, Callable[[_Wish], Subjects | None]] = {
    "enterprise": _enterprises,
    "park": _parks,
    "parcel": _parcels,
}
