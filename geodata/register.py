"""Register the enterprises (企业名录): deliveries about enterprises become one register."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.compose import compose
from geodata.errors import InputError
from geodata.fields import fields, fields_of
from geodata.identifiers import NAME_PREFIX, Match, fold_name, is_industrial
from geodata.issues import Issue, in_order, issue
from geodata.merge import Layer, merge, one_per_subject
from geodata.model import Amounts, Key
from geodata.recognise import NAMES, recognise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.identifiers import Directory
    from geodata.model import Delivery
    from geodata.recognise import Recognised, Rows

__all__ = ["UNLINKED", "Register", "compose", "register"]

UNLINKED = ("period", "kind", "id", "name", "reason", "tag")
"""Columns of the list of what could not be linked."""

_PERIODIC = frozenset({"exempt_reason"})
"""Attributes that hold for their period only, besides all flags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Who is known, and what the departments say of them.

    Attributes:
        enterprises: index `enterprise_id` (sorted): the credit code, or `NAME:` and the folded
            name; columns are the attributes that hold for every period, and `is_industrial`.
        attributes: period → the flags and `exempt_reason` stated for it, a row per enterprise
            present in it.
        amounts: stated amounts, with a row per enterprise that a delivery of the key names.
        present: period → enterprises that some delivery of the period names, sorted.
        energy_basis: period → 等价 or 当量, where declared without contradiction.
        directory: who bears which code and name.
        unlinked: rows for which no single enterprise could be found; kind `row`, columns
            `UNLINKED`.
        issues: doubts, in display order.
    """

    enterprises: pd.DataFrame
    attributes: Mapping[str, pd.DataFrame]
    amounts: Mapping[Key, Amounts]
    present: Mapping[str, tuple[str, ...]]
    energy_basis: Mapping[str, str]
    directory: Directory
    unlinked: pd.DataFrame
    issues: tuple[Issue, ...]

    def match(self, code: object, name: object) -> Match:
        """Find the enterprise of the register that a code and a name mean, and how."""
        found = self.directory.match(code, name)
        known = found.id is None or found.id in self.enterprises.index
        return found if known else Match()

    def resolve(self, code: object, name: object) -> str | None:
        """Find the enterprise of the register that a code and a name mean, None if nobody."""
        return self.match(code, name).id


def register(deliveries: Sequence[Delivery], *, aliases: pd.DataFrame) -> Register:
    """Recognise the enterprise of every row, then merge what is said of each.

    Where two deliveries differ the earlier one holds, and the difference is reported. Attributes
    other than flags and `exempt_reason` hold for every period, whichever period states them.

    Args:
        deliveries: in the order of the workspace; other tables than `enterprises` are skipped.
        aliases: columns `written_name, enterprise` (a code or full name), as people decided.

    Raises:
        InputError: a list declared complete for a flag does not state that flag.
    """
    chosen = [one for one in deliveries if one.table == "enterprises"]
    _refuse_lists_without_flag(chosen)
    known = recognise(chosen, aliases=aliases)
    found = list(known.issues)
    stated: list[tuple[Delivery, Layer]] = []
    for rows in known.rows:
        layer, doubts = _layer(rows)
        stated.append((rows.delivery, layer))
        found += doubts
    filled = [
        (one, _with_absent(rows, layer, known.index))
        for rows, (one, layer) in zip(known.rows, stated, strict=True)
    ]
    present = _present(known.rows)
    return Register(
        enterprises=_enterprises(known, [layer for _, layer in stated], found),
        attributes=_attributes(filled, present, found),
        amounts=_amounts(stated, found),
        present=present,
        energy_basis=_energy_basis(chosen, found),
        directory=known.directory,
        unlinked=_unlinked(known.rows),
        issues=in_order(found),
    )


def _refuse_lists_without_flag(deliveries: Sequence[Delivery]) -> None:
    problems = [
        issue(
            "missing-column",
            file=one.conformed.file,
            sheet=one.conformed.sheet,
            columns=f"{fields()[flag].zh}（{flag}）",
            near="",
            example=f"constants = {{ {flag} = true }}",
        )
        for one in deliveries
        for flag in one.complete
        if flag not in one.conformed.frame
    ]
    if problems:
        raise InputError(problems)


def _layer(rows: Rows) -> tuple[Layer, tuple[Issue, ...]]:
    """What the delivery states, one row per enterprise; names and codes are looked at apart."""
    table = rows.delivery.conformed
    wanted = [one for one in fields_of("enterprises") if one in table.frame and one not in NAMES]
    narrow = replace(table, frame=pd.DataFrame(table.frame[wanted]))
    return one_per_subject(narrow, rows.ids)


def _with_absent(rows: Rows, layer: Layer, index: pd.Index[str]) -> Layer:
    """Add whom a complete list leaves out: for them its flags are stated to be false.

    Whom an unrecognised row of the list may have meant stays unknown.
    """
    spared = {*layer.values.index, *rows.candidates}
    absent = index[[one not in spared for one in index]]
    if not rows.delivery.complete or absent.empty:
        return layer
    values = layer.values.reindex(layer.values.index.append(absent))
    for flag in rows.delivery.complete:
        values.loc[absent, flag] = False
    cells = layer.cells.reindex(values.index, fill_value="")
    return replace(layer, values=values.sort_index(), cells=cells.sort_index())


def _enterprises(
    recognised: Recognised, layers: Sequence[Layer], found: list[Issue]
) -> pd.DataFrame:
    """Attributes that hold for every period, in the order of the data dictionary."""
    lasting = [
        name
        for name, one in fields_of("enterprises").items()
        if one.role != "amount" and one.type != "flag" and name not in _PERIODIC
    ]
    index = recognised.index
    merged = merge(layers, [name for name in lasting if name not in NAMES], index=index)
    found += merged.issues
    former: dict[str, str] = {}
    for rows in recognised.rows:
        for subject, text in sorted(rows.former):
            former.setdefault(subject, text)
    coded = ~index.str.startswith(NAME_PREFIX)
    industrial = [is_industrial(code) for code in merged.values["industry_code"]]
    frame = merged.values.assign(
        credit_code=pd.Series(index, index=index, dtype="str").where(coded),
        enterprise_name=_series(_display_names(recognised.rows, found)).reindex(index),
        former_name=_series(former).reindex(index),
        is_industrial=pd.array(industrial, dtype="boolean"),
    )
    return frame[[*lasting, "is_industrial"]]


def _index(subjects: Sequence[str]) -> pd.Index[Any]:
    return pd.Index(list(subjects), name="enterprise_id", dtype="str")


def _series(texts: Mapping[str, str]) -> pd.Series[str]:
    return pd.Series(list(texts.values()), index=list(texts), dtype="str")


def _display_names(recognised: Sequence[Rows], found: list[Issue]) -> dict[str, str]:
    """The name given first; names of decisions and renames only where there is no other."""
    own: dict[str, dict[str, str]] = defaultdict(dict)
    other: dict[str, str] = {}
    for rows in recognised:
        for subject, name, is_own in sorted(rows.names):
            if is_own:
                own[subject].setdefault(fold_name(name), name)
            else:
                other.setdefault(subject, name)
    found += [
        issue("name-differs", subject=subject, names="、".join(names.values()))
        for subject, names in sorted(own.items())
        if len(names) > 1
    ]
    return other | {subject: next(iter(names.values())) for subject, names in own.items()}


def _attributes(
    stated: Sequence[tuple[Delivery, Layer]],
    present: Mapping[str, Sequence[str]],
    found: list[Issue],
) -> dict[str, pd.DataFrame]:
    periodic = [
        name
        for name, one in fields_of("enterprises").items()
        if one.type == "flag" or name in _PERIODIC
    ]
    result: dict[str, pd.DataFrame] = {}
    for period, subjects in present.items():
        layers = [layer for one, layer in stated if period in one.periods]
        names = [name for name in periodic if any(name in layer.values for layer in layers)]
        merged = merge(layers, names, index=_index(subjects))
        found += merged.issues
        result[period] = merged.values
    return result


def _amounts(stated: Sequence[tuple[Delivery, Layer]], found: list[Issue]) -> dict[Key, Amounts]:
    figures = [name for name, one in fields_of("enterprises").items() if one.role == "amount"]
    by_key: dict[Key, list[Layer]] = defaultdict(list)
    for one, layer in stated:
        if any(name in layer.values for name in figures):
            for period in one.periods:
                by_key[Key("enterprise", period, one.scope)].append(layer)
    result: dict[Key, Amounts] = {}
    for key, layers in sorted(by_key.items()):
        names = [name for name in figures if any(name in layer.values for layer in layers)]
        subjects = {subject for layer in layers for subject in layer.values.index}
        merged = merge(layers, names, index=_index(sorted(subjects)))
        found += merged.issues
        result[key] = Amounts(values=merged.values, cells=merged.cells)
    return result


def _energy_basis(deliveries: Sequence[Delivery], found: list[Issue]) -> dict[str, str]:
    declared: dict[str, set[str]] = defaultdict(set)
    for one in deliveries:
        for period in one.periods if one.energy_basis else ():
            declared[period].add(one.energy_basis)
    found += [
        issue("energy-basis-conflict", period=period, present="、".join(sorted(some)))
        for period, some in sorted(declared.items())
        if len(some) > 1
    ]
    return {period: next(iter(some)) for period, some in sorted(declared.items()) if len(some) == 1}


def _present(recognised: Sequence[Rows]) -> dict[str, tuple[str, ...]]:
    named: dict[str, set[str]] = defaultdict(set)
    for rows in recognised:
        for period in rows.delivery.periods:
            named[period] |= set(rows.ids.dropna())
    return {period: tuple(sorted(some)) for period, some in sorted(named.items())}


def _unlinked(recognised: Sequence[Rows]) -> pd.DataFrame:
    listed = sorted(
        (period, "row", *one)
        for rows in recognised
        for period in rows.delivery.periods
        for one in rows.unlinked
    )
    return pd.DataFrame(listed, columns=list(UNLINKED), dtype="str")
