"""Who stands in which table of the invented departments, and under which name (报表记录)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkeval.demo.firms import MAKERS
from parkeval.demo.forms import form
from parkeval.demo.lists import city, generator
from parkeval.demo.places import parks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from parkeval.demo.town import Town

_OLD_WITHOUT_CODE = 0.6
"""Where an old name is still in use, the code is missing this often."""
_UNTAGGED = 0.04
_PARTIES = ("lessor", "tenant")


def records(book: Mapping[str, Any], town: Town) -> pd.DataFrame:
    """Rows of one workbook: columns named as in `books.toml`, amounts in canonical units."""
    chosen = _CHOICES.get(book["who"])
    if chosen is None:
        return _OTHERS[book["who"]](book, town)
    here = town.firms.join(town.figures[book["period"]], how="inner")
    frame = here[chosen(here)].sort_values("code")
    codes, names = written(book, frame)
    facts = {one["id"]: one["name"] for one in parks()}
    rng = generator("tags")
    untagged = town.firms.index[rng.uniform(size=len(town.firms)) < _UNTAGGED]
    tags = frame["park"].map(facts).where(~frame.index.isin(untagged), "")
    return frame.assign(
        credit_code=codes,
        enterprise_name=names,
        former_name=frame["former"],
        industry_code=frame["industry"],
        park_tag=tags,
        production_date=frame["started"],
        production_text=frame["started"].dt.strftime("%Y年%m月%d日"),
    ).reset_index(drop=True)


def aliased(firms: pd.DataFrame) -> dict[int, str]:
    """Firms that some departments call by a short name, with that name."""
    usual = firms["kind"].eq("owner") & firms["former"].eq("")
    usual &= firms["name"].str.endswith("有限公司")
    chosen = generator("aliases").choice(np.flatnonzero(usual), city()["aliased"], replace=False)
    return {int(one): str(firms.at[one, "name"]).removesuffix("有限公司") for one in chosen}


def written(book: Mapping[str, Any], firms: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Code and name of firms as a department writes them; a missing code is empty."""
    rng = generator("written", book["id"], book.get("period", ""))
    lost = rng.uniform(size=len(firms)) < book.get("missing", 0.0)
    spaced = rng.uniform(size=len(firms)) < book.get("spaced", 0.0)
    careless = rng.uniform(size=len(firms)) < _OLD_WITHOUT_CODE
    old = firms["former"].ne("").to_numpy() & bool(book.get("old_names"))
    short = book.get("short_names", {})
    codes, names = [], []
    for at, (number, code, name, former) in enumerate(
        zip(firms.index, firms["code"], firms["name"], firms["former"], strict=True)
    ):
        shown = short.get(number, former if old[at] else name)
        without = lost[at] or number in short or (old[at] and careless[at])
        codes.append("" if without else f"{code[:6]} {code[6:]}" if spaced[at] else code)
        names.append(f"{shown} " if spaced[at] else shown)
    return codes, names


def _leases(book: Mapping[str, Any], town: Town) -> pd.DataFrame:
    """Leases by land area, or those of workshops by floor area."""
    measure = "land_mu" if book["who"] == "leases" else "floor_m2"
    rows = town.tenure.leases[town.tenure.leases[measure].notna()]
    rows = rows.sort_values(["parcel", "tenant"]).reset_index(drop=True)
    frame = pd.DataFrame({"parcel_id": town.parcels["parcel_id"].loc[rows["parcel"]].to_numpy()})
    for party in _PARTIES:
        named = {**book, "id": f"{book['id']} {party}"}
        codes, names = written(named, town.firms.loc[rows[party]])
        frame[f"{party}_code"], frame[f"{party}_name"] = codes, names
    frame["leased_land_mu"] = rows["land_mu"]
    frame["leased_floor_m2"] = rows["floor_m2"]
    return frame


def _parks(book: Mapping[str, Any], town: Town) -> pd.DataFrame:
    return form(town.parcels, town.firms, town.figures[book["period"]], book["period"])


def _all(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["code"].ne("")


_CHOICES: dict[str, Callable[[pd.DataFrame], pd.Series[bool]]] = {
    "all": _all,
    "makers": lambda frame: frame["kind"].isin(MAKERS) & frame["fixed_assets_10k_yuan"].notna(),
    "above": lambda frame: frame["is_above_scale"],
    "monitored": lambda frame: frame["is_above_scale"] & frame["monitored"],
    "hightech": lambda frame: frame["is_hightech"],
    "specialised": lambda frame: frame["is_specialised"],
    "restricted": lambda frame: frame["is_restricted"],
    "renamed": lambda frame: frame["former"].ne(""),
}

_OTHERS: dict[str, Callable[[Mapping[str, Any], Town], pd.DataFrame]] = {
    "leases": _leases,
    "workshops": _leases,
    "parks": _parks,
}
