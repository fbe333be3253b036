"""Amounts into indicator values (测算): add first, divide last, unknown stays unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geodata.issues import Issue, issue
from indicators.lacking import lacking
from indicators.model import Measured
from indicators.vocabulary import labels, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indicators.model import Members, Subjects
    from indicators.rules import Indicator

LAND = "land_area_mu"
"""Field whose sum says how much of a park's land the figures stand for."""

_ALL = 1 - 1e-9


class _Column(NamedTuple):
    """One indicator for all subjects, all parts with the subjects' index."""

    values: pd.Series[float]
    numerators: pd.Series[float]
    denominators: pd.Series[float]
    notes: pd.Series[str]
    coverage: pd.Series[float]
    issues: tuple[Issue, ...] = ()


def measure(
    indicators: Sequence[Indicator], now: Subjects, before: Subjects | None = None
) -> Measured:
    """Value of every indicator for every subject.

    A ready value wins. A ratio whose amounts all come from a park's enterprises is the sum over
    those that know both sides, by their share of land in the park. A denominator of zero or
    less, a missing amount, a side that exists only in another scope (口径), and a growth without
    a positive amount of the same scope in the previous period give unknown, with the reason in
    `notes`.

    Args:
        indicators: what to measure, in the order of the result's columns.
        now: the subjects.
        before: the same kind of subjects one period earlier, for growth.

    Returns:
        Values and their parts, with the index of `now.amounts`.
    """
    columns = {one.id: _one(one, now, before) for one in indicators}

    def table(part: str) -> pd.DataFrame:
        parts = {name: getattr(column, part) for name, column in columns.items()}
        return pd.DataFrame(parts, index=now.amounts.index, columns=list(columns))

    return Measured(
        values=table("values").astype(float),
        numerators=table("numerators").astype(float),
        denominators=table("denominators").astype(float),
        notes=table("notes").astype("str"),
        coverage=table("coverage").astype(float),
        issues=tuple(one for column in columns.values() for one in column.issues),
    )


def _one(indicator: Indicator, now: Subjects, before: Subjects | None) -> _Column:
    if not indicator.numerator:
        column = _unknown(now, say("measure", "no_ready"))
    elif now.kind not in indicator.subjects:
        column = _unknown(now, say("measure", "kind"))
    else:
        column = _KINDS[indicator.kind](indicator, now, before)
    if indicator.id not in now.ready.columns:
        return column
    ready = now.ready[indicator.id].reindex(now.amounts.index).astype(float)
    given = ready.notna()
    return _Column(
        values=ready.where(given, column.values),
        numerators=column.numerators.mask(given),
        denominators=column.denominators.mask(given),
        notes=column.notes.mask(given, say("measure", "ready")),
        coverage=column.coverage.mask(given),
        issues=tuple(one for one in column.issues if not given.get(one.subject, default=False)),
    )


def _ratio(indicator: Indicator, now: Subjects, _before: Subjects | None) -> _Column:
    fields = (*indicator.numerator, *indicator.denominator)
    above = _sum(now.amounts, indicator.numerator)
    below = _sum(now.amounts, indicator.denominator)
    notes = _missing(now.amounts, fields, "missing")
    notes, issues = _other_scope(indicator, now, notes)
    coverage = _empty(now)
    if now.members is not None:
        parts = _parts(indicator, now.members, now.amounts.index)
        coverage = parts["coverage"]
        inside = parts["inside"].astype(bool)
        above = above.mask(inside, parts["numerator"])
        below = below.mask(inside, parts["denominator"])
        notes = notes.mask(inside, parts["note"])
        issues = [one for one in issues if not inside[one.subject]]
        issues += _in_part(indicator, parts)
    notes = notes.mask(below.eq(0) & above.notna(), say("measure", "zero"))
    notes = notes.mask(below.lt(0) & above.notna(), say("measure", "negative"))
    values = above / below.where(below > 0)
    if indicator.factor != 1:
        values = values * indicator.factor
    return _Column(values, above, below, notes, coverage, tuple(issues))


def _amount(indicator: Indicator, now: Subjects, _before: Subjects | None) -> _Column:
    values = _sum(now.amounts, indicator.numerator)
    notes = _missing(now.amounts, indicator.numerator, "missing")
    coverage = _empty(now)
    if now.members is not None:
        coverage = _parts(indicator, now.members, now.amounts.index)["coverage"]
    return _Column(values, values, _empty(now), notes, coverage)


def _growth(indicator: Indicator, now: Subjects, before: Subjects | None) -> _Column:
    index = now.amounts.index
    column = _amount(indicator, now, None)
    if before is None:
        notes = column.notes.mask(column.notes.eq(""), say("measure", "no_previous"))
        return column._replace(values=_empty(now), denominators=_empty(now), notes=notes)
    earlier = before.amounts.reindex(index)
    below = _sum(earlier, indicator.numerator)
    notes = column.notes.where(
        column.notes.ne(""), _missing(earlier, indicator.numerator, "previous_missing")
    )
    if now.members is not None and before.members is not None:
        both = _comparable(indicator, now.members, before.members, parks=index)
        inside = both["inside"].astype(bool)
        values = column.values.mask(inside, both["now"])
        column = column._replace(
            values=values,
            numerators=values,
            coverage=column.coverage.mask(inside, both["coverage"]),
        )
        below = below.mask(inside, both["before"])
        notes = notes.mask(inside, both["note"])
    notes = notes.mask(below.eq(0) & column.values.notna(), say("measure", "previous_zero"))
    notes = notes.mask(below.lt(0) & column.values.notna(), say("measure", "previous_negative"))
    scopes = before.scope.reindex(index).fillna("")
    refused = scopes.ne(now.scope) & below.notna() & column.values.notna()
    issues = []
    for subject in index[refused]:
        fields = labels(indicator.numerator)
        words = {
            "numerator": say("measure", "this_period", period=now.period, fields=fields),
            "numerator_scope": now.scope[subject],
            "denominator": say("measure", "this_period", period=before.period, fields=fields),
            "denominator_scope": scopes[subject],
        }
        notes[subject] = say("measure", "scope", **words)
        issues.append(_mismatch(subject, indicator, words))
    values = column.values / below.where((below > 0) & ~refused) - 1
    return column._replace(values=values, denominators=below, notes=notes, issues=tuple(issues))


def _comparable(
    indicator: Indicator, now: Members, before: Members, *, parks: pd.Index
) -> pd.DataFrame:
    """Sums of both periods over the members known in both (可比口径), per park.

    Columns `inside` (the sums are to be used), `now`, `before`, `coverage` (share of the land
    of all members), `note`. Without this, a firm that is unknown in one of the periods would
    count as growth or decline.
    """
    kept = _knowing(now, indicator.numerator) & _knowing(before, indicator.numerator)
    this, last = (_parts(indicator, _only(one, kept), parks) for one in (now, before))
    land = _pairs(now, ()).groupby("park_id")[LAND].sum(min_count=1).reindex(parks)
    part = _pairs(_only(now, kept), ()).groupby("park_id")[LAND].sum(min_count=1).reindex(parks)
    coverage = part.fillna(0.0) / land
    notes = [
        say("measure", "members_both", count=count) if count else say("measure", "no_members_both")
        for count in this["count"]
    ]
    return pd.DataFrame(
        {
            "inside": this["inside"].astype(bool) & last["inside"].astype(bool),
            "now": this["numerator"],
            "before": last["numerator"],
            "coverage": coverage,
            "note": pd.Series(notes, index=parks, dtype="object").mask(coverage >= _ALL, ""),
        }
    )


def _knowing(members: Members, fields: Sequence[str]) -> set[str]:
    """Members that know every one of the fields."""
    pairs = _pairs(members, fields)
    return set(pairs.loc[pairs[list(fields)].notna().all(axis=1), "enterprise_id"])


def _only(members: Members, kept: set[str]) -> Members:
    """The same members, but for those not kept."""
    shares = members.shares[members.shares["enterprise_id"].isin(sorted(kept))]
    return replace(members, shares=shares)


def _sum(amounts: pd.DataFrame, fields: Sequence[str]) -> pd.Series[float]:
    """Fields added in their order; unknown when one of them is."""
    total = _field(amounts, fields[0])
    for name in fields[1:]:
        total = total + _field(amounts, name)
    return total


def _field(amounts: pd.DataFrame, name: str) -> pd.Series[float]:
    if name in amounts.columns:
        return amounts[name].astype(float)
    return pd.Series(np.nan, index=amounts.index, dtype=float)


def _missing(amounts: pd.DataFrame, fields: Sequence[str], phrase: str) -> pd.Series[str]:
    """Which amounts are missing, in words, empty where none is."""
    absent = lacking(amounts, fields)
    told = {
        words: say("measure", phrase, fields=words) if words else "" for words in absent.unique()
    }
    return absent.map(told).astype("object")


def _other_scope(
    indicator: Indicator, now: Subjects, notes: pd.Series[str]
) -> tuple[pd.Series[str], list[Issue]]:
    """Refuse a ratio when one side is known here and the other only in another scope."""
    fields = dict.fromkeys((*indicator.numerator, *indicator.denominator))
    elsewhere = [name for name in fields if name in now.other_scopes.columns]
    issues: list[Issue] = []
    if not elsewhere:
        return notes, issues
    notes = notes.copy()
    known = {name: _field(now.amounts, name).notna() for name in fields}
    for subject in notes.index[notes.ne("")]:
        lacking = [name for name in elsewhere if not known[name][subject]]
        scopes = {name: now.other_scopes.loc[subject, name] for name in lacking}
        there = [name for name, scope in scopes.items() if isinstance(scope, str) and scope]
        here = [name for name in fields if known[name][subject]]
        if not (there and here):
            continue
        sides = [(there[0], scopes[there[0]]), (here[0], now.scope[subject])]
        if there[0] not in indicator.numerator:
            sides.reverse()
        words = {
            "numerator": labels([sides[0][0]]),
            "numerator_scope": sides[0][1],
            "denominator": labels([sides[1][0]]),
            "denominator_scope": sides[1][1],
        }
        notes[subject] = say("measure", "scope", **words)
        issues.append(_mismatch(subject, indicator, words))
    return notes, issues


def _mismatch(subject: object, indicator: Indicator, words: dict[str, object]) -> Issue:
    return issue("scope-mismatch", subject=subject, indicator=indicator.label.zh, **words)


def _parts(indicator: Indicator, members: Members, parks: pd.Index) -> pd.DataFrame:
    """Sums over the members that know every amount, per park.

    Columns `inside` (the sums are to be used), `numerator`, `denominator`, `count`,
    `coverage`, `note`.
    """
    fields = tuple(dict.fromkeys((*indicator.numerator, *indicator.denominator)))
    derived = set(members.by_park["field"]) if "field" in members.by_park else set()
    own = [name for name in fields if name in members.amounts.columns or name in derived]
    pairs = _pairs(members, own)
    known = pairs[pairs[own].notna().all(axis=1)] if own else pairs.iloc[:0]
    by_park = known.groupby("park_id")
    frame = pd.DataFrame(index=parks)
    frame["count"] = by_park.size().reindex(parks).fillna(0).astype(int)
    land = pairs.groupby("park_id")[LAND].sum(min_count=1).reindex(parks)
    frame["coverage"] = by_park[LAND].sum(min_count=1).reindex(parks).fillna(0.0) / land
    if not own:
        frame["coverage"] = np.nan
    stated = members.stated.reindex(parks)
    elsewhere = stated[[name for name in fields if name in stated.columns]].eq(True).any(axis=1)
    frame["inside"] = ~elsewhere & (len(own) == len(fields))
    for part in ("numerator", "denominator"):
        names = getattr(indicator, part)
        there = len(own) == len(fields) and bool(names)
        sums = _sum(known, names).groupby(known["park_id"]).sum() if there else pd.Series()
        frame[part] = sums.reindex(parks).astype(float)
    frame["note"] = [
        say("measure", "members", count=count) if count else say("measure", "no_members")
        for count in frame["count"]
    ]
    frame.loc[frame["coverage"] >= _ALL, "note"] = ""
    return frame


def _pairs(members: Members, fields: Sequence[str]) -> pd.DataFrame:
    """One row per enterprise and park, sorted: the park's part of each field and of the land."""
    keys = ["park_id", "enterprise_id"]
    pairs = members.shares[[*keys, "share"]].sort_values(keys, ignore_index=True)
    amounts = members.amounts.reindex(pairs["enterprise_id"]).reset_index(drop=True)
    places = pd.MultiIndex.from_frame(pairs[keys])
    for name in dict.fromkeys((*fields, LAND)):
        if name in amounts.columns:
            pairs[name] = amounts[name].astype(float) * pairs["share"]
        elif "field" in members.by_park and name in set(members.by_park["field"]):
            rows = members.by_park[members.by_park["field"] == name].set_index(keys)["value"]
            pairs[name] = rows.reindex(places).to_numpy(dtype=float) * pairs["share"]
        else:
            pairs[name] = np.nan
    return pairs


def _in_part(indicator: Indicator, parts: pd.DataFrame) -> list[Issue]:
    there = parts["inside"] & parts["count"].gt(0) & parts["coverage"].lt(_ALL)
    return [
        issue(
            "known-in-part",
            subject=park,
            indicator=indicator.label.zh,
            count=parts.loc[park, "count"],
            share=f"{parts.loc[park, 'coverage']:.1%}",
        )
        for park in parts.index[there]
    ]


def _unknown(now: Subjects, note: str) -> _Column:
    nothing = _empty(now)
    notes = pd.Series(note, index=now.amounts.index, dtype="object")
    return _Column(nothing, nothing, nothing, notes, nothing)


def _empty(now: Subjects) -> pd.Series[float]:
    return pd.Series(np.nan, index=now.amounts.index, dtype=float)


_KINDS: dict[str, Callable[[Indicator, Subjects, Subjects | None], _Column]] = {
    "ratio": _ratio,
    "amount": _amount,
    "growth": _growth,
}
