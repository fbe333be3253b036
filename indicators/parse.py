"""A standard's TOML text into a Standard (读标准), with every mistake named at once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from geodata.errors import InputError
from geodata.issues import Issue, issue
from indicators.check_rules import Mistake, check_rules, near
from indicators.rules import Rule, Standard
from indicators.toml_lines import Path, line_of, toml_lines
from indicators.vocabulary import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydantic_core import ErrorDetails

_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")

_PHRASES = {
    "bool_parsing": "flag",
    "bool_type": "flag",
    "dict_type": "table",
    "finite_number": "finite",
    "float_parsing": "number",
    "float_type": "number",
    "int_from_float": "number",
    "int_parsing": "number",
    "int_type": "number",
    "missing": "missing",
    "model_attributes_type": "table",
    "model_type": "table",
    "string_type": "text",
    "too_short": "short",
    "tuple_type": "list",
    "union_tag_not_found": "missing",
}


def parse_standard(text: str, *, file: str) -> Standard:
    """Read a standard.

    A cohort may hold `criteria` directly; they then are one group without a label.

    Args:
        text: content of the TOML file.
        file: name of the file for messages.

    Raises:
        InputError: with every mistake found: TOML syntax, unknown or missing keys, wrong types,
            weights that do not add up, unknown indicators, missing benchmarks and the like.
    """
    source = _Source(file=file, lines=toml_lines(text), flat=set())
    raw = _grouped(_load(text, file), source)
    try:
        standard = Standard.model_validate(raw)
    except ValidationError as error:
        shape = _merged(_mistake(one, raw) for one in error.errors(include_url=False))
        raise InputError(_issues([*shape, *check_rules(raw)], source)) from None
    mistakes = check_rules(standard.model_dump(by_alias=True, exclude_unset=True))
    if mistakes:
        raise InputError(_issues(mistakes, source))
    return standard


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    file: str
    lines: Mapping[Path, int]
    flat: set[int]


def _load(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _AT_LINE.search(str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        cause = say("parse", "syntax", cause=_AT_LINE.sub("", str(error)).strip())
        where = _where((), line)
        raise InputError([issue("standard-invalid", file=file, where=where, cause=cause)]) from None


def _grouped(raw: dict[str, Any], source: _Source) -> dict[str, Any]:
    """Put a cohort's flat list of criteria into one group without a label."""
    cohorts = raw.get("cohort")
    if not isinstance(cohorts, list):
        return raw
    grouped = []
    for number, cohort in enumerate(cohorts):
        if isinstance(cohort, dict) and "criteria" in cohort and "group" not in cohort:
            source.flat.add(number)
            rest = {key: value for key, value in cohort.items() if key != "criteria"}
            group = {"id": "all", "label": {"zh": ""}, "criteria": cohort["criteria"]}
            grouped.append({**rest, "group": [group]})
        else:
            grouped.append(cohort)
    return {**raw, "cohort": grouped}


def _mistake(error: ErrorDetails, raw: object) -> Mistake | None:
    """Pydantic's finding in the writer's words and at the writer's place."""
    kind = error["type"]
    if kind == "too_short" and error["input"]:
        return None  # only because its entries are named elsewhere
    path = (*_written(error["loc"], raw), *_lacking(error))
    if kind in _CAUSES:
        return Mistake(path, _CAUSES[kind](error))
    if kind in _PHRASES:
        return Mistake(path, say("parse", _PHRASES[kind]))
    return Mistake(path, say("parse", "other", kind=kind))


def _lacking(error: ErrorDetails) -> Path:
    """Key that should be there and is not, or names no known form."""
    if error["type"] == "missing":
        return (error["loc"][-1],)
    if error["type"] in {"union_tag_not_found", "union_tag_invalid"}:
        return (_plain(error["ctx"]["discriminator"]),)
    return ()


def _unknown_key(error: ErrorDetails) -> str:
    key = str(error["loc"][-1])
    return say("parse", "unknown_key", key=key, near=near(key, _keys()))


def _choice(error: ErrorDetails) -> str:
    allowed = error["ctx"].get("expected_tags") or error["ctx"]["expected"]
    return say("parse", "choice", allowed=_plain(allowed))


def _merged(mistakes: Iterable[Mistake | None]) -> list[Mistake]:
    """One mistake for each place: what does not fit any of several forms is named once."""
    causes: dict[Path, list[str]] = {}
    for one in mistakes:
        if one is not None:
            causes.setdefault(one.path, []).append(one.cause)
    return [Mistake(path, say("parse", "or").join(found)) for path, found in causes.items()]


def _written(loc: Sequence[str | int], raw: object) -> Path:
    """Path as the file has it: without the tags that pydantic adds for its unions."""
    path: Path = ()
    here: Any = raw
    for step in loc:
        keys = (
            here if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        )
        if step in keys:
            path, here = (*path, step), here[step]
    return path


def _plain(words: object) -> str:
    return str(words).replace("'", "").replace(" or ", ", ")


def _keys() -> list[str]:
    """Every key that a rule file may use."""
    known = {
        field.alias or name
        for rule in Rule.__subclasses__()
        for name, field in rule.model_fields.items()
    }
    return sorted({*known, "criteria"})


def _issues(mistakes: Sequence[Mistake], source: _Source) -> list[Issue]:
    seen: dict[Issue, None] = {}
    for one in mistakes:
        path = one.path
        if path[:1] == ("cohort",) and len(path) > 1 and path[1] in source.flat:
            path = path[:2] + (path[4:] if path[2:4] == ("group", 0) else path[2:])
        where = _where(path, line_of(path, dict(source.lines)))
        if one.code == "standard-weights":
            seen[issue(one.code, file=source.file, cell=where, **dict(one.params))] = None
        else:
            seen[issue(one.code, file=source.file, where=where, cause=one.cause)] = None
    return list(seen)


def _where(path: Path, line: int | None) -> str:
    """`cohort[1].group[2].weight（第 12 行）`, counted from 1."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    place = say("parse", "line", line=line) if line else ""
    return text.removeprefix(".") + place


_CAUSES: dict[str, Callable[[ErrorDetails], str]] = {
    "extra_forbidden": _unknown_key,
    "literal_error": _choice,
    "union_tag_invalid": _choice,
}
