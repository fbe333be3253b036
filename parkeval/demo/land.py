"""Parcels of the invented city (宗地): use, supply, construction, dates and buildings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.units import M2_PER_MU
from parkeval.demo.lists import city, generator, table
from parkeval.demo.plots import plots

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from parkeval.demo.places import Floats, Place

INDUSTRIAL = ("industry", "warehouse")
DATES = ("granted", "agreed_start", "actual_start", "agreed_end", "actual_end")

_DAY = np.timedelta64(1, "D")
_DISTRICT = "001"


def parcels(places: Sequence[Place]) -> pd.DataFrame:
    """All parcels of the city.

    Returns:
        Index 0 to n - 1. Columns: `parcel_id`, `park` (id of the leaf park beside or around it),
        `shape` on that park's plane, `within` (share inside the boundary), `area_mu`,
        `recorded_mu`, `use` (a key of `[land.…]` in `names.toml`), `supply` and `build` (values
        of `fields.csv`), the dates of `DATES` (NaT where there is none), `standard` (标准地),
        `promise` (万元/亩), `floor`, `footprint`, `yard` (m²) and `workshop` (标准厂房).
    """
    parts = [_of_place(place) for place in places]
    frame = pd.concat(parts, ignore_index=True)
    counties = {one["name"]: one["division"] for one in table("city")["county"]}
    divisions = frame["county"].map(counties)
    numbers = frame.groupby("county").cumcount() + 1
    sub = frame["park"].map({name: i + 1 for i, name in enumerate(frame["park"].unique())})
    frame["parcel_id"] = [
        f"{division}{_DISTRICT}{part:03d}GB{number:05d}"
        for division, part, number in zip(divisions, sub, numbers, strict=True)
    ]
    return frame


def _of_place(place: Place) -> pd.DataFrame:
    facts, name = place.facts, place.facts["id"]
    frame = plots(place)
    frame["park"], frame["county"] = name, facts["county"]
    frame["area_mu"] = frame["area_m2"] / M2_PER_MU
    frame["recorded_mu"] = _recorded(frame, generator("area", name))
    frame["supply"] = _supply(frame, facts, generator("supply", name))
    frame["use"] = _use(frame, facts, generator("use", name))
    rng = generator("build", name)
    frame["build"], idle = _build(frame, facts, rng)
    dates = _dates(frame, idle, rng)
    frame = frame.join(dates)
    frame["standard"] = _standard(frame, rng)
    frame["promise"] = _promise(frame, facts, rng)
    rng = generator("buildings", name)
    frame["workshop"] = _workshop(frame, facts, rng)
    return frame.join(_buildings(frame, facts, rng))


def _recorded(frame: pd.DataFrame, rng: np.random.Generator) -> Floats:
    """Registered area: that of the shape but for rounding, and for a few old surveys."""
    rough = rng.uniform(size=len(frame)) < table("city")["land"]["area_off"]
    factor = np.where(rough, rng.choice([0.86, 0.91, 1.08, 1.12], len(frame)), 1.0)
    recorded: Floats = np.round(frame["area_mu"].to_numpy() * factor, 2)
    return recorded


def _supply(
    frame: pd.DataFrame, facts: dict[str, Any], rng: np.random.Generator
) -> npt.NDArray[np.str_]:
    """已供 in the older blocks, 批而未供 and 未批 in the younger ones."""
    outside = frame["order"].to_numpy() > 1
    age = np.where(outside, 0.0, frame["order"]) + rng.normal(0, 0.2, len(frame))
    supplied = _first(age, frame, facts["supplied"], ~outside)
    supplied |= outside & (rng.uniform(size=len(frame)) < table("city")["land"]["outside_supplied"])
    approved = rng.uniform(size=len(frame)) < facts["approved"]
    return np.where(supplied, "已供", np.where(approved, "批而未供", "未批"))


def _use(
    frame: pd.DataFrame, facts: dict[str, Any], rng: np.random.Generator
) -> npt.NDArray[np.str_]:
    """Houses, shops and parks around one centre, industry elsewhere."""
    figures = table("city")["land"]
    outside = frame["order"].to_numpy() > 1
    block = frame["block"].to_numpy()
    centre = rng.integers(0, max(2, block.max() // 5))
    near = np.abs(block - centre) / block.max() + rng.normal(0, 0.10, len(frame))
    supplied = (frame["supply"] == "已供").to_numpy() & ~outside
    town = _first(near, frame, 1 - facts["industrial"], supplied)
    town |= outside & (rng.uniform(size=len(frame)) > figures["outside_industrial"])
    split = figures["town_split"]
    kinds = rng.choice(list(split), len(frame), p=list(split.values()))
    stored = rng.uniform(size=len(frame)) < figures["warehouse"]
    industrial = np.where(stored, INDUSTRIAL[1], INDUSTRIAL[0])
    reserve = (frame["supply"] != "已供").to_numpy()
    return np.where(reserve, "reserve", np.where(town, kinds, industrial))


def _first(
    score: Floats, frame: pd.DataFrame, share: float, among: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Those with the lowest score that make up a share of the area inside the boundary."""
    area = np.where(among, frame["area_m2"] * frame["within"], 0.0)
    order = np.argsort(score, kind="stable")
    before = np.empty(len(frame))
    before[order] = area[order].cumsum() - area[order] / 2
    found: npt.NDArray[np.bool_] = among & (before < share * area.sum())
    return found


def _build(
    frame: pd.DataFrame, facts: dict[str, Any], rng: np.random.Generator
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.bool_]]:
    """State of construction, and which parcels have lain idle."""
    supplied = (frame["supply"] == "已供").to_numpy()
    ordinary = supplied & frame["use"].isin(["industry", "warehouse", "housing"]).to_numpy()
    age = np.minimum(frame["order"].to_numpy(), 1.0) * 0.5
    late = rng.uniform(size=len(frame)) + age
    inside = supplied & (frame["order"] <= 1).to_numpy()
    left = (1 - facts["built"]) * frame["area_m2"].where(inside, 0).sum()
    share = left / frame["area_m2"].where(ordinary & inside, 0).sum()
    unbuilt = _first(-late, frame, share, ordinary & inside)
    idle = unbuilt & (rng.uniform(size=len(frame)) < facts["idle"])
    busy = rng.uniform(size=len(frame)) < table("city")["land"]["under_construction"]
    state = np.where(unbuilt, np.where(busy & ~idle, "在建", "未建"), "已建成")
    return np.where(supplied, state, "未建"), idle


def _dates(
    frame: pd.DataFrame, idle: npt.NDArray[np.bool_], rng: np.random.Generator
) -> pd.DataFrame:
    """Contract dates; what has not happened, or is too old to be on file, has none."""
    count = len(frame)
    built = (frame["build"] == "已建成").to_numpy()
    supplied = (frame["supply"] == "已供").to_numpy()
    industrial = frame["use"].isin(INDUSTRIAL).to_numpy()
    this_year = int(city()["periods"][-1])
    fresh = industrial & (rng.uniform(size=count) < table("city")["land"]["granted_this_year"])
    fresh |= (frame["build"] == "未建").to_numpy()
    age = np.minimum(frame["order"].to_numpy(), 1.0)
    old = np.floor(2006 + 13 * age + rng.uniform(0, 3, count))
    recent = np.where(fresh, this_year, this_year - 1)
    year = np.where(built, old, np.where(idle, rng.integers(2017, 2022, count), recent))
    granted = _day(year, rng.integers(0, 365, count))
    start = granted + rng.integers(120, 300, count) * _DAY
    begun = start + rng.integers(-20, 140, count) * _DAY
    end = start + rng.integers(500, 1000, count) * _DAY
    done = end + rng.integers(-60, 300, count) * _DAY
    last = np.datetime64(f"{this_year}-12-31")
    on_file = supplied & (year >= 2009)
    working = built | (frame["build"] == "在建").to_numpy()
    nothing = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "granted": np.where(supplied, granted, nothing),
            "agreed_start": np.where(on_file, start, nothing),
            "actual_start": np.where(on_file & working, np.minimum(begun, last), nothing),
            "agreed_end": np.where(on_file, end, nothing),
            "actual_end": np.where(on_file & built, np.minimum(done, last), nothing),
        },
        index=frame.index,
    )


def _day(year: Floats, number: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
    """A day of each year."""
    first = (year.astype(np.int64) - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray(first + number * _DAY, dtype="datetime64[D]")


def _standard(frame: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """标准地, more of them every year."""
    shares = table("city")["land"]["standard_land"]
    years = frame["granted"].dt.year
    chance = years.map({int(year): share for year, share in shares.items()}).fillna(0.0)
    lucky: npt.NDArray[np.bool_] = rng.uniform(size=len(frame)) < chance.to_numpy()
    return lucky & frame["use"].isin(INDUSTRIAL).to_numpy()


def _promise(frame: pd.DataFrame, facts: dict[str, Any], rng: np.random.Generator) -> Floats:
    """Agreed tax per mu, in newer contracts of industrial land only."""
    figures = table("city")["land"]
    low, high = figures["promise_spread"]
    agreed = facts["tax"] * rng.uniform(low, high, len(frame))
    agreed = np.round(np.maximum(agreed, figures["least_promise"]), 0)
    stated = frame["use"].isin(INDUSTRIAL) & (frame["granted"].dt.year >= 2017)
    stated &= frame["standard"] | (rng.uniform(size=len(frame)) < 0.6)
    return np.where(stated, agreed, np.nan)


def _workshop(
    frame: pd.DataFrame, facts: dict[str, Any], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Parcels with workshops to let."""
    low, high = table("city")["land"]["workshop_m2"]
    fits = frame["use"].eq("industry") & frame["build"].eq("已建成") & frame["within"].gt(0.9)
    fits &= frame["area_m2"].between(low, high)
    chosen = rng.choice(np.flatnonzero(fits), facts["workshops"], replace=False)
    return np.isin(np.arange(len(frame)), chosen)


def _buildings(
    frame: pd.DataFrame, facts: dict[str, Any], rng: np.random.Generator
) -> pd.DataFrame:
    """Floor area, footprint and yards in m²; unknown where nothing is built or registered."""
    figures = table("city")["land"]
    count, area = len(frame), frame["area_m2"].to_numpy()
    kind = frame["use"].map(figures["cover"]).fillna(0.0).to_numpy()
    cover = np.clip(facts["coverage"] * kind * np.exp(rng.normal(0, 0.22, count)), 0.02, 0.72)
    storeys = facts["plot_ratio"] / facts["coverage"] * np.exp(rng.normal(0, 0.25, count))
    storeys = np.where(frame["use"] == "housing", storeys + 4, np.maximum(storeys, 1.0))
    let = frame["workshop"].to_numpy()
    low, high = figures["workshop_plot_ratio"]
    cover = np.where(let, rng.uniform(0.42, 0.55, count), cover)
    ratio = np.where(let, rng.uniform(low, high, count), cover * storeys)
    yard = np.where(rng.uniform(size=count) < 0.4, rng.uniform(0.02, 0.09, count), 0.0)
    built = (frame["build"] == "已建成").to_numpy()
    known = built & (let | (rng.uniform(size=count) >= city()["unknown_floor"]))
    return pd.DataFrame(
        {
            name: np.where(known, np.round(share * area, 1), np.nan)
            for name, share in (("floor", ratio), ("footprint", cover), ("yard", yard))
        },
        index=frame.index,
    )
