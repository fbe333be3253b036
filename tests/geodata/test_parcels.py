"""Parcels: several layers into one, and which area counts."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from geodata.errors import InputError
from geodata.model import Conformed, Delivery
from geodata.parcels import enrol
from tests.builders import square


def delivery(rows: list[dict[str, Any]], *, periods: tuple[str, ...] = ("2024",)) -> Delivery:
    """A parcel layer from records that each hold a `geometry` on the hectare grid."""
    shapes = gpd.GeoSeries([row["geometry"] for row in rows], crs="EPSG:4525").to_crs("EPSG:4490")
    plain = pd.DataFrame([{k: v for k, v in row.items() if k != "geometry"} for row in rows])
    frame = gpd.GeoDataFrame(plain, geometry=shapes)
    cells = pd.DataFrame("A1", index=plain.index, columns=plain.columns)
    table = Conformed(file="宗地.gpkg", sheet="parcels", frame=frame, cells=cells, issues=())
    return Delivery(
        id="l", table="parcels", periods=periods, scope="在地", department="", conformed=table
    )


def test_a_hectare_is_fifteen_mu() -> None:
    """The measured area is the ellipsoidal one, close to the plane's 15 亩."""
    done = enrol(
        [delivery([{"parcel_id": "P", "geometry": square(0, 0)}])], basis="measured", tolerance=0.05
    )

    assert done.parcels.loc["P", "area_mu"] == pytest.approx(15, rel=1e-3)


def test_the_recorded_area_counts_when_asked_for() -> None:
    """With `recorded` the register's area counts; unknown ones fall back on the shape."""
    rows = [
        {"parcel_id": "P", "recorded_area_mu": 14.5, "geometry": square(0, 0)},
        {"parcel_id": "Q", "recorded_area_mu": None, "geometry": square(2, 0)},
    ]
    area = enrol([delivery(rows)], basis="recorded", tolerance=0.05).parcels["area_mu"]

    assert area["P"] == 14.5
    assert area["Q"] == pytest.approx(15, rel=1e-3)


def test_a_large_difference_of_areas_is_reported() -> None:
    """10 亩 on paper against 15 on the ground is listed, 14.9 is not."""
    rows = [
        {"parcel_id": "P", "recorded_area_mu": 10.0, "geometry": square(0, 0)},
        {"parcel_id": "Q", "recorded_area_mu": 14.9, "geometry": square(2, 0)},
    ]
    found = enrol([delivery(rows)], basis="measured", tolerance=0.05).issues

    assert [(one.code, one.subject) for one in found] == [("area-differs", "P")]


def test_layers_may_hold_for_several_periods() -> None:
    """Each parcel is listed once for every period its layer holds for."""
    done = enrol(
        [
            delivery([{"parcel_id": "P", "geometry": square(0, 0)}], periods=("2023", "2024")),
            delivery([{"parcel_id": "Q", "geometry": square(2, 0)}]),
        ],
        basis="measured",
        tolerance=0.05,
    )

    assert list(done.periods.itertuples(index=False, name=None)) == [
        ("P", "2023"),
        ("P", "2024"),
        ("Q", "2024"),
    ]


def test_duplicate_identifiers_are_refused() -> None:
    """The same identifier in two layers cannot be joined with anything."""
    one = delivery([{"parcel_id": "P", "geometry": square(0, 0)}])

    with pytest.raises(InputError, match="宗地编号重复"):
        enrol([one, one], basis="measured", tolerance=0.05)


def test_no_parcels_are_refused() -> None:
    """Without any parcel nothing can be divided by land."""
    with pytest.raises(InputError, match="没有宗地"):
        enrol([], basis="measured", tolerance=0.05)
