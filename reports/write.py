"""Files onto the disk (输出): everything of one call, or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from geodata.errors import InputError
from geodata.issues import issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from geodata.issues import Issue
    from reports.artifact import Artifact


BLOCKED = (PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
"""What the disk says when a target is open elsewhere, or a folder stands in a file's place."""


def write(artifacts: Sequence[Artifact], directory: Path) -> list[Path]:
    """Write finished files into a directory, which is created.

    Returns:
        The paths written, in the order given.

    Raises:
        InputError: a file there is open in another program; what stood there stays.
    """
    files = {one.name: one.content for one in artifacts}
    if len(files) != len(artifacts):
        raise ValueError("two artifacts bear the same name")
    return write_bytes(files, directory)


def write_bytes(
    files: Mapping[str, bytes], directory: Path, *, stale: str | None = None
) -> list[Path]:
    """Write files given as bytes; all are complete on the disk before the first is replaced.

    Args:
        files: name → content; a name may lie in a sub-folder (`2024/parks.csv`).
        directory: where they go; created with its parents.
        stale: sub-folder from which files that are not among `files` are taken away.

    Returns:
        The paths written, in the order given.

    Raises:
        InputError: targets cannot be replaced (open in Excel or WPS, or no permission), all
            that are known to be busy are named; files replaced before are put back.
    """
    targets = {name: directory / _inside(name) for name in files}
    over = _left_over(directory / _inside(stale), set(targets.values())) if stale else []
    busy = [one for path in (*targets.values(), *over) for one in _busy(path, directory)]
    if busy:
        raise InputError(busy)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=directory, prefix=".parkeval-") as folder:
            fresh = _written(files, Path(folder))
            moves = [(fresh[name], target) for name, target in targets.items()]
            _replace(moves, over, Path(folder))
    except BLOCKED as refusal:
        raise InputError([_refused(refusal, directory)]) from refusal
    return list(targets.values())


def layer_bytes(layers: Mapping[str, gpd.GeoDataFrame], *, date: str) -> bytes:
    """A GeoPackage in memory.

    Args:
        layers: layer name → features.
        date: ISO date written as the time of the last change, so that bytes do not depend on
            the clock.
    """
    import pyogrio  # noqa: PLC0415  geodata's start-up stays light

    with TemporaryDirectory(prefix="parkeval-") as folder:
        path = Path(folder) / "layers.gpkg"
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{date}T00:00:00.000Z"})
        try:
            for name, frame in layers.items():
                pyogrio.write_dataframe(
                    frame, path, layer=name, driver="GPKG", append=path.exists()
                )
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        return path.read_bytes()


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise ValueError(f"not a file name inside the target directory: {name!r}")
    return path


def _left_over(folder: Path, wanted: set[Path]) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path not in wanted)


def _busy(path: Path, directory: Path) -> list[Issue]:
    """A problem where a file that is there cannot be opened for writing."""
    if not path.exists():
        return []
    try:
        with path.open("r+b"):
            return []
    except BLOCKED as refusal:
        name = path.relative_to(directory).as_posix()
        return [issue("target-busy", file=name, cause=refusal.strerror or "")]


def _written(files: Mapping[str, bytes], folder: Path) -> dict[str, Path]:
    """Every file complete under a passing name."""
    fresh = {name: folder / f"new-{number}" for number, name in enumerate(files)}
    for name, content in files.items():
        fresh[name].write_bytes(content)
    return fresh


def _replace(moves: Sequence[tuple[Path, Path]], over: Sequence[Path], folder: Path) -> None:
    """Put fresh files in place and take old ones away; on a refusal undo, then pass it on."""
    kept: list[tuple[Path, Path | None]] = []
    try:
        for number, (fresh, target) in enumerate(moves):
            target.parent.mkdir(parents=True, exist_ok=True)
            old = folder / f"old-{number}" if target.exists() else None
            if old is not None:
                shutil.copy2(target, old)
            fresh.replace(target)
            kept.append((target, old))
        for number, target in enumerate(over):
            old = folder / f"over-{number}"
            target.replace(old)
            kept.append((target, old))
    except BLOCKED:
        for target, before in kept:
            if before is None:
                target.unlink()
            else:
                before.replace(target)
        raise


def _refused(refusal: OSError, directory: Path) -> Issue:
    """The problem in the reader's words; a move's refusal names its target last."""
    place = Path(refusal.filename2 or refusal.filename or directory)
    name = place.relative_to(directory).as_posix() if directory in place.parents else str(place)
    return issue("target-busy", file=name, cause=refusal.strerror or "")
