"""Compose an amount from declared components (合成数额): 评价税收 = additions − subtractions."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.errors import InputError
from geodata.fields import fields
from geodata.issues import Issue, in_order, issue
from geodata.merge import differ, shown
from geodata.model import Amounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geodata.model import Key


def compose(
    amounts: Amounts, field: str, *, add: Sequence[str], subtract: Sequence[str]
) -> Amounts:
    """Amounts with the column `field` = Σ `add` − Σ `subtract`.

    A component unknown for a subject makes its result unknown; the cell text then names what is
    missing. Without a single component column a ready column `field` stays as it is; with one,
    ready values are never mixed in (`disagreements` finds those that differ).

    Args:
        amounts: of one kind, period and scope.
        field: id of the result.
        add: ids of the components added, in the order to be shown.
        subtract: ids of the components subtracted.

    Raises:
        InputError: component columns that stand nowhere, all named; or neither component nor
            ready column.
    """
    components = [*add, *subtract]
    absent = [name for name in components if name not in amounts.values]
    if len(absent) == len(components) and field in amounts.values:
        return amounts
    if absent or not components:
        raise InputError([_missing(absent or [field])])
    parts = amounts.values[components]
    positive = reduce(_plus, (parts[name] for name in add), pd.Series(0.0, index=parts.index))
    total = reduce(_minus, (parts[name] for name in subtract), positive)
    texts = [
        _cell(known, places, add=len(add), names=components)
        for known, places in zip(
            parts.notna().to_numpy().tolist(),
            amounts.cells[components].to_numpy().tolist(),
            strict=True,
        )
    ]
    cells = pd.Series(texts, index=parts.index, dtype="str")
    return Amounts(
        values=amounts.values.assign(**{field: total}),
        cells=amounts.cells.assign(**{field: cells}),
    )


def compose_all(
    amounts: Mapping[Key, Amounts], field: str, *, add: Sequence[str], subtract: Sequence[str]
) -> tuple[dict[Key, Amounts], tuple[Issue, ...]]:
    """Compose in every enterprise frame that has a component; leave the others alone.

    Returns:
        All frames, and an issue for every ready value that differs from the composed one.

    Raises:
        InputError: as `compose`, and when no frame has a component or a ready column.
    """
    components = {*add, *subtract}
    result: dict[Key, Amounts] = {}
    found: list[Issue] = []
    problems: list[Issue] = []
    for key, one in amounts.items():
        composed = one
        if key.kind == "enterprise" and not components.isdisjoint(one.values.columns):
            try:
                composed = compose(one, field, add=add, subtract=subtract)
            except InputError as error:
                where = f"{key.period}（{key.scope}）"
                problems += [replace(problem, file=where) for problem in error.issues]
        result[key] = composed
        found += disagreements(one, composed, field)
    concerned = [one for key, one in result.items() if key.kind == "enterprise"]
    if not problems and not any(field in one.values for one in concerned):
        problems.append(_missing([*add, *subtract] or [field]))
    if problems:
        raise InputError(in_order(problems))
    return result, in_order(found)


def disagreements(ready: Amounts, composed: Amounts, field: str) -> list[Issue]:
    """Issues for ready values of `field` that differ from the composed ones, which hold."""
    if field not in ready.values or field not in composed.values:
        return []
    off = differ(field, composed.values[field], ready.values[field])
    return [
        issue(
            "source-conflict",
            subject=subject,
            field=fields()[field].label,
            kept=shown(kept),
            other=shown(other),
            other_place=place,
        )
        for subject, kept, other, place in zip(
            off.index[off],
            composed.values[field][off],
            ready.values[field][off],
            ready.cells[field][off],
            strict=True,
        )
    ]


def _plus(left: pd.Series[Any], right: pd.Series[Any]) -> pd.Series[Any]:
    return left + right


def _minus(left: pd.Series[Any], right: pd.Series[Any]) -> pd.Series[Any]:
    return left - right


def _cell(known: Sequence[bool], places: Sequence[str], *, add: int, names: Sequence[str]) -> str:
    """Where a composed value comes from, or what it lacks; empty when nothing is known."""
    if not any(known):
        return ""
    if not all(known):
        lacking = (name for name, there in zip(names, known, strict=True) if not there)
        return f"缺少{_labels(lacking)}"
    return " + ".join(places[:add]) + "".join(f" − {place}" for place in places[add:])


def _labels(names: Iterable[str]) -> str:
    return "、".join(fields()[name].zh for name in names)


def _missing(names: Sequence[str]) -> Issue:
    columns = "、".join(f"{fields()[name].zh}（{name}）" for name in names)
    example = f'columns = {{ {names[0]} = "{fields()[names[0]].zh}" }}'
    return issue("missing-column", columns=columns, near="", example=example)
