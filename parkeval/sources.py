"""Reading the sources of a workspace (读取来源): every file, every mistake at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd

from geodata.conform import Columns, conform
from geodata.crs import to_cgcs2000
from geodata.errors import InputError
from geodata.issues import Issue, issue
from geodata.model import Conformed, Delivery, RawTable
from geodata.readers.survey_txt import read_survey_table
from geodata.readers.tabular import read_table
from geodata.readers.vector import read_layer
from parkeval.provenance import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from parkeval.config import Source, Workspace

LAYERS = {".gpkg", ".gdb", ".shp", ".zip", ".geojson", ".json", ".parquet", ".geoparquet"}
"""Suffixes that are read as layers; everything else is a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A source read and conformed, with what provenance needs.

    Attributes:
        source: what the workspace says of it.
        delivery: the conformed table.
        rows: rows or records in the file, header and empty rows included.
        sha256: digest of the file and its companions.
    """

    source: Source
    delivery: Delivery
    rows: int
    sha256: str


def read(
    directory: Path, workspace: Workspace, *, step: Callable[[str], None] = lambda _: None
) -> list[Read]:
    """Read and conform every source, in the order of the workspace.

    Raises:
        InputError: with every problem of every source that cannot be used.
    """
    done: list[Read] = []
    problems: list[Issue] = []
    if not workspace.sources:
        problems.append(issue("workspace-invalid", where="source", cause="没有写任何数据来源"))
    for source in workspace.sources:
        step(f"读取 {source.file}")
        try:
            done.append(_one(directory, source))
        except InputError as error:
            problems += error.issues
    if problems:
        raise InputError(dict.fromkeys(problems))
    return done


def _one(directory: Path, source: Source) -> Read:
    path = directory / source.file
    raw = _raw(path, source)
    how = Columns(
        columns=source.columns,
        units=source.units,
        header_row=source.header_row,
        constants=source.constants,
    )
    conformed = conform(raw, source.table, how=how)
    if raw.geometry is not None:
        conformed = _settled(conformed, source)
    delivery = Delivery(
        id=source.id,
        table=source.table,
        periods=source.all_periods,
        scope=source.scope,
        department=source.department,
        conformed=conformed,
        complete=source.complete,
        energy_basis=source.energy_basis,
    )
    sha256 = digest(_files(path))
    return Read(source=source, delivery=delivery, rows=len(raw.rows), sha256=sha256)


def _files(path: Path) -> list[Path]:
    """The files of a source: a shp with its companions, everything in the folder of a gdb."""
    if path.is_dir():
        return [one for one in path.rglob("*") if one.is_file()]
    return list(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() == ".shp" else [path]


def _raw(path: Path, source: Source) -> RawTable:
    if path.suffix.lower() in LAYERS:
        return read_layer(path, name=source.file, layer=source.sheet, encoding=source.encoding)
    if path.suffix.lower() == ".txt" and source.table == "parcels":
        return read_survey_table(path, name=source.file, encoding=source.encoding)
    return read_table(path, name=source.file, sheet=source.sheet)


def _settled(conformed: Conformed, source: Source) -> Conformed:
    """The same layer in CGCS2000 geographic coordinates."""
    frame = conformed.frame
    assert isinstance(frame, gpd.GeoDataFrame)
    moved, doubts = to_cgcs2000(
        frame.geometry, declared=source.crs, file=conformed.file, sheet=conformed.sheet
    )
    settled = frame.set_geometry(moved)
    return replace(conformed, frame=settled, issues=(*conformed.issues, *doubts))


def of_table(done: Sequence[Read], table: str) -> list[Delivery]:
    """Deliveries of one kind of table, in the order of the workspace."""
    return [one.delivery for one in done if one.source.table == table]
