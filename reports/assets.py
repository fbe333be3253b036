"""Files that reports are made with (素材): words, templates, and Leaflet without any network."""

from __future__ import annotations

import base64
import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

LEAFLET = "static/js_lib_leaflet"
"""Folder of Leaflet's files inside the package `js_lib_leaflet`."""


def template(name: str) -> str:
    """Text of a template shipped with the package, by file name."""
    return resources.files("reports").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def words() -> dict[str, Any]:
    """Words, formats and colours of reports, from `labels.toml`; not to be changed."""
    text = resources.files("reports").joinpath("labels.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def leaflet_css() -> str:
    """Leaflet's style sheet with its pictures inside, so that it refers to no other file."""
    return re.sub(r"url\((images/[^)]+)\)", _inlined, _leaflet("leaflet.css"))


@cache
def leaflet_js() -> str:
    """Leaflet's program without the link to its home page and to its source map.

    The licence notice at its head stays. A program that ends the surrounding script element
    would break the page, so it is refused.
    """
    script = re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", _leaflet("leaflet.js"))
    script = re.sub(r'<a href="https?://[^"]*"', "<a", script)
    if "</script" in script.casefold():
        raise ValueError("leaflet.js cannot stand inside a script element")
    return script


def _inlined(found: re.Match[str]) -> str:
    picture = _folder().joinpath(*found[1].split("/")).read_bytes()
    return f"url(data:image/png;base64,{base64.b64encode(picture).decode('ascii')})"


def _leaflet(name: str) -> str:
    return _folder().joinpath(name).read_text(encoding="utf-8")


def _folder() -> Traversable:
    return resources.files("js_lib_leaflet").joinpath(*LEAFLET.split("/"))
