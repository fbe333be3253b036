"""The example city (示例城市): an invented prefecture, as a bureau would have it on file.

Everything is made up, from place names to figures; `city.toml` says to which published levels
the figures are calibrated. The same bytes come out on every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_city"]


def write_city(directory: Path) -> None:
    """Write the workspace of the example city: parkeval.toml, data, decisions, a readme.

    Files of the same names are replaced, everything else in the directory stays.
    """
    from parkeval.demo.books import workbooks  # noqa: PLC0415  keeps the package light
    from parkeval.demo.layers import write_layers  # noqa: PLC0415
    from parkeval.demo.places import places  # noqa: PLC0415
    from parkeval.demo.town import town  # noqa: PLC0415
    from parkeval.demo.workspace import papers  # noqa: PLC0415

    parks = places()
    everything = town(parks)
    for name, content in {**workbooks(everything), **papers(everything.firms)}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_layers(directory, parks, everything)
