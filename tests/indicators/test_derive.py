from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.rollup import with_parents
from indicators.derive import Crowd, derive
from indicators.rules import DerivedAmount


def _amount(
    name: str, of: str, *where: dict[str, Any], members: str = "enterprise"
) -> DerivedAmount:
    return DerivedAmount.model_validate(
        {
            "id": name,
            "label": {"zh": name},
            "unit": "",
            "members": members,
            "of": of,
            "where": where,
        }
    )


def _parks(**more: list[Any]) -> pd.DataFrame:
    """One park without parts, and a park U with the parts U1 and U2."""
    parents = pd.Series([None, None, "U", "U"], dtype="str")
    index = pd.Index(["A", "U", "U1", "U2"], name="park_id")
    return pd.DataFrame({"parent_id": parents.array, **more}, index=index)


def _crowd(shares: list[tuple[str, str, float]], members: dict[str, Any], **parks: Any) -> Crowd:
    table = _parks(**parks)
    pairs = pd.DataFrame(shares, columns=["member_id", "park_id", "share"])
    frame = pd.DataFrame(members)
    frame.index = pd.Index([f"E{number}" for number in range(1, len(frame) + 1)])
    return Crowd(members=frame, pairs=with_parents(pairs, table), parks=table)


HIGHTECH = {"field": "is_hightech", "is": True}
LEADING = {"field": "chain", "in_park": "leading_industries"}


def test_sum_over_members_that_meet_the_conditions() -> None:
    """E1 (100, high-tech) half in A and half in U1, E2 (40, not) in U1, E3 unknown revenue."""
    crowd = _crowd(
        [("E1", "A", 0.5), ("E1", "U1", 0.5), ("E2", "U1", 1.0), ("E3", "U1", 1.0)],
        {
            "revenue": [100.0, 40.0, np.nan],
            "is_hightech": pd.array([True, False, True], dtype="boolean"),
        },
    )
    made = derive([_amount("hightech_revenue", "revenue", HIGHTECH)], crowd)

    expected = {"A": 50.0, "U": 50.0, "U1": 50.0}
    assert made.parks["hightech_revenue"].dropna().to_dict() == expected
    assert pd.isna(made.parks.loc["U2", "hightech_revenue"])
    assert made.members["hightech_revenue"].tolist()[:2] == [100.0, 0.0]
    assert pd.isna(made.members.loc["E3", "hightech_revenue"])
    assert made.by_park.empty


def test_a_count_is_never_fractional() -> None:
    """A firm counts where its largest share lies (first id on a tie) and once in the park above."""
    crowd = _crowd(
        [
            ("E1", "A", 0.5),
            ("E1", "U1", 0.5),
            ("E2", "A", 0.3),
            ("E2", "U1", 0.3),
            ("E2", "U2", 0.4),
            ("E3", "U1", 1.0),
        ],
        {"is_hightech": pd.array([True, True, False], dtype="boolean")},
    )
    made = derive([_amount("all", "count"), _amount("hightech", "count", HIGHTECH)], crowd)

    assert made.parks["all"].to_dict() == {"A": 1.0, "U": 2.0, "U1": 1.0, "U2": 1.0}
    assert made.parks["hightech"].to_dict() == {"A": 1.0, "U": 1.0, "U1": 0.0, "U2": 1.0}
    assert made.members.columns.empty


def test_a_park_without_members() -> None:
    """No members: 0 enterprises and 0 亩 of parcels, but unknown money."""
    crowd = _crowd([("E1", "A", 1.0)], {"revenue": [9.0], "area_mu": [15.0]})
    firms = derive([_amount("n", "count"), _amount("revenue_all", "revenue")], crowd)
    land = derive([_amount("land", "area_mu", members="parcel")], crowd)

    assert firms.parks["n"].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert firms.parks["revenue_all"].isna().tolist() == [False, True, True, True]
    assert land.parks["land"].tolist() == [15.0, 0.0, 0.0, 0.0]


def test_nothing_known_is_not_zero() -> None:
    """A list that nobody delivered makes the amount unknown, not 0."""
    crowd = _crowd([("E1", "A", 1.0)], {"revenue": [9.0]})
    made = derive([_amount("x", "revenue", HIGHTECH), _amount("n", "count", HIGHTECH)], crowd)

    assert made.parks["x"].isna().all()
    assert pd.isna(made.parks.loc["A", "n"])
    assert made.members["x"].isna().all()


def test_leading_industries_depend_on_the_park() -> None:
    """The part without a list inherits that of the park above; the other part has its own."""
    crowd = _crowd(
        [("E1", "U1", 0.5), ("E1", "U2", 0.5), ("E2", "U1", 1.0), ("E1", "A", 0.0)],
        {"revenue": [100.0, 30.0], "chain": ["电容器", "楠竹"]},
        leading_industries=[None, "电容器、新材料", "", "楠竹；食品"],
    )
    made = derive([_amount("leading", "revenue", LEADING)], crowd)
    values = made.by_park.set_index(["member_id", "park_id"])["value"]

    assert made.parks["leading"].dropna().to_dict() == {"U": 100.0, "U1": 50.0, "U2": 0.0}
    assert values.loc[("E1", "U2")] == 0.0
    assert values.loc[("E1", "U")] == 100.0
    assert values.loc[("E2", "U1")] == 0.0
    assert pd.isna(values.loc[("E1", "A")])
    assert "leading" not in made.members


@pytest.mark.parametrize("text", ["电容器、楠竹", "楠竹,电容器", "楠竹;x", "x|楠竹", "楠 竹 楠竹"])
def test_lists_are_split(text: str) -> None:
    """A park's list may be joined by any of the usual marks."""
    crowd = _crowd(
        [("E1", "A", 1.0)],
        {"revenue": [1.0], "chain": ["楠竹"]},
        leading_industries=[text, None, None, None],
    )

    assert derive([_amount("x", "revenue", LEADING)], crowd).parks.loc["A", "x"] == 1.0


def test_parcels_by_located_area() -> None:
    """A parcel of 30 亩 with 9000 m² of floors, a third in A: 10 亩 and 3000 m² there."""
    crowd = _crowd(
        [("E1", "A", 1 / 3), ("E1", "U1", 2 / 3)],
        {"area_mu": [30.0], "floor_area_m2": [9000.0]},
    )
    made = derive(
        [
            _amount("land", "area_mu", members="parcel"),
            _amount("floors", "floor_area_m2", members="parcel"),
        ],
        crowd,
    )

    assert made.parks.loc["A"].tolist() == pytest.approx([3000.0, 10.0])
    assert made.parks.loc["U"].tolist() == pytest.approx([6000.0, 20.0])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(-99, 99), st.booleans()), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_order_changes_no_bit_and_nothing_is_lost(rows: list[Any], chance: Any) -> None:
    """Shuffled members and pairs give the same bits; met and unmet parts add up to the whole."""
    shares = [
        pair
        for number, (share, _, _) in enumerate(rows, start=1)
        for pair in ((f"E{number}", "U1", share), (f"E{number}", "U2", 1 - share))
    ]
    crowd = _crowd(
        shares,
        {
            "revenue": [value for _, value, _ in rows],
            "is_hightech": pd.array([flag for _, _, flag in rows], dtype="boolean"),
        },
    )
    wanted = [
        _amount("yes", "revenue", HIGHTECH),
        _amount("no", "revenue", {"field": "is_hightech", "is": False}),
        _amount("count", "count"),
    ]
    made = derive(wanted, crowd)
    chance.shuffle(shares)
    table = pd.DataFrame(shares, columns=["member_id", "park_id", "share"])
    order = sorted(crowd.members.index, key=lambda _: chance.random())
    again = Crowd(
        members=crowd.members.loc[order],
        pairs=with_parents(table.sort_values(["member_id", "park_id"]), crowd.parks),
        parks=crowd.parks,
    )
    total = sum(value for _, value, _ in rows)

    pd.testing.assert_frame_equal(made.parks, derive(wanted, again).parks, check_exact=True)
    assert made.parks.loc["U", ["yes", "no"]].sum() == pytest.approx(total, abs=1e-9)
    assert made.parks.loc["U", "count"] == len(rows)
    assert made.parks.loc[["U1", "U2"], "count"].sum() == len(rows)
