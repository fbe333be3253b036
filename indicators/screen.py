"""Screening of parcels (疑似闲置、疑似低效): what a person should look at, with reasons."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.issues import Issue, issue
from geodata.rollup import occupied_area
from geodata.units import M2_PER_MU
from indicators.conditions import known, mask
from indicators.rules import Condition
from indicators.shipped import shipped

if TYPE_CHECKING:
    from geodata.model import Dataset

TAX = "tax_10k_yuan"
"""Field id of the evaluated tax."""

NO_LAND = 1e-9
"""Net area in mu up to which an enterprise counts as not standing on a parcel."""

FLAGS = ("suspected_idle", "suspected_low")


def screen(dataset: Dataset, enterprise_amounts: pd.DataFrame, period: str) -> pd.DataFrame:
    """Flag parcels that look idle or poorly used, by the rules of `screens.toml`.

    The tax of an enterprise is spread over its land; a parcel's tax per mu is what falls on it
    over the parcel's area, and is unknown when the tax of any occupant is. Nothing is decided
    here: every finding is 疑似.

    Args:
        dataset: the facts; parcels, and the occupancy of the period.
        enterprise_amounts: index enterprise id, amounts of the period.
        period: 统计期; when its end cannot be read, nothing is suspected idle (see `doubts`).

    Returns:
        Index `parcel_id` as in `dataset.parcels`; columns `tax_per_mu` (万元/亩),
        `suspected_idle`, `suspected_low` (bool), `suspicion` (Chinese reasons joined by ；,
        empty when there are none), `enterprise_ids` (occupants joined by 、), and the derived
        columns that rules and derived amounts may use: `start_overdue_days`,
        `granted_in_period`, `building_coefficient`, `plot_ratio`, `is_industrial`.
    """
    standing = _standing(dataset, period)
    found = pd.DataFrame(index=dataset.parcels.index)
    found["tax_per_mu"] = (
        _tax(standing, enterprise_amounts, found.index) / dataset.parcels["area_mu"]
    )
    derived = _derived(dataset.parcels, period).assign(tax_per_mu=found["tax_per_mu"])
    facts = pd.DataFrame(dataset.parcels).drop(columns=derived.columns, errors="ignore")
    facts = facts.join(derived)
    reasons = pd.Series("", index=found.index, dtype="str")
    for flag in FLAGS:
        found[flag] = False
    for rule in shipped("screens")["rule"]:
        met = mask([Condition.model_validate(one) for one in rule["where"]], facts)
        found[rule["flag"]] |= met
        reasons = reasons.mask(met, _joined(reasons, _reasons(rule["reason"], facts, met)))
    found["suspicion"] = reasons
    names = standing.groupby("parcel_id")["enterprise_id"].agg("、".join)
    found["enterprise_ids"] = names.reindex(found.index).fillna("").astype("str")
    return found.join(derived.drop(columns="tax_per_mu"))


def doubts(period: str) -> tuple[Issue, ...]:
    """What could not be screened: idle land, when the period does not say when it ends."""
    if calendar(period) is None:
        return (issue("period-without-end", value=period),)
    return ()


def decidable(parcels: pd.DataFrame) -> frozenset[str]:
    """Flags that at least one rule could decide for at least one parcel.

    A flag that no parcel has the data for is false everywhere; this tells that from "nothing
    found".

    Args:
        parcels: columns of the parcel table and of `screen`.
    """
    return frozenset(
        rule["flag"]
        for rule in shipped("screens")["rule"]
        if all(
            "is_missing" in one or (one["field"] in parcels and known(parcels[one["field"]]).any())
            for one in rule["where"]
        )
    )


def calendar(period: str) -> pd.Period | None:
    """The year, quarter or month that a 统计期 names, None when it is none of these.

    >>> [str(calendar(text).end_time)[:10] for text in ("2024", "2024Q2", "2024-06")]
    ['2024-12-31', '2024-06-30', '2024-06-30']
    >>> calendar("十四五") is None
    True
    """
    text = re.fullmatch(r"(\d{4})年?(?:-?(Q[1-4])|-(0?[1-9]|1[0-2]))?", period.strip().upper())
    if text is None:
        return None
    year, quarter, month = text.groups()
    name = year + (quarter or (f"-{int(month):02d}" if month else ""))
    return pd.Period(name)


def _standing(dataset: Dataset, period: str) -> pd.DataFrame:
    """Who stands on which parcel: `parcel_id, enterprise_id, area_mu, land`, net of lettings."""
    rows = dataset.occupancy[dataset.occupancy["period"].eq(period)]
    rows = rows.sort_values(["parcel_id", "enterprise_id", "area_mu"])
    net: pd.DataFrame = rows.groupby(["parcel_id", "enterprise_id"])["area_mu"].sum().reset_index()
    net["land"] = net["enterprise_id"].map(occupied_area(dataset.occupancy, period))
    return net.loc[net["area_mu"].gt(NO_LAND)]


def _tax(standing: pd.DataFrame, amounts: pd.DataFrame, parcels: pd.Index) -> pd.Series[float]:
    if TAX not in amounts.columns:
        return pd.Series(np.nan, index=parcels, dtype=float)
    tax = standing["enterprise_id"].map(amounts[TAX]).astype(float)
    share = standing["area_mu"] / standing["land"].where(standing["land"].gt(NO_LAND))
    parts = standing.assign(tax=tax * share).groupby("parcel_id")["tax"]
    complete = parts.count().eq(parts.size())
    return parts.sum().where(complete).reindex(parcels)


def _derived(parcels: pd.DataFrame, period: str) -> pd.DataFrame:
    """Columns that rules may use beside the parcel table's own."""
    area = parcels["area_mu"].where(parcels["area_mu"].gt(0)) * M2_PER_MU
    made = pd.DataFrame(index=parcels.index)
    made = made.join(_on_calendar(parcels, calendar(period)))
    covered = _column(parcels, "footprint_m2") + _column(parcels, "yard_m2")
    made["building_coefficient"] = covered / area
    made["plot_ratio"] = _column(parcels, "floor_area_m2") / area
    made["is_industrial"] = _is_industrial(parcels)
    return made


def _on_calendar(parcels: pd.DataFrame, when: pd.Period | None) -> pd.DataFrame:
    """What dates say about the period; unknown without a date or a calendar."""
    overdue = pd.Series(np.nan, index=parcels.index, dtype=float)
    granted = pd.Series(pd.NA, index=parcels.index, dtype="boolean")
    if when is not None and "agreed_start_date" in parcels.columns:
        agreed = pd.to_datetime(parcels["agreed_start_date"])
        overdue = (when.end_time.normalize() - agreed).dt.days.astype(float)
    if when is not None and "grant_date" in parcels.columns:
        dates = pd.to_datetime(parcels["grant_date"])
        granted = dates.between(when.start_time, when.end_time).astype("boolean")
        granted = granted.mask(dates.isna())
    return pd.DataFrame({"start_overdue_days": overdue, "granted_in_period": granted})


def _is_industrial(parcels: pd.DataFrame) -> pd.Series[bool]:
    """By code where there is one, else by name; unknown without either."""
    listed: dict[str, Any] = shipped("screens")["industrial"]
    by_code = mask([Condition(field="land_use_code", starts_with=listed["codes"])], parcels)
    by_name = mask([Condition(field="land_use_name", one_of=listed["names"])], parcels)
    no_code = mask([Condition(field="land_use_code", is_missing=True)], parcels)
    no_name = mask([Condition(field="land_use_name", is_missing=True)], parcels)
    found = by_code.where(~no_code, by_name).astype("boolean")
    return found.mask(no_code & no_name)


def _column(frame: pd.DataFrame, name: str) -> pd.Series[float]:
    if name not in frame.columns:
        return pd.Series(np.nan, index=frame.index, dtype=float)
    return frame[name].astype(float)


def _reasons(template: str, facts: pd.DataFrame, met: pd.Series[bool]) -> pd.Series[str]:
    words = {key: template.format_map(row) for key, row in facts[met].to_dict("index").items()}
    return pd.Series(words, dtype="str").reindex(facts.index).fillna("")


def _joined(before: pd.Series[str], more: pd.Series[str]) -> pd.Series[str]:
    return (before + "；" + more).str.lstrip("；")
