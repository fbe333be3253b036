"""The data dictionary (数据项目目录): every column known, from `fields.csv`."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Role = Literal["key", "attribute", "amount"]
Kind = Literal["text", "code", "number", "flag", "date", "list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column that parkeval knows.

    Attributes:
        id: name used everywhere inside, unit as suffix.
        tables: kinds of source table that may hold it (enterprises, parcels, parks, leases).
        role: `key` identifies a row, `attribute` describes it, `amount` adds up.
        type: how its cells are read.
        unit: canonical unit, empty for text.
        zh: Chinese label.
        en: English label.
        aliases: other headers seen in the wild.
        values: for `list`: canonical value to its synonyms.
        low: smallest plausible value, None when open.
        high: largest plausible value, None when open.
        note: what to know about it.
    """

    id: str
    tables: tuple[str, ...]
    role: Role
    type: Kind
    unit: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    low: float | None
    high: float | None
    note: str

    @property
    def label(self) -> str:
        """Chinese label with its unit, as a column header: 用地面积（亩）."""
        return f"{self.zh}（{self.unit}）" if self.unit else self.zh


@cache
def fields() -> dict[str, Field]:
    """Every field by id, in the order of the file."""
    text = resources.files("geodata").joinpath("fields.csv").read_text(encoding="utf-8")
    return {row["id"]: _field(row) for row in csv.DictReader(io.StringIO(text))}


def fields_of(table: str) -> dict[str, Field]:
    """Fields that a kind of table may hold, by id."""
    return {name: one for name, one in fields().items() if table in one.tables}


def fold(header: str) -> str:
    """Header text reduced to what matters when headers are compared.

    Width, case, white space and brackets' width are folded; nothing else is guessed.

    >>> fold("用地面积 （亩）") == fold("用地面积(亩)")
    True
    """
    return "".join(unicodedata.normalize("NFKC", header).casefold().split())


def names(table: str) -> dict[str, tuple[str, ...]]:
    """Folded header → ids of the fields of this table that it may mean (id, label, aliases)."""
    found: dict[str, list[str]] = {}
    for one in fields_of(table).values():
        for name in dict.fromkeys(fold(text) for text in (one.id, one.zh, *one.aliases)):
            found.setdefault(name, []).append(one.id)
    return {name: tuple(ids) for name, ids in found.items()}


def nearest(text: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """Known names that look like the text, best first, for messages."""
    return get_close_matches(text, list(known), n=count, cutoff=0.5)


def _field(row: dict[str, str]) -> Field:
    return Field(
        id=row["id"],
        tables=tuple(row["tables"].split()),
        role=_role(row["role"]),
        type=_kind(row["type"]),
        unit=row["unit"],
        zh=row["zh"],
        en=row["en"],
        aliases=_split(row["aliases"], "|"),
        values={
            name: _split(rest, "|")
            for name, _, rest in (part.partition("=") for part in _split(row["values"], ";"))
        },
        low=float(row["low"]) if row["low"] else None,
        high=float(row["high"]) if row["high"] else None,
        note=row["note"],
    )


def _split(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(mark) if part)


def _role(text: str) -> Role:
    known: dict[str, Role] = {"key": "key", "attribute": "attribute", "amount": "amount"}
    return known[text]


def _kind(text: str) -> Kind:
    known: dict[str, Kind] = {
        "text": "text",
        "code": "code",
        "number": "number",
        "flag": "flag",
        "date": "date",
        "list": "list",
    }
    return known[text]
