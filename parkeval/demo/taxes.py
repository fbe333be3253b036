"""Tax by tax type of the invented firms (分税种税收), adding up to their evaluated tax."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkeval.demo.lists import city, generator, table

if TYPE_CHECKING:
    from parkeval.demo.places import Floats

_LIQUOR = "1512"
_MOST_LAND_TAX = 0.3
"""Land-use tax takes at most this share of a firm's tax."""
_CITY_RATE = {"区": 0.07, "县": 0.05}
"""Rate of the city maintenance tax on value-added tax, by kind of county."""


def taxes(firms: pd.DataFrame, evaluated: pd.Series[float], period: str) -> pd.DataFrame:
    """Components of every firm's tax, in 万元.

    The sum of all components without refund, arrears subtracted, is `evaluated`. Every firm has
    every component, zero where it pays none.
    """
    rng = generator("taxes", period)
    habits = generator("tax habits")
    count, total = len(firms), evaluated.to_numpy()
    rate = city()["land_use_tax_10k_per_mu"]
    land = np.minimum(firms["land_mu"].to_numpy() * rate, _MOST_LAND_TAX * total).clip(min=0.0)
    rest = total - land
    liquor = (firms["industry"] == _LIQUOR).to_numpy()
    pays = habits.uniform(size=count) >= table("city")["figures"]["zero_income_tax"]
    income = rest * habits.uniform(0.14, 0.36, count) * pays * rng.uniform(0.9, 1.1, count)
    consumption = np.where(liquor, rest * 0.22, 0.0)
    owns = firms["land_mu"].to_numpy() > 0
    estate = rest * np.where(owns, habits.uniform(0.03, 0.08, count), 0.0)
    stamp = rest * rng.uniform(0.008, 0.02, count)
    other = rest * rng.uniform(0.002, 0.015, count)
    left = rest - income - consumption - estate - stamp - other
    city_rate = np.array([_CITY_RATE[county[-1]] for county in firms["county"]])
    vat = left / (1 + city_rate)
    exports = habits.uniform(size=count) < city()["export_share"]
    credit = np.where(exports, vat * habits.uniform(0.1, 0.5, count), 0.0)
    found_late = rng.uniform(size=count) < city()["arrears_share"]
    arrears = np.where(found_late, vat * rng.uniform(0.03, 0.2, count), 0.0)
    refunded = rng.uniform(size=count) < city()["refund_share"]
    found = {
        "tax_vat_10k_yuan": vat - credit + arrears,
        "tax_consumption_10k_yuan": consumption,
        "tax_income_10k_yuan": income,
        "tax_city_10k_yuan": vat * city_rate,
        "tax_property_10k_yuan": estate,
        "tax_land_use_10k_yuan": land,
        "tax_stamp_10k_yuan": stamp,
        "tax_other_10k_yuan": other,
        "vat_exempt_credit_10k_yuan": credit,
        "vat_refund_10k_yuan": np.where(refunded, vat * rng.uniform(0.1, 0.6, count), 0.0),
        "tax_arrears_10k_yuan": arrears,
    }
    return pd.DataFrame({name: _to_fen(values) for name, values in found.items()}, firms.index)


def _to_fen(values: Floats) -> Floats:
    """Rounded to the fen."""
    rounded: Floats = np.round(values, 6)
    return rounded
