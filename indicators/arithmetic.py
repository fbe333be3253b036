"""One criterion's arithmetic in words (算式): how its value and its points came about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from indicators.explanation import number, quantity
from indicators.lift import share_before_limits
from indicators.rules import Benchmark
from indicators.shipped import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicators.explanation import Part
    from indicators.lift import Item
    from indicators.rules import Indicator

_SAME = 1e-9


class Side(NamedTuple):
    """Numerator or denominator.

    Attributes:
        total: what was divided, or divided by; NaN unknown.
        parts: the amounts added.
    """

    total: float
    parts: Sequence[Part]


def measured(indicator: Indicator, value: float, above: Side, below: Side) -> str:
    """The value as arithmetic, such as 亩均税收 = 评价税收 60 万元 ÷ 用地面积 30 亩 = 2 万元/亩."""
    words = {"label": indicator.label.zh, "value": shown(indicator, value)}
    if math.isnan(value):
        return phrase("explain", "no_value", **words)
    if math.isnan(above.total):
        return phrase("explain", "ready", **words)
    words |= {"above": _side(above), "below": _side(below)}
    words["factor"] = _factor(indicator.factor)
    return phrase("explain", indicator.kind, **words)


def scored(indicator: Indicator, item: Item, earned: float, fill: str) -> str:
    """The points as arithmetic, or which rule gave them where the value is unknown."""
    words = {"weight": number(item.weight), "points": number(earned)}
    if fill:
        return phrase("explain", fill, **words)
    if math.isnan(item.value):
        return phrase("explain", "no_score")
    for name in ("benchmark", "floor", "goal"):
        words[name] = shown(indicator, getattr(item.anchor, name))
    words |= {"value": shown(indicator, item.value), "basis": item.anchor.basis}
    words["limit"] = _limit(share_before_limits(item), earned / item.weight)
    method = "benchmark" if isinstance(item.rule, Benchmark) else "goalposts"
    return phrase("explain", method, **words)


def shown(indicator: Indicator, value: float) -> str:
    """A value of the indicator with its unit."""
    return quantity(value, indicator.unit, percent=indicator.percent)


def _side(side: Side) -> str:
    parts = [
        phrase("explain", "part", label=part.label, quantity=quantity(part.value, part.unit))
        for part in side.parts
    ]
    if len(parts) == 1:
        return parts[0]
    if any(math.isnan(part.value) for part in side.parts):
        labels = phrase("explain", "join").join(part.label for part in side.parts)
        total = quantity(side.total, side.parts[0].unit)
        return phrase("explain", "nameless_sum", labels=labels, quantity=total)
    return phrase("explain", "sum", parts=phrase("explain", "plus").join(parts))


def _factor(factor: float) -> str:
    return "" if factor == 1 else phrase("explain", "factor", factor=number(factor))


def _limit(raw: float, share: float) -> str:
    """What the cap, or the limits of 0 and 1, made of the quotient."""
    if math.isclose(raw, share, rel_tol=_SAME, abs_tol=_SAME):
        return phrase("explain", "unlimited", raw=number(raw))
    return phrase("explain", "limited", raw=number(raw), share=number(share))
