"""Amounts go where the land is, and nothing is lost on the way."""

from __future__ import annotations

from math import fsum
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely import box

from geodata.errors import InputError
from geodata.rollup import ancestors, ledger, occupied_area, roll_up, shares, with_parents

HECTARE = 15.0
COLUMNS = ["period", "enterprise_id", "parcel_id", "role", "area_mu", "rung", "score", "source"]


def occupancy(*rows: tuple[str, str, str, float], period: str = "2024") -> pd.DataFrame:
    """Occupancy from enterprise, parcel, role and area."""
    full = [(period, *row, "code", 1.0, "") for row in rows]
    kinds = {name: "float64" if name in {"area_mu", "score"} else "str" for name in COLUMNS}
    return pd.DataFrame(full, columns=COLUMNS).astype(kinds)


def parcels(*names: str, shapeless: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    """One-hectare parcels."""
    shapes = [None if one in shapeless else box(n, 0, n + 1, 1) for n, one in enumerate(names)]
    index = pd.Index(names, name="parcel_id", dtype="str")
    frame = pd.DataFrame({"area_mu": HECTARE}, index=index)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs="EPSG:4490"))


def located(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Locations from parcel, park and area."""
    frame = pd.DataFrame(list(rows), columns=["parcel_id", "park_id", "area_mu"])
    return frame.astype({"parcel_id": "str", "park_id": "str", "area_mu": "float64"})


def firms(*names: str) -> pd.DataFrame:
    """Enterprises without attributes."""
    return pd.DataFrame(index=pd.Index(names, name="enterprise_id", dtype="str"))


def places(found: pd.DataFrame, enterprise: str) -> dict[str, float]:
    """Shares of one enterprise by park, or by place outside parks."""
    rows = found[found["enterprise_id"] == enterprise]
    return {
        park or place: share
        for place, park, share in zip(rows["place"], rows["park_id"], rows["share"], strict=True)
    }


PARKS = pd.DataFrame(
    {"parent_id": [None, "city", "city", "east"]},
    index=pd.Index(["city", "east", "west", "east1"], name="park_id"),
)


def test_parcel_half_in_a_park_counts_half() -> None:
    """Half of the firm's only parcel lies in the park: so does half of the firm."""
    found = shares(
        occupancy(("a", "P1", "own", 15)), parcels("P1"), located(("P1", "east", 7.5)), firms("a")
    )

    assert places(found, "a") == {"east": 0.5, "outside": 0.5}


def test_tenants_share_a_parcel_by_their_leases() -> None:
    """Two tenants of 10 and 5 mu and the lessor of another hectare, each by its own land."""
    rows = occupancy(
        ("a", "P1", "own", 15),
        ("a", "P1", "let", -15),
        ("a", "P2", "own", 15),
        ("b", "P1", "rent", 10),
        ("c", "P1", "rent", 5),
        ("c", "P2", "rent", 5),
        ("a", "P2", "let", -5),
    )
    where = located(("P1", "east", 15), ("P2", "west", 15))

    found = shares(rows, parcels("P1", "P2"), where, firms("a", "b", "c"))

    assert places(found, "a") == {"west": 1.0}
    assert places(found, "b") == {"east": 1.0}
    assert places(found, "c") == {"east": 0.5, "west": 0.5}


def test_who_lets_everything_is_placed_by_what_it_owns() -> None:
    """A lessor of all its land stays where the land is; a pure middleman where it sublets."""
    rows = occupancy(
        ("a", "P1", "own", 15),
        ("a", "P1", "let", -15),
        ("b", "P1", "rent", 15),
        ("b", "P1", "let", -15),
        ("c", "P1", "rent", 15),
    )

    found = shares(rows, parcels("P1"), located(("P1", "east", 15)), firms("a", "b", "c"))

    assert {name: places(found, name) for name in "abc"} == {name: {"east": 1.0} for name in "abc"}
    assert occupied_area(rows, "2024").to_dict() == {"a": 0.0, "b": 0.0, "c": 15.0}


def test_unknown_places_are_unlinked() -> None:
    """Land without a shape and firms without land are unlinked, not outside."""
    found = shares(
        occupancy(("a", "P1", "own", 15), ("a", "P2", "own", 5)),
        parcels("P1", "P2", shapeless=("P1",)),
        located(),
        firms("a", "b"),
    )

    assert places(found, "a") == {"unlinked": 0.75, "outside": 0.25}
    assert places(found, "b") == {"unlinked": 1.0}


def test_periods_may_be_asked_for() -> None:
    """A period without any land still says that everybody is unlinked."""
    found = shares(
        occupancy(("a", "P1", "own", 15)),
        parcels("P1"),
        located(),
        firms("a"),
        periods=["2023", "2024"],
    )

    assert found[["period", "place", "share"]].to_numpy().tolist() == [
        ["2023", "unlinked", 1.0],
        ["2024", "outside", 1.0],
    ]


def test_overlapping_parks_do_not_count_twice() -> None:
    """A parcel wholly in two leaf parks counts half in each."""
    found = shares(
        occupancy(("a", "P1", "own", 15)),
        parcels("P1"),
        located(("P1", "east", 15), ("P1", "west", 15)),
        firms("a"),
    )

    assert places(found, "a") == {"east": 0.5, "west": 0.5}


def test_rounding_in_location_is_not_outside() -> None:
    """A parcel inside but for rounding has nothing outside."""
    found = shares(
        occupancy(("a", "P1", "own", 15)),
        parcels("P1"),
        located(("P1", "east", 15 * (1 - 1e-12))),
        firms("a"),
    )

    assert places(found, "a") == {"east": 1.0}


def test_occupied_area_is_own_plus_rented_less_let() -> None:
    """15 own + 5 rented − 3 let are 17; another period is another matter."""
    rows = pd.concat(
        [
            occupancy(("a", "P1", "own", 15), ("a", "P2", "rent", 5), ("a", "P1", "let", -3)),
            occupancy(("a", "P1", "own", 15), period="2023"),
        ]
    )

    assert occupied_area(rows, "2024").to_dict() == {"a": 17.0}
    assert occupied_area(rows, "2022").empty


def one_period(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """Shares of one period from enterprise, place, park and share."""
    columns = ["period", "enterprise_id", "place", "park_id", "share"]
    return pd.DataFrame([("2024", *row) for row in rows], columns=columns)


def test_amounts_roll_up_by_share() -> None:
    """Unknown amounts are skipped, and a park of unknown amounts only is unknown."""
    where = one_period(
        ("a", "park", "east", 0.5),
        ("a", "outside", "", 0.5),
        ("b", "park", "east", 1.0),
        ("c", "park", "west", 1.0),
    )
    values = pd.DataFrame(
        {"tax": [100.0, 30.0, None], "output": [None, 1.0, 2.0]}, index=["a", "b", "c"]
    )

    found = roll_up(values, where)

    expected = pd.DataFrame(
        {"tax": [80.0, None], "output": [1.0, 2.0]},
        index=pd.Index(["east", "west"], name="park_id", dtype="str"),
    )
    assert_frame_equal(found, expected)


def test_ledger_shows_where_everything_went() -> None:
    """Total = in parks + outside + unlinked; an enterprise without shares would show."""
    where = one_period(
        ("a", "park", "east", 0.25), ("a", "outside", "", 0.75), ("b", "unlinked", "", 1.0)
    )
    values = pd.DataFrame({"tax": [100.0, 30.0], "none": [None, None]}, index=["a", "b"])

    assert ledger(values, where).to_numpy().tolist() == [["tax", 130.0, 25.0, 75.0, 30.0, 0.0]]
    lost = ledger(values, where[where["enterprise_id"] == "a"])
    assert lost["difference"].tolist() == [30.0]


def test_shares_of_two_periods_are_refused() -> None:
    """Rolling up over two periods at once would count everything twice."""
    both = pd.concat([one_period(("a", "park", "east", 1.0))] * 2)
    both["period"] = ["2023", "2024"]

    with pytest.raises(ValueError, match="one period"):
        roll_up(pd.DataFrame({"tax": [1.0]}, index=["a"]), both)


def test_park_with_parts_is_their_sum() -> None:
    """Every level above a leaf holds the sum of the leaves, once."""
    leaves = pd.DataFrame(
        {"tax": [10.0, 5.0], "output": [None, 1.0], "profit": [None, None]},
        index=pd.Index(["east1", "west"], name="park_id"),
        dtype="float64",
    )

    found = with_parents(leaves, PARKS)

    assert found["tax"].to_dict() == {"city": 15.0, "east": 10.0, "east1": 10.0, "west": 5.0}
    assert found["output"].dropna().to_dict() == {"city": 1.0, "west": 1.0}
    assert found["profit"].isna().all()


def test_shares_have_parents_too() -> None:
    """A firm in two parts of a park has the sum of both shares in it; outside stays outside."""
    leaves = one_period(
        ("a", "park", "east1", 0.25),
        ("a", "park", "west", 0.5),
        ("a", "outside", "", 0.25),
        ("b", "park", "west", 1.0),
    )

    found = with_parents(leaves, PARKS)

    assert places(found, "a") == {
        "city": 0.75,
        "east": 0.25,
        "east1": 0.25,
        "west": 0.5,
        "outside": 0.25,
    }
    assert places(found, "b") == {"city": 1.0, "west": 1.0}


def test_sums_are_not_summed_again() -> None:
    """A row of a park with parts among the leaves is our mistake."""
    with pytest.raises(ValueError, match="leaf"):
        with_parents(pd.DataFrame({"tax": [1.0]}, index=["city"]), PARKS)


def test_ancestors() -> None:
    """From the nearest parent upwards."""
    assert ancestors(PARKS) == {
        "city": (),
        "east": ("city",),
        "east1": ("east", "city"),
        "west": ("city",),
    }


def test_unknown_parent_and_circle_are_refused_together() -> None:
    """Both mistakes are told at once."""
    wrong = pd.DataFrame({"parent_id": ["b", "a", "z"]}, index=["a", "b", "c"])

    with pytest.raises(InputError) as caught:
        ancestors(wrong)

    assert [(one.code, one.subject) for one in caught.value.issues] == [
        ("park-parent-cycle", "a"),
        ("park-parent-cycle", "b"),
        ("park-parent-missing", "c"),
    ]


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from(["P1", "P2", "P3"]),
        st.sampled_from(["own", "rent"]),
        st.floats(0.01, 100),
    ),
    max_size=8,
)
CITY = parcels("P1", "P2", "P3", shapeless=("P3",))
SITES = located(("P1", "east1", 5), ("P1", "west", 10), ("P2", "west", 3.3))


@settings(max_examples=30, deadline=None)
@given(
    ROWS,
    st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4),
    st.randoms(use_true_random=False),
)
def test_nothing_is_lost_and_order_never_matters(
    rows: list[Any], taxes: list[float], shuffle: Any
) -> None:
    """Σ parks + outside + unlinked = Σ enterprises to less than a yuan, for any occupancy."""
    mixed = shuffle.sample(rows, len(rows))
    values = pd.DataFrame({"tax": taxes}, index=list("abcd"))
    everyone = firms(*"abcd")

    found = shares(occupancy(*rows), CITY, SITES, everyone, periods=["2024"])
    again = shares(occupancy(*mixed), CITY[::-1], SITES[::-1], everyone[::-1], periods=["2024"])

    assert_frame_equal(found, again, check_exact=True)
    assert found.groupby("enterprise_id")["share"].agg(fsum).sub(1).abs().le(1e-12).all()
    assert found["share"].gt(0).all()
    book = ledger(values, found)
    assert book["difference"].abs().le(1e-5).all()
    parks = roll_up(values, found)
    assert fsum(parks["tax"]) == pytest.approx(book["in_parks"].iloc[0], abs=1e-6)
    assert_frame_equal(parks, roll_up(values[::-1], found[::-1]), check_exact=True)
    upper = with_parents(found, PARKS)
    assert fsum(upper.loc[upper["park_id"] == "city", "share"]) == pytest.approx(
        fsum(found.loc[found["place"] == "park", "share"])
    )
