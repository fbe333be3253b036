"""Who stands where (位置关系): order of parks, occupants of parcels, homes of enterprises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geodata.fields import fields
from geodata.rollup import ancestors
from reports.labels import word

if TYPE_CHECKING:
    from geodata.model import Dataset
    from indicators.model import Evaluation, Findings

NO_LAND = 1e-9
"""Net area in mu up to which an enterprise counts as not standing on a parcel."""


def main_occupant(findings: Findings) -> pd.Series[str]:
    """Parcel id → the enterprise with most land on it in the period; the lower id on a tie."""
    standing = in_period(findings.dataset.occupancy, findings.period)
    keys = ["parcel_id", "enterprise_id"]
    net = standing.sort_values([*keys, "area_mu"]).groupby(keys)["area_mu"].sum().reset_index()
    order = net[net["area_mu"] > NO_LAND].sort_values(
        ["parcel_id", "area_mu", "enterprise_id"], ascending=[True, False, True]
    )
    return order.drop_duplicates("parcel_id").set_index("parcel_id")["enterprise_id"]


def home(findings: Findings) -> pd.DataFrame:
    """Where each enterprise has most of its land: index `enterprise_id`, `place`, `park_id`."""
    first = _most_land_first(findings).drop_duplicates("enterprise_id")
    return first.set_index("enterprise_id")[["place", "park_id"]]


def home_names(findings: Findings) -> pd.Series[str]:
    """Enterprise id → the parks it stands in, by name, most land first."""
    order = _most_land_first(findings)
    names = park_names(findings.dataset)
    marks = {"outside": word("marks", "outside"), "unlinked": word("marks", "without_land")}
    told = [
        names.get(park, str(park)) if place == "park" else marks[place]
        for place, park in zip(order["place"], order["park_id"], strict=True)
    ]
    shown = order.assign(told=told).groupby("enterprise_id", sort=True)["told"]
    return shown.agg(word("marks", "several").join)


def grade_names(evaluation: Evaluation) -> list[str]:
    """Grades of a standard, the best first, over all its cohorts."""
    cuts = [one.grading.grades for one in evaluation.standard.cohorts if one.grading.by != "none"]
    return list(dict.fromkeys(grade.id for grades in cuts for grade in grades))


def grade_counts(findings: Findings, evaluation: Evaluation) -> pd.DataFrame:
    """Enterprises of each grade by the park that holds most of their land.

    Returns:
        Index park ids in the order people list them (a park with parts is their sum), then
        `outside` and `unlinked`; columns the grades, then those without one.
    """
    names = [*grade_names(evaluation), word("theme_words", "no_grade")]
    result = evaluation.result["grade"]
    got = result.where(result.isin(names), names[-1])
    places = home(findings).reindex(got.index)
    parks = places["park_id"].where(places["place"].eq("park"))
    where = parks.fillna(places["place"]).fillna("unlinked")
    leaves = pd.crosstab(where.rename("place"), got).reindex(columns=names, fill_value=0)
    above = lineage(findings.dataset.parks)
    order = [park for park, _ in tree(findings.dataset.parks)]
    summed = leaves.join(above.set_index("part_id")).groupby("park_id").sum()
    every = pd.concat([summed, leaves.loc[leaves.index.difference(order)]])
    return every.reindex([*order, "outside", "unlinked"], fill_value=0)


def park_names(data: Dataset) -> dict[str, str]:
    """Park id → its name, the id itself where there is none."""
    stated = data.parks["park_name"].sort_index()
    return {str(one): str(one if pd.isna(name) else name) for one, name in stated.items()}


def subject_names(data: Dataset) -> dict[str, str]:
    """Name of every park, enterprise and parcel that has one, by id."""
    stated = (data.parcels.get("parcel_name"), data.enterprises.get("enterprise_name"))
    named = [one.dropna() for one in stated if one is not None]
    found = {str(one): str(name) for column in named for one, name in column.items()}
    return found | park_names(data)


def tree(parks: pd.DataFrame) -> list[tuple[str, int]]:
    """Parks as people list them, by level and id, parts below their park, with their depth."""
    above = {park: chain[0] for park, chain in ancestors(parks).items() if chain}
    levels = {level: number for number, level in enumerate(fields()["park_level"].values)}
    known = parks["park_level"]
    order = sorted(
        map(str, parks.index), key=lambda one: (levels.get(known[one], len(levels)), one)
    )
    below: dict[str, list[str]] = {}
    for one in order:
        below.setdefault(above.get(one, ""), []).append(one)

    def walk(park: str, depth: int) -> list[tuple[str, int]]:
        parts = [each for part in below.get(park, []) for each in walk(part, depth + 1)]
        return [(park, depth), *parts]

    return [each for top in below.get("", []) for each in walk(top, 0)]


def lineage(parks: pd.DataFrame) -> pd.DataFrame:
    """Every park with itself and those it is part of: columns `part_id, park_id`, sorted."""
    chains = ancestors(parks)
    pairs = [(part, park) for part, chain in chains.items() for park in (part, *chain)]
    return pd.DataFrame(sorted(pairs), columns=["part_id", "park_id"], dtype="str")


def in_period(frame: pd.DataFrame, period: str) -> pd.DataFrame:
    """Rows of one period, renumbered."""
    return frame[frame["period"] == period].reset_index(drop=True)


def _most_land_first(findings: Findings) -> pd.DataFrame:
    """Shares of the period by enterprise; parks before other places on a tie, then by id."""
    here = in_period(findings.dataset.shares, findings.period)
    here = here.assign(elsewhere=here["place"].ne("park"))
    by = ["enterprise_id", "share", "elsewhere", "place", "park_id"]
    return here.sort_values(by, ascending=[True, False, True, True, True])
