from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.conditions import mask
from indicators.rules import Condition


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "flag": pd.array([True, False, None], dtype="boolean"),
            "number": [10.0, 0.0, np.nan],
            "text": pd.Series(["3821", "26", None], dtype="str"),
            "mixed": pd.Series([True, "x", None], dtype=object),
        }
    ).set_index(pd.Index(["a", "b", "c"], name="subject_id"))


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"field": "flag", "is": True}, [True, False, False]),
        ({"field": "flag", "is": False}, [False, True, False]),
        ({"field": "flag", "is_not": True}, [False, True, False]),
        ({"field": "flag", "is": 1}, [False, False, False]),
        ({"field": "flag", "is_missing": True}, [False, False, True]),
        ({"field": "flag", "is_missing": False}, [True, True, False]),
        ({"field": "number", "is": 10}, [True, False, False]),
        ({"field": "number", "is": False}, [False, False, False]),
        ({"field": "number", "is_not": 10}, [False, True, False]),
        ({"field": "number", "at_least": 0}, [True, True, False]),
        ({"field": "number", "below": 10}, [False, True, False]),
        ({"field": "number", "one_of": [0, 7]}, [False, True, False]),
        ({"field": "text", "is": "26"}, [False, True, False]),
        ({"field": "text", "is": 26}, [False, False, False]),
        ({"field": "text", "is_not": "26"}, [True, False, False]),
        ({"field": "text", "one_of": ["26", "3821"]}, [True, True, False]),
        ({"field": "text", "starts_with": ["38", "39"]}, [True, False, False]),
        ({"field": "text", "at_least": 1}, [False, False, False]),
        ({"field": "text", "is_missing": True}, [False, False, True]),
        ({"field": "mixed", "is": True}, [True, False, False]),
        ({"field": "mixed", "is": "x"}, [False, True, False]),
        ({"field": "mixed", "is_not": "x"}, [True, False, False]),
        ({"field": "mixed", "is_missing": True}, [False, False, True]),
        ({"field": "absent", "is_not": "x"}, [False, False, False]),
        ({"field": "absent", "is_missing": True}, [True, True, True]),
    ],
)
def test_one_condition(test: dict[str, object], expected: list[bool]) -> None:
    """Every test of the vocabulary holds where it should, and never where the value is missing."""
    met = mask([Condition.model_validate(test)], _frame())

    assert expected == met.tolist()
    assert np.dtype(bool) == met.dtype
    assert met.index.tolist() == ["a", "b", "c"]


def test_all_conditions_must_hold() -> None:
    """Conditions are joined by 并且; no condition at all is met by every row."""
    both = [
        Condition.model_validate({"field": "flag", "is": True}),
        Condition.model_validate({"field": "number", "below": 5}),
    ]

    assert mask(both, _frame()).tolist() == [False, False, False]
    assert mask([], _frame()).tolist() == [True, True, True]


def test_empty_text_is_missing() -> None:
    """Empty text counts as missing, whatever the column's dtype."""
    frame = pd.DataFrame({"why": ["", "新投产"]})

    assert mask([Condition(field="why", is_missing=True)], frame).tolist() == [True, False]
    assert mask([Condition(field="why", is_not="x")], frame).tolist() == [False, True]


def test_in_park_needs_pairs() -> None:
    """A condition on the pair of member and park is refused, not taken as met."""
    with pytest.raises(ValueError, match="in_park"):
        mask([Condition(field="text", in_park="leading_industries")], _frame())


def test_no_rows() -> None:
    """An empty frame gives an empty mask of plain booleans."""
    met = mask([Condition(field="number", at_least=1)], _frame().iloc[:0])

    assert np.dtype(bool) == met.dtype
    assert met.empty


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-9, 9)), max_size=8), st.floats(-9, 9))
def test_at_least_and_below_split_the_known(numbers: list[float | None], cut: float) -> None:
    """A known number is at least the cut or below it, never both; an unknown one is neither."""
    frame = pd.DataFrame({"x": pd.Series(numbers, dtype="Float64")})
    above = mask([Condition(field="x", at_least=cut)], frame)
    below = mask([Condition(field="x", below=cut)], frame)

    assert frame["x"].notna().tolist() == (above ^ below).tolist()
