"""Who holds and rents how much of which parcel."""

from __future__ import annotations

from functools import cache
from math import fsum
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely import box

from geodata.fields import fields
from geodata.identifiers import check_character
from geodata.link import Linked, link
from geodata.model import Conformed, Delivery
from geodata.register import Register, register

HECTARE = 15.0


def code(number: int) -> str:
    """Make a valid credit code of an enterprise that does not exist."""
    body = f"91430903MA4{number:06d}"
    return body + check_character(body)


A, B, C = code(1), code(2), code(3)


def table(name: str, kind: str, rows: list[dict[str, Any]], **declared: Any) -> Delivery:
    """Make a delivery whose row n stands in row n + 2."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    dtypes = {one: "float64" if fields()[one].type == "number" else "str" for one in columns}
    frame = pd.DataFrame(
        {one: pd.Series([row.get(one) for row in rows], dtype=dtypes[one]) for one in columns}
    )
    cells = pd.DataFrame({one: [f"B{row + 2}" for row in range(len(rows))] for one in columns})
    return Delivery(
        id=name,
        table=kind,
        scope="在地",
        department="",
        conformed=Conformed(file=name, sheet="表", frame=frame, cells=cells, issues=()),
        **({"periods": ("2024",)} | declared),
    )


@cache
def three_firms() -> Register:
    """Register 甲, 乙 and 丙; 丙 was called 老丙."""
    rows = [
        {"credit_code": A, "enterprise_name": "甲公司", "park_tag": None, "former_name": None},
        {"credit_code": B, "enterprise_name": "乙公司", "park_tag": "东园", "former_name": None},
        {"credit_code": C, "enterprise_name": "丙公司", "park_tag": None, "former_name": "老丙"},
    ]
    aliases = pd.DataFrame({"written_name": ["甲"], "enterprise": [A]})
    return register([table("税收", "enterprises", rows)], aliases=aliases)


def parcels(**holders: Any) -> gpd.GeoDataFrame:
    """One-hectare parcels by id; the value is the holder's name, or columns to set."""
    plain = {
        "holder_code": None,
        "holder_name": None,
        "supply_state": "已供",
        "area_mu": HECTARE,
        "floor_area_m2": 20000.0,
        "source": "宗地.gpkg!表",
    }
    rows = [
        plain | (one if isinstance(one, dict) else {"holder_name": one}) for one in holders.values()
    ]
    frame = pd.DataFrame(rows, index=pd.Index(list(holders), name="parcel_id"))
    shapes = [box(place, 0, place + 1, 1) for place in range(len(frame))]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4490")


def linked(land: gpd.GeoDataFrame, *leases: dict[str, Any], periods: Any = ("2024",)) -> Linked:
    """Link parcels and leases for three firms."""
    some = [table("租赁", "leases", list(leases))] if leases else []
    return link(land, some, three_firms(), periods=periods)


def lease(parcel: str, lessor: str, tenant: str, mu: float | None = None, **more: Any) -> Any:
    """One row of a lease table."""
    sizes = {"leased_land_mu": mu, "leased_floor_m2": None}
    return {"parcel_id": parcel, "lessor_name": lessor, "tenant_name": tenant} | sizes | more


def land(found: Linked) -> dict[str, float]:
    """Net land by enterprise."""
    net = found.occupancy.groupby("enterprise_id")["area_mu"].sum()
    return {str(name): float(area) for name, area in net.items()}


def codes(found: Linked) -> list[str]:
    """Codes of the issues that are not about enterprises without land."""
    return [one.code for one in found.issues if one.code != "enterprise-without-land"]


@pytest.mark.parametrize(
    ("holder", "expected"),
    [
        ({"holder_code": A.lower(), "holder_name": "不相干"}, (A, "code")),
        ({"holder_name": "甲"}, (A, "alias")),
        ({"holder_name": "乙 公司"}, (B, "name")),
        ({"holder_name": "老丙"}, (C, "rename")),
    ],
)
def test_holder_is_found(holder: dict[str, str], expected: tuple[str, str]) -> None:
    """A holder is found by code, decision, name or former name, and holds the whole parcel."""
    found = linked(parcels(P1=holder))

    assert found.occupancy.to_numpy().tolist() == [
        ["2024", expected[0], "P1", "own", 15.0, expected[1], 1.0, "宗地.gpkg!表"]
    ]


def test_unknown_holder_is_listed() -> None:
    """A holder that nobody knows is an issue and a row of the list; reserve land is neither."""
    found = linked(
        parcels(P1="外地公司", P2={"supply_state": "批而未供"}, P3={"holder_code": code(9)}, P4={})
    )

    assert found.occupancy.empty
    assert codes(found) == ["holder-unknown"] * 3
    listed = found.unlinked[found.unlinked["kind"] == "parcel"]
    assert listed[["id", "name"]].to_numpy().tolist() == [
        ["P1", "外地公司"],
        ["P3", code(9)],
        ["P4", ""],
    ]


def test_co_owners_are_not_split() -> None:
    """Several holders in one text get nothing, even where a code names one of them."""
    found = linked(parcels(P1={"holder_name": "甲公司、乙公司", "holder_code": A}))

    assert found.occupancy.empty
    assert codes(found) == ["holder-several"]
    assert "2 家" in found.unlinked["reason"][found.unlinked["kind"] == "parcel"].iloc[0]


def test_parcel_without_area_is_listed() -> None:
    """A parcel of unknown area gives its holder no land, and says so."""
    found = linked(parcels(P1={"holder_name": "甲公司", "area_mu": float("nan")}))

    assert found.occupancy.empty
    assert codes(found) == ["parcel-without-area"]


def test_two_tenants_split_a_parcel() -> None:
    """A firm that lets 5 and 4 of its 15 mu keeps 6."""
    found = linked(
        parcels(P1="甲公司"), lease("P1", "甲公司", "乙公司", 5), lease("P1", "甲", "丙公司", 4)
    )

    assert land(found) == {A: 6.0, B: 5.0, C: 4.0}
    assert sorted(found.occupancy["role"]) == ["let", "let", "own", "rent", "rent"]
    assert codes(found) == []
    assert found.unlinked.empty


def test_floor_is_divided_by_the_plot_ratio() -> None:
    """5,000 m² of the 20,000 m² on one hectare (plot ratio 2) are 2,500 m² of land: 3.75 mu."""
    found = linked(parcels(P1="甲公司"), lease("P1", "甲公司", "乙公司", leased_floor_m2=5000.0))

    assert land(found) == {A: 11.25, B: 3.75}


def test_tenants_may_sublet() -> None:
    """甲 lets 10 to 乙, who lets 4 of them to 丙."""
    found = linked(
        parcels(P1="甲公司"),
        lease("P1", "乙公司", "丙公司", 4),
        lease("P1", "甲公司", "乙公司", 10),
    )

    assert land(found) == {A: 5.0, B: 6.0, C: 4.0}


def test_leases_that_exceed_by_rounding_are_fitted() -> None:
    """Contracts over 15.3 of 15 mu are reduced in proportion, and the list says so."""
    found = linked(
        parcels(P1="甲公司"),
        lease("P1", "甲公司", "乙公司", 5.1),
        lease("P1", "甲公司", "丙公司", 10.2),
    )

    assert land(found) == pytest.approx({A: 0.0, B: 5.0, C: 10.0})
    assert "lease-fitted" in codes(found)


def test_too_much_let_leaves_the_parcel_to_its_holder() -> None:
    """16 of 15 mu cannot be let: no lease of that parcel holds, those of others do."""
    found = linked(
        parcels(P1="甲公司", P2="甲公司"),
        lease("P1", "甲公司", "乙公司", 10),
        lease("P1", "甲公司", "丙公司", 6),
        lease("P2", "甲公司", "丙公司", 15),
    )

    assert land(found) == {A: 15.0, C: 15.0}
    assert codes(found) == ["lease-too-large"]
    told = [one.message() for one in found.issues if one.code == "lease-too-large"]
    assert "出租 16 亩，持有 15 亩" in told[0]
    listed = found.unlinked[found.unlinked["kind"] == "lease"]
    assert listed["name"].tolist() == ["甲公司 → 丙公司", "甲公司 → 乙公司"]


def test_lessor_must_have_land_there() -> None:
    """Who neither holds nor rents on a parcel cannot let it."""
    found = linked(parcels(P1="甲公司"), lease("P1", "乙公司", "丙公司", 1))

    assert land(found) == {A: 15.0}
    assert codes(found) == ["lease-too-large"]


def test_land_cannot_go_round_in_a_circle() -> None:
    """乙 and 丙 letting 甲's land to each other have none of it."""
    found = linked(
        parcels(P1="甲公司"), lease("P1", "乙公司", "丙公司", 5), lease("P1", "丙公司", "乙公司", 5)
    )

    assert land(found) == {A: 15.0}
    assert codes(found) == ["lease-too-large"] * 2


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (lease("P9", "甲公司", "乙公司", 1), "lease-parcel-missing"),
        (lease("P1", "甲公司", "外地公司", 1), "lease-party-missing"),
        (lease("P1", "外地公司", "乙公司", 1), "lease-party-missing"),
        (lease("P1", "甲公司", "甲", 1), "lease-to-itself"),
        (lease("P1", "甲公司", "乙公司"), "lease-without-area"),
        (lease("P1", "甲公司", "乙公司", 0.0), "lease-without-area"),
        (lease("P2", "甲公司", "乙公司", leased_floor_m2=100.0), "lease-without-area"),
    ],
)
def test_lease_that_lacks_something_is_listed(row: dict[str, Any], expected: str) -> None:
    """A lease without parcel, party or area is not applied and says where it stands."""
    found = linked(parcels(P1="甲公司", P2={"holder_name": "甲公司", "floor_area_m2": None}), row)

    assert land(found) == {A: 30.0}
    assert codes(found) == [expected]
    first = next(one for one in found.issues if one.code == expected)
    assert ("租赁", "表", "B2") == (first.file, first.sheet, first.cell)
    assert (found.unlinked["kind"] == "lease").sum() == 1


def test_repeated_lease_counts_once() -> None:
    """The same lease twice is one."""
    same = lease("P1", "甲公司", "乙公司", 5)
    found = linked(parcels(P1="甲公司"), same, same | {"lessor_name": "甲"})

    assert land(found) == {A: 10.0, B: 5.0}
    assert codes(found) == ["duplicate-row"]


def test_leases_hold_for_their_periods() -> None:
    """A lease of 2024 leaves 2023 as it was."""
    found = linked(
        parcels(P1="甲公司"), lease("P1", "甲公司", "乙公司", 5), periods=("2023", "2024")
    )

    by_period = found.occupancy.groupby(["period", "enterprise_id"])["area_mu"].sum()
    assert by_period.to_dict() == {("2023", A): 15.0, ("2024", A): 10.0, ("2024", B): 5.0}


def test_enterprises_without_land_are_listed() -> None:
    """Whom the period names and no parcel knows is listed with the tax bureau's tag."""
    found = linked(parcels(P1="甲公司"))

    assert found.unlinked[["period", "kind", "id", "tag"]].to_numpy().tolist() == [
        ["2024", "enterprise", B, "东园"],
        ["2024", "enterprise", C, ""],
    ]
    assert [one.subject for one in found.issues] == [B, C]


NAMES = st.sampled_from(["甲公司", "乙公司", "丙公司"])
LEASES = st.lists(
    st.builds(lease, st.sampled_from(["P1", "P2", "P3"]), NAMES, NAMES, st.floats(0.01, 9)),
    max_size=6,
)


@settings(max_examples=30, deadline=None)
@given(LEASES, st.randoms(use_true_random=False))
def test_land_is_conserved_and_order_never_matters(leases: list[Any], shuffle: Any) -> None:
    """Whatever is let, a held parcel stays whole, nobody has less than nothing, rows may move."""
    held = parcels(P1="甲公司", P2="乙公司", P3="外地公司")
    mixed = shuffle.sample(leases, len(leases))

    found, again = linked(held, *leases), linked(held.iloc[::-1], *mixed)

    rows = found.occupancy
    whole = {name: fsum(areas) for name, areas in rows.groupby("parcel_id")["area_mu"]}
    assert whole == {"P1": 15.0, "P2": 15.0}
    assert rows.groupby(["parcel_id", "enterprise_id"])["area_mu"].sum().ge(-1e-6).all()
    assert_frame_equal(
        rows.drop(columns="source"), again.occupancy.drop(columns="source"), check_exact=True
    )
    assert_frame_equal(found.unlinked, again.unlinked)
