"""What the firms of the invented city yield (企业数额), calibrated park by park."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkeval.demo.firms import MAKERS
from parkeval.demo.land import INDUSTRIAL
from parkeval.demo.lists import city, generator, table
from parkeval.demo.places import parks
from parkeval.demo.taxes import taxes

if TYPE_CHECKING:
    import numpy.typing as npt

    from parkeval.demo.places import Floats
    from parkeval.demo.tenure import Tenure

    Mask = npt.NDArray[np.bool_]

_LEADER_MU = 50.0
"""Land of a leading firm, at least."""
_STATISTICS = (
    "value_added_10k_yuan",
    "output_10k_yuan",
    "revenue_10k_yuan",
    "profit_10k_yuan",
    "employees",
    "rd_10k_yuan",
    "energy_tce",
    "green_electricity_10k_kwh",
)
"""Known of above-scale firms only."""


def figures(firms: pd.DataFrame, parcels: pd.DataFrame, tenure: Tenure) -> dict[str, pd.DataFrame]:
    """Flags and amounts of every firm by period, the last period first made.

    Columns are field ids: flags `is_above_scale, is_hightech, is_specialised, is_restricted`,
    amounts in canonical units, NaN where a firm is not asked. Firms not yet founded are absent.
    """
    before, now = city()["periods"]
    park = _per_firm(firms)
    frame = _basis(firms, parcels, tenure, park)
    frame["is_above_scale"] = _above(firms, frame)
    frame["tax"] = _tax(firms, frame, park, _industrial_land(parcels))
    frame = frame.join(_yields(frame, park))
    frame = frame.join(_flags(firms, frame, park))
    frame = frame.join(_others(firms, frame, park))
    latest = _masked(frame.join(taxes(firms, frame["tax"], now)))
    early = _earlier(frame, firms, park)
    early = early.join(taxes(firms, early["tax"], before))
    founded = firms["started"] < np.datetime64(f"{now}-01-01")
    return {before: _masked(early)[founded.to_numpy()], now: latest}


def _per_firm(firms: pd.DataFrame) -> pd.DataFrame:
    """Calibration figures of each firm's park and chain."""
    facts: dict[str, dict[str, Any]] = {one["id"]: one for one in parks()}
    names = ["tax", "value_added", "fixed", "tax_growth", "rd", "energy", "emission"]
    names += ["productivity", "hightech"]
    frame = pd.DataFrame(
        {name: [facts[park][name] for park in firms["park"]] for name in names}, index=firms.index
    )
    chains = {one["name"]: one for one in table("names")["chain"]}
    for name in ("rate", "energy", "emission", "rd", "tax"):
        frame[f"chain_{name}"] = [chains[chain][name] if chain else 1.0 for chain in firms["chain"]]
    return frame


def _basis(
    firms: pd.DataFrame, parcels: pd.DataFrame, tenure: Tenure, park: pd.DataFrame
) -> pd.DataFrame:
    """Land in use, and how well the firm does on it."""
    rng = generator("fortune")
    built = parcels["build"].eq("已建成") & parcels["use"].isin(INDUSTRIAL)
    frame = pd.DataFrame({"maker": firms["kind"].isin(MAKERS), "home": firms["park"]})
    frame["land"] = firms["land_mu"]
    used = tenure.land(parcels.assign(area_mu=parcels["area_mu"].where(built, 0.0)))
    young = firms["kind"].eq("young")
    used = used.mask(young, firms["land_mu"] * table("city")["figures"]["young_land"])
    frame["used"] = used.clip(lower=0.0)
    fortune, other = rng.normal(size=(2, len(firms)))
    large = np.flatnonzero(firms["kind"].eq("owner") & firms["land_mu"].gt(_LEADER_MU))
    fortune[rng.choice(large, city()["leaders"], replace=False)] += city()["leader_lift"]
    frame["fortune"] = fortune
    frame["tax_factor"] = np.exp(city()["spread_tax"] * fortune) * park["chain_tax"]
    frame["factor"] = np.exp(city()["spread_value_added"] * (0.6 * fortune + 0.8 * other))
    return frame


def _above(firms: pd.DataFrame, frame: pd.DataFrame) -> Mask:
    """The firms that matter most: membership of the statistical directory."""
    park = _per_firm(firms)
    score = frame["used"] * frame["factor"] * park["value_added"].pow(0.5) * frame["maker"]
    score = score.where(~firms["kind"].isin(["young", "tagged"]), 0.0)
    count = round(city()["above_scale_share"] * len(firms))
    chosen = score.sort_values(ascending=False, kind="stable").index[:count]
    found: Mask = firms.index.isin(chosen)
    return found


def _industrial_land(parcels: pd.DataFrame) -> pd.Series[float]:
    """Built industrial land by park, that around it included."""
    built = parcels["build"].eq("已建成") & parcels["use"].isin(INDUSTRIAL)
    return parcels[built].groupby("park")["area_mu"].sum()


def _tax(
    firms: pd.DataFrame, frame: pd.DataFrame, park: pd.DataFrame, land: pd.Series[float]
) -> pd.Series[float]:
    """Evaluated tax, so that a park's industrial land yields what `city.toml` says."""
    levels = table("city")["figures"]
    rng = generator("tax")
    size = np.where(frame["is_above_scale"], 1.0, city()["below_scale_factor"])
    raw = (frame["used"] * frame["tax_factor"] * size).where(frame["maker"], 0.0)
    target = park["tax"] * firms["park"].map(land).fillna(0.0)
    tax = raw * (target / raw.groupby(firms["park"]).transform("sum").replace(0.0, np.nan))
    for kind in ("estate", "service", "platform", "utility"):
        level = levels[kind] * park["tax"] / levels["reference_tax"]
        own = frame["land"].clip(lower=1.0) * level * np.exp(rng.normal(0, 0.5, len(firms)))
        tax = tax.mask(firms["kind"].eq(kind), own)
    low, high = np.log(levels["tagged_tax"])
    drawn = np.exp(rng.uniform(low, high, len(firms)))
    return tax.mask(firms["kind"].eq("tagged"), drawn).fillna(0.0)


def _calibrated(
    raw: pd.Series[float], target: pd.Series[float], base: pd.Series[float], among: Mask
) -> pd.Series[float]:
    """Scale figures so that in each group (by target) their sum is target × sum of base."""
    groups = target.where(among)
    wanted = (base * target).where(among).groupby(groups).transform("sum")
    return raw * (wanted / raw.where(among).groupby(groups).transform("sum")).fillna(1.0)


def _yields(frame: pd.DataFrame, park: pd.DataFrame) -> pd.DataFrame:
    """Value added and what hangs on it, for every maker."""
    rng = generator("yields")
    count = len(frame)
    above = (frame["is_above_scale"] & frame["maker"]).to_numpy()

    def noise(spread: float) -> Floats:
        return np.exp(rng.normal(0, spread, count))

    raw = frame["used"] * park["value_added"] * frame["factor"]
    found = pd.DataFrame(index=frame.index)
    added = _calibrated(raw, park["value_added"], frame["land"], above)
    found["value_added_10k_yuan"] = added
    found["output_10k_yuan"] = added / (park["chain_rate"] * noise(0.12))
    found["revenue_10k_yuan"] = found["output_10k_yuan"] * rng.uniform(0.94, 1.01, count)
    margin = 0.05 + 0.028 * frame["fortune"] + rng.normal(0, 0.03, count)
    found["profit_10k_yuan"] = found["revenue_10k_yuan"] * margin
    found["employees"] = np.maximum(np.round(added / (park["productivity"] * noise(0.33))), 9)
    spends = rng.uniform(size=count) >= table("city")["figures"]["no_rd"]
    raw = found["revenue_10k_yuan"] * park["rd"] * park["chain_rd"] * noise(0.5) * spends
    found["rd_10k_yuan"] = _calibrated(raw, park["rd"], found["revenue_10k_yuan"], above)
    raw = added * park["energy"] * park["chain_energy"] * noise(0.33)
    found["energy_tce"] = _calibrated(raw, park["energy"], added, above)
    raw = added * park["emission"] / 1e4 * park["chain_emission"] * noise(0.6)
    found["emission_t"] = _calibrated(raw, park["emission"] / 1e4, added, above)
    return found


def _flags(firms: pd.DataFrame, frame: pd.DataFrame, park: pd.DataFrame) -> pd.DataFrame:
    """Qualifications, as they stand in the last period."""
    rng = generator("flags")
    figures = table("city")["figures"]
    above, count = frame["is_above_scale"].to_numpy(), len(firms)
    chance = park["hightech"] * np.exp(0.35 * frame["fortune"]) * park["chain_rd"].pow(0.5)
    chance = chance.where(above, figures["below_hightech"]).where(frame["maker"], 0.0)
    hightech = rng.uniform(size=count) < chance.where(~firms["kind"].eq("young"), 0.0)
    lucky = np.where(hightech, figures["specialised"], figures["specialised_only"] * above)
    heavy = (park["chain_energy"] > 1.3) & above
    restricted = rng.uniform(size=count) < np.where(heavy, 4 * city()["restricted_share"], 0.01)
    return pd.DataFrame(
        {
            "is_hightech": hightech,
            "is_specialised": rng.uniform(size=count) < lucky,
            "is_restricted": restricted & above,
        },
        index=firms.index,
    )


def _others(firms: pd.DataFrame, frame: pd.DataFrame, park: pd.DataFrame) -> pd.DataFrame:
    """Power, fixed assets, patents, penalties."""
    rng = generator("others")
    figures, count = table("city")["figures"], len(firms)
    above = frame["is_above_scale"].to_numpy()
    found = pd.DataFrame(index=firms.index)
    large = frame["energy_tce"] * city()["electricity_share"] / city()["tce_per_10k_kwh"]
    small = frame["tax"] / figures["below_tax_per_kwh"] * park["energy"] / 0.5
    other = frame["land"].clip(lower=0.5) * figures["other_kwh_per_mu"]
    used = pd.Series(np.where(above, large, small), index=firms.index).where(frame["maker"], other)
    used = used.where(~firms["kind"].eq("tagged"), 0.8)
    found["electricity_10k_kwh"] = used * np.exp(rng.normal(0, np.where(above, 0.10, 0.55)))
    green = rng.uniform(0, figures["green_most"], count) * (
        rng.uniform(size=count) < figures["green_firms"]
    )
    found["green_electricity_10k_kwh"] = found["electricity_10k_kwh"] * green
    raw = frame["used"] * park["fixed"] * np.exp(rng.normal(0, 0.35, count))
    raw *= np.where(above, 1.1, 0.75)
    found["fixed_assets_10k_yuan"] = raw.where(frame["maker"] & (raw > 0))
    asked = rng.uniform(size=count) < city()["emission_share"]
    found["monitored"] = asked & above & frame["maker"]
    found["penalties"] = rng.poisson(figures["penalties"] * (1 + park["emission"] / 10))
    patents = rng.poisson(frame["employees"].fillna(0) * figures["patents_per_employee"])
    found["patents"] = np.where(frame["is_hightech"], patents, np.nan)
    return found


def _earlier(frame: pd.DataFrame, firms: pd.DataFrame, park: pd.DataFrame) -> pd.DataFrame:
    """The same firms one period earlier."""
    rng = generator("growth")
    early = frame.copy()
    growth = park["tax_growth"]
    steps = table("city")["figures"]["growth"]

    def back(values: pd.Series[Any], rate: pd.Series[float], spread: float) -> pd.Series[float]:
        own: pd.Series[float] = (1 + rate) * np.exp(
            rng.normal(-(spread**2) / 2, spread, len(frame))
        )
        return values / own

    early["tax"] = back(frame["tax"], growth, 0.13)
    for name, (base, slope) in steps.items():
        early[name] = back(frame[name], base + slope * growth, 0.06)
    for name in ("employees", "penalties", "patents"):
        early[name] = np.round(early[name])
    levels = table("city")["figures"]
    above = frame["is_above_scale"].to_numpy().copy()
    rank = frame["value_added_10k_yuan"].sort_values(kind="stable").index
    up = [one for one in rank if above[one]][: levels["moved_up"]]
    owners = frame["maker"] & ~firms["kind"].isin(["young", "tagged"])
    down = [one for one in rank[::-1] if not above[one] and owners[one]][: levels["moved_down"]]
    above[up], above[down] = False, True
    early["is_above_scale"] = above
    return early


def _masked(frame: pd.DataFrame) -> pd.DataFrame:
    """What is known of whom."""
    shown = frame.copy()
    above = frame["is_above_scale"]
    for name in _STATISTICS:
        shown[name] = shown[name].where(above)
    shown["emission_t"] = shown["emission_t"].where(above & frame["monitored"])
    return shown
