"""Small catalogues shipped with this package: the screening rules and the phrase book."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def shipped(name: str) -> dict[str, Any]:
    """Content of a TOML file of this package, read once; never change what you are given."""
    text = resources.files("indicators").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def phrase(section: str, name: str, /, **values: object) -> str:
    """One phrase of `phrases.toml` with its `{names}` filled in.

    >>> phrase("cluster", "constant", columns="甲")
    '各对象取值相同，未参加聚类：甲。'
    """
    text: str = shipped("phrases")[section][name]
    return text.format_map(values)
