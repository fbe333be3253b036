"""What it would take (提升测算): the value of one indicator that earns more points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from indicators.normalise import normalise
from indicators.rules import Benchmark

if TYPE_CHECKING:
    from indicators.anchor import Anchor
    from indicators.rules import Normaliser

_STEPS = 64
"""Neighbouring floating-point numbers tried until the recomputed points are reached."""


class Item(NamedTuple):
    """One criterion as it was applied to one subject.

    Attributes:
        value: indicator value, NaN unknown.
        weight: points for reaching the benchmark or goal.
        anchor: benchmark, or floor and goal.
        rule: how values become points.
    """

    value: float
    weight: float
    anchor: Anchor
    rule: Normaliser


def points(item: Item, value: float) -> float:
    """Points that a value earns, by the rule that scored it."""
    share = normalise(pd.Series([value], dtype=float), item.rule, item.anchor)
    return float(share.iloc[0]) * item.weight


def share_before_limits(item: Item) -> float:
    """Share of the weight before the cap, or before the limits of 0 and 1."""
    at = item.anchor
    if isinstance(item.rule, Benchmark):
        return item.value / at.benchmark
    return (item.value - at.floor) / (at.goal - at.floor)


def lift(item: Item, gain: float) -> float | None:
    """The smallest improvement of one known indicator that earns so many more points.

    It is the exact inverse of the points rule and is checked by recomputing: the returned value
    earns at least the points asked for.

    Args:
        item: the criterion.
        gain: points wanted beyond those of the present value, above 0.

    Returns:
        The value needed; None when the value is unknown, or when the cap or the goal is in the
        way.
    """
    if math.isnan(item.value) or item.weight <= 0:
        return None
    target = points(item, item.value) + gain
    share = target / item.weight
    if share > _most(item.rule):
        return None
    value, towards = _inverse(item, share)
    for _ in range(_STEPS):
        if points(item, value) >= target:
            return value
        value = math.nextafter(value, towards)
    return None


def _inverse(item: Item, share: float) -> tuple[float, float]:
    """The value that earns this share of the weight, and the direction in which more is earned."""
    at = item.anchor
    if isinstance(item.rule, Benchmark):
        return at.benchmark * share, math.copysign(math.inf, at.benchmark)
    step = at.goal - at.floor
    return at.floor + step * share, math.copysign(math.inf, step)


def _most(rule: Normaliser) -> float:
    """Largest share of the weight that can be earned."""
    if not isinstance(rule, Benchmark):
        return 1.0
    return math.inf if rule.cap == "none" else rule.cap
