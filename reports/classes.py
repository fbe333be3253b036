"""Classes of a map's colours (分级): breaks at readable numbers, no class empty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

_FINE = 0.2
"""A break may move by half of this share of the narrower of its two classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Intervals that hold every known value.

    Attributes:
        breaks: inner breaks, ascending; class k holds values from break k−1 (included) to
            break k (excluded); no break means one class, or none.
        low: smallest known value, NaN when there is none.
        high: largest known value, NaN when there is none.
    """

    breaks: tuple[float, ...]
    low: float
    high: float

    @property
    def count(self) -> int:
        """How many classes there are: 0 when no value is known."""
        return 0 if math.isnan(self.low) else len(self.breaks) + 1

    def assign(self, values: pd.Series[float]) -> pd.Series[int]:
        """Class of each value from 0, −1 where unknown; same index."""
        numbers = values.to_numpy(dtype=float)
        found = np.searchsorted(np.array(self.breaks), numbers, side="right")
        return pd.Series(np.where(np.isnan(numbers), -1, found), index=values.index, dtype="int64")

    def labels(self) -> tuple[str, ...]:
        """What each class holds, in words for a legend.

        >>> Classes(breaks=(5.0, 12.5), low=0.0, high=40.0).labels()
        ('< 5', '5 – 12.5', '≥ 12.5')
        """
        if self.count == 0:
            return ()
        if not self.breaks:
            same = self.low == self.high
            return (_text(self.low),) if same else (f"{_text(self.low)} – {_text(self.high)}",)
        inner = zip(self.breaks, self.breaks[1:], strict=False)
        middle = [f"{_text(low)} – {_text(high)}" for low, high in inner]
        return (f"< {_text(self.breaks[0])}", *middle, f"≥ {_text(self.breaks[-1])}")


def classes(
    values: pd.Series[float], *, count: int, method: Literal["quantile", "equal"] = "quantile"
) -> Classes:
    """Cut values into at most `count` classes at readable numbers.

    Fewer classes come out when there are few different values or many ties: a class without
    any value is never made, and equal values are never parted.

    Args:
        values: any index; unknown values are NaN and belong to no class.
        count: how many classes at most, at least 1.
        method: `quantile`: about the same number of values in each; `equal`: the same width,
            where the values leave no class empty.
    """
    known = np.sort(values.dropna().to_numpy(dtype=float))
    if not len(known):
        return Classes(breaks=(), low=math.nan, high=math.nan)
    cut = _quantiles if method == "quantile" else _even
    return Classes(breaks=tuple(cut(known, count)), low=float(known[0]), high=float(known[-1]))


def _quantiles(known: np.ndarray, count: int) -> list[float]:
    raw = np.quantile(known, np.linspace(0, 1, count + 1)[1:-1])
    above = known[known > known[0]]
    first = float(above[0]) if len(above) else math.inf
    exact = _parting([max(float(one), first) for one in raw], known)
    return _parting(_readable(exact, float(known[0]), float(known[-1])), known)


def _even(known: np.ndarray, count: int) -> list[float]:
    """Multiples of the smallest round width that makes no more classes than asked for."""
    low, high = float(known[0]), float(known[-1])
    if low == high or count == 1:
        return []
    power = math.floor(math.log10((high - low) / count))
    for step in (size * 10.0**rise for rise in (power, power + 1) for size in (1, 2, 2.5, 5)):
        if step * count >= high - low:
            first, last = math.floor(low / step) + 1, math.floor(high / step)
            exact = [round(number * step, 12 - power) for number in range(first, last + 1)]
            breaks = _parting(exact, known)
            if len(breaks) < count:
                return breaks
    return []


def _parting(breaks: Sequence[float], known: np.ndarray) -> list[float]:
    """Those breaks that leave values on both sides of them, in every class."""
    kept: list[float] = []
    below = 0
    for one in sorted(set(breaks)):
        here = int(np.searchsorted(known, one, side="left"))
        if below < here < len(known):
            kept.append(one)
            below = here
    return kept


def _readable(breaks: Sequence[float], low: float, high: float) -> list[float]:
    """Each break moved to the roundest number near it."""
    edges = [low, *breaks, high]
    return [
        _rounded(here, min(here - before, after - here) or max(here - before, after - here))
        for before, here, after in zip(edges, breaks, edges[2:], strict=False)
    ]


def _rounded(number: float, room: float) -> float:
    """The nearest multiple of the largest step 1, 2, 5 × 10^k within a fifth of the room.

    >>> _rounded(12.34, 5.0), _rounded(1234.5, 400.0), _rounded(0.0371, 0.01)
    (12.0, 1250.0, 0.038)
    """
    if room <= 0:
        return number
    power = math.floor(math.log10(room * _FINE))
    step = max(one for one in (1, 2, 5) if one * 10.0**power <= room * _FINE * (1 + 1e-9))
    return round(round(number / (step * 10.0**power)) * step * 10.0**power, 12 - power)


def _text(number: float) -> str:
    """The number without needless zeros, thousands parted.

    >>> _text(1250.0), _text(0.05), _text(-3.5)
    ('1,250', '0.05', '-3.5')
    """
    plain = f"{number:,.6f}".rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain
