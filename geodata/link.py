"""Link parcels to enterprises (关联): who holds and who rents how much of which parcel."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from math import fsum, isnan, nan
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geodata.fields import fields
from geodata.identifiers import several
from geodata.issues import Issue, in_order, issue
from geodata.merge import address, place, shown
from geodata.recognise import texts
from geodata.register import UNLINKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd

    from geodata.model import Delivery
    from geodata.register import Register

OCCUPANCY = ("period", "enterprise_id", "parcel_id", "role", "area_mu", "rung", "score", "source")
"""Columns of the occupancy (用地关系)."""

_TOLERANCE_MU = 1e-6
"""Land below this is rounding, not land."""

_UNSUPPLIED = frozenset({"未批", "批而未供"})
"""States of supply (`supply_state`) in which a parcel has no holder yet."""

_CERTAIN = 1.0
"""Score of every rung used here; lower ones are for proposals that a person confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Who holds what.

    Attributes:
        occupancy: columns `OCCUPANCY`, sorted; role `own` and `rent` with positive area, `let`
            with negative area. Per period and held parcel the rows add up to its `area_mu`.
        unlinked: columns `period, kind, id, name, reason, tag`, sorted; kind `parcel` (holder
            unknown), `lease` (not applied) or `enterprise` (named in the period, no land known).
        issues: doubts, in display order.
    """

    occupancy: pd.DataFrame
    unlinked: pd.DataFrame
    issues: tuple[Issue, ...]


def link(
    parcels: gpd.GeoDataFrame,
    leases: Sequence[Delivery],
    register: Register,
    *,
    periods: Sequence[str],
    tolerance: float = 0.05,
) -> Linked:
    """Find the enterprises that hold and rent the parcels; what stays open is listed.

    A firm's land is own + rented − let out. Leased land is the area stated, or else the leased
    floor area divided by the plot ratio of the parcel. A lessor must hold or rent the land it
    lets. Contracts state round or recorded areas, so leases of a parcel that exceed what is held
    by no more than the tolerance are reduced in proportion, and said so; beyond it none of the
    parcel's leases is applied.

    Args:
        parcels: index `parcel_id` (unique); `holder_code, holder_name, area_mu` and, where
            known, `floor_area_m2, supply_state, source`.
        leases: deliveries of the table `leases`, each for its own periods.
        register: who is known.
        periods: periods for which the parcels are held so.
        tolerance: relative excess of leased over held area that is put down to rounding.
    """
    lots = _lots(parcels)
    rows: list[_Row] = []
    refused: list[tuple[str, _Refusal]] = []
    found: list[Issue] = []
    owned: list[_Row] = []
    for outcome in (_held(one, register) for one in lots.values()):
        if isinstance(outcome, _Refusal):
            refused += [(period, outcome) for period in periods]
        elif outcome is not None:
            owned.append(outcome)
    read = [(one, _read(one, lots, register)) for one in leases if one.table == "leases"]
    for period in sorted(set(periods)):
        outcomes = [one for delivery, some in read if period in delivery.periods for one in some]
        valid, doubts = _distinct(one for one in outcomes if isinstance(one, _Lease))
        own = [row._replace(period=period) for row in owned]
        fitted, reduced = _fitted(own, valid, tolerance)
        applied, excess, too_large = _applied(own, fitted, period)
        rows += [*own, *applied]
        turned_down = [one for one in outcomes if isinstance(one, _Refusal)]
        landless = _landless(rows, register, period)
        refused += [(period, one) for one in (*turned_down, *too_large, *landless)]
        found += [*doubts, *reduced, *excess]
    return Linked(
        occupancy=pd.DataFrame(sorted(rows), columns=list(OCCUPANCY)).astype(_dtypes()),
        unlinked=_unlinked(refused),
        issues=in_order([*found, *(one.issue for _, one in refused)]),
    )


class _Row(NamedTuple):
    """A row of the occupancy."""

    period: str
    enterprise_id: str
    parcel_id: str
    role: str
    area_mu: float
    rung: str
    score: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lot:
    """What matters of a parcel here; unknown areas are NaN, unknown texts empty."""

    id: str
    code: str
    name: str
    state: str
    source: str
    area_mu: float
    floor_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lease:
    """A lease whose parcel, parties and area are known."""

    parcel_id: str
    lessor: tuple[str, str]  # enterprise, rung
    tenant: tuple[str, str]
    stated: tuple[str, str]  # land and floor as stated
    area_mu: float
    names: str
    place: tuple[str, str, str]

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two leases the same."""
        return self.parcel_id, self.lessor[0], self.tenant[0], self.stated


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """A parcel, lease or enterprise that could not be linked, and why."""

    kind: str
    id: str
    name: str
    issue: Issue
    tag: str = ""


def _lots(parcels: gpd.GeoDataFrame) -> dict[str, _Lot]:
    names = ("holder_code", "holder_name", "supply_state", "source")
    columns = zip(*(texts(parcels, one) for one in names), strict=True)
    sizes = zip(*(_numbers(parcels, one) for one in ("area_mu", "floor_area_m2")), strict=True)
    return {
        str(one): _Lot(
            id=str(one), code=code, name=name, state=state, source=source, area_mu=mu, floor_m2=m2
        )
        for one, (code, name, state, source), (mu, m2) in zip(
            parcels.index, columns, sizes, strict=True
        )
    }


def _numbers(frame: pd.DataFrame, name: str) -> list[float]:
    if name not in frame:
        return [nan] * len(frame)
    return [float(one) for one in frame[name].astype("float64")]


def _held(lot: _Lot, register: Register) -> _Row | _Refusal | None:
    """Occupancy of the holder without its period; None for land that needs no holder."""
    match = register.match(lot.code, lot.name)
    owners = several(lot.name)
    parts = {"subject": lot.id, "value": lot.name or lot.code, **place(lot.source)}
    if not (lot.code or lot.name) and lot.state in _UNSUPPLIED:
        return None
    if len(owners) > 1 and match.rung in {None, "code"}:
        doubt = issue("holder-several", **parts, count=len(owners))
    elif match.candidates:
        doubt = issue("name-ambiguous", **parts, candidates="、".join(match.candidates))
    elif match.id is None:
        doubt = issue("holder-unknown", **parts)
    elif not lot.area_mu > 0:
        doubt = issue("parcel-without-area", **parts)
    else:
        return _Row("", match.id, lot.id, "own", lot.area_mu, str(match.rung), _CERTAIN, lot.source)
    return _Refusal(kind="parcel", id=lot.id, name=lot.name or lot.code, issue=doubt)


def _read(
    delivery: Delivery, lots: Mapping[str, _Lot], register: Register
) -> list[_Lease | _Refusal]:
    table = delivery.conformed
    names = ("parcel_id", "lessor_code", "lessor_name", "tenant_code", "tenant_name")
    written = zip(*(texts(table.frame, one) for one in names), strict=True)
    sizes = zip(
        *(_numbers(table.frame, one) for one in ("leased_land_mu", "leased_floor_m2")), strict=True
    )
    cells = zip(*(texts(table.cells, one) for one in names), strict=True)
    return [
        _lease(
            dict(zip(names, row, strict=True)),
            (land, floor),
            place=(table.file, table.sheet, next(filter(None, places), "")),
            lot=lots.get(row[0]),
            register=register,
        )
        for row, (land, floor), places in zip(written, sizes, cells, strict=True)
    ]


def _lease(
    row: Mapping[str, str],
    sizes: tuple[float, float],
    *,
    place: tuple[str, str, str],
    lot: _Lot | None,
    register: Register,
) -> _Lease | _Refusal:
    """One row of a lease table, or the first thing that it lacks."""
    written = {who: row[f"{who}_name"] or row[f"{who}_code"] for who in ("lessor", "tenant")}
    names = " → ".join(written.values())
    where = dict(zip(("file", "sheet", "cell"), place, strict=True))

    def refused(code: str, **params: str) -> _Refusal:
        doubt = issue(code, **where, **params)
        return _Refusal(kind="lease", id=row["parcel_id"], name=names, issue=doubt)

    if lot is None:
        return refused("lease-parcel-missing", value=row["parcel_id"])
    parties: list[tuple[str, str]] = []
    for who, text in written.items():
        match = register.match(row[f"{who}_code"], row[f"{who}_name"])
        if match.id is None:
            role = fields()[f"{who}_name"].zh
            return refused("lease-party-missing", role=role, value=text)
        parties.append((match.id, str(match.rung)))
    if parties[0][0] == parties[1][0]:
        return refused("lease-to-itself", subject=parties[0][0], parcel=lot.id)
    area, cause = _leased_mu(*sizes, lot=lot)
    if cause:
        return refused("lease-without-area", subject=parties[1][0], parcel=lot.id, cause=cause)
    return _Lease(
        parcel_id=lot.id,
        lessor=parties[0],
        tenant=parties[1],
        stated=(shown(sizes[0]), shown(sizes[1])),
        area_mu=area,
        names=names,
        place=place,
    )


def _leased_mu(land: float, floor: float, *, lot: _Lot) -> tuple[float, str]:
    """Leased land in mu, or why it is unknown. Floor ÷ plot ratio = floor ÷ all floor × land."""
    if not isnan(land):
        return (land, "") if land > 0 else (nan, "土地面积不是正数")
    if isnan(floor):
        return nan, "没有填写土地面积，也没有填写建筑面积"
    if not (lot.floor_m2 > 0 and lot.area_mu > 0):
        return nan, "宗地没有建筑面积，不能按容积率折算"
    return (floor / lot.floor_m2 * lot.area_mu, "") if floor > 0 else (nan, "建筑面积不是正数")


def _distinct(leases: Iterable[_Lease]) -> tuple[list[_Lease], list[Issue]]:
    """Leases without those that repeat an earlier one in everything."""
    first: dict[object, _Lease] = {}
    found: list[Issue] = []
    for one in leases:
        if first.setdefault(one.key, one) is not one:
            place = dict(zip(("file", "sheet", "cell"), one.place, strict=True))
            found.append(issue("duplicate-row", **place, subject=f"{one.parcel_id} {one.names}"))
    return list(first.values()), found


def _fitted(
    own: Sequence[_Row], leases: Sequence[_Lease], tolerance: float
) -> tuple[list[_Lease], list[Issue]]:
    """Leases reduced, parcel by parcel, where they exceed the held area by rounding only."""
    area = {row.parcel_id: row.area_mu for row in own}
    holder = {row.parcel_id: row.enterprise_id for row in own}
    let: dict[str, list[float]] = defaultdict(list)
    for one in leases:
        if one.lessor[0] == holder.get(one.parcel_id):
            let[one.parcel_id].append(one.area_mu)
    factors: dict[str, float] = {}
    found: list[Issue] = []
    for parcel_id, some in sorted(let.items()):
        total = fsum(some)
        if area[parcel_id] < total <= area[parcel_id] * (1 + tolerance):
            factors[parcel_id] = area[parcel_id] / total
            sizes = {"let": shown(round(total, 4)), "held": shown(round(area[parcel_id], 4))}
            found.append(issue("lease-fitted", subject=parcel_id, **sizes))
    return [
        replace(one, area_mu=one.area_mu * factors.get(one.parcel_id, 1.0)) for one in leases
    ], found


def _applied(
    own: Sequence[_Row], leases: Sequence[_Lease], period: str
) -> tuple[list[_Row], list[Issue], list[_Refusal]]:
    """Rows for tenants and lessors, parcel by parcel, where nobody lets more than it has."""
    by_parcel: dict[str, list[_Lease]] = defaultdict(list)
    for one in leases:
        by_parcel[one.parcel_id].append(one)
    held: dict[str, list[_Row]] = defaultdict(list)
    for row in own:
        held[row.parcel_id].append(row)
    rows: list[_Row] = []
    found: list[Issue] = []
    refused: list[_Refusal] = []
    for parcel_id, some in sorted(by_parcel.items()):
        moved = [row for one in some for row in _moves(one, period)]
        excess = list(_excess(held[parcel_id] + moved, some))
        found += excess
        if not excess:
            rows += moved
        refused += [
            _Refusal(kind="lease", id=parcel_id, name=one.names, issue=excess[0])
            for one in some
            if excess
        ]
    return rows, found, refused


def _moves(lease: _Lease, period: str) -> Iterator[_Row]:
    source = address(*lease.place)
    for role, sign, (enterprise, rung) in (("rent", 1, lease.tenant), ("let", -1, lease.lessor)):
        area = sign * lease.area_mu
        yield _Row(period, enterprise, lease.parcel_id, role, area, rung, _CERTAIN, source)


def _excess(rows: Sequence[_Row], leases: Sequence[_Lease]) -> Iterator[Issue]:
    """An issue for everyone who lets more of the parcel than it holds and rents.

    Land that goes round in a circle without coming from the holder counts for nobody.
    """
    reached = _reached(rows, leases)
    areas: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        areas[row.enterprise_id].append(row.area_mu)
    for lessor in sorted({one.lessor[0] for one in leases}):
        let = -fsum(one for one in areas[lessor] if one < 0)
        held = fsum(one for one in areas[lessor] if one > 0) if lessor in reached else 0.0
        if let - held > _TOLERANCE_MU:
            first = min(one.place for one in leases if one.lessor[0] == lessor)
            place = dict(zip(("file", "sheet", "cell"), first, strict=True))
            sizes = {"let": shown(round(let, 4)), "held": shown(round(held, 4))}
            parcel = leases[0].parcel_id
            yield issue("lease-too-large", **place, **sizes, subject=lessor, parcel=parcel)


def _reached(rows: Sequence[_Row], leases: Sequence[_Lease]) -> set[str]:
    """The holder, its tenants, their tenants and so on."""
    reached = {row.enterprise_id for row in rows if row.role == "own"}
    before = -1
    while before < len(reached):
        before = len(reached)
        reached |= {one.tenant[0] for one in leases if one.lessor[0] in reached}
    return reached


def _landless(rows: Iterable[_Row], register: Register, period: str) -> Iterator[_Refusal]:
    """Enterprises that the period's deliveries name and that have no land anywhere."""
    placed = {row.enterprise_id for row in rows if row.period == period}
    known = register.enterprises
    missing = [one for one in register.present.get(period, ()) if one not in placed]
    listed = known.loc[missing]
    for subject, name, tag in zip(
        missing, texts(listed, "enterprise_name"), texts(listed, "park_tag"), strict=True
    ):
        told = f"（{fields()['park_tag'].zh}：{tag}）" if tag else ""
        doubt = issue("enterprise-without-land", subject=subject, value=name, tag=told)
        yield _Refusal(kind="enterprise", id=subject, name=name, issue=doubt, tag=tag)


def _unlinked(refused: Iterable[tuple[str, _Refusal]]) -> pd.DataFrame:
    listed = sorted(
        (period, one.kind, one.id, one.name, one.issue.message(), one.tag)
        for period, one in refused
    )
    return pd.DataFrame(listed, columns=list(UNLINKED), dtype="str")


def _dtypes() -> dict[str, str]:
    return {name: "float64" if name in {"area_mu", "score"} else "str" for name in OCCUPANCY}
