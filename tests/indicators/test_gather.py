from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from geodata.model import Amounts, Dataset, Key
from indicators.gather import gather
from indicators.rules import DerivedAmount

if TYPE_CHECKING:
    from indicators.model import Subjects

FIRMS = Key("enterprise", "2024", "在地")
PARKS = Key("park", "2024", "核准范围")
SCOPES = {"enterprise": "在地", "park": "核准范围"}


def _amounts(values: dict[str, dict[str, float]]) -> Amounts:
    frame = pd.DataFrame.from_dict(values, orient="index").astype(float).sort_index()
    return Amounts(values=frame, cells=frame.notna().astype("str"))


def _places(rows: list[tuple[str, str, str | None, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["enterprise_id", "place", "park_id", "share"])
    return frame.assign(period="2024")


def _dataset(**changes: Any) -> Dataset:
    """One park without parts (A) and one with two (U1, U2); four parcels of 15 亩, one outside.

    E1 holds P1 in A and P2 in U1; E2 holds P3 in U2; E3 holds P4 outside; E4 has no land.
    """
    parks = pd.DataFrame(
        {
            "park_name": ["甲园", "乙园", "乙园一区", "乙园二区"],
            "parent_id": pd.Series([None, None, "U", "U"], dtype="str").array,
            "leading_industries": pd.Series(["楠竹", "电容器", None, None], dtype="str").array,
            "approved_area_mu": [100.0, np.nan, 40.0, 60.0],
        },
        index=pd.Index(["A", "U", "U1", "U2"], name="park_id"),
    )
    parcels = pd.DataFrame(
        {
            "area_mu": [15.0] * 4,
            "supply_state": ["已供"] * 4,
            "build_state": ["已建成", "已建成", "未建", "已建成"],
            "floor_area_m2": [10000.0, np.nan, 0.0, 5000.0],
        },
        index=pd.Index(["P1", "P2", "P3", "P4"], name="parcel_id"),
    )
    squares = [box(number, 0, number + 1, 1) for number in range(4)]
    enterprises = pd.DataFrame(
        {
            "enterprise_name": ["一厂", "二厂", "三厂", "四厂"],
            "chain": ["电容器", "楠竹", "电容器", "电容器"],
        },
        index=pd.Index(["E1", "E2", "E3", "E4"], name="enterprise_id"),
    )
    flags = pd.DataFrame(
        {"is_hightech": pd.array([True, False, True, True], dtype="boolean")},
        index=enterprises.index,
    )
    held = [("E1", "P1", 15.0), ("E1", "P2", 15.0), ("E2", "P3", 15.0), ("E3", "P4", 15.0)]
    occupancy = pd.DataFrame(held, columns=["enterprise_id", "parcel_id", "area_mu"])
    parts: dict[str, Any] = {
        "parks": gpd.GeoDataFrame(parks, geometry=squares, crs="EPSG:4490"),
        "parcels": gpd.GeoDataFrame(parcels, geometry=squares, crs="EPSG:4490"),
        "enterprises": enterprises,
        "attributes": {"2024": flags},
        "park_attributes": {},
        "amounts": {
            FIRMS: _amounts(
                {
                    "E1": {"tax_10k_yuan": 60.0, "revenue_10k_yuan": 600.0},
                    "E2": {"tax_10k_yuan": 30.0, "revenue_10k_yuan": np.nan},
                    "E3": {"tax_10k_yuan": 15.0, "revenue_10k_yuan": 100.0},
                    "E4": {"tax_10k_yuan": 7.0, "revenue_10k_yuan": 70.0},
                }
            )
        },
        "locations": pd.DataFrame(
            [("P1", "A", 15.0), ("P2", "U1", 15.0), ("P3", "U2", 15.0)],
            columns=["parcel_id", "park_id", "area_mu"],
        ),
        "occupancy": occupancy.assign(period="2024", role="own"),
        "shares": _places(
            [
                ("E1", "park", "A", 0.5),
                ("E1", "park", "U1", 0.5),
                ("E2", "park", "U2", 1.0),
                ("E3", "outside", None, 1.0),
                ("E4", "unlinked", None, 1.0),
            ]
        ),
        "unlinked": pd.DataFrame(),
        "sources": pd.DataFrame(),
        "energy_basis": {"2024": "等价"},
    }
    return Dataset(**(parts | changes))


def _gather(dataset: Dataset, kind: str, **more: Any) -> Subjects:
    found = gather(dataset, kind, "2024", **({"scope": SCOPES, "grades": {}} | more))
    assert found is not None
    return found


def _derived(**parts: Any) -> DerivedAmount:
    return DerivedAmount.model_validate({"label": {"zh": "某"}, "unit": "万元"} | parts)


def test_enterprises() -> None:
    """Attributes of the register and the period, amounts of the scope, land as occupied."""
    found = _gather(_dataset(), "enterprise", scope="在地")

    assert found.attributes["enterprise_name"].tolist() == ["一厂", "二厂", "三厂", "四厂"]
    assert found.attributes["is_hightech"].tolist() == [True, False, True, True]
    assert found.amounts["tax_10k_yuan"].tolist() == [60.0, 30.0, 15.0, 7.0]
    assert found.amounts["land_area_mu"].tolist()[:3] == [30.0, 15.0, 15.0]
    assert pd.isna(found.amounts.loc["E4", "land_area_mu"])
    assert set(found.scope) == {"在地"}
    assert found.energy_basis == "等价"
    assert found.ready.index.equals(found.amounts.index)


def test_stated_land_serves_where_none_is_linked() -> None:
    """Occupied land comes first; a stated figure fills what could not be linked."""
    amounts = _amounts({"E1": {"land_area_mu": 99.0}, "E4": {"land_area_mu": 8.0}})
    land = _gather(_dataset(amounts={FIRMS: amounts}), "enterprise").amounts["land_area_mu"]

    assert land.to_dict() == {"E1": 30.0, "E2": 15.0, "E3": 15.0, "E4": 8.0}


def test_land_is_net_of_lettings_and_never_negative() -> None:
    """Own less let; letting more than one has gives 0, not a negative area."""
    held = [("E1", "P1", 15.0), ("E1", "P1", -5.0), ("E2", "P1", 5.0), ("E3", "P4", -1.0)]
    occupancy = pd.DataFrame(held, columns=["enterprise_id", "parcel_id", "area_mu"])
    data = _dataset(occupancy=occupancy.assign(period="2024", role="own"))
    land = _gather(data, "enterprise").amounts["land_area_mu"]

    assert land.dropna().to_dict() == {"E1": 10.0, "E2": 5.0, "E3": 0.0}


def test_grades_become_attributes() -> None:
    """Grades of an earlier standard are an attribute of the enterprises, not of the parks."""
    grades = {"city_default": pd.Series(["A", "B"], index=["E1", "E2"])}
    firms = _gather(_dataset(), "enterprise", grades=grades)
    parks = _gather(
        _dataset(),
        "park",
        grades=grades,
        amounts=[
            _derived(
                id="top_tax",
                members="enterprise",
                of="tax_10k_yuan",
                where=[{"field": "grade.city_default", "is": "A"}],
            )
        ],
    )

    assert firms.attributes["grade.city_default"].tolist()[:2] == ["A", "B"]
    assert "grade.city_default" not in parks.attributes
    assert parks.amounts["top_tax"].to_dict() == {"A": 30.0, "U": 30.0, "U1": 30.0, "U2": 0.0}


def test_other_scopes_are_named() -> None:
    """A figure unknown in this scope but known in another says in which."""
    other = Key("enterprise", "2024", "法人")
    amounts = _dataset().amounts | {
        other: _amounts({"E2": {"revenue_10k_yuan": 5.0, "rd_10k_yuan": 1.0, "tax_10k_yuan": 9.0}})
    }
    found = _gather(_dataset(amounts=amounts), "enterprise")

    assert found.other_scopes.loc["E2", "revenue_10k_yuan"] == "法人"
    assert found.other_scopes.loc["E2", "rd_10k_yuan"] == "法人"
    assert pd.isna(found.other_scopes.loc["E2", "tax_10k_yuan"])
    assert pd.isna(found.other_scopes.loc["E1", "revenue_10k_yuan"])


def test_parks_are_rolled_up() -> None:
    """E1's 60 万元 split half and half; E2's unknown revenue leaves U2's unknown, U's known."""
    amounts = _gather(_dataset(), "park").amounts

    assert amounts["tax_10k_yuan"].to_dict() == {"A": 30.0, "U": 60.0, "U1": 30.0, "U2": 30.0}
    assert amounts["revenue_10k_yuan"].dropna().to_dict() == {"A": 300.0, "U": 300.0, "U1": 300.0}
    assert amounts["land_area_mu"].to_dict() == {"A": 15.0, "U": 30.0, "U1": 15.0, "U2": 15.0}


def test_own_figures_stand() -> None:
    """A park's own figure replaces the sum over members, and is marked as stated."""
    own = {PARKS: _amounts({"A": {"tax_10k_yuan": 35.0}})}
    found = _gather(_dataset(amounts=_dataset().amounts | own), "park")

    assert found.amounts.loc["A", "tax_10k_yuan"] == 35.0
    assert found.amounts.loc["U", "tax_10k_yuan"] == 60.0
    assert found.members is not None
    assert found.members.stated.loc[["A", "U"], "tax_10k_yuan"].tolist() == [True, False]


def test_a_park_is_the_sum_of_its_parts() -> None:
    """What only the parts state is added; a part that is unknown leaves the sum unknown."""
    stated = _amounts(
        {
            "U1": {"tax_10k_yuan": 40.0, "patents": 2.0, "employees": 10.0},
            "U2": {"tax_10k_yuan": np.nan, "patents": np.nan, "employees": 20.0},
        }
    )
    found = _gather(_dataset(amounts=_dataset().amounts | {PARKS: stated}), "park")

    assert found.amounts.loc["U", "tax_10k_yuan"] == 70.0
    assert found.amounts.loc["U", "employees"] == 30.0
    assert pd.isna(found.amounts.loc["U", "patents"])
    assert found.amounts.loc["U", "approved_area_mu"] == 100.0
    assert found.members is not None
    assert found.members.stated.loc["U", ["tax_10k_yuan", "employees"]].all()


def test_the_parent_s_own_figure_stands_beside_its_parts() -> None:
    """Where both are stated the parent's own figure is used."""
    stated = _amounts({name: {"employees": 10.0} for name in ("U", "U1", "U2")})
    found = _gather(_dataset(amounts=_dataset().amounts | {PARKS: stated}), "park")

    assert found.amounts.loc["U", "employees"] == 10.0


def test_catalogue_amounts_are_derived() -> None:
    """Counts and parcels' areas of the shipped catalogue are there for every level of park."""
    amounts = _gather(_dataset(), "park").amounts

    assert amounts["enterprise_count"].to_dict() == {"A": 1.0, "U": 1.0, "U1": 0.0, "U2": 1.0}
    assert amounts["hightech_count"].to_dict() == {"A": 1.0, "U": 0.0, "U1": 0.0, "U2": 0.0}
    assert amounts["supplied_land_mu"].to_dict() == {"A": 15.0, "U": 30.0, "U1": 15.0, "U2": 15.0}
    assert amounts["built_land_mu"].to_dict() == {"A": 15.0, "U": 15.0, "U1": 15.0, "U2": 0.0}
    assert amounts["leading_revenue_10k_yuan"].dropna().to_dict() == {
        "A": 0.0,
        "U": 300.0,
        "U1": 300.0,
    }


def test_members_add_up_to_the_park() -> None:
    """Σ share × amount over the members gives the rolled-up and the derived amounts again."""
    found = _gather(_dataset(), "park")
    assert found.members is not None
    pairs = found.members.shares.join(found.members.amounts, on="enterprise_id")
    by_park = found.members.by_park.merge(found.members.shares, on=["enterprise_id", "park_id"])

    for name in ("tax_10k_yuan", "revenue_10k_yuan", "land_area_mu", "hightech_revenue_10k_yuan"):
        summed = (pairs["share"] * pairs[name]).groupby(pairs["park_id"]).sum(min_count=1)
        pd.testing.assert_series_equal(
            found.amounts[name], summed, check_names=False, check_index_type=False
        )
    leading = by_park[by_park["field"].eq("leading_revenue_10k_yuan")]
    summed = (leading["share"] * leading["value"]).groupby(leading["park_id"]).sum(min_count=1)
    assert found.amounts["leading_revenue_10k_yuan"].dropna().to_dict() == summed.dropna().to_dict()


def test_an_undecided_flag_is_unknown() -> None:
    """Without dates nobody can tell idle land: unknown, not 0 亩."""
    amounts = _gather(_dataset(), "park").amounts

    assert amounts["suspected_idle_land_mu"].isna().all()


def test_parcels() -> None:
    """Parcels carry their sizes and the screening's flags."""
    found = _gather(_dataset(), "parcel")

    assert found.amounts["area_mu"].tolist() == [15.0] * 4
    assert found.amounts["floor_area_m2"].dropna().tolist() == [10000.0, 0.0, 5000.0]
    assert found.attributes["enterprise_ids"].tolist() == ["E1", "E1", "E2", "E3"]
    assert found.attributes["tax_per_mu"].tolist() == pytest.approx([2.0, 2.0, 2.0, 1.0])


@pytest.mark.parametrize("kind", ["enterprise", "park", "parcel"])
def test_a_period_without_data(kind: str) -> None:
    """A period of which nothing is known gives nothing."""
    assert gather(_dataset(), kind, "1999", scope=SCOPES, grades={}) is None


def test_members_scope_is_found_when_not_given() -> None:
    """With one scope of enterprise figures, that is the members' scope."""
    amounts = _gather(_dataset(), "park", scope="核准范围").amounts

    assert amounts.loc["A", "tax_10k_yuan"] == 30.0


def test_row_order_changes_no_bit() -> None:
    """Shuffled tables give the same subjects."""
    data = _dataset()
    shuffled = replace(
        data,
        shares=data.shares.iloc[::-1],
        occupancy=data.occupancy.iloc[::-1],
        locations=data.locations.iloc[::-1],
    )
    for kind in ("enterprise", "park", "parcel"):
        one, other = _gather(data, kind), _gather(shuffled, kind)
        pd.testing.assert_frame_equal(one.amounts, other.amounts, check_exact=True)
        pd.testing.assert_frame_equal(one.attributes, other.attributes, check_exact=True)
