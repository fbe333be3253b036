"""Measuring: add first, divide last; unknown, zero and another scope stay unknown with a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.catalog import catalog
from indicators.measure import measure
from indicators.model import Measured, Members, Subjects
from indicators.rules import Indicator, Words

TAX = catalog().indicators["tax_per_mu"]
GROWTH = catalog().indicators["tax_growth"]


def _subjects(
    amounts: dict[str, list[float]],
    *,
    ids: str = "ab",
    kind: str = "enterprise",
    scope: str = "在地",
    period: str = "2024",
    ready: dict[str, list[float]] | None = None,
    other: dict[str, list[str]] | None = None,
    members: Members | None = None,
) -> Subjects:
    index = pd.Index(list(ids), dtype="str")
    return Subjects(
        kind=kind,
        period=period,
        scope=pd.Series(scope, index=index, dtype="str"),
        attributes=pd.DataFrame(index=index),
        amounts=pd.DataFrame(amounts, index=index, dtype=float),
        ready=pd.DataFrame(ready or {}, index=index, dtype=float),
        other_scopes=pd.DataFrame(other or {}, index=index, dtype="str"),
        members=members,
    )


def _members(
    shares: list[tuple[str, str, float]],
    amounts: dict[str, list[float]],
    *,
    ids: str = "xyz",
    stated: dict[str, list[bool]] | None = None,
    by_park: list[tuple[str, str, str, float]] | None = None,
) -> Members:
    return Members(
        shares=pd.DataFrame(shares, columns=["enterprise_id", "park_id", "share"]),
        amounts=pd.DataFrame(amounts, index=pd.Index(list(ids), dtype="str")),
        by_park=pd.DataFrame(by_park or [], columns=["enterprise_id", "park_id", "field", "value"]),
        stated=pd.DataFrame(stated or {}, index=pd.Index(["a", "b"], dtype="str")),
    )


def _column(measured: Measured, name: str = "tax_per_mu") -> list[float]:
    return measured.values[name].tolist()


def test_ratio_and_its_parts() -> None:
    """150 万元 on 15 亩 is 10 万元/亩, and both sides are kept."""
    found = measure([TAX], _subjects({"tax_10k_yuan": [150, 30], "land_area_mu": [15, 15]}))

    assert [10.0, 2.0] == _column(found)
    assert [150.0, 30.0] == _column_of(found.numerators)
    assert [15.0, 15.0] == _column_of(found.denominators)
    assert ["", ""] == _column_of(found.notes)


def _column_of(frame: pd.DataFrame) -> list[object]:
    return frame["tax_per_mu"].tolist()


def test_zero_negative_and_missing_are_unknown_with_a_note() -> None:
    """No land, negative land and no figure each say so, and nothing becomes zero or infinite."""
    amounts = {"tax_10k_yuan": [1, 1, np.nan, np.nan], "land_area_mu": [0, -1, 5, np.nan]}
    found = measure([TAX], _subjects(amounts, ids="abcd"))

    assert found.values["tax_per_mu"].isna().all()
    assert ["分母为零", "分母为负", "缺少评价税收", "缺少评价税收、用地面积"] == _column_of(
        found.notes
    )


def test_absent_columns_are_unknown() -> None:
    """A table without the column at all is a table that does not know."""
    found = measure([TAX], _subjects({"tax_10k_yuan": [1, 2]}))

    assert ["缺少用地面积", "缺少用地面积"] == _column_of(found.notes)


def test_ready_value_wins() -> None:
    """A ready value is taken as it is; where it is missing the amounts speak."""
    amounts = {"tax_10k_yuan": [150, 150], "land_area_mu": [15, 15]}
    found = measure([TAX], _subjects(amounts, ready={"tax_per_mu": [7, np.nan]}))

    assert [7.0, 10.0] == _column(found)
    assert [True, False] == found.numerators["tax_per_mu"].isna().tolist()
    assert ["表中直接给出", ""] == _column_of(found.notes)


def test_factor_and_repeated_fields() -> None:
    """National platforms count twice; per 10 billion yuan is a factor of a million."""
    one = catalog().indicators["platforms_per_revenue"]
    amounts = {"provincial_platforms": [1], "national_platforms": [2], "revenue_10k_yuan": [1e6]}
    found = measure([one], _subjects(amounts, ids="a", kind="park"))

    assert [5.0] == _column(found, one.id)


def test_other_scope_is_refused_by_name() -> None:
    """Tax in one scope over land in another is no ratio; the message names both."""
    amounts = {"tax_10k_yuan": [100, 100], "land_area_mu": [np.nan, 10]}
    now = _subjects(amounts, scope="核准范围", other={"land_area_mu": ["托管范围", ""]})
    found = measure([TAX], now)

    assert np.isnan(_column(found)[0])
    assert _column(found)[1] == 10
    (doubt,) = found.issues
    assert doubt.code == "scope-mismatch"
    assert "评价税收 为核准范围，用地面积 为托管范围" in doubt.message()
    assert (
        found.notes.loc["a", "tax_per_mu"]
        == "口径不一致：评价税收为“核准范围”，用地面积为“托管范围”"
    )


def test_growth_needs_a_positive_past_of_the_same_scope() -> None:
    """110 after 100 is 10 %; a past of zero, of another scope, or none is unknown."""
    now = _subjects({"tax_10k_yuan": [110, 1, 1, 1]}, ids="abcd")
    before = _subjects({"tax_10k_yuan": [100, 0, np.nan, -1]}, ids="abcd", period="2023")
    found = measure([GROWTH], now, before)

    assert round(found.values.loc["a", "tax_growth"], 12) == 0.1
    assert ["", "上期为零", "上期缺少评价税收", "上期为负"] == found.notes["tax_growth"].tolist()
    assert ["没有上期数据"] * 4 == measure([GROWTH], now).notes["tax_growth"].tolist()

    elsewhere = _subjects({"tax_10k_yuan": [100] * 4}, ids="abcd", period="2023", scope="法人")
    refused = measure([GROWTH], now, elsewhere)
    assert refused.values["tax_growth"].isna().all()
    assert ["scope-mismatch"] * 4 == [one.code for one in refused.issues]
    assert "2023 期的评价税收 为法人" in refused.issues[0].message()


def test_park_is_the_sum_of_members_known_on_both_sides() -> None:
    """A park's ratio leaves out who lacks one side: (10 + 20) / (1 + 4), not 30 / 105."""
    shares = [("x", "a", 1.0), ("y", "a", 0.5), ("z", "a", 1.0)]
    amounts = {"tax_10k_yuan": [10, 40, np.nan], "land_area_mu": [1, 8, 100]}
    own = {"tax_10k_yuan": [30, np.nan], "land_area_mu": [105, np.nan]}
    now = _subjects(own, kind="park", members=_members(shares, amounts))
    found = measure([TAX], now)

    assert _column(found)[0] == 6
    assert np.isnan(_column(found)[1])
    assert found.coverage.loc["a", "tax_per_mu"] == 5 / 105
    assert found.notes.loc["a", "tax_per_mu"] == "按 2 家两方都有数的企业之和计算"
    assert found.notes.loc["b", "tax_per_mu"] == "没有两方都有数的企业"
    assert ["known-in-part"] == [one.code for one in found.issues]


def test_growth_of_a_park_compares_the_firms_known_in_both_periods() -> None:
    """A firm unknown last year is no growth: 11 over 10 is 10 %, not 31 over 10."""
    shares = [("x", "a", 1.0), ("y", "a", 1.0)]
    land = {"land_area_mu": [3.0, 1.0]}

    def park(taxes: list[float]) -> Subjects:
        members = _members(shares, {"tax_10k_yuan": taxes} | land, ids="xy")
        total = {"tax_10k_yuan": [float(np.nansum(taxes)), np.nan]}
        return _subjects(total, kind="park", members=members)

    found = measure([GROWTH], park([11.0, 20.0]), park([10.0, np.nan]))

    assert round(_column(found, "tax_growth")[0], 12) == 0.1
    assert found.coverage.loc["a", "tax_growth"] == 0.75
    assert found.notes.loc["a", "tax_growth"] == "按 1 家两期都有数的企业计算（可比口径）"


def test_stated_figures_are_not_summed_over_members() -> None:
    """Where the park's own table states an amount, the park's figures are divided."""
    members = _members(
        [("x", "a", 1.0), ("x", "b", 0.0)],
        {"tax_10k_yuan": [10], "land_area_mu": [1]},
        ids="x",
        stated={"tax_10k_yuan": [True, False]},
    )
    now = _subjects({"tax_10k_yuan": [90, 9], "land_area_mu": [3, 9]}, kind="park", members=members)

    assert _column(measure([TAX], now))[0] == 30


def test_amounts_of_pairs() -> None:
    """Leading industries differ by park: the same firm counts in one and not in the other."""
    one = catalog().indicators["leading_revenue_share"]
    members = _members(
        [("x", "a", 0.5), ("x", "b", 0.5), ("y", "a", 1.0)],
        {"revenue_10k_yuan": [100, 50], "land_area_mu": [1, 1]},
        ids="xy",
        by_park=[
            ("x", "a", "leading_revenue_10k_yuan", 100.0),
            ("x", "b", "leading_revenue_10k_yuan", 0.0),
            ("y", "a", "leading_revenue_10k_yuan", 0.0),
        ],
    )
    found = measure([one], _subjects({}, kind="park", members=members))

    assert [0.5, 0.0] == _column(found, one.id)


def test_figures_that_are_not_members_are_the_parks_own() -> None:
    """Tax of industrial firms over built industrial land mixes members with parcels."""
    one = catalog().indicators["industrial_tax_per_mu"]
    members = _members([("x", "a", 1.0)], {"industrial_tax_10k_yuan": [60]}, ids="x")
    own = {"industrial_tax_10k_yuan": [60, np.nan], "industrial_built_land_mu": [3, 4]}
    found = measure([one], _subjects(own, kind="park", members=members))

    assert found.values.loc["a", one.id] == 20
    assert np.isnan(found.values.loc["b", one.id])


def test_indicator_of_another_kind_of_subject() -> None:
    """An enterprise has no plot ratio; it is unknown and says so."""
    one = catalog().indicators["plot_ratio"]

    assert ["不适用于此类对象"] * 2 == measure([one], _subjects({})).notes["plot_ratio"].tolist()


def test_nobody() -> None:
    """No subjects give empty tables with the indicators' columns."""
    found = measure([TAX, GROWTH], _subjects({}, ids=""))

    assert (0, 2) == found.values.shape
    assert ["tax_per_mu", "tax_growth"] == list(found.notes.columns)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=6), st.randoms())
def test_order_of_members_does_not_matter(taxes: list[int], random: object) -> None:
    """Shuffling members changes no bit of a park's value."""
    ids = [f"e{number}" for number in range(len(taxes))]
    frame = pd.DataFrame(
        {"tax_10k_yuan": [one / 7 for one in taxes]}, index=pd.Index(ids, dtype="str")
    )
    frame["land_area_mu"] = 1 / 3
    shares = pd.DataFrame({"enterprise_id": ids, "park_id": "a", "share": 0.1})
    order = list(ids)
    random.shuffle(order)
    shuffled = shares.set_index("enterprise_id", drop=False).loc[order].reset_index(drop=True)

    def value(pairs: pd.DataFrame) -> float:
        members = Members(shares=pairs, amounts=frame)
        return float(
            measure([TAX], _subjects({}, ids="a", kind="park", members=members)).values.iloc[0, 0]
        )

    assert value(shares) == value(shuffled)


def test_inputs_are_unchanged() -> None:
    """Measuring changes nothing it is given."""
    now = _subjects(
        {"tax_10k_yuan": [1, 2], "land_area_mu": [np.nan, 2]}, other={"land_area_mu": ["甲", ""]}
    )
    amounts, other = now.amounts.copy(), now.other_scopes.copy()
    measure([TAX, GROWTH], now, now)

    pd.testing.assert_frame_equal(amounts, now.amounts)
    pd.testing.assert_frame_equal(other, now.other_scopes)


def test_ready_only_indicator() -> None:
    """An indicator that is only ever given ready is unknown without its column."""
    own = Indicator(id="own", label=Words(zh="自有"))

    assert ["表中没有给出"] * 2 == measure([own], _subjects({})).notes["own"].tolist()
