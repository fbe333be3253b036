from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from geodata.model import Dataset
from indicators.screen import calendar, decidable, doubts, screen

EMPTY = pd.DataFrame()


def _dataset(parcels: dict[str, list[Any]], occupancy: list[tuple[str, str, float]]) -> Dataset:
    """Parcels of 15 亩 (a 100 m square) unless said otherwise, and who holds how much of them."""
    table = pd.DataFrame(parcels)
    table.index = pd.Index([f"P{number}" for number in range(1, len(table) + 1)], name="parcel_id")
    if "area_mu" not in table:
        table["area_mu"] = 15.0
    squares = [box(number, 0, number + 1, 1) for number in range(len(table))]
    held = pd.DataFrame(occupancy, columns=["enterprise_id", "parcel_id", "area_mu"])
    return Dataset(
        parks=gpd.GeoDataFrame(geometry=[], crs="EPSG:4490"),
        parcels=gpd.GeoDataFrame(table, geometry=squares, crs="EPSG:4490"),
        enterprises=EMPTY,
        attributes={},
        park_attributes={},
        amounts={},
        locations=EMPTY,
        occupancy=held.assign(period="2024", role="own"),
        shares=EMPTY,
        unlinked=EMPTY,
        sources=EMPTY,
    )


def _tax(**by_enterprise: float) -> pd.DataFrame:
    return pd.DataFrame({"tax_10k_yuan": by_enterprise}, dtype=float)


def test_idle_needs_more_than_a_year() -> None:
    """Idle is suspected from 366 days after the agreed start on, and only without actual start."""
    data = _dataset(
        {
            "supply_state": ["已供", "已供", "已供", "批而未供", "已供"],
            "build_state": ["未建", "未建", "未建", "未建", "在建"],
            "agreed_start_date": pd.to_datetime(
                ["2023-12-31", "2024-01-01", "2020-01-01", "2020-01-01", "2020-01-01"]
            ),
            "actual_start_date": pd.to_datetime([None, None, "2023-05-01", None, None]),
        },
        [],
    )
    found = screen(data, EMPTY, "2024")

    assert found["suspected_idle"].tolist() == [True, False, False, False, False]
    assert found["suspicion"].tolist()[1:] == ["", "", "", ""]
    assert "疑似闲置" in found.loc["P1", "suspicion"]
    assert "366 天" in found.loc["P1", "suspicion"]


def test_low_by_building_coefficient() -> None:
    """Built industrial land covered by less than 30 % is suspected; unknown cover is not."""
    data = _dataset(
        {
            "build_state": ["已建成", "已建成", "已建成", "未建"],
            "land_use_code": ["0601", "0601", "0602", "0601"],
            "footprint_m2": [2000.0, 2000.0, 2000.0, 2000.0],
            "yard_m2": [999.0, 1000.0, 0.0, 0.0],
        },
        [],
    )
    found = screen(data, EMPTY, "2024")

    assert found["suspected_low"].tolist() == [True, False, False, False]
    assert found.loc["P1", "building_coefficient"] == pytest.approx(0.2999)
    assert "0.2999，低于 0.30" in found.loc["P1", "suspicion"]

    unknown = screen(
        _dataset({"build_state": ["已建成"], "land_use_code": ["0601"]}, []), EMPTY, "2024"
    )
    assert not unknown["suspected_low"].any()


def test_low_by_tax() -> None:
    """15 亩 with 29 万元 of tax is under 2 万元/亩; 30 万元 is not; the name of the use serves."""
    data = _dataset(
        {"build_state": ["已建成"] * 2, "land_use_name": ["工业用地"] * 2},
        [("E1", "P1", 15.0), ("E2", "P2", 15.0)],
    )
    found = screen(data, _tax(E1=29.0, E2=30.0), "2024")

    assert found["suspected_low"].tolist() == [True, False]
    assert found["tax_per_mu"].tolist() == pytest.approx([29 / 15, 2.0])
    assert found["suspicion"].tolist() == [
        "疑似低效：亩均税收 1.93 万元/亩，低于 2 万元/亩",
        "",
    ]


def test_two_reasons_are_both_given() -> None:
    """A parcel that two rules find has one flag and two reasons."""
    data = _dataset(
        {
            "build_state": ["已建成"],
            "land_use_code": ["0601"],
            "footprint_m2": [1000.0],
            "yard_m2": [0.0],
        },
        [("E1", "P1", 15.0)],
    )
    found = screen(data, _tax(E1=15.0), "2024")

    assert found.loc["P1", "suspicion"].count("疑似低效") == 2
    assert found.loc["P1", "suspicion"].count("；") == 1


def test_tax_follows_land() -> None:
    """E1 with 60 万元 stands on 10 of its 30 亩 here, E2 with 20 万元 wholly: 40 / 15 万元/亩."""
    data = _dataset(
        {"build_state": ["已建成", "已建成"], "area_mu": [15.0, 20.0]},
        [("E1", "P1", 10.0), ("E2", "P1", 5.0), ("E1", "P2", 20.0)],
    )
    found = screen(data, _tax(E1=60.0, E2=20.0), "2024")

    assert found["tax_per_mu"].tolist() == pytest.approx([40 / 15, 2.0])
    assert found["enterprise_ids"].tolist() == ["E1、E2", "E1"]


def test_tax_of_a_landlord_is_net_of_lettings() -> None:
    """Who let everything no longer stands there, and need not be known."""
    data = _dataset(
        {"build_state": ["已建成"]}, [("E1", "P1", 15.0), ("E1", "P1", -15.0), ("E2", "P1", 15.0)]
    )
    found = screen(data, _tax(E2=45.0), "2024")

    assert found.loc["P1", "tax_per_mu"] == pytest.approx(3.0)
    assert found.loc["P1", "enterprise_ids"] == "E2"


def test_tax_is_unknown_when_an_occupants_is() -> None:
    """One unknown occupant makes the parcel's tax unknown, and no suspicion comes of it."""
    data = _dataset(
        {"build_state": ["已建成"], "land_use_code": ["0601"]},
        [("E1", "P1", 5.0), ("E2", "P1", 10.0)],
    )
    found = screen(data, _tax(E1=1.0, E2=np.nan), "2024")

    assert found["tax_per_mu"].isna().all()
    assert not found["suspected_low"].any()


def test_a_period_without_end_is_doubted() -> None:
    """When the period cannot be dated nothing is idle, and an issue says so."""
    data = _dataset(
        {
            "supply_state": ["已供"],
            "build_state": ["未建"],
            "agreed_start_date": pd.to_datetime(["2010-01-01"]),
        },
        [],
    )

    assert screen(data, EMPTY, "2024").loc["P1", "suspected_idle"]
    assert not screen(data, EMPTY, "十四五").loc["P1", "suspected_idle"]
    assert [one.code for one in doubts("十四五")] == ["period-without-end"]
    assert doubts("2024") == ()


@pytest.mark.parametrize("text", ["", "2024-13", "2024Q5", "24", "2024-2025"])
def test_no_calendar(text: str) -> None:
    """Text that is not one year, quarter or month has no calendar."""
    assert calendar(text) is None


def test_granted_in_period() -> None:
    """The date of grant decides, its absence is unknown."""
    data = _dataset(
        {"grant_date": pd.to_datetime(["2024-12-31", "2023-12-31", None])},
        [],
    )
    granted = screen(data, EMPTY, "2024")["granted_in_period"]

    assert granted.isna().tolist() == [False, False, True]
    assert granted.iloc[:2].tolist() == [True, False]


def test_undecidable_is_told_from_nothing_found() -> None:
    """Without any data behind a flag, it is not decidable."""
    bare = _dataset({"build_state": ["已建成"]}, [])
    found = screen(bare, EMPTY, "2024")

    assert decidable(bare.parcels.join(found)) == frozenset()


def test_rows_in_rows_out() -> None:
    """Every parcel comes back, in its order, with plain booleans; the dataset is untouched."""
    data = _dataset({"build_state": ["未建", "已建成"]}, [("E1", "P2", 15.0)])
    before = data.parcels.copy()
    found = screen(data, _tax(E1=1.0), "2024")

    assert found.index.equals(data.parcels.index)
    assert {str(found[name].dtype) for name in ("suspected_idle", "suspected_low")} == {"bool"}
    pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(data.parcels))
