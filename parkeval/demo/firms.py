"""Firms of the invented city (企业): names, credit codes, industries and qualifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.identifiers import check_character
from parkeval.demo.lists import city, generator, table
from parkeval.demo.places import parks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from parkeval.demo.tenure import Tenure

MAKERS = ("owner", "young", "workshop", "tenant", "tagged")
"""Kinds of firm that belong to an industry chain."""

_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_LARGE_MU = 60.0


def firms(parcels: pd.DataFrame, tenure: Tenure) -> pd.DataFrame:
    """Everything about the firms that does not change from year to year.

    Returns:
        Index as `tenure.roles`. Columns: those of `tenure.roles`, `land_mu`, `code`, `name`,
        `former` (former name, empty for most), `chain` (empty outside industry), `industry`
        (GB/T 4754-2017), `county`, `started` (start of production).
    """
    frame = tenure.roles.copy()
    frame["land_mu"] = tenure.land(parcels)
    facts = {one["id"]: one for one in parks()}
    frame["county"] = [facts[park]["county"] for park in frame["park"]]
    frame["chain"] = _chains(frame, facts)
    frame["industry"], words = _industries(frame)
    frame["name"] = _names(frame, words, facts)
    frame["former"] = _former(frame)
    frame["code"] = _codes(frame)
    frame["started"] = _started(frame, parcels, tenure)
    return frame


def agencies(count: int, counties: Sequence[str]) -> list[str]:
    """Names of authorities that hold land."""
    rng = generator("agencies")
    words = table("names")["agency"]["words"]
    return [f"{county}{words[rng.integers(len(words))]}" for county in counties[:count]]


def _chains(frame: pd.DataFrame, facts: dict[str, dict[str, Any]]) -> list[str]:
    """A leading industry of the park, or any other chain."""
    rng = generator("chains")
    every = [one["name"] for one in table("names")["chain"]]
    found = []
    for kind, park in zip(frame["kind"], frame["park"], strict=True):
        home = facts[park]
        leading = home["leading"]
        lead = rng.uniform() < home.get("leading_share", 0.5)
        weights = np.arange(len(leading), 0, -1.0)
        first = leading[rng.choice(len(leading), p=weights / weights.sum())]
        rest = [name for name in every if name not in leading]
        other = rest[rng.integers(len(rest))]
        found.append((first if lead else other) if kind in MAKERS else "")
    return found


def _industries(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Industry code and the word for it in the name."""
    rng = generator("industries")
    lists = table("names")
    chains = {one["name"]: list(one["words"].items()) for one in lists["chain"]}
    utilities = iter(lists["utility"].items())
    codes, words = [], []
    for kind, chain in zip(frame["kind"], frame["chain"], strict=True):
        if kind == "utility":
            code, word = next(utilities)
        elif kind in MAKERS:
            code, word = chains[chain][rng.integers(len(chains[chain]))]
        elif kind == "service":
            at = rng.integers(len(lists["service"]["codes"]))
            code, word = lists["service"]["codes"][at], lists["service"]["words"][at]
        else:
            code, word = lists[kind]["code"], lists[kind]["word"]
        codes.append(code)
        words.append(word)
    return codes, words


def _names(
    frame: pd.DataFrame, words: Sequence[str], facts: dict[str, dict[str, Any]]
) -> list[str]:
    """A different name for every firm."""
    rng = generator("names")
    lists = table("names")
    town = city()["name"].removesuffix("市")
    taken: set[str] = set()
    found = []
    columns = (frame[name] for name in ("kind", "park", "county", "land_mu"))
    for word, kind, park, county, land in zip(words, *columns, strict=True):
        place = town if rng.uniform() < 0.45 else county[:-1]
        large = land > _LARGE_MU and rng.uniform() < 0.6
        forms = lists["forms"]["large" if large else "usual"]
        while True:
            brand = _brand(rng)
            end = _drawn(forms, rng) if kind in MAKERS else ""
            name = {
                "platform": f"{_whole(park, facts)['short']}{word}",
                "utility": f"{town}市{word}",
            }.get(kind, f"{place}{brand}{word}{end}")
            if name not in taken:
                break
        taken.add(name)
        found.append(name)
    return found


def _whole(park: str, facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The park, or the one that it is part of."""
    return facts[facts[park].get("parent", park)]


def _former(frame: pd.DataFrame) -> list[str]:
    """Former names of some owners, with another brand; nobody else's name, now or before."""
    rng = generator("former")
    owners = frame.index[frame["kind"] == "owner"]
    chosen = set(rng.choice(owners, city()["renamed"], replace=False).tolist())
    taken = set(frame["name"])
    found = []
    for number, name in frame["name"].items():
        old = ""
        while number in chosen and (not old or old in taken):
            old = f"{name[:2]}{_brand(rng)}{name[4:]}"
        taken.add(old)
        found.append(old)
    return found


def _brand(rng: np.random.Generator) -> str:
    words = table("names")["brand"]
    return _drawn(words["first"], rng) + _drawn(words["second"], rng)


def _drawn(words: Sequence[str], rng: np.random.Generator) -> str:
    return str(words[int(rng.integers(len(words)))])


def _codes(frame: pd.DataFrame) -> list[str]:
    """Credit codes by GB 32100-2015, with a valid organisation code inside, each different."""
    rng = generator("codes")
    divisions = {one["name"]: one["division"] for one in table("city")["county"]}
    numbers = rng.choice(len(_SYMBOLS) ** 4, len(frame), replace=False)
    found = []
    for county, number in zip(frame["county"], numbers.tolist(), strict=True):
        body = "MA4" + str(rng.integers(10)) + _spelled(number)
        first = f"91{divisions[county]}{body}{_body_check(body)}"
        found.append(first + check_character(first))
    return found


def _spelled(number: int) -> str:
    digits = ""
    for _ in range(4):
        number, rest = divmod(number, len(_SYMBOLS))
        digits = _SYMBOLS[rest] + digits
    return digits


def _body_check(body: str) -> str:
    """Check character of an organisation code (GB 11714-1997)."""
    total = sum(int(one, 36) * weight for one, weight in zip(body, _BODY_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def _started(
    frame: pd.DataFrame, parcels: pd.DataFrame, tenure: Tenure
) -> npt.NDArray[np.datetime64]:
    """Start of production: some months after the first grant; the last two years for the young."""
    rng = generator("started")
    first = parcels["granted"].groupby(tenure.holders).min().reindex(frame.index)
    years = rng.integers(2008, 2022, len(frame)) - 1970
    drawn = years.astype("datetime64[Y]").astype("datetime64[D]")
    drawn = drawn + rng.integers(0, 365, len(frame)) * np.timedelta64(1, "D")
    own = first.to_numpy().astype("datetime64[D]")
    own = own + rng.integers(300, 800, len(frame)) * np.timedelta64(1, "D")
    early = np.datetime64(f"{int(city()['periods'][0]) - 1}-12-01")
    usual = np.where(np.isnat(own), drawn, np.minimum(own, early))
    first_new = np.datetime64(f"{city()['periods'][0]}-02-01")
    new = first_new + rng.integers(60, 640, len(frame)) * np.timedelta64(1, "D")
    young = frame["kind"].eq("young").to_numpy()
    found: npt.NDArray[np.datetime64] = np.where(young, new, usual)
    return found
