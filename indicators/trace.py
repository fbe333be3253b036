"""Where an amount came from (溯源): the source cells behind a numerator or denominator."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from geodata.fields import fields
from geodata.rollup import ancestors
from indicators.explanation import Part, number
from indicators.measure import LAND
from indicators.shipped import phrase
from indicators.vocabulary import catalog, label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geodata.model import Dataset
    from indicators.model import Evaluation
    from indicators.rules import DerivedAmount

_SAME = 1e-9

Found = dict[str, tuple[float, str]]
"""Field id → value and where it stands."""


class Place(NamedTuple):
    """Whose amounts are traced, and where to look.

    Attributes:
        evaluation: tells the kind of subject, the period and the standard's own amounts.
        subject: identifier.
        dataset: the facts; without them parts have names and no sources.
    """

    evaluation: Evaluation
    subject: str
    dataset: Dataset | None


def trace(
    place: Place, names: Sequence[str], total: float, *, earlier: bool = False
) -> tuple[Part, ...]:
    """Take a sum apart into its amounts, each with its source.

    Amounts are only said to come from cells when they add up to the sum that was used; what was
    rolled up from enterprises or parcels says that instead. When the sum is unknown, whatever
    is known of it is listed.

    Args:
        place: whose amounts, and where to look.
        names: field ids that were added.
        total: the sum, NaN unknown.
        earlier: the sum is one of an earlier period.
    """
    own = {one.id: one for one in place.evaluation.standard.amounts}
    derived = dict(catalog().amounts) | own
    found = _matching(place, names, total, earlier=earlier)
    if found is None:
        alone = total if len(names) == 1 else math.nan
        found = {name: (alone, _made(place, name, derived)) for name in names}
    nothing = (math.nan, "")
    return tuple(
        Part(
            field=name,
            label=own[name].label.zh if name in own else label(name),
            unit=_unit(name, derived),
            value=found.get(name, nothing)[0],
            source=found.get(name, nothing)[1],
        )
        for name in names
    )


def _matching(place: Place, names: Sequence[str], total: float, *, earlier: bool) -> Found | None:
    """The stated amounts that add up to the sum, or the best known ones of an unknown sum."""
    candidates = list(_candidates(place, earlier=earlier))
    if math.isnan(total):
        known = [{name: one[name] for name in names if name in one} for one in candidates]
        return max(known, key=len, default={})
    for one in candidates:
        if all(name in one for name in names):
            summed = math.fsum(one[name][0] for name in names)
            if math.isclose(summed, total, rel_tol=_SAME, abs_tol=_SAME):
                return one
    return None


def _candidates(place: Place, *, earlier: bool) -> Iterator[Found]:
    """Known amounts of the subject, scope by scope; latest period first."""
    data, now = place.dataset, place.evaluation.period
    if data is None:
        return
    kind = place.evaluation.standard.subject
    keys = [key for key in data.amounts if key.kind == kind and (key.period < now) == earlier]
    keys = [key for key in keys if earlier or key.period == now]
    for key in sorted(sorted(keys), key=lambda key: key.period, reverse=True):
        held = data.amounts[key]
        if place.subject in held.values.index:
            row = held.values.loc[[place.subject]].to_dict("records")[0]
            cells = held.cells.loc[[place.subject]].to_dict("records")[0]
            found = {
                str(name): (float(value), _place(str(cells[name])))
                for name, value in row.items()
                if not math.isnan(value)
            }
            yield found | _occupied(place, key.period)


def _place(cells: str) -> str:
    """The addresses as stored, a file and sheet named once for the cells that follow in it.

    >>> _place("a.xlsx!表!C5 + a.xlsx!表!D5 − a.xlsx!表!E5 + b.csv!D6")
    'a.xlsx!表!C5 + D5 − E5 + b.csv!D6'
    """
    told: list[str] = []
    before = ""
    for part in re.split(r"( [+−] )", cells):
        sheet, mark, cell = part.rpartition("!")
        told.append(cell if mark and sheet == before else part)
        before = sheet if mark else before
    return "".join(told)


def _occupied(place: Place, period: str) -> Found:
    """Land of an enterprise, parcel by parcel."""
    if place.dataset is None or place.evaluation.standard.subject != "enterprise":
        return {}
    held = place.dataset.occupancy
    rows = held[held["period"].eq(period) & held["enterprise_id"].eq(place.subject)]
    if rows.empty:
        return {}
    rows = rows.sort_values(["parcel_id", "role", "area_mu"])
    told = [
        phrase("trace", role, parcel=parcel, area=number(abs(area)))
        for role, parcel, area in zip(rows["role"], rows["parcel_id"], rows["area_mu"], strict=True)
    ]
    area = max(math.fsum(rows["area_mu"]), 0.0)
    return {LAND: (area, phrase("trace", "join").join(told))}


def _made(place: Place, name: str, derived: Mapping[str, DerivedAmount]) -> str:
    """How an amount of a park was made from its members."""
    if place.dataset is None or place.evaluation.standard.subject != "park":
        return ""
    if name in derived and derived[name].members == "parcel":
        return phrase("trace", "parcels")
    above = ancestors(place.dataset.parks)
    parts = [park for park, chain in above.items() if place.subject in (park, *chain)]
    shares = place.dataset.shares
    here = shares["period"].eq(place.evaluation.period) & shares["park_id"].isin(parts)
    count = shares.loc[here, "enterprise_id"].nunique()
    return phrase("trace", "members", count=count) if count else ""


def _unit(name: str, derived: Mapping[str, DerivedAmount]) -> str:
    if name in fields():
        return fields()[name].unit
    return derived[name].unit if name in derived else ""
