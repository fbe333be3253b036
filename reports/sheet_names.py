"""Names of sheets from names of files (工作表名)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports.labels import word

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 31
"""Longest name of a sheet, in UTF-16 units."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def sheet_names(files: Iterable[str], *, reserved: Iterable[str]) -> dict[str, str]:
    """A legal name for each file's sheet, no two alike to Excel, which ignores case.

    Args:
        files: paths as the workspace names them; the name without folder and suffix is kept as
            far as Excel allows.
        reserved: names that other sheets bear.

    >>> sheet_names(["a/税收[1].xlsx", "b/税收[1].csv"], reserved=())
    {'a/税收[1].xlsx': '税收_1_', 'b/税收[1].csv': '税收_1_(2)'}
    """
    taken = {one.casefold() for one in reserved}
    named: dict[str, str] = {}
    for file in filter(None, files):
        stem = re.split(r"[/\\]", file)[-1]
        stem = stem.rsplit(".", 1)[0] or stem
        stem = _FORBIDDEN.sub("_", stem).strip("' \u3000") or word("problems", "other")
        number, name = 1, _cut(stem, "")
        while name.casefold() in taken or name.casefold() == "history":
            number += 1
            name = _cut(stem, f"({number})")
        taken.add(name.casefold())
        named[file] = name
    return named


def _cut(stem: str, ending: str) -> str:
    """The longest beginning that still fits in the name of a sheet, and the ending."""
    while len(f"{stem}{ending}".encode("utf-16-le")) > 2 * LONGEST:
        stem = stem[:-1]
    return stem.rstrip("' ") + ending
