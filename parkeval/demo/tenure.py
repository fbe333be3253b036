"""Who holds and rents which parcel of the invented city (用地关系), by number of the firm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkeval.demo.land import INDUSTRIAL
from parkeval.demo.lists import city, generator
from parkeval.demo.places import parks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.int64]

NOBODY, AGENCY = -1, -2
"""Instead of a firm: land that nobody holds yet, land of an authority."""

_LET_AT_LEAST_MU = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """Who stands where.

    Attributes:
        roles: one row per firm, its number is the index: `kind` (owner, young, workshop, tenant,
            tagged, utility, platform, estate, service) and `park` (leaf park it belongs to).
        holders: number of the holder of each parcel, `NOBODY` or `AGENCY`.
        leases: columns `parcel`, `lessor`, `tenant` (numbers), `land_mu`, `floor_m2`, one of
            which is NaN.
    """

    roles: pd.DataFrame
    holders: Numbers
    leases: pd.DataFrame

    def land(self, parcels: pd.DataFrame) -> pd.Series[float]:
        """Land of every firm in mu: own + rented − let out."""
        held = parcels["area_mu"].groupby(self.holders).sum()
        leases = self.leases
        floors = leases["floor_m2"] / leases["parcel"].map(parcels["floor"])
        moved = leases["land_mu"].fillna(floors * leases["parcel"].map(parcels["area_mu"]))
        land = held.reindex(self.roles.index).fillna(0.0)
        land = land.add(moved.groupby(leases["tenant"]).sum(), fill_value=0.0)
        return land.sub(moved.groupby(leases["lessor"]).sum(), fill_value=0.0)


class _Roll:
    """Firms as they are numbered one after the other."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def add(self, kind: str, homes: Sequence[str]) -> list[int]:
        first = len(self.rows)
        self.rows += [(kind, home) for home in homes]
        return list(range(first, len(self.rows)))


def allot(parcels: pd.DataFrame) -> Tenure:
    """Give every supplied parcel to somebody, and let workshops and some land."""
    roll = _Roll()
    holders = np.full(len(parcels), NOBODY, dtype=np.int64)
    platforms = _platforms(roll)
    _town(parcels, roll, holders, platforms)
    workshops = parcels["workshop"].to_numpy()
    holders[workshops] = parcels["park"][workshops].map(platforms)
    leases = _workshop_leases(parcels, roll, holders)
    figures = city()
    roll.add("tagged", _homes(parcels, figures["registered_only"], generator("tagged")))
    young = roll.add("young", _homes(parcels, figures["young"], generator("young")))
    count = figures["firms"] - len(roll.rows) - figures["land_tenants"]
    _industry(parcels, roll, holders, (count, young))
    leases += _land_leases(parcels, roll, holders)
    columns = ["parcel", "lessor", "tenant", "land_mu", "floor_m2"]
    return Tenure(
        roles=pd.DataFrame(roll.rows, columns=["kind", "park"]),
        holders=holders,
        leases=pd.DataFrame(leases, columns=columns),
    )


def _platforms(roll: _Roll) -> dict[str, int]:
    """One company per park that builds streets and workshops; parts share that of their park."""
    found: dict[str, int] = {}
    for one in _leaves():
        above = one.get("parent", one["id"])
        if above not in found:
            found[above] = roll.add("platform", [one["id"]])[0]
        found[one["id"]] = found[above]
    return found


def _leaves() -> list[dict[str, Any]]:
    return [one for one in parks() if "area_ha" in one]


def _homes(parcels: pd.DataFrame, count: int, rng: np.random.Generator) -> list[str]:
    """Parks of new firms, larger ones more often."""
    shares = parcels["park"].value_counts(normalize=True).sort_index()
    return [str(one) for one in rng.choice(shares.index.to_numpy(), count, p=shares.to_numpy())]


def _town(parcels: pd.DataFrame, roll: _Roll, holders: Numbers, platforms: dict[str, int]) -> None:
    """Houses, shops, public and green land."""
    rng = generator("town")
    figures = city()
    for kind, use, each in (
        ("estate", "housing", figures["estate_parcels"]),
        ("service", "commerce", figures["service_parcels"]),
    ):
        for park, rows in parcels[parcels["use"] == use].groupby("park"):
            firms = roll.add(kind, [str(park)] * min(len(rows), max(1, round(len(rows) / each))))
            holders[rows.index] = rng.permutation(np.resize(firms, len(rows)))
    homes = [one["id"] for one in _leaves()]
    utilities = roll.add("utility", homes[: figures["utilities"]])
    public = parcels.index[parcels["use"] == "public"]
    drawn = rng.uniform(size=len(public))
    company = parcels["park"][public].map(platforms).to_numpy()
    utility = np.array(utilities)[rng.integers(0, len(utilities), len(public))]
    share = figures["agency_share"]
    rest = np.where(drawn < (1 + share) / 2, utility, company)
    holders[public] = np.where(drawn < share, AGENCY, rest)
    green = parcels.index[parcels["use"] == "green"]
    by_company = rng.uniform(size=len(green)) >= share / 2
    holders[green] = np.where(by_company, parcels["park"][green].map(platforms), AGENCY)


def _industry(
    parcels: pd.DataFrame, roll: _Roll, holders: Numbers, who: tuple[int, list[int]]
) -> None:
    """Every owner gets a built parcel; what is left goes to those who have more already."""
    count, young = who
    rng = generator("owners")
    free = parcels["use"].isin(INDUSTRIAL) & (holders == NOBODY)
    built = free & parcels["build"].eq("已建成")
    quotas = _apportioned(parcels[built].groupby("park").size(), count)
    owners: dict[str, list[int]] = {}
    for park, quota in quotas.items():
        rows = rng.permutation(parcels.index[built & parcels["park"].eq(park)])[:quota]
        owners[park] = roll.add("owner", [park] * quota)
        holders[rows] = owners[park]
    spare = iter(young)
    appetite = {park: rng.pareto(1.7, len(some)) + 0.4 for park, some in owners.items()}
    names = sorted(owners)
    for row in rng.permutation(parcels.index[free & (holders == NOBODY)]).tolist():
        park = str(parcels.at[row, "park"])
        if parcels.at[row, "build"] == "在建" and (newcomer := next(spare, None)) is not None:
            holders[row] = newcomer
            roll.rows[newcomer] = ("young", park)
            continue
        if rng.uniform() < city()["second_park"]:
            park = names[rng.integers(len(names))]
        holders[row] = rng.choice(owners[park], p=appetite[park] / appetite[park].sum())


def _apportioned(sizes: pd.Series[int], total: int) -> dict[str, int]:
    """A number split in proportion to sizes, largest remainders first."""
    exact = sizes / sizes.sum() * total
    whole = exact.astype(int)
    most = (exact - whole).sort_values(ascending=False, kind="stable").index
    whole[most[: total - int(whole.sum())]] += 1
    return {str(name): int(number) for name, number in whole.items()}


def _workshop_leases(
    parcels: pd.DataFrame, roll: _Roll, holders: Numbers
) -> list[tuple[int, int, int, float, float]]:
    """Tenants of workshops, by floor area."""
    rng = generator("workshops")
    rows = parcels[parcels["workshop"]]
    quotas = _apportioned(rows["floor"], city()["workshop_tenants"])
    found = []
    places = dict(
        zip(rows.index.tolist(), zip(rows["park"], rows["floor"], strict=True), strict=True)
    )
    for row, quota in quotas.items():
        parcel = int(row)
        park, floor_m2 = places[parcel]
        tenants = roll.add("workshop", [str(park)] * quota)
        parts = rng.dirichlet(np.full(quota, 4.0)) * rng.uniform(0.80, 0.94)
        floors = np.round(parts * float(floor_m2), 0)
        for tenant, floor in zip(tenants, floors.tolist(), strict=True):
            found.append((parcel, int(holders[parcel]), tenant, np.nan, floor))
    return found


def _land_leases(
    parcels: pd.DataFrame, roll: _Roll, holders: Numbers
) -> list[tuple[int, int, int, float, float]]:
    """Tenants of other firms' land, by area."""
    rng = generator("land leases")
    owned = np.array([number >= 0 and roll.rows[number][0] == "owner" for number in holders])
    large = owned & parcels["area_mu"].gt(_LET_AT_LEAST_MU) & parcels["build"].eq("已建成")
    large &= parcels["use"].isin(INDUSTRIAL)
    chosen = np.sort(rng.choice(np.flatnonzero(large), city()["land_tenants"], replace=False))
    homes = [str(one) for one in parcels["park"].iloc[chosen]]
    tenants = roll.add("tenant", homes)
    areas = np.round(parcels["area_mu"].iloc[chosen] * rng.uniform(0.08, 0.42, len(chosen)), 2)
    return [
        (int(parcel), int(holders[parcel]), tenant, float(area), np.nan)
        for parcel, tenant, area in zip(chosen, tenants, areas, strict=True)
    ]
