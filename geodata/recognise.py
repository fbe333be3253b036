"""Recognise whom the rows of all deliveries are about (识别企业)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from geodata.fields import fields
from geodata.identifiers import NAME_PREFIX, Directory, Match, credit_code, fold_name, several
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geodata.identifiers import Rung
    from geodata.model import Conformed, Delivery

ALIASES_FILE = "decisions/aliases.csv"

NAMES = ("credit_code", "enterprise_name", "former_name")
"""Fields that say whom a row is about."""

_RUNG_ISSUES: dict[Rung | None, str] = {
    None: "enterprise-without-code",
    "name": "matched-by-name",
    "rename": "matched-by-rename",
}

_ONCE = frozenset({"credit-code-check", "enterprise-without-code"})
"""Doubts about an enterprise rather than a row: one each is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one delivery, each with the enterprise it is about.

    Attributes:
        delivery: where they stand.
        ids: index as the delivery's frame; the enterprise, NaN when no single one was found.
        names: (enterprise, name as written, whether that is its name and not a decision's or a
            former one), one per row.
        former: (enterprise, former name as written).
        candidates: enterprises that rows without a single enterprise may have meant.
        unlinked: (code, name, reason, park tag) of these rows, as written.
    """

    delivery: Delivery
    ids: pd.Series[str]
    names: tuple[tuple[str, str, bool], ...]
    former: tuple[tuple[str, str], ...]
    candidates: frozenset[str]
    unlinked: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Everybody named by the deliveries.

    Attributes:
        index: identifiers of all enterprises, sorted.
        rows: one entry per delivery, in the order given.
        directory: who bears which code and name.
        issues: doubts about codes and names.
    """

    index: pd.Index[str]
    rows: tuple[Rows, ...]
    directory: Directory
    issues: tuple[Issue, ...]


def recognise(deliveries: Sequence[Delivery], *, aliases: pd.DataFrame) -> Recognised:
    """Find the enterprise of every row, whatever the order of files and rows.

    All rows with a usable code are collected first. The others are recognised against them: by
    decision, by the exact name of one enterprise, by a former name. A row that fits several is
    nobody's; one that fits none makes an enterprise of its own, known by its name.

    Args:
        deliveries: of the table `enterprises`.
        aliases: columns `written_name, enterprise` (a code or full name), as people decided.
    """
    decided, found = _decisions(aliases)
    directory = _directory([one.conformed.frame for one in deliveries], decided)
    rows: list[Rows] = []
    for one in deliveries:
        some, doubts = _recognise(one, directory)
        rows.append(some)
        found += doubts
    ids = sorted({name for some in rows for name in some.ids.dropna()})
    return Recognised(
        index=pd.Index(ids, name="enterprise_id", dtype="str"),
        rows=tuple(rows),
        directory=_completed(directory, ids),
        issues=tuple(_once(found)),
    )


def texts(frame: pd.DataFrame, name: str) -> list[str]:
    """Text of a column, empty where unknown, or everywhere when there is no such column."""
    if name not in frame:
        return [""] * len(frame)
    known = frame[name].notna()
    return [str(one) if there else "" for one, there in zip(frame[name], known, strict=True)]


def _decisions(aliases: pd.DataFrame) -> tuple[dict[str, str], list[Issue]]:
    """Folded written name → enterprise; contradictory decisions are reported and not used."""
    meant: dict[str, set[str]] = defaultdict(set)
    pairs = zip(texts(aliases, "written_name"), texts(aliases, "enterprise"), strict=True)
    for written, enterprise in pairs:
        if fold_name(written) and fold_name(enterprise):
            target = credit_code(enterprise).code or fold_name(enterprise)
            meant[fold_name(written)].add(target)
    found = [
        issue("alias-conflict", file=ALIASES_FILE, value=name, candidates="、".join(sorted(some)))
        for name, some in sorted(meant.items())
        if len(some) > 1
    ]
    return {name: next(iter(some)) for name, some in meant.items() if len(some) == 1}, found


def _directory(frames: Iterable[pd.DataFrame], aliases: Mapping[str, str]) -> Directory:
    """Everybody with a usable code, under every name that any delivery gives."""
    codes: set[str] = set()
    current: dict[str, set[str]] = defaultdict(set)
    former: dict[str, set[str]] = defaultdict(set)
    for frame in frames:
        for written, name, before in zip(*(texts(frame, one) for one in NAMES), strict=True):
            code = credit_code(written).code
            if code is None:
                continue
            codes.add(code)
            if fold_name(name):
                current[fold_name(name)].add(code)
            for one in several(before):
                former[fold_name(one)].add(code)
    return Directory(
        codes=frozenset(codes),
        current={name: frozenset(some) for name, some in current.items()},
        former={name: frozenset(some) for name, some in former.items()},
        aliases=aliases,
    )


def _completed(directory: Directory, ids: Sequence[str]) -> Directory:
    """Add those who turned out to have no code, or a code by decision only."""
    named = {one for one in ids if one.startswith(NAME_PREFIX)}
    uncoded = frozenset(one.removeprefix(NAME_PREFIX) for one in named)
    return replace(directory, codes=frozenset(ids) - named, uncoded=uncoded)


def _recognise(delivery: Delivery, directory: Directory) -> tuple[Rows, list[Issue]]:
    table = delivery.conformed
    ids: list[str | None] = []
    names: list[tuple[str, str, bool]] = []
    former: list[tuple[str, str]] = []
    unlinked: list[tuple[str, str, str, str]] = []
    candidates: set[str] = set()
    found: list[Issue] = []
    written = zip(*(texts(table.frame, one) for one in (*NAMES, "park_tag")), strict=True)
    cells = zip(*(texts(table.cells, one) for one in NAMES[:2]), strict=True)
    for (code, name, before, tag), (code_cell, name_cell) in zip(written, cells, strict=True):
        match = directory.match(code, name, former=before)
        if match.id is None and not match.candidates and fold_name(name):
            match = Match(id=NAME_PREFIX + fold_name(name))
        found += _code_doubts(table, code, code_cell)
        doubts = list(_match_doubts(table, name, name_cell or code_cell, match))
        found += doubts
        ids.append(match.id)
        if match.id is None:
            unlinked.append((code, name, doubts[-1].message(), tag))
            candidates |= set(match.candidates)
            continue
        if fold_name(name):
            names.append((match.id, name.strip(), match.rung not in {"alias", "rename"}))
        if fold_name(before):
            former.append((match.id, before.strip()))
    rows = Rows(
        delivery=delivery,
        ids=pd.Series(ids, index=table.frame.index, name="enterprise_id", dtype="str"),
        names=tuple(names),
        former=tuple(former),
        candidates=frozenset(candidates),
        unlinked=tuple(unlinked),
    )
    return rows, found


def _code_doubts(table: Conformed, code: str, cell: str) -> Iterator[Issue]:
    check = credit_code(code)
    parts = {"file": table.file, "sheet": table.sheet, "cell": cell, "value": code}
    if code and not check.valid_format:
        yield issue("credit-code-format", **parts, cause=check.cause)
    elif code and not check.valid_check:
        yield issue("credit-code-check", **parts, subject=check.code, expected=check.expected)


def _match_doubts(table: Conformed, name: str, cell: str, match: Match) -> Iterator[Issue]:
    parts = {"file": table.file, "sheet": table.sheet, "cell": cell, "value": name}
    if match.candidates:
        yield issue("name-ambiguous", **parts, candidates="、".join(match.candidates))
    elif match.id is None:
        columns = "、".join(fields()[one].zh for one in NAMES[:2])
        yield issue("row-without-key", **parts, columns=columns)
    elif match.rung in _RUNG_ISSUES:
        yield issue(_RUNG_ISSUES[match.rung], **parts, subject=match.id)


def _once(found: Iterable[Issue]) -> list[Issue]:
    first: dict[object, Issue] = {}
    for one in found:
        first.setdefault((one.code, one.subject) if one.code in _ONCE else one, one)
    return list(first.values())
