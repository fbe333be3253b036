"""Values into shares of a weight (标准化): ratio to a benchmark, or between goalposts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicators.rules import Benchmark, Goalposts

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from indicators.anchor import Anchor
    from indicators.rules import Normaliser

_CLOSE = 1e-12


def normalise(values: pd.Series[float], rule: Normaliser, anchor: Anchor) -> pd.Series[float]:
    """Share of the weight that each value earns; unknown stays unknown.

    Args:
        values: indicator values of a cohort's members.
        rule: the cohort's method.
        anchor: benchmark, or floor and goal.

    Returns:
        Same index and name as the values. Under a benchmark, 1 is reached at the benchmark and
        the cap is the only limit; under goalposts the share lies between 0 and 1, and a falling
        criterion has its worst value as floor.

    >>> import pandas as pd
    >>> from indicators.anchor import Anchor
    >>> from indicators.rules import Goalposts
    >>> at = Anchor(float("nan"), 1.0, 0.5, "no_points", "")
    >>> normalise(pd.Series([2.0, 0.75, 0.1]), Goalposts(method="goalposts"), at).tolist()
    [0.0, 0.5, 1.0]
    """
    return _METHODS[rule.method](values, rule, anchor)


def _benchmark(values: pd.Series[float], rule: Normaliser, anchor: Anchor) -> pd.Series[float]:
    """A value within rounding error of the benchmark counts as at it."""
    assert isinstance(rule, Benchmark)
    shares = values / anchor.benchmark
    shares = shares.mask((shares - 1).abs() <= _CLOSE, 1.0)
    if rule.negative == "zero":
        shares = shares.clip(lower=0.0)
    return shares if rule.cap == "none" else shares.clip(upper=rule.cap)


def _goalposts(values: pd.Series[float], rule: Normaliser, anchor: Anchor) -> pd.Series[float]:
    assert isinstance(rule, Goalposts)
    return ((values - anchor.floor) / (anchor.goal - anchor.floor)).clip(0.0, 1.0)


_METHODS: dict[str, Callable[[pd.Series[float], Normaliser, Anchor], pd.Series[float]]] = {
    "benchmark": _benchmark,
    "goalposts": _goalposts,
}
