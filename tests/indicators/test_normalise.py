"""Values into shares of a weight."""

from __future__ import annotations

from math import isnan, nan

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.anchor import Anchor
from indicators.normalise import normalise
from indicators.rules import Benchmark, Goalposts

PLAIN = Benchmark(method="benchmark", cap="none", negative="as_is")
CAPPED = Benchmark(method="benchmark", cap=1.5, negative="zero")
AT_TEN = Anchor(10.0, nan, nan, "no_points", "")


def _shares(values: list[float], rule: Benchmark | Goalposts, anchor: Anchor) -> list[float]:
    return normalise(pd.Series(values, dtype=float), rule, anchor).tolist()


def test_without_a_cap() -> None:
    """No cap, negative as it is: 20, 10, 0 and −5 against 10."""
    assert [2.0, 1.0, 0.0, -0.5] == _shares([20, 10, 0, -5], PLAIN, AT_TEN)


def test_cap_and_floor() -> None:
    """Capped at one and a half, never below zero."""
    assert [1.5, 1.0, 0.0, 0.0] == _shares([99, 10, 0, -5], CAPPED, AT_TEN)


def test_at_the_benchmark_despite_rounding() -> None:
    """A value that is the benchmark but for the last bit earns the whole weight."""
    at = AT_TEN._replace(benchmark=0.1 + 0.2)

    assert [1.0] == _shares([0.3], PLAIN, at)


def test_goalposts_in_both_directions() -> None:
    """Between floor and goal in proportion, and no further; falling criteria too."""
    rule = Goalposts(method="goalposts")

    assert [0.0, 0.5, 1.0, 1.0] == _shares(
        [0, 5, 10, 20], rule, Anchor(nan, 0, 10, "no_points", "")
    )
    assert [1.0, 0.5, 0.0, 0.0] == _shares(
        [0, 5, 10, 20], rule, Anchor(nan, 10, 0, "no_points", "")
    )


def test_unknown_stays_unknown() -> None:
    """A missing value is no share, under either method."""
    assert isnan(_shares([nan], CAPPED, AT_TEN)[0])
    assert isnan(
        _shares([nan], Goalposts(method="goalposts"), Anchor(nan, 0, 1, "no_points", ""))[0]
    )


@settings(max_examples=30, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.sampled_from([PLAIN, CAPPED]))
def test_more_is_never_less(value: float, more: float, rule: Benchmark) -> None:
    """Raising a value never lowers its share."""
    low, high = _shares([value, value + more], rule, AT_TEN)

    assert low <= high


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 1e6), st.floats(0.01, 100))
def test_scale_of_unit_does_not_matter(value: float, unit: float) -> None:
    """Measuring value and benchmark in another unit changes nothing."""
    (here,) = _shares([value], PLAIN, AT_TEN)
    (there,) = _shares([value * unit], PLAIN, AT_TEN._replace(benchmark=10 * unit))

    assert abs(here - there) <= 1e-9 * max(1, here)
