"""What the invented parks report of themselves (园区填报), consistent with parcels and firms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkeval.demo.lists import city, table
from parkeval.demo.places import parks

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAND = ("developable_area_mu", "ready_area_mu")
_FISCAL = 1.18
"""Fiscal revenue (财税收入) over tax: fees and other revenue count in."""
_YEARS = 3
_INVESTMENT = 260.0
"""Investment of projects under construction, 万元 per mu of land under construction."""
_DUE_SHARE = 0.11
"""Promised tax of projects due, over all tax."""
_IN_HAND = 0.55
"""Land of projects in hand, over land needed."""


def form(
    parcels: pd.DataFrame, firms: pd.DataFrame, figures: pd.DataFrame, period: str
) -> pd.DataFrame:
    """One row per park and part; parts state their land, everything else stands with the park."""
    inside = parcels.assign(mu=parcels["area_mu"] * parcels["within"])
    rows = []
    for facts in parks():
        parts = [one["id"] for one in parks() if one.get("parent", one["id"]) == facts["id"]]
        row: dict[str, Any] = {"park_id": facts["id"], "park_name": facts["name"]}
        if "area_ha" in facts:
            row |= _land(inside[inside["park"] == facts["id"]], facts)
        if "parent" not in facts:
            members = figures[firms["park"].loc[figures.index].isin(parts)]
            row |= _park(inside[inside["park"].isin(parts)], members, facts, period)
        rows.append(row)
    return pd.DataFrame(rows)


def _land(parcels: pd.DataFrame, facts: Mapping[str, Any]) -> dict[str, float]:
    """L0 and L1, from the land supplied inside the boundary."""
    ready = _supplied(parcels) / facts["supply_rate"]
    return {_LAND[1]: ready, _LAND[0]: ready / facts["development"]}


def _supplied(parcels: pd.DataFrame) -> float:
    return float(parcels["mu"][parcels["supply"] == "已供"].sum())


def _park(
    parcels: pd.DataFrame, members: pd.DataFrame, facts: Mapping[str, Any], period: str
) -> dict[str, Any]:
    rates = table("form")[facts["id"]]
    rates_of = {one["id"]: one["supply_rate"] for one in parks() if "supply_rate" in one}
    ready = sum(_supplied(some) / rates_of[str(park)] for park, some in parcels.groupby("park"))
    available = round(ready - _supplied(parcels), 2)
    need = round(available * rates["need"], 1)
    year = int(period)
    recent = parcels["granted"].dt.year.between(year - _YEARS + 1, year)
    supplied_recent = round(float(parcels["mu"][recent].sum()), 2)
    idle = parcels["build"].eq("未建") & parcels["supply"].ne("未批")
    due = round(float(parcels["mu"][idle].sum()), 2)
    works = float(parcels["mu"][parcels["build"] == "在建"].sum())
    building = round(works * _INVESTMENT * rates["promised"] ** 0.5, 0)
    tax, held = float(members["tax"].sum()), float(members["land"].sum())
    promised_due = round(tax * _DUE_SHARE, 1)
    row: dict[str, Any] = {
        "national_platforms": rates["platforms"][0],
        "provincial_platforms": rates["platforms"][1],
        "fiscal_revenue_10k_yuan": round(tax * _FISCAL, 0),
        "available_land_mu": available,
        "clear_land_mu": round(available * rates["clear"], 2),
        "project_land_need_mu": need,
        "supplied_recent_mu": supplied_recent,
        "kept_recent_mu": round(supplied_recent * rates["kept"], 2),
        "disposal_due_mu": due,
        "disposed_mu": round(due * rates["disposed"], 2),
        "enterprise_land_mu": round(held, 1),
        "enterprise_land_inside_mu": round(held * rates["inside"], 1),
        "construction_investment_10k_yuan": building,
        "leading_construction_investment_10k_yuan": round(building * rates["leading"], 0),
        "promised_tax_due_10k_yuan": promised_due,
        "paid_tax_due_10k_yuan": round(promised_due * rates["paid"], 1),
        "promised_land_mu": round(need * _IN_HAND, 1),
        "promised_tax_10k_yuan": round(need * _IN_HAND * rates["promised"], 0),
        "projects_due": rates["projects"][0],
        "projects_on_time": rates["projects"][1],
        "project_energy_tce": round(float(members["energy_tce"].sum()) * rates["energy"], 0),
        "problems_total": rates["problems"][0],
        "problems_closed": rates["problems"][1],
        "has_major_accident": "无",
        "has_data_fraud": "无",
    }
    blanks = rates["blank"] if period == city()["periods"][-1] else []
    return row | dict.fromkeys(blanks, np.nan)
