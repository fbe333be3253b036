"""Periods (统计期): which one comes before which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def before(period: str, present: Iterable[str]) -> str | None:
    """The latest period before this one among those of its form, None when there is none.

    A half year or a month is never the one before a year.

    >>> before("2024", ["2022", "2023", "2023H1", "2024"])
    '2023'
    >>> before("2024Q1", ["2023", "2023Q4"]), before("2024", ["2024"])
    ('2023Q4', None)
    """
    alike = [one for one in present if one < period and _form(one) == _form(period)]
    return max(alike, default=None)


def _form(period: str) -> str:
    return re.sub(r"\d", "0", period)
