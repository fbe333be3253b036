"""Survey coordinate files (勘测定界坐标文件): opened and decoded strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geodata.errors import InputError
from geodata.issues import issue
from geodata.model import RawTable
from geodata.survey_format import parse
from geodata.survey_layer import Layer, to_layer

if TYPE_CHECKING:
    from pathlib import Path

_ENCODINGS = ("utf-8-sig", "gb18030")


def read_survey(path: Path, *, name: str, encoding: str | None = None) -> Layer:
    """Read a survey file: shapes in its own system, and what does not add up.

    Args:
        path: the file.
        name: how messages call the file.
        encoding: declared encoding; otherwise UTF-8, then GB18030.

    Raises:
        InputError: the file is missing, cannot be decoded or cannot be used.
    """
    return to_layer(parse(_text(path, name, encoding), file=name), file=name)


def read_survey_table(path: Path, *, name: str, encoding: str | None = None) -> RawTable:
    """Read a survey file as the layer readers do: `rows[0]` holds the column names.

    Raises:
        InputError: as for `read_survey`.
    """
    layer = read_survey(path, name=name, encoding=encoding)
    table = pd.DataFrame(layer.frame.drop(columns="geometry"))
    plain = table.astype(object).where(table.notna(), None)
    rows: list[list[object]] = [list(table.columns), *plain.to_numpy().tolist()]
    geometry = layer.frame.geometry.rename(None)
    return RawTable(file=name, sheet="", rows=rows, geometry=geometry, notes=layer.issues)


def _text(path: Path, name: str, encoding: str | None) -> str:
    """The whole file as text."""
    if not path.exists():
        raise InputError([issue("file-missing", file=name)])
    try:
        content = path.read_bytes()
    except OSError as refusal:
        cause = refusal.strerror or "打不开"
        raise InputError([issue("survey-unreadable", file=name, cause=cause)]) from refusal
    tried = (encoding,) if encoding else _ENCODINGS
    for codec in tried:
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
        except LookupError:
            cause = f"不认识编码“{codec}”"
            raise InputError([issue("survey-unreadable", file=name, cause=cause)]) from None
    shown = "、".join(codec.removesuffix("-sig").upper() for codec in tried)
    raise InputError([issue("survey-unreadable", file=name, cause=f"不能按 {shown} 解码")])
