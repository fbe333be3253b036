"""Who stands where."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from reports.places import (
    grade_counts,
    home,
    home_names,
    lineage,
    main_occupant,
    tree,
)
from tests.reports.findings import PERIOD, build


def test_parks_are_listed_by_level_with_parts_below() -> None:
    """National before provincial, parts right after the park they belong to."""
    told = [("P1", 0), ("P1A", 1), ("P1B", 1), ("P2", 0), ("P3", 0), ("P4", 0)]

    assert told == tree(build().dataset.parks)


def test_lineage_holds_every_park_and_those_above() -> None:
    """A part belongs to itself and to its park."""
    pairs = lineage(build().dataset.parks)

    assert ["P1", "P1A"] == list(pairs.loc[pairs["part_id"] == "P1A", "park_id"])
    assert 8 == len(pairs)


def test_the_main_occupant_has_most_land() -> None:
    """Of two on a parcel the larger counts; what is let out is taken off; ties go by id."""
    rows = [
        (PERIOD, "E05", "D01", "own", 15.0),
        (PERIOD, "E05", "D01", "let", -9.0),
        (PERIOD, "E06", "D01", "rent", 9.0),
        (PERIOD, "E07", "D02", "own", 5.0),
        (PERIOD, "E03", "D02", "rent", 5.0),
        ("2023", "E01", "D03", "own", 5.0),
    ]
    names = ["period", "enterprise_id", "parcel_id", "role", "area_mu"]
    found = build()
    dataset = replace(found.dataset, occupancy=pd.DataFrame(rows, columns=names))

    told = main_occupant(replace(found, dataset=dataset))
    assert {"D01": "E06", "D02": "E03"} == told.to_dict()


def test_a_firm_half_in_a_park_is_at_home_there() -> None:
    """On a tie the park counts before the land outside; firms without land are nowhere."""
    homes = home(build())

    assert "P3" == homes.loc["E08", "park_id"]
    assert "outside" == homes.loc["E09", "place"]
    assert "云亭产业开发区、园区以外" == home_names(build())["E08"]
    assert "未关联用地" == home_names(build())["E10"]


def test_every_judged_firm_is_counted_once() -> None:
    """Leaf parks, outside and unlinked add up to all firms; a park with parts is their sum."""
    found = build()
    counts = grade_counts(found, found.evaluations["city_default"])
    top = counts.loc[["P1", "P2", "P3", "P4", "outside", "unlinked"]]

    assert ["A", "B", "C", "D", "未分档"] == list(counts.columns)
    assert len(found.dataset.enterprises) == top.to_numpy().sum()
    assert list(counts.loc["P1"]) == list(counts.loc["P1A"] + counts.loc["P1B"])
    assert [1, 1, 1, 0, 1] == list(counts.loc["P1"])


def test_firms_without_any_share_are_not_lost() -> None:
    """A judged firm whose place nobody stated counts as without land."""
    found = build()
    none = replace(found, dataset=replace(found.dataset, shares=found.dataset.shares.iloc[:0]))

    assert 10 == grade_counts(none, found.evaluations["city_default"]).loc["unlinked"].sum()
