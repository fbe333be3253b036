"""Zipped shapefiles (压缩的图层): one of them unpacked for as long as it is read."""

from __future__ import annotations

import stat
import struct
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from geodata.errors import InputError
from geodata.issues import issue

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 1 << 30
"""Bytes of an unpacked shapefile above which it is refused."""

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_ARCHIVES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".bz2", ".xz", ".tgz"})
_PASSWORD, _IN_UTF8 = 0x1, 0x800
_CHUNK = 1 << 20
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, ValueError),
    *(NotImplementedError, RuntimeError),
)


@contextmanager
def shapefile(path: Path, *, name: str, layer: str | None) -> Iterator[tuple[Path, str]]:
    """One shapefile of a zip in a temporary folder, which is removed afterwards.

    Only its own parts are unpacked, under names of ours, so that no path inside the zip means
    anything outside it.

    Args:
        path: the zip.
        name: how messages call it.
        layer: name of the shapefile; may be None where there is only one.

    Yields:
        Path of the shp and name of the layer.

    Raises:
        InputError: the zip is damaged, protected, too large, or holds paths that lead out of
            it or other archives; no such layer.
    """
    members = _members(path, name)
    found = _layers(members)
    if not found:
        raise _refused(name, "其中没有 shp 文件")
    if layer is None and len(found) == 1:
        layer = next(iter(found))
    if layer is None or layer not in found:
        wanted = layer or "（没有写明图层）"
        present = "、".join(found)
        raise InputError([issue("sheet-missing", file=name, wanted=wanted, present=present)])
    with tempfile.TemporaryDirectory(prefix="parkeval-") as folder:
        _unpack(path, found[layer], Path(folder), name)
        yield Path(folder) / "layer.shp", layer


def shapefiles(path: Path, *, name: str) -> list[str]:
    """Names of the shapefiles in a zip, in order.

    Raises:
        InputError: as `shapefile`.
    """
    return list(_layers(_members(path, name)))


def _members(path: Path, name: str) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """Files in the zip by their path; refused as a whole when one of them is suspicious."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [one for one in archive.infolist() if not one.is_dir()]
    except _BROKEN:
        raise _refused(name, "文件不完整或已损坏，或不是 zip") from None
    members = {_inner(one): one for one in infos}
    kept = {at: one for at, one in members.items() if "__MACOSX" not in at.parts}
    for at, one in kept.items():
        if at.is_absolute() or ".." in at.parts or ":" in at.parts[0]:
            raise _refused(name, f"其中的路径“{at}”指向压缩包之外")
        if stat.S_ISLNK(one.external_attr >> 16):
            raise _refused(name, f"其中的“{at}”是链接")
        if at.suffix.lower() in _ARCHIVES:
            raise _refused(name, f"其中还有压缩包“{at}”")
        if one.flag_bits & _PASSWORD:
            raise _refused(name, "压缩包有密码保护")
    return kept


def _inner(info: zipfile.ZipInfo) -> PurePosixPath:
    """Path of a member; names that say no encoding are UTF-8 or, on Chinese Windows, GBK."""
    text = info.filename
    if not info.flag_bits & _IN_UTF8:
        data = text.encode("cp437", "replace")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("gb18030", "replace")
    return PurePosixPath(text.replace("\\", "/"))


def _layers(
    members: dict[PurePosixPath, zipfile.ZipInfo],
) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Parts of each shapefile by suffix; the folder is named where stems alone are not unique."""
    shapes = sorted(at for at in members if at.suffix.lower() == ".shp")
    stems = [one.stem for one in shapes]
    return {
        one.stem if stems.count(one.stem) == 1 else str(one.with_suffix("")): {
            at.suffix.lower(): info
            for at, info in members.items()
            if at.parent == one.parent and at.stem == one.stem and at.suffix.lower() in _PARTS
        }
        for one in shapes
    }


def _unpack(path: Path, parts: dict[str, zipfile.ZipInfo], folder: Path, name: str) -> None:
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            for suffix, info in parts.items():
                target = folder / f"layer{suffix}"
                with archive.open(info) as packed, target.open("wb") as file:
                    while chunk := packed.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise _refused(name, f"解压后超过 {MOST_BYTES >> 20} MB")
                        file.write(chunk)
    except _BROKEN:
        raise _refused(name, "文件不完整或已损坏") from None


def _refused(name: str, cause: str) -> InputError:
    return InputError([issue("archive-refused", file=name, cause=cause)])
