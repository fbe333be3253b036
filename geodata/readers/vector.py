"""Layers (图层读取): records as they are with their geometry, nothing guessed but the encoding."""

from __future__ import annotations

import codecs
import glob
import re
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
from pyarrow.lib import ArrowException
from pyogrio.errors import (
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException

from geodata.errors import InputError
from geodata.issues import Issue, issue
from geodata.model import RawTable
from geodata.readers.archive import shapefile, shapefiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_BROKEN = (
    *(DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, CRSError),
    *(UnicodeDecodeError, GEOSException, ValueError, OverflowError),
    UnboundLocalError,  # pyogrio 0.13 stumbles over a CRS whose text is not UTF-8
)
_DAMAGED = "文件不完整或已损坏"
_BYTES = "ISO-8859-1"  # every byte is a character: text can be decoded again, strictly
_LANGUAGES = {0x4D: "GBK", 0x7A: "GBK", 0x4F: "Big5", 0x78: "Big5"}
"""Language bytes of a dbf that say something; 0x57 only says "the ANSI of that computer"."""
_LANGUAGE_BYTE = 29
_DESCRIPTOR = 32  # bytes that describe one field of a dbf
_NAME_WIDTH = 10  # bytes of a field's name in a dbf
_LENGTH = slice(24, 28)  # where a shp states its length
_HAN = re.compile("[\u3400-\u9fff]")

_HEAD = 65536
_SHAPE = b"\x00\x00\x27\x0a"
_SQLITE = b"SQLite format 3\0"


def read_layer(
    path: Path, *, name: str, layer: str | None = None, encoding: str | None = None
) -> RawTable:
    """Read one layer of a gpkg, gdb, shp, geojson or geoparquet, or of a zip of shapefiles.

    `rows[0]` of the result holds the column names, record n stands in `rows[n]`. The CRS is the
    file's own, None when it states none. The text of a shp is decoded strictly: as declared
    here and not otherwise, or as its .cpg says, by the language byte of its dbf, as UTF-8, as
    GB18030, the first of these that can be done; what was found out is noted. A parquet without
    geometry is read as a table. A shape that cannot be built at all (a ring that does not
    close) is None, as one that is not there.

    Args:
        path: the file, or the folder of a gdb; a shp with its companions beside it.
        name: how messages call the file.
        layer: name of the layer; may be None where there is only one.
        encoding: declared encoding of a shp's text.

    Raises:
        InputError: the file is missing, of another kind or damaged; no such layer; text that
            the encoding cannot decode.
    """
    if not path.exists():
        raise InputError([issue("file-missing", file=name)])
    suffix = path.suffix.lower()
    if suffix == ".shp":
        return _shapefile(path, name, encoding)
    if suffix == ".zip":
        with shapefile(path, name=name, layer=layer) as (shape, found):
            return replace(_shapefile(shape, name, encoding), sheet=found)
    if suffix not in _READERS:
        allowed = "、".join((".shp", ".zip", *_READERS))
        raise InputError([issue("file-kind", file=name, allowed=allowed)])
    return _READERS[suffix](path, name, layer)


def read_parquet_table(path: Path, *, name: str) -> RawTable:
    """Read a parquet file without geometry; `rows[0]` holds the column names.

    Raises:
        InputError: the file is missing or damaged.
    """
    if not path.exists():
        raise InputError([issue("file-missing", file=name)])
    try:
        frame = pq.ParquetFile(path).read().to_pandas(ignore_metadata=True)
    except (ArrowException, OSError):
        raise _unreadable(name, _DAMAGED) from None
    return RawTable(file=name, sheet="", rows=_rows(frame))


def _parquet(path: Path, name: str, _layer: str | None) -> RawTable:
    try:
        metadata = pq.ParquetFile(path).schema_arrow.metadata or {}
        if b"geo" not in metadata:
            return read_parquet_table(path, name=name)
        frame = gpd.read_parquet(path)
    except (ArrowException, OSError, ValueError, CRSError, GEOSException):
        raise _unreadable(name, _DAMAGED) from None
    return _layer_table(frame, name, "")


def layers(path: Path, *, name: str) -> list[str]:
    """Names of the layers of a gpkg, gdb or zip, none for formats that hold one layer.

    Raises:
        InputError: the file is missing or damaged.
    """
    suffix = path.suffix.lower()
    if suffix not in {".gpkg", ".gdb", ".zip"}:
        return []
    if not path.exists():
        raise InputError([issue("file-missing", file=name)])
    if suffix == ".zip":
        return shapefiles(path, name=name)
    if suffix == ".gdb" and not path.is_dir():
        raise _unreadable(name, "gdb 应当是一个文件夹（文件地理数据库）")
    if suffix == ".gpkg" and not _starts(path, _SQLITE):
        raise _unreadable(name, _DAMAGED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            listed = pyogrio.list_layers(path)
    except _BROKEN:
        raise _unreadable(name, _DAMAGED) from None
    return [str(one) for one, kind in listed if kind is not None]


def _database(path: Path, name: str, layer: str | None) -> RawTable:
    present = layers(path, name=name)
    if layer is None and len(present) != 1:
        wanted = "（没有写明图层）"
    elif layer is not None and layer not in present:
        wanted = layer
    else:
        return _layer_table(
            _frame(path, name, layer=layer or present[0]), name, layer or present[0]
        )
    shown = "、".join(present) or "（没有图层）"
    raise InputError([issue("sheet-missing", file=name, wanted=wanted, present=shown)])


def _geojson(path: Path, name: str, _layer: str | None) -> RawTable:
    with path.open("rb") as file:
        head = file.read(_HEAD).partition(b'"features"')[0]
    if not head.lstrip(codecs.BOM_UTF8).lstrip().startswith(b"{"):
        raise _unreadable(name, "内容不是 GeoJSON")
    frame = _frame(path, name)
    silent = re.search(rb'"crs"\s*:', head) is None
    notes = (issue("crs-by-standard", file=name),) if silent and frame.crs == "EPSG:4326" else ()
    return _layer_table(frame, name, "", notes=notes)


def _shapefile(path: Path, name: str, declared: str | None) -> RawTable:
    beside = path.parent.glob(f"{glob.escape(path.stem)}.*")
    parts = {one.suffix.lower(): one for one in beside if one.stem == path.stem}
    for suffix in (".shx", ".dbf"):
        if suffix not in parts:
            raise _unreadable(name, f"缺少同名的 {suffix} 文件（shp 须与 shx、dbf 放在一起）")
    if any(_is_short(one) for one in (path, parts[".shx"])):
        raise _unreadable(name, _DAMAGED)
    if ".prj" in parts and not _is_utf8(parts[".prj"]):
        raise _unreadable(name, "坐标系文件（prj）中有不是 UTF-8 的文字；请改用 EPSG 代码重新导出")
    table = _layer_table(_frame(path, name, encoding=_BYTES), name, "")
    with parts[".dbf"].open("rb") as file:
        head = file.read(_HEAD)
    widths = _widths(head, len(table.rows[0]))
    stated, tried = _candidates(declared, parts.get(".cpg"), head, name)
    for codec in tried:
        try:
            rows = _decoded(table.rows, codec, widths)
        except UnicodeDecodeError:
            continue
        if codec == "utf-8" and codec != stated and not _may_be_chinese(rows):
            continue  # short GBK words, such as 园1, happen to be valid UTF-8
        note = issue("encoding-found", file=name, encoding=codec.upper())
        if stated:
            about = {"stated": stated.upper(), "encoding": codec.upper()}
            note = issue("encoding-differs", file=name, **about)
        told = codec == stated or all(_is_ascii(row) for row in rows)
        return replace(table, rows=rows, notes=() if told else (note,))
    shown = "、".join(codec.upper() for codec in tried)
    raise _unreadable(name, f"属性表文字不能按 {shown} 解码，请在 parkeval.toml 中写明 encoding")


def _frame(
    path: Path, name: str, *, layer: str | None = None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = pyogrio.read_dataframe(
                path, layer=layer, encoding=encoding, on_invalid="ignore"
            )
    except UnicodeDecodeError:
        raise _unreadable(name, "文字编码不是 UTF-8") from None
    except _BROKEN:
        raise _unreadable(name, _DAMAGED) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise _unreadable(name, "图层没有图形")
    return frame


def _layer_table(
    frame: gpd.GeoDataFrame, name: str, layer: str, *, notes: tuple[Issue, ...] = ()
) -> RawTable:
    geometry = frame.geometry.reset_index(drop=True)
    if geometry.crs is not None and geometry.crs.is_engineering:  # "undefined" of a GeoPackage
        geometry = gpd.GeoSeries(geometry.to_numpy(), index=geometry.index)
    rows = _rows(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    return RawTable(file=name, sheet=layer, rows=rows, geometry=geometry, notes=notes)


def _rows(frame: pd.DataFrame) -> list[list[object]]:
    """Column names, then the records, as plain Python values."""
    columns = [frame.iloc[:, place] for place in range(frame.shape[1])]
    values = [one.astype(object).where(one.notna(), None).tolist() for one in columns]
    records = zip(*values, strict=True) if values else ((),) * len(frame)
    return [[str(one) for one in frame.columns], *map(list, records)]


def _candidates(
    declared: str | None, cpg: Path | None, head: bytes, name: str
) -> tuple[str, tuple[str, ...]]:
    """The encoding that somebody stated, empty when nobody did, and those to try in turn."""
    if declared:
        codec = _codec(declared)
        if not codec:
            raise _unreadable(name, f"parkeval.toml 中的 encoding“{declared}”不是已知的编码")
        return codec, (codec,)
    stated = _codec(cpg.read_text(encoding="latin-1")) if cpg is not None else ""
    language = _LANGUAGES.get(head[_LANGUAGE_BYTE] if len(head) > _LANGUAGE_BYTE else 0, "")
    tried = (stated, "" if stated else language, "utf-8", "gb18030")
    return stated, tuple(dict.fromkeys(one for one in tried if one))


def _codec(text: str) -> str:
    """Python's name of an encoding as a .cpg states it, empty when unknown."""
    plain = re.sub(r"^(ansi|oem|cp|windows)[ -]*(?=\d+$)", "", text.strip().casefold())
    plain = {"88591": "iso-8859-1"}.get(plain, f"cp{plain}" if plain.isdigit() else plain)
    try:
        found = codecs.lookup(plain).name
    except (LookupError, ValueError):
        return ""
    return {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030"}.get(found, found)


def _decoded(rows: list[list[object]], codec: str, widths: list[int]) -> list[list[object]]:
    """Rows whose text was passed through byte by byte, decoded strictly."""
    names = [_text(one, codec, _NAME_WIDTH) for one in rows[0]]
    return [
        names,
        *(
            [_text(one, codec, width) for one, width in zip(row, widths, strict=True)]
            for row in rows[1:]
        ),
    ]


def _text(value: object, codec: str, width: int) -> object:
    """One value decoded; a last character that the field's width cut in half is dropped."""
    if not isinstance(value, str) or value.isascii():
        return value
    data = value.encode(_BYTES)
    return codecs.getincrementaldecoder(codec)().decode(data, final=len(data) < width)


def _may_be_chinese(rows: list[list[object]]) -> bool:
    """Whether the text is plain ASCII or has a Chinese character."""
    texts = [one for row in rows for one in row if isinstance(one, str)]
    return all(one.isascii() for one in texts) or any(_HAN.search(one) for one in texts)


def _is_ascii(row: list[object]) -> bool:
    return all(one.isascii() for one in row if isinstance(one, str))


def _widths(head: bytes, count: int) -> list[int]:
    """Widths in bytes of the fields of a dbf, from its header."""
    starts = range(_DESCRIPTOR, _DESCRIPTOR * (count + 1), _DESCRIPTOR)
    return [head[start + 16] if start + 16 < len(head) else 0 for start in starts]


def _is_short(path: Path) -> bool:
    """Whether a shp or shx is none, or ends before its stated length, in 16-bit words."""
    with path.open("rb") as file:
        head = file.read(_LENGTH.stop)
    if not head.startswith(_SHAPE):
        return True
    stated = 2 * int.from_bytes(head[_LENGTH], "big")
    return len(head) < _LENGTH.stop or path.stat().st_size < stated


def _is_utf8(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _starts(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _unreadable(name: str, cause: str) -> InputError:
    return InputError([issue("file-unreadable", file=name, cause=cause)])


_READERS: dict[str, Callable[[Path, str, str | None], RawTable]] = {
    ".gpkg": _database,
    ".gdb": _database,
    ".geojson": _geojson,
    ".json": _geojson,
    ".parquet": _parquet,
    ".geoparquet": _parquet,
}
