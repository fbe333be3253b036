"""Words and figures of the invented city (词表与参数), from the TOML files beside this module."""

from __future__ import annotations

import tomllib
import zlib
from functools import cache
from importlib import resources
from typing import Any

import numpy as np


@cache
def table(name: str) -> dict[str, Any]:
    """Content of one TOML file of this package, by its name without suffix."""
    return tomllib.loads(text(f"{name}.toml"))


def text(file: str) -> str:
    """Text of a file of this package."""
    return resources.files("parkeval.demo").joinpath(file).read_text(encoding="utf-8")


def city() -> dict[str, Any]:
    """Figures that hold for the whole city."""
    figures: dict[str, Any] = table("city")["city"]
    return figures


def generator(*about: str) -> np.random.Generator:
    """Random numbers for one purpose: the same on every run, independent of other purposes."""
    return np.random.default_rng([city()["seed"], zlib.crc32("/".join(about).encode())])
