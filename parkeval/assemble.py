"""From the sources to the Dataset (事实): enrol, locate, link, say where amounts belong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geodata import parcels as parcel_layers
from geodata import parks as park_register
from geodata.compose import compose_all
from geodata.errors import InputError
from geodata.fields import fields
from geodata.geometry import duplicates, overlaps
from geodata.issues import Issue, in_order, issue
from geodata.link import Linked, link
from geodata.locate import Located, locate
from geodata.merge import place
from geodata.model import Amounts, Dataset, Key
from geodata.reconcile import reconcile
from geodata.register import Register, register
from geodata.rollup import occupied_area, shares
from geodata.units import M2_PER_MU
from parkeval.sources import Read, of_table, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from geodata.model import Delivery
    from geodata.parcels import Parcels
    from geodata.parks import Parks
    from parkeval.config import Workspace
    from parkeval.decisions import Decisions

LAND = "land_area_mu"
TAX = "tax_10k_yuan"
FAR = 1.0
"""Degrees beyond all parks from which a layer of parcels cannot be the city's."""

SLIVER_M2 = 1.0
"""Overlaps between parcels below this area are drawing noise and are not listed."""


def assemble(
    directory: Path,
    workspace: Workspace,
    decisions: Decisions,
    *,
    step: Callable[[str], None] = lambda _: None,
) -> Dataset:
    """Read, conform, locate, link: the facts of a workspace, doubts included.

    Args:
        directory: the workspace's folder.
        workspace: its checked `parkeval.toml`.
        decisions: what people decided.
        step: told what begins, for a progress display.

    Raises:
        InputError: a source cannot be used; every unusable source is named.
    """
    done = read(directory, workspace, step=step)
    step("园区与宗地")
    parks = park_register.enrol(of_table(done, "parks"))
    _check_scope(workspace, done)
    parcels = parcel_layers.enrol(
        of_table(done, "parcels"),
        basis=workspace.options.area_basis,
        tolerance=workspace.options.area_tolerance,
    )
    step("企业名录")
    firms = register(of_table(done, "enterprises"), aliases=decisions.aliases)
    step("落位")
    leaves = parks.parks[parks.parks["is_leaf"]]
    located = locate(_shaped(parcels.parcels), _shaped(leaves))
    locations = _locations(located, parcels.parcels)
    step("用地关联")
    linked = _link(parcels, of_table(done, "leases"), firms, workspace)
    found: list[Issue] = []
    occupancy = _stacked([one.occupancy for one in linked])
    amounts = _with_tax(firms.amounts, workspace, found)
    found += reconcile(of_table(done, "enterprises"), firms.amounts)
    found += _land_doubts(amounts, occupancy, workspace)
    step("归集")
    return Dataset(
        parks=parks.parks,
        parcels=parcels.parcels,
        enterprises=firms.enterprises,
        attributes=_exempted(firms, decisions, workspace.period, found),
        park_attributes=parks.attributes,
        amounts=dict(sorted({**amounts, **parks.amounts}.items())),
        locations=locations,
        occupancy=occupancy,
        shares=_shares(firms, occupancy, parcels, locations),
        unlinked=_stacked([firms.unlinked, *(one.unlinked for one in linked)]),
        sources=_sources(done),
        energy_basis=firms.energy_basis,
        issues=in_order(
            [
                *(doubt for one in done for doubt in one.delivery.conformed.issues),
                *parks.issues,
                *parcels.issues,
                *firms.issues,
                *(doubt for one in linked for doubt in one.issues),
                *_layout(located, parcels, parks),
                *found,
            ]
        ),
    )


def _check_scope(workspace: Workspace, done: list[Read]) -> None:
    """Land is divided by only in the scope it is declared for; anything else would mix areas."""
    options = workspace.options
    found: list[Issue] = []
    for one in done:
        drawn = "geometry" in one.delivery.conformed.frame
        land = one.source.table in {"parcels", "leases"}
        if not land and not (one.source.table == "parks" and drawn):
            continue
        name = "enterprise_scope" if land else "park_scope"
        wanted = getattr(options, name)
        if one.source.scope != wanted:
            cause = f"来源 {one.source.id} 的用地口径是“{one.source.scope}”，与“{wanted}”不同"
            found.append(issue("workspace-invalid", where=f"options {name}", cause=cause))
    if found:
        raise InputError(found)


def _shaped(layer: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Geometries that are there."""
    return layer.geometry[layer.geometry.notna()]


def _locations(located: Located, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Located area in the area that counts: the measured share of each parcel's `area_mu`."""
    pairs = located.pairs
    whole = located.audit["area_m2"].reindex(pairs["parcel_id"]).to_numpy()
    area = pairs["area_m2"] / whole * parcels["area_mu"].reindex(pairs["parcel_id"]).to_numpy()
    return pairs[["parcel_id", "park_id"]].assign(area_mu=area)


def _link(
    parcels: Parcels, leases: list[Delivery], firms: Register, workspace: Workspace
) -> list[Linked]:
    """Occupancy of each period, from the parcels and leases that hold for it."""
    done: list[Linked] = []
    for period, rows in parcels.periods.groupby("period", sort=True):
        here = parcels.parcels.loc[rows["parcel_id"]]
        contracts = [one for one in leases if period in one.periods]
        tolerance = workspace.options.area_tolerance
        done.append(link(here, contracts, firms, periods=[str(period)], tolerance=tolerance))
    return done


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames of the same columns as one, sorted by all columns."""
    filled = [part for part in parts if len(part)] or parts[:1]
    whole = pd.concat(filled, ignore_index=True)
    return whole.sort_values(list(whole.columns), ignore_index=True)


def _with_tax(
    amounts: Mapping[Key, Amounts], workspace: Workspace, found: list[Issue]
) -> dict[Key, Amounts]:
    """Evaluated tax (评价税收) built from the declared components."""
    rule = workspace.evaluated_tax
    if rule is None:
        return dict(amounts)
    composed, doubts = compose_all(amounts, TAX, add=rule.add, subtract=rule.subtract)
    found += doubts
    return composed


def _shares(
    firms: Register, occupancy: pd.DataFrame, parcels: Parcels, locations: pd.DataFrame
) -> pd.DataFrame:
    """Where the amounts of each enterprise belong, in each period that names it."""
    return _stacked(
        [
            shares(
                occupancy[occupancy["period"] == period],
                parcels.parcels,
                locations,
                firms.enterprises.loc[list(named)],
                periods=[period],
            )
            for period, named in sorted(firms.present.items())
        ]
    )


def _land_doubts(
    amounts: Mapping[Key, Amounts], occupancy: pd.DataFrame, workspace: Workspace
) -> list[Issue]:
    """Areas that a table states differently from what parcels and leases give."""
    found: list[Issue] = []
    for period in sorted(set(occupancy["period"])):
        key = Key("enterprise", period, workspace.options.enterprise_scope)
        if key not in amounts or LAND not in amounts[key].values:
            continue
        stated, cells = amounts[key].values[LAND], amounts[key].cells[LAND]
        linked = occupied_area(occupancy, period).reindex(stated.index)
        off = (stated - linked).abs() > workspace.options.area_tolerance * linked.abs()
        found += [
            issue(
                "source-conflict",
                subject=name,
                field=fields()[LAND].label,
                kept=f"{linked[name]:.2f}",
                other=f"{stated[name]:.2f}",
                other_place=cells[name],
            )
            for name in stated.index[off]
        ]
    return found


def _exempted(
    firms: Register, decisions: Decisions, period: str, found: list[Issue]
) -> dict[str, pd.DataFrame]:
    """Attributes with the exemptions that people decided for the period judged."""
    done = dict(firms.attributes)
    rows = decisions.exemptions
    if not len(rows):
        return done
    here = done.get(period, pd.DataFrame(index=firms.enterprises.index)).copy()
    if "exempt_reason" not in here:
        here["exempt_reason"] = pd.Series(pd.NA, index=here.index, dtype="str")
    for subject, reason in zip(rows["subject"], rows["reason"], strict=True):
        known = firms.resolve(subject, subject)
        if known is None or known not in here.index:
            found.append(issue("decision-unknown", file="decisions/exemptions.csv", value=subject))
            continue
        here.at[known, "exempt_reason"] = reason
    done[period] = here
    return done


def _layout(located: Located, parcels: Parcels, parks: Parks) -> list[Issue]:
    """What is doubtful in how parcels and parks lie: overlaps, duplicates, empty parks."""
    both = located.overlaps
    found = [
        issue("parks-overlap", subject=one, other=other, area_mu=f"{area / M2_PER_MU:.2f}")
        for one, other, area in zip(both["park_id"], both["other_id"], both["area_m2"], strict=True)
    ]
    leaves = parks.parks[parks.parks["is_leaf"]]
    used = set(located.pairs["park_id"])
    found += [issue("park-without-parcels", subject=one) for one in leaves.index if one not in used]
    inside = set(located.pairs["parcel_id"])
    shaped = _shaped(parcels.parcels)
    found += [issue("parcel-outside", subject=one) for one in shaped.index if one not in inside]
    found += _far(parcels.parcels, leaves)
    found += duplicates(shaped)
    found += [
        issue(
            "parcels-overlap",
            subject=row.parcel_id,
            other=row.other_id,
            area_m2=f"{row.area_m2:.1f}",
        )
        for row in overlaps(shaped, least_m2=SLIVER_M2).itertuples()
    ]
    return found


def _far(parcels: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> list[Issue]:
    """Layers that lie degrees away from every park: a wrong zone moves a layer by 3 degrees."""
    west, south, east, north = parks.total_bounds
    found: list[Issue] = []
    shaped = parcels[parcels.geometry.notna()]
    for source, part in shaped.groupby("source", sort=True):
        x, y = part.geometry.bounds[["minx", "miny"]].median()
        if not (west - FAR <= x <= east + FAR and south - FAR <= y <= north + FAR):
            where = f"{x:.2f}°E {y:.2f}°N"
            found.append(issue("layer-far", **place(str(source)), where=where))
    return found


def _sources(done: list[Read]) -> pd.DataFrame:
    rows = [
        {
            "file": one.delivery.conformed.file,
            "sheet": one.delivery.conformed.sheet,
            "table": one.source.table,
            "period": "、".join(one.source.all_periods),
            "scope": one.source.scope,
            "department": one.source.department,
            "rows": one.rows,
            "used": len(one.delivery.conformed.frame),
            "sha256": one.sha256,
        }
        for one in done
    ]
    return pd.DataFrame(rows)
