"""Where the keys of a TOML text stand, so that a message can name the line."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_STRINGS = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')
_HEADER = re.compile(r"^(\[\[?)\s*([^\]]+?)\s*\]\]?$")
_KEY = re.compile(r"""^((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def toml_lines(text: str) -> dict[Path, int]:
    r"""Line of every table and key, as far as plain reading finds it.

    Paths are keys and indices from 0, as pydantic gives them. Understood are the forms that rule
    files use: tables, arrays of tables, keys, and arrays with one inline table to a line.

    >>> toml_lines('a = 1\n[[b]]\nc = [\n  { d = 1 },\n  { d = 2 },\n]')[("b", 0, "c", 1)]
    5
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    array: Path = ()
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        plain = _STRINGS.sub('""', line).partition("#")[0].strip()
        if depth:
            if plain.startswith("{"):
                counts[array] = counts.get(array, -1) + 1
                found[(*array, counts[array])] = number
            depth += _open(plain)
        elif header := _HEADER.match(line.partition("#")[0].strip()):
            table = _table(_keys(header[2]), counts, repeated=header[1] == "[[")
            found.setdefault(table, number)
        elif key := _KEY.match(line.strip()):
            array = (*table, *_keys(key[1]))
            found.setdefault(array, number)
            depth = max(0, _open(plain))
    return found


def line_of(path: Path, lines: dict[Path, int]) -> int | None:
    """Line of the path, or of the nearest thing that holds it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _open(plain: str) -> int:
    return plain.count("[") - plain.count("]")


def _keys(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _table(keys: Path, counts: dict[Path, int], *, repeated: bool) -> Path:
    path: Path = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, keys[-1])
    if not repeated:
        return path
    counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path])
