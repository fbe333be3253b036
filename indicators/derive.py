"""Amounts of parks made from their members (派生数额): conditional sums and counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.fields import fold
from geodata.rollup import ancestors, with_parents
from indicators.conditions import known, mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicators.rules import Condition, DerivedAmount

AREA = "area_mu"
"""Member amount of parcels that is their located area itself."""

COUNT = "count"
"""Pseudo amount that counts members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Members and the parks they stand in.

    Attributes:
        members: index member id, every attribute and amount of the members.
        pairs: columns `member_id, park_id, share`, every level of park, sorted by member and
            park (see `geodata.rollup.with_parents`).
        parks: index park id, the attributes of all parks, `parent_id` among them.
    """

    members: pd.DataFrame
    pairs: pd.DataFrame
    parks: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Derived amounts at every stage.

    Attributes:
        parks: index park id (every park of the crowd), columns ids of derived amounts.
        members: index member id, columns ids: the member's whole amount where its conditions
            hold, 0 where they do not, NaN where the amount is unknown. Counts, and amounts
            whose conditions look at the park, have no column here.
        by_park: columns `member_id, park_id, field, value`: the same for amounts whose
            conditions look at the park.
    """

    parks: pd.DataFrame
    members: pd.DataFrame
    by_park: pd.DataFrame


def derive(amounts: Sequence[DerivedAmount], crowd: Crowd) -> Derived:
    """Sum or count the members of every park that meet the conditions.

    A park's amount is Σ share × amount over its members that meet the conditions; unknown
    amounts are skipped, and a park none of whose members' amounts is known has an unknown sum.
    A park without any member has a count, and an area of parcels, of 0; its sums of anything
    else are unknown, because nobody reported that there was nothing. Where no park has any
    member, nothing at all is known.

    A member is counted once, in the leaf park that holds its largest share (the first id on a
    tie), and in that park's ancestors. A member whose field is unknown does not meet a
    condition on it; where a field is unknown for every member, or a park's own list is, the
    amount is unknown rather than 0.

    Args:
        amounts: all with the same kind of members.
        crowd: the members and their parks.

    Returns:
        The amounts by park, by member, and by pair.
    """
    by_park: dict[str, pd.Series[float]] = {}
    by_member: dict[str, pd.Series[float]] = {}
    by_pair: list[pd.DataFrame] = []
    for amount in sorted(amounts, key=lambda one: one.id):
        met = _met(amount.where, crowd)
        if amount.of == COUNT:
            by_park[amount.id] = _count(met, crowd)
            continue
        values = _amount(crowd.members, amount.of)
        whole = _where(met, _spread(values, crowd.pairs))
        total = add(crowd.pairs.assign(value=whole * crowd.pairs["share"]), crowd.parks.index)
        is_area = amount.members == "parcel" and amount.of == AREA
        by_park[amount.id] = _nothing_there(total, crowd.pairs) if is_area else total
        if any(one.in_park is not None for one in amount.where):
            pair = crowd.pairs[["member_id", "park_id"]]
            by_pair.append(pair.assign(field=amount.id, value=whole))
        else:
            by_member[amount.id] = _where(_met_by_member(amount.where, crowd.members), values)
    return Derived(
        parks=pd.DataFrame(by_park, index=crowd.parks.index, dtype=float),
        members=pd.DataFrame(by_member, index=crowd.members.index, dtype=float),
        by_park=pd.concat(by_pair, ignore_index=True) if by_pair else _no_pairs(),
    )


def add(pairs: pd.DataFrame, parks: pd.Index) -> pd.Series[float]:
    """Sum `value` by `park_id`: unknown is skipped, all unknown is unknown."""
    total = pairs.groupby("park_id")["value"].sum(min_count=1)
    return total.reindex(parks).astype(float)


def _amount(members: pd.DataFrame, name: str) -> pd.Series[float]:
    if name not in members.columns:
        return pd.Series(np.nan, index=members.index, dtype=float)
    return pd.to_numeric(members[name], errors="coerce").astype("Float64").astype(float)


def _spread(values: pd.Series, pairs: pd.DataFrame) -> pd.Series:
    """A member's value on each of its pairs."""
    return values.reindex(pd.Index(pairs["member_id"])).set_axis(pairs.index)


def _where(met: pd.Series[float], values: pd.Series[float]) -> pd.Series[float]:
    """The value where the conditions are met (1), zero where not (0), unknown where unknown."""
    return values.mask(met.eq(0) & values.notna(), 0.0).where(met.notna())


def _nothing_there(total: pd.Series[float], pairs: pd.DataFrame) -> pd.Series[float]:
    """Zero for parks without members, provided that members are known anywhere."""
    if pairs.empty:
        return total
    return total.mask(~total.index.isin(pairs["park_id"]), 0.0)


def _met(where: Sequence[Condition], crowd: Crowd) -> pd.Series[float]:
    """Per pair: 1 met, 0 not met, NaN cannot be said."""
    met = _spread(_met_by_member(where, crowd.members), crowd.pairs)
    for one in where:
        if one.in_park is not None:
            met = met * _in_park(one, crowd)
    return met


def _met_by_member(where: Sequence[Condition], members: pd.DataFrame) -> pd.Series[float]:
    plain = [one for one in where if one.in_park is None]
    if any(one.is_missing is None and not _is_known(one.field, members) for one in plain):
        return pd.Series(np.nan, index=members.index, dtype=float)
    return mask(plain, members).astype(float)


def _is_known(name: str, members: pd.DataFrame) -> bool:
    """Whether anybody's field is known."""
    return name in members.columns and bool(known(members[name]).any())


def _in_park(condition: Condition, crowd: Crowd) -> pd.Series[float]:
    """Per pair: whether the member's text is on the park's list; NaN where that has none."""
    if not _is_known(condition.field, crowd.members):
        return pd.Series(np.nan, index=crowd.pairs.index, dtype=float)
    lists = _lists(crowd.parks, str(condition.in_park))
    texts = _spread(crowd.members[condition.field], crowd.pairs)
    return pd.Series(
        [
            float(bool(_items(text) & lists[park])) if lists.get(park) else np.nan
            for text, park in zip(texts, crowd.pairs["park_id"], strict=True)
        ],
        index=crowd.pairs.index,
        dtype=float,
    )


def _lists(parks: pd.DataFrame, name: str) -> dict[str, frozenset[str]]:
    """Each park's list, inherited from the nearest ancestor that has one."""
    own = {park: _items(text) for park, text in parks[name].items()} if name in parks else {}
    return {
        park: next((own[up] for up in (park, *above) if own.get(up)), frozenset())
        for park, above in ancestors(parks).items()
    }


def _items(text: object) -> frozenset[str]:
    """The items of a list written in one cell.

    >>> sorted(_items("电容器、新材料; 楠竹"))
    ['新材料', '楠竹', '电容器']
    """
    if not isinstance(text, str):
        return frozenset()
    return frozenset(fold(part) for part in re.split(r"[、，,;；|\s]+", text) if part)


def _count(met: pd.Series[float], crowd: Crowd) -> pd.Series[float]:
    """Members that meet the conditions, each at home in one leaf park and its ancestors."""
    pairs = crowd.pairs
    inner = {park for above in ancestors(crowd.parks).values() for park in above}
    leaves = pairs[~pairs["park_id"].isin(inner) & pairs["share"].gt(0)]
    first = leaves.sort_values(["share", "park_id"], ascending=[False, True])
    home = first.drop_duplicates("member_id")[["member_id", "park_id"]]
    homes = with_parents(home.assign(share=1.0), crowd.parks)
    keys = pd.MultiIndex.from_frame(pairs[["member_id", "park_id"]])
    at_home = keys.isin(pd.MultiIndex.from_frame(homes[["member_id", "park_id"]]))
    rows = pairs.assign(value=met)[at_home]
    return _nothing_there(add(rows, crowd.parks.index), rows)


def _no_pairs() -> pd.DataFrame:
    kinds = {"member_id": "str", "park_id": "str", "field": "str", "value": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
