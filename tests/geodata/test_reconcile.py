"""Totals in equal totals out, or the difference is reported."""

from __future__ import annotations

import pandas as pd

from geodata.model import Amounts, Conformed, Delivery, Key
from geodata.reconcile import reconcile

KEY = Key("enterprise", "2024", "在地")


def delivery(*taxes: float) -> Delivery:
    """A tax table."""
    frame = pd.DataFrame({"tax_10k_yuan": taxes})
    cells = pd.DataFrame("B2", index=frame.index, columns=frame.columns)
    table = Conformed(file="税.xlsx", sheet="表", frame=frame, cells=cells, issues=())
    return Delivery(
        id="t", table="enterprises", periods=("2024",), scope="在地", department="", conformed=table
    )


def held(*taxes: float) -> dict[Key, Amounts]:
    """What the register holds."""
    values = pd.DataFrame({"tax_10k_yuan": taxes})
    return {KEY: Amounts(values=values, cells=values.astype("str"))}


def test_equal_totals_are_silent() -> None:
    """0.1 + 0.2 + 0.3 in any order is the same total."""
    assert reconcile([delivery(0.1, 0.2), delivery(0.3)], held(0.3, 0.2, 0.1)) == []


def test_a_row_that_was_not_used_is_a_difference() -> None:
    """30 of 100 万元 found no enterprise: the difference is told."""
    (found,) = reconcile([delivery(70.0, 30.0)], held(70.0))

    assert found.code == "totals-differ"
    assert "相差 30.0000" in found.message()


def test_an_amount_that_vanished_whole_is_a_difference() -> None:
    """A column of which nothing was used is reported, not forgotten."""
    amounts = {KEY: Amounts(values=pd.DataFrame(index=[0]), cells=pd.DataFrame(index=[0]))}

    assert len(reconcile([delivery(5.0)], amounts)) == 1
