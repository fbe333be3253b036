"""Totals in against totals out (勾稽): what the sources state and what was used of it."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

from geodata.fields import fields
from geodata.issues import Issue, issue
from geodata.model import Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.model import Amounts, Delivery

_CENT = 1e-6
"""Differences up to a hundredth of a yuan (in 万元) come from floating sums."""


def reconcile(deliveries: Sequence[Delivery], amounts: Mapping[Key, Amounts]) -> list[Issue]:
    """Report every amount whose rows do not add up to what the register holds of it.

    Differences come from duplicate rows, rows of no known enterprise, and figures that two
    sources state; each of those is listed by itself too.

    Args:
        deliveries: enterprise tables as conformed.
        amounts: what the register made of them.
    """
    stated: dict[tuple[Key, str], list[float]] = {}
    for one in deliveries:
        frame = one.conformed.frame
        for period in one.periods:
            key = Key("enterprise", period, one.scope)
            for name in frame.columns:
                if name in fields() and fields()[name].role == "amount":
                    stated.setdefault((key, name), []).extend(frame[name].dropna())
    found: list[Issue] = []
    for (key, name), rows in sorted(stated.items()):
        held = amounts[key].values
        total = fsum(sorted(rows))
        kept = fsum(sorted(held[name].dropna())) if name in held else 0.0
        if abs(total - kept) > _CENT:
            found.append(
                issue(
                    "totals-differ",
                    field=fields()[name].label,
                    period=key.period,
                    scope=key.scope,
                    stated=f"{total:,.4f}",
                    used=f"{kept:,.4f}",
                    difference=f"{total - kept:,.4f}",
                )
            )
    return found
