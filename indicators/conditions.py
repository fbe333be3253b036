"""Conditions of rule files (条件) as masks over a frame of subjects: a closed vocabulary."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from indicators.rules import Condition, Scalar


def mask(conditions: Sequence[Condition], frame: pd.DataFrame) -> pd.Series[bool]:
    """Which rows meet all conditions, as plain booleans that are never missing.

    A missing value satisfies nothing but `is_missing = true`; a column the frame does not have
    is missing for every row, and so is empty text. `in_park` compares a member with its park,
    needs pairs, and belongs to `indicators.derive`; here it is refused.

    Args:
        conditions: all must hold; none means every row.
        frame: one row per subject, a column per field.

    Returns:
        Mask with the frame's index, plain bool.

    Raises:
        ValueError: a condition has no test that can be decided on a frame.
    """
    met = pd.Series(data=True, index=frame.index, dtype=bool)
    for condition in conditions:
        met &= _one(condition, frame)
    return met


def known(values: pd.Series) -> pd.Series[bool]:
    """Which values are known: neither missing nor empty text."""
    there = values.notna()
    if not is_numeric_dtype(values):
        there &= ~_same(values, "")
    return there.astype(bool)


def _one(condition: Condition, frame: pd.DataFrame) -> pd.Series[bool]:
    values = (
        frame[condition.field]
        if condition.field in frame.columns
        else pd.Series(data=float("nan"), index=frame.index, dtype=float)
    )
    for name, test in _TESTS.items():
        wanted = getattr(condition, name)
        if wanted is not None:
            return test(values, wanted)
    raise ValueError(f"no test for frames in {condition!r}")


def _same(values: pd.Series, wanted: Scalar) -> pd.Series[bool]:
    """Equal in value and kind: the flag true is not the number 1, nor the text of either."""
    if is_bool_dtype(values.dtype):
        fits = _is_flag(wanted)
    elif is_numeric_dtype(values.dtype):
        fits = _is_number(wanted)
    elif isinstance(values.dtype, pd.StringDtype):
        fits = isinstance(wanted, str)
    else:
        return _each(values, lambda value: _alike(value, wanted))
    if not fits:
        return pd.Series(data=False, index=values.index, dtype=bool)
    return values.eq(wanted).fillna(value=False).astype(bool)


def _alike(value: object, wanted: Scalar) -> bool:
    """Compare one cell of a column of mixed kinds."""
    if _is_flag(value) or _is_flag(wanted):
        return _is_flag(value) and _is_flag(wanted) and bool(value) == wanted
    return (isinstance(value, str) or _is_number(value)) and bool(value == wanted)


def _is_flag(value: object) -> bool:
    return isinstance(value, (bool, np.bool_))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not _is_flag(value)


def _each(values: pd.Series, test: Callable[[object], bool]) -> pd.Series[bool]:
    return pd.Series([test(value) for value in values.array], index=values.index, dtype=bool)


def _differs(values: pd.Series, wanted: Scalar) -> pd.Series[bool]:
    return known(values) & ~_same(values, wanted)


def _among(values: pd.Series, wanted: Iterable[Scalar]) -> pd.Series[bool]:
    met = pd.Series(data=False, index=values.index, dtype=bool)
    for one in wanted:
        met |= _same(values, one)
    return met


def _numbers(values: pd.Series) -> pd.Series[float]:
    """Numbers as they are, everything else missing: text and flags are not read as numbers."""
    if is_numeric_dtype(values.dtype) and not is_bool_dtype(values.dtype):
        return values.astype("Float64").astype(float)
    return pd.to_numeric(values.where(_each(values, _is_number)), errors="coerce").astype(float)


def _at_least(values: pd.Series, wanted: float) -> pd.Series[bool]:
    return _numbers(values).ge(wanted)


def _below(values: pd.Series, wanted: float) -> pd.Series[bool]:
    return _numbers(values).lt(wanted)


def _starts_with(values: pd.Series, wanted: tuple[str, ...]) -> pd.Series[bool]:
    return _each(values, lambda value: isinstance(value, str) and value.startswith(wanted))


def _is_missing(values: pd.Series, wanted: object) -> pd.Series[bool]:
    return ~known(values) if wanted else known(values)


_TESTS: dict[str, Callable[..., pd.Series[bool]]] = {
    "equals": _same,
    "is_not": _differs,
    "at_least": _at_least,
    "below": _below,
    "one_of": _among,
    "starts_with": _starts_with,
    "is_missing": _is_missing,
}
