"""The catalogues of the method (指标目录、标准目录), from the files shipped with the package."""

from __future__ import annotations

from functools import cache
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from geodata.errors import InputError
from geodata.issues import issue
from indicators.check_rules import near
from indicators.parse import parse_standard
from indicators.vocabulary import Catalog, catalog, say

if TYPE_CHECKING:
    from indicators.rules import Standard

__all__ = ["Catalog", "catalog", "find_standard", "incomplete", "standards"]


def standards() -> dict[str, Standard]:
    """Every complete standard that parkeval ships, by id."""
    return {name: _shipped(name) for name in _ids()}


def find_standard(name: str) -> Standard:
    """The standard with this id, or the one in this TOML file.

    Raises:
        InputError: there is none (with the nearest ids), the scheme's published text is
            incomplete, or the file has mistakes.
    """
    if name in _ids():
        return _shipped(name)
    gaps = incomplete().set_index("id")
    if name in gaps.index:
        row = gaps.loc[name]
        value = f"{name}（{row['title']}）"
        words = {"known": row["known"], "missing": row["missing"]}
        raise InputError([issue("standard-incomplete", value=value, **words)])
    path = Path(name)
    if not path.is_file():
        hint = near(name, [*_ids(), *gaps.index])
        raise InputError([issue("standard-unknown", value=name, near=hint)])
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        words = {"where": say("parse", "whole"), "cause": say("parse", "not_utf8")}
        raise InputError([issue("standard-invalid", file=name, **words)]) from None
    except OSError as error:
        raise InputError([issue("file-unreadable", file=name, cause=error)]) from error
    return parse_standard(text, file=name)


def incomplete() -> pd.DataFrame:
    """Published schemes with gaps: what is known and what is missing, one row each."""
    return _gaps().copy()


@cache
def _ids() -> tuple[str, ...]:
    folder = resources.files("indicators").joinpath("standards")
    names = [entry.name for entry in folder.iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def _shipped(name: str) -> Standard:
    file = f"{name}.toml"
    text = resources.files("indicators").joinpath("standards", file).read_text(encoding="utf-8")
    return parse_standard(text, file=file)


@cache
def _gaps() -> pd.DataFrame:
    folder = resources.files("indicators").joinpath("standards")
    text = folder.joinpath("incomplete.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text), dtype="str", keep_default_na=False)
