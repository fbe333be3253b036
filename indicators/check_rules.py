"""What a rule file must hold beyond its shape (标准自检), on the raw tables of the TOML file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.fields import fields, nearest
from indicators.vocabulary import catalog, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from indicators.toml_lines import Path

Table = dict[str, Any]

_TESTS = ("is", "is_not", "at_least", "below", "one_of", "starts_with", "is_missing", "in_park")
_QUADRANTS = {"high_high", "high_low", "low_high", "low_low"}
_ALLOWED = 1e-9


class Mistake(NamedTuple):
    """One mistake in a rule file.

    Attributes:
        path: keys and indices from 0.
        cause: what is wrong, Chinese.
        code: issue code.
        params: values for the issue's names, where `cause` is not one of them.
    """

    path: Path
    cause: str = ""
    code: str = "standard-invalid"
    params: tuple[tuple[str, str], ...] = ()


def check_rules(raw: Table) -> list[Mistake]:
    """Every mistake that the shape alone does not show, in the order of the file.

    Args:
        raw: the tables of the file; parts of the wrong shape are passed over, they are named
            elsewhere.
    """
    found = [mistake for check in _CHECKS for mistake in check(raw)]
    for number, cohort in _rows(raw, "cohort"):
        for check_cohort in _COHORT_CHECKS:
            found += check_cohort(cohort, ("cohort", number), raw)
    return found


def near(text: str, known: Iterable[str]) -> str:
    """Known names that look like the text, as the end of a sentence; empty when none does."""
    names = nearest(text, known)
    return say("parse", "near", names=say("measure", "and").join(names)) if names else ""


def _rows(table: object, key: str) -> Iterator[tuple[int, Table]]:
    entries = table.get(key) if isinstance(table, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, (list, tuple)) else ()):
        if isinstance(entry, dict):
            yield number, entry


def _criteria(cohort: Table, path: Path) -> Iterator[tuple[Path, Table]]:
    for group_number, group in _rows(cohort, "group"):
        for number, criterion in _rows(group, "criteria"):
            yield (*path, "group", group_number, "criteria", number), criterion


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _names(table: Table, key: str) -> list[str]:
    value = table.get(key, ())
    return (
        [one for one in value if isinstance(one, str)] if isinstance(value, (list, tuple)) else []
    )


def _twice(entries: Iterable[tuple[Path, object]]) -> Iterator[Mistake]:
    seen: set[object] = set()
    for path, value in entries:
        if isinstance(value, str) and value in seen:
            yield Mistake(path, say("parse", "duplicate", value=value))
        elif isinstance(value, str):
            seen.add(value)


def _ids(raw: Table) -> Iterator[Mistake]:
    for key in ("cohort", "indicator", "amount"):
        yield from _twice(((key, number, "id"), one.get("id")) for number, one in _rows(raw, key))


def _conditions(raw: Table) -> Iterator[Mistake]:
    for key in ("exempt", "veto", "cohort", "amount"):
        for number, entry in _rows(raw, key):
            for place, condition in _rows(entry, "where"):
                path: Path = (key, number, "where", place)
                tests = [one for one in _TESTS if condition.get(one) is not None]
                if len(tests) != 1:
                    words = say("measure", "and").join(_TESTS[:-1])
                    yield Mistake(path, say("parse", "one_test", tests=words))
                elif tests == ["in_park"] and key != "amount":
                    yield Mistake(path, say("parse", "in_park_only_members"))


def _reasons(raw: Table) -> Iterator[Mistake]:
    for number, entry in _rows(raw, "exempt"):
        if not entry.get("reason") and not entry.get("reason_field"):
            yield Mistake(("exempt", number), say("parse", "reason_needed"))


def _own_indicators(raw: Table) -> Iterator[Mistake]:
    own = {str(one.get("id")) for _, one in _rows(raw, "amount")}
    known = [*fields(), *catalog().amounts, *own]
    for number, one in _rows(raw, "indicator"):
        above, below = _names(one, "numerator"), _names(one, "denominator")
        for key, names in (("numerator", above), ("denominator", below)):
            for place, name in enumerate(names):
                if name not in known:
                    cause = say("parse", "unknown_field", value=name, near=near(name, known))
                    yield Mistake(("indicator", number, key, place), cause)
        kind = one.get("kind", "ratio")
        if kind == "ratio" and bool(above) != bool(below):
            yield Mistake(("indicator", number), say("parse", "ratio_needs_denominator"))
        elif kind != "ratio" and below:
            yield Mistake(("indicator", number), say("parse", "no_denominator", kind=kind))
        elif kind == "growth" and not above:
            yield Mistake(("indicator", number), say("parse", "growth_needs_numerator", kind=kind))
    for number, one in _rows(raw, "amount"):
        of = one.get("of")
        if isinstance(of, str) and of not in {*fields(), "count", "area_mu"}:
            cause = say("parse", "unknown_field", value=of, near=near(of, fields()))
            yield Mistake(("amount", number, "of"), cause)


def _quadrants(raw: Table) -> Iterator[Mistake]:
    block = raw.get("quadrants")
    if not isinstance(block, dict):
        return
    names = block.get("names")
    if isinstance(names, dict) and not set(names) >= _QUADRANTS:
        yield Mistake(("quadrants", "names"), say("parse", "quadrant_names"))
    for _, cohort in _rows(raw, "cohort"):
        groups = {group.get("id") for _, group in _rows(cohort, "group")}
        for axis in ("efficiency", "need"):
            if isinstance(block.get(axis), str) and block[axis] not in groups:
                words = {"cohort": cohort.get("id"), "value": block[axis]}
                yield Mistake(("quadrants", axis), say("parse", "unknown_group", **words))


def _weights(cohort: Table, path: Path, _raw: Table) -> Iterator[Mistake]:
    name = str(cohort.get("id", ""))
    weights: list[float] = []
    for number, group in _rows(cohort, "group"):
        own = [_number(one.get("weight")) for _, one in _rows(group, "criteria")]
        if None in own:
            return
        known = [one for one in own if one is not None]
        weights += known
        declared = _number(group.get("weight"))
        if declared is not None and abs(math.fsum(known) - declared) > _ALLOWED:
            here = f"{name} / {group.get('id', '')}"
            yield _wrong_sum((*path, "group", number, "weight"), here, known, declared)
    total = _number(cohort.get("total_weight", 100.0))
    if weights and total is not None and abs(math.fsum(weights) - total) > _ALLOWED:
        yield _wrong_sum(path, name, weights, total)


def _wrong_sum(path: Path, cohort: str, weights: list[float], total: float) -> Mistake:
    total_is = (("sum", f"{math.fsum(weights):.12g}"), ("total", f"{total:.12g}"))
    return Mistake(path, code="standard-weights", params=(("cohort", cohort), *total_is))


def _bounds(cohort: Table, path: Path, _raw: Table) -> Iterator[Mistake]:
    coverage = _number(cohort.get("min_coverage"))
    if coverage is not None and not 0 <= coverage <= 1:
        yield Mistake((*path, "min_coverage"), say("parse", "share"))
    positive: list[tuple[Path, object]] = [
        ((*path, key), cohort.get(key)) for key in ("min_ranked", "total_weight")
    ]
    normalise = cohort.get("normalise")
    if isinstance(normalise, dict):
        positive.append(((*path, "normalise", "cap"), normalise.get("cap")))
    for place, criterion in _criteria(cohort, path):
        positive.append(((*place, "weight"), criterion.get("weight")))
        positive += _benchmarks(criterion.get("benchmark"), (*place, "benchmark"))
    for place, value in positive:
        number = _number(value)
        if number is not None and number <= 0:
            yield Mistake(place, say("parse", "positive"))


def _benchmarks(value: object, path: Path) -> list[tuple[Path, object]]:
    if not isinstance(value, dict):
        return [(path, value)]
    return [((*path, key), one) for key, one in value.items() if key != "statistic"]


def _within(cohort: Table, path: Path, _raw: Table) -> Iterator[Mistake]:
    groups = _rows(cohort, "group")
    yield from _twice(((*path, "group", number, "id"), one.get("id")) for number, one in groups)
    named = _criteria(cohort, path)
    yield from _twice(((*place, "indicator"), one.get("indicator")) for place, one in named)


def _normalising(cohort: Table, path: Path, raw: Table) -> Iterator[Mistake]:
    normalise = cohort.get("normalise")
    method = normalise.get("method") if isinstance(normalise, dict) else None
    own = {str(one.get("id")): one for _, one in _rows(raw, "indicator")}
    for place, criterion in _criteria(cohort, path):
        name = criterion.get("indicator")
        if not isinstance(name, str):
            continue
        facts = _facts(name, own)
        if facts is None:
            known = [*own, *catalog().indicators]
            cause = say("parse", "unknown_indicator", value=name, near=near(name, known))
            yield Mistake((*place, "indicator"), cause)
        if method in _METHODS:
            yield from _METHODS[method](criterion, place, facts or {})


def _facts(name: str, own: dict[str, Table]) -> Table | None:
    if name in own:
        return own[name]
    known = catalog().indicators.get(name)
    if known is None:
        return None
    return {"kind": known.kind, "direction": known.direction, "denominator": known.denominator}


def _by_benchmark(criterion: Table, path: Path, facts: Table) -> Iterator[Mistake]:
    benchmark = criterion.get("benchmark")
    if benchmark is None:
        yield Mistake(path, say("parse", "benchmark_needed"))
    yield from _unused(criterion, path, ("floor", "goal"))
    if facts.get("direction") == "down":
        yield Mistake(path, say("parse", "benchmark_down", value=criterion["indicator"]))
    if not isinstance(benchmark, dict):
        return
    if "statistic" in benchmark:
        if facts and not facts.get("denominator"):
            yield Mistake(path, say("parse", "statistic_ratio", value=criterion["indicator"]))
    elif isinstance(criterion.get("missing"), dict):
        without = say("measure", "and").join(sorted(set(benchmark) - set(criterion["missing"])))
        if without:
            cause = say("parse", "period_missing", periods=without)
            yield Mistake((*path, "missing"), cause)


def _by_goalposts(criterion: Table, path: Path, facts: Table) -> Iterator[Mistake]:
    yield from _unused(criterion, path, ("benchmark",))
    floor, goal = _number(criterion.get("floor")), _number(criterion.get("goal"))
    if criterion.get("floor") is None or criterion.get("goal") is None:
        yield Mistake(path, say("parse", "goalposts_needed"))
    if floor is None or goal is None:
        return
    direction = facts.get("direction", "up")
    if floor == goal:
        yield Mistake(path, say("parse", "goalposts_equal"))
    elif facts and direction in {"up", "down"} and (floor < goal) != (direction == "up"):
        words = say("parse", direction)
        name = criterion["indicator"]
        yield Mistake(path, say("parse", "goalposts_direction", value=name, direction=words))


def _unused(criterion: Table, path: Path, keys: Iterable[str]) -> Iterator[Mistake]:
    for key in keys:
        if criterion.get(key) is not None:
            method = "goalposts" if key == "benchmark" else "benchmark"
            cause = say("parse", "benchmark_unused", method=method, key=key)
            yield Mistake((*path, key), cause)


def _grading(cohort: Table, path: Path, _raw: Table) -> Iterator[Mistake]:
    place = (*path, "grading")
    grades = list(_rows(cohort.get("grading"), "grades"))
    yield from _twice(((*place, "grades", number, "id"), one.get("id")) for number, one in grades)
    tops = [_number(one.get("top")) for _, one in grades]
    known = [one for one in tops if one is not None]
    if not known or len(known) < len(tops):
        return
    if any(not 0 <= one <= 1 for one in known):
        yield Mistake((*place, "grades"), say("parse", "share"))
    if known != sorted(set(known)):
        yield Mistake((*place, "grades"), say("parse", "tops_rising"))
    if known[-1] != 1:
        yield Mistake((*place, "grades"), say("parse", "last_top"))


_CHECKS: tuple[Callable[[Table], Iterator[Mistake]], ...] = (
    _ids,
    _conditions,
    _reasons,
    _own_indicators,
    _quadrants,
)
_COHORT_CHECKS: tuple[Callable[[Table, Path, Table], Iterator[Mistake]], ...] = (
    _weights,
    _bounds,
    _within,
    _normalising,
    _grading,
)
_METHODS: dict[object, Callable[[Table, Path, Table], Iterator[Mistake]]] = {
    "benchmark": _by_benchmark,
    "goalposts": _by_goalposts,
}
