"""What people decided (人工决定): small csv files under `decisions/` that a person can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geodata.errors import InputError
from geodata.fields import nearest
from geodata.issues import Issue, issue
from geodata.readers.tabular import read_table

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "decisions"

COLUMNS: dict[str, tuple[str, ...]] = {
    "aliases": ("written_name", "enterprise"),
    "exemptions": ("subject", "reason"),
}
"""Files that may stand in the folder, each with its columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Decisions of a workspace; a file that is not there is an empty table.

    Attributes:
        aliases: columns `written_name, enterprise` (credit code or full name).
        exemptions: columns `subject, reason`: subjects that are not judged.
    """

    aliases: pd.DataFrame
    exemptions: pd.DataFrame


def load(directory: Path) -> Decisions:
    """Read the decisions of a workspace.

    Raises:
        InputError: a file cannot be read or lacks a column; all problems at once.
    """
    found: list[Issue] = []
    tables = {name: _table(directory, name, found) for name in COLUMNS}
    if found:
        raise InputError(found)
    return Decisions(**tables)


def _table(directory: Path, name: str, found: list[Issue]) -> pd.DataFrame:
    columns = COLUMNS[name]
    path = directory / FOLDER / f"{name}.csv"
    label = f"{FOLDER}/{name}.csv"
    if not path.is_file():
        return pd.DataFrame(columns=list(columns), dtype="str")
    rows = read_table(path, name=label).rows
    header = [str(cell or "").strip() for cell in rows[0]] if rows else []
    missing = [column for column in columns if column not in header]
    if missing:
        near = nearest(missing[0], header)
        hint = f"；表中有 {'、'.join(near)}" if near else ""
        example = f"表头写成 {','.join(columns)}"
        found.append(
            issue(
                "missing-column", file=label, columns="、".join(missing), near=hint, example=example
            )
        )
        return pd.DataFrame(columns=list(columns), dtype="str")
    records = [
        {column: row[header.index(column)] for column in columns}
        for row in rows[1:]
        if any(cell not in (None, "") for cell in row)
    ]
    return pd.DataFrame(records, columns=list(columns)).astype("str")
