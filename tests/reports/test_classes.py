"""Class breaks of maps: readable, never empty, nothing lost."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.classes import classes

METHODS = ("quantile", "equal")
NUMBERS = st.lists(
    st.one_of(
        st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(lambda one: round(one, 3)),
        st.just(math.nan),
        st.sampled_from([0.0, 1.0, 10.0]),
    ),
    max_size=60,
)


def test_quantiles_fall_on_round_numbers() -> None:
    """A hundred values from 1 to 100 are cut near 20, 40, 60 and 80."""
    cut = classes(pd.Series(range(1, 101), dtype=float), count=5)

    assert (20.0, 40.0, 60.0, 80.0) == cut.breaks
    assert ("< 20", "20 – 40", "40 – 60", "60 – 80", "≥ 80") == cut.labels()


def test_equal_widths_are_round_numbers() -> None:
    """Scores from 47 to 88 in at most five classes are cut at every tenth point."""
    cut = classes(pd.Series([47.0, 53, 61, 75, 88]), count=5, method="equal")

    assert (50.0, 60.0, 70.0, 80.0) == cut.breaks


@pytest.mark.parametrize("method", METHODS)
def test_equal_values_make_one_class(method: str) -> None:
    """Where all are equal there is one class, named by the value."""
    cut = classes(pd.Series([5.0, 5.0, 5.0]), count=5, method=method)

    assert ("5",) == cut.labels()
    assert [0, 0, 0] == list(cut.assign(pd.Series([5.0, 5.0, 5.0])))


@pytest.mark.parametrize("method", METHODS)
def test_nothing_known_makes_no_class(method: str) -> None:
    """Unknown values belong to no class, and there is none when nothing is known."""
    values = pd.Series([math.nan, math.nan])

    assert 0 == classes(values, count=5, method=method).count
    assert [-1, -1] == list(classes(values, count=5, method=method).assign(values))


def test_ties_are_not_parted_and_do_not_hide_the_rest() -> None:
    """Fifty zeros stand together; what is above them has a class of its own."""
    values = pd.Series([0.0] * 50 + [3.0, 4.0])
    cut = classes(values, count=5)

    assert [50, 2] == list(cut.assign(values).value_counts().sort_index())


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.integers(1, 7), st.sampled_from(METHODS))
def test_every_known_value_has_one_class_and_none_is_empty(
    numbers: list[float], count: int, method: str
) -> None:
    """Classes are ascending, at most as many as asked for, never empty, and follow the order."""
    values = pd.Series(numbers, dtype=float)
    cut = classes(values, count=count, method=method)
    own = cut.assign(values)
    known = own[values.notna()]

    assert list(values.isna()) == list(own == -1)
    assert set(range(cut.count)) == set(known)
    assert cut.count <= count
    assert sorted(set(cut.breaks)) == list(cut.breaks)
    assert known[values.sort_values().dropna().index].is_monotonic_increasing
    assert cut.count == len(cut.labels())


@settings(max_examples=30, deadline=None)
@given(NUMBERS, st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_order_of_values_does_not_matter(numbers: list[float], method: str, dice: object) -> None:
    """The same values in another order are cut in the same places."""
    mixed = list(numbers)
    dice.shuffle(mixed)

    one = classes(pd.Series(numbers, dtype=float), count=5, method=method)
    assert one.breaks == classes(pd.Series(mixed, dtype=float), count=5, method=method).breaks
