"""Evaluated tax is built from declared components."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from geodata.compose import compose, compose_all
from geodata.errors import InputError
from geodata.model import Amounts, Key

HERE = Key("enterprise", "2024", "在地")
TAX = "tax_vat_10k_yuan"


def amounts(**columns: Any) -> Amounts:
    """Amounts of enterprises a, b, c, each value in its own cell."""
    values = pd.DataFrame(columns, index=["a", "b", "c"], dtype="float64")
    cells = pd.DataFrame(
        {name: [f"f!s!{name}{row}" for row in range(3)] for name in columns}, index=values.index
    )
    return Amounts(values=values, cells=cells.where(values.notna(), ""))


INCOME, ARREARS, EVALUATED = "tax_income_10k_yuan", "tax_arrears_10k_yuan", "tax_10k_yuan"


def test_evaluated_tax_is_composed() -> None:
    """Additions less subtractions, with the cells behind it; one unknown part makes it unknown."""
    parts = amounts(
        **{TAX: [100.0, 50.0, None], INCOME: [20.0, None, None], ARREARS: [5.0, 1.0, None]}
    )

    made = compose(parts, EVALUATED, add=[TAX, INCOME], subtract=[ARREARS])

    assert made.values[EVALUATED].tolist()[0] == 115.0
    assert made.values[EVALUATED].isna().tolist() == [False, True, True]
    assert made.cells[EVALUATED].tolist() == [
        f"f!s!{TAX}0 + f!s!{INCOME}0 − f!s!{ARREARS}0",
        "缺少企业所得税",
        "",
    ]
    assert EVALUATED not in parts.values


def test_component_that_stands_nowhere_is_refused() -> None:
    """All absent components are named at once."""
    with pytest.raises(InputError, match=f"{INCOME}.*{ARREARS}"):
        compose(amounts(**{TAX: [1.0] * 3}), EVALUATED, add=[TAX, INCOME], subtract=[ARREARS])
    with pytest.raises(InputError, match=TAX):
        compose(amounts(revenue_10k_yuan=[1.0] * 3), EVALUATED, add=[TAX], subtract=[])


def test_ready_tax_stays_only_without_components() -> None:
    """A ready column stands when there is no component; otherwise it yields, and is compared."""
    ready = amounts(**{EVALUATED: [1.0, 2.0, 3.0]})
    both = amounts(**{EVALUATED: [1.0, 2.0, 3.0], TAX: [1.0, 5.0, None]})

    assert compose(ready, EVALUATED, add=[TAX], subtract=[]) is ready
    made, found = compose_all({HERE: both}, EVALUATED, add=[TAX], subtract=[])

    assert made[HERE].values[EVALUATED].tolist()[:2] == [1.0, 5.0]
    assert made[HERE].values[EVALUATED].isna().tolist() == [False, False, True]
    assert [(one.code, one.subject) for one in found] == [("source-conflict", "b")]


def test_only_frames_with_components_are_composed() -> None:
    """Frames of other scopes stay as they are; no component anywhere is refused."""
    other = Key("enterprise", "2024", "法人")
    revenue = amounts(revenue_10k_yuan=[1.0] * 3)

    made, found = compose_all(
        {HERE: amounts(**{TAX: [1.0] * 3}), other: revenue}, EVALUATED, add=[TAX], subtract=[]
    )

    assert made[other] is revenue
    assert made[HERE].values[EVALUATED].tolist() == [1.0] * 3
    assert found == ()
    with pytest.raises(InputError, match=TAX):
        compose_all({other: revenue}, EVALUATED, add=[TAX], subtract=[])
    with pytest.raises(InputError, match="2024（在地）"):
        compose_all({HERE: amounts(**{TAX: [1.0] * 3})}, EVALUATED, add=[TAX, INCOME], subtract=[])
