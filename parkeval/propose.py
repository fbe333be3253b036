"""A new workspace (新建工作区), proposed from the files that already lie in `data/`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from geodata.cells import split_unit
from geodata.errors import InputError
from geodata.fields import fields, fold, names
from geodata.issues import issue
from geodata.readers.tabular import read_table, sheets
from geodata.readers.vector import layers, read_layer
from parkeval import config
from parkeval.sources import LAYERS
from reports.collection import collection
from reports.write import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geodata.model import RawTable

TABLES = ("enterprises", "parcels", "parks", "leases")
SUFFIXES = {".xlsx", ".xls", ".et", ".csv"} | LAYERS - {".json"}
LOOK = 20
"""Rows in which a header is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """What a sheet or layer seems to be: table, header row from 1, recognised columns."""

    file: str
    sheet: str
    table: str
    header_row: int
    columns: dict[str, str]
    layer: bool


def init(directory: Path) -> list[Path]:
    """Make a workspace: folders, `parkeval.toml`, collection templates.

    Where `data/` already holds files, the workspace file proposes a source for each sheet or
    layer that was recognised; everything guessed is marked for a person to confirm.

    Returns:
        The files written.

    Raises:
        InputError: there already is a workspace file.
    """
    if (directory / config.FILE_NAME).exists():
        raise InputError([issue("workspace-exists", file=str(directory))])
    for name in ("data", "decisions"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    guesses, unknown = _guesses(directory)
    files = {config.FILE_NAME: _text(guesses, unknown).encode()}
    files |= {f"采集模板/{one.name}": one.content for one in collection()}
    return write_bytes(files, directory)


def _guesses(directory: Path) -> tuple[list[_Guess], list[str]]:
    """What each sheet and layer below `data/` seems to be, and what was not recognised."""
    guesses: list[_Guess] = []
    unknown: list[str] = []
    for path in sorted((directory / "data").rglob("*")):
        if path.suffix.lower() not in SUFFIXES or path.is_dir() != (path.suffix.lower() == ".gdb"):
            continue
        name = path.relative_to(directory).as_posix()
        try:
            tables = list(_tables(path, name))
        except InputError as error:
            unknown += [f"{name}：{one.kind.title}" for one in error.issues]
            continue
        for raw in tables:
            guess = _guess(raw)
            if guess is None:
                unknown.append(f"{name} {raw.sheet}".strip())
            else:
                guesses.append(guess)
    return guesses, unknown


def _tables(path: Path, name: str) -> Iterator[RawTable]:
    if path.suffix.lower() in LAYERS:
        for layer in _named(layers(path, name=name)):
            yield read_layer(path, name=name, layer=layer)
    else:
        for sheet in _named(sheets(path, name=name)):
            yield read_table(path, name=name, sheet=sheet)


def _named(parts: list[str]) -> list[str | None]:
    """Sheets or layers to read; a file without any is read as it is."""
    return [*parts] or [None]


def _guess(raw: RawTable) -> _Guess | None:
    """The kind of table and header row under which most columns are recognised."""
    best: tuple[int, str, int, dict[str, str]] | None = None
    for table in TABLES:
        if (table == "parcels") and raw.geometry is None:
            continue
        known = names(table)
        for number, row in enumerate(raw.rows[:LOOK], start=1):
            found = _recognised([str(cell) for cell in row if isinstance(cell, str)], known)
            if len(found) >= 2 and (best is None or len(found) > best[0]):  # noqa: PLR2004  a header has two known names
                best = (len(found), table, number, found)
    if best is None:
        return None
    _, table, number, found = best
    layer = raw.geometry is not None
    return _Guess(
        file=raw.file, sheet=raw.sheet, table=table, header_row=number, columns=found, layer=layer
    )


def _recognised(headers: list[str], known: dict[str, tuple[str, ...]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for header in headers:
        ids = known.get(fold(header)) or known.get(fold(split_unit(header)[0])) or ()
        if len(ids) == 1:
            found.setdefault(ids[0], header)
    return found


def _text(guesses: list[_Guess], unknown: list[str]) -> str:
    """The workspace file: the template, a section for every guess, and what is left over."""
    template = resources.files("parkeval").joinpath("workspace.toml").read_text(encoding="utf-8")
    years = sorted({year for one in guesses for year in _years(one)})
    period = years[-1] if years else "2024"
    head = template.replace("{period}", period)
    body = "".join(_section(number, one, years) for number, one in enumerate(guesses, 1))
    rest = "".join(f"#   {one}\n" for one in unknown)
    return head + body + (f"\n# 下列文件或工作表没有认出，没有列为来源：\n{rest}" if rest else "")


def _years(guess: _Guess) -> list[str]:
    return re.findall(r"(?<!\d)20\d\d(?!\d)", f"{guess.file} {guess.sheet}")


def _section(number: int, guess: _Guess, years: list[str]) -> str:
    own = _years(guess)
    if own or not years:
        period = f'period = "{own[-1] if own else "2024"}"'
    else:
        period = "periods = [" + ", ".join(f'"{year}"' for year in years) + "]"
    scope = "核准范围" if guess.table == "parks" else "在地"
    lines = [
        "",
        "[[source]]",
        f'id = "s{number:02d}"',
        f"file = {_quoted(guess.file)}",
        f'table = "{guess.table}"  # 请确认',
        *([f"sheet = {_quoted(guess.sheet)}"] if guess.sheet else []),
        *([] if guess.layer else [f"header_row = {guess.header_row}  # 请确认"]),
        f"{period}  # 请确认：统计期",
        f'scope = "{scope}"  # 请确认：统计口径',
        'department = ""  # 请确认：报送部门',
        "# 认出的列："
        + "、".join(f"{header} → {fields()[name].zh}" for name, header in guess.columns.items()),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
