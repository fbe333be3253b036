"""The nouns of the web map's layers (图层), and the small pieces they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reports.assets import words
from reports.labels import column, show, standing, word
from reports.places import park_names, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from indicators.model import Findings
    from indicators.rules import Standard

UNKNOWN = -1
"""Colour number of features without data, drawn hatched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a legend."""

    text: str
    colour: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table beside the map."""

    park: str
    cells: tuple[str, ...]
    part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A group of rows under one heading (a level, a quadrant, a cluster)."""

    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One layer of the switch.

    Attributes:
        id: name in the address (`#layer=…`).
        title: name for people.
        draws: whether parks or parcels are coloured.
        colours: feature id → number of its legend entry; others are unknown.
        legend_title: what the colours mean, with the unit.
        legend: entries in order, the unknown not among them.
        unknown: text and count of features without data.
        badges: park id → short text in its circle.
        told: park id → what the tooltip says of it in this layer.
        heads: headers of the table.
        blocks: the table's rows.
        notes: sentences under the table.
    """

    id: str
    title: str
    draws: Literal["parks", "parcels"]
    colours: Mapping[str, int]
    legend_title: str
    legend: tuple[Entry, ...]
    unknown: Entry
    badges: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    heads: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()


def entry(text: str, colour: str, count: int, unit: str) -> Entry:
    """A legend line; the unit is `legend_parks` or `legend_parcels`."""
    return Entry(text=text, colour=colour, count=word("map", unit, count=count))


def scale(labels: Sequence[str], numbers: pd.Series[int], unit: str) -> tuple[Entry, ...]:
    """Legend of ordered classes, from light to dark, with how many are in each."""
    colours = spread(words()["palettes"]["sequential"], len(labels))
    return tuple(
        entry(text, colour, int((numbers == number).sum()), unit)
        for number, (text, colour) in enumerate(zip(labels, colours, strict=True))
    )


def unknown(text: str, count: int, unit: str) -> Entry:
    """The legend line of features without data."""
    return entry(word("theme_words", text), words()["palettes"]["unknown"], count, unit)


def spread(palette: Sequence[str], count: int) -> list[str]:
    """So many colours, as far apart on an ordered palette as it allows.

    >>> spread(["a", "b", "c", "d", "e"], 3)
    ['a', 'c', 'e']
    """
    if count <= 1:
        return [palette[len(palette) // 2]] * count
    last = len(palette) - 1
    return [palette[round(number * last / (count - 1))] for number in range(count)]


def cycle(palette: str, count: int) -> list[str]:
    """So many colours of a named palette, from its start again when it is used up."""
    colours: list[str] = words()["palettes"][palette]
    return [colours[number % len(colours)] for number in range(count)]


def numbered(colours: pd.Series[int]) -> dict[str, int]:
    """Feature id → colour number, without the unknown."""
    return {str(name): int(number) for name, number in colours.items() if number != UNKNOWN}


def heads(*names: str) -> tuple[str, ...]:
    """Headers of the table beside the map."""
    return tuple(column(name).title for name in names)


def standard_notes(standard: Standard) -> tuple[str, ...]:
    """Which rules a layer shows and whether they are official."""
    return (f"{word('map', 'source')}：{standard.title.zh}（{standing(standard)}）",)


def levels(findings: Findings) -> dict[str, list[str]]:
    """Level → the parks that are part of no other, in the order people list them."""
    found: dict[str, list[str]] = {}
    for park, depth in tree(findings.dataset.parks):
        if not depth:
            found.setdefault(of_park(findings, park, "park_level"), []).append(park)
    return found


def rows(
    findings: Findings, parks: Sequence[str], cells: Callable[[str], tuple[str, ...]]
) -> tuple[Row, ...]:
    """Rows of parks with the parts of each below it.

    Args:
        findings: what one run found.
        parks: parks that are part of no other, in the order of display.
        cells: text of a park's cells.
    """
    below: dict[str, list[str]] = {}
    top = ""
    for park, depth in tree(findings.dataset.parks):
        top = top if depth else park
        below.setdefault(top, []).append(park)
    return tuple(
        Row(park=one, cells=cells(one), part=one != park) for park in parks for one in below[park]
    )


def of_park(findings: Findings, park: str, name: str) -> str:
    """An attribute of a park as text, empty when unknown."""
    if name == "park_name":
        return park_names(findings.dataset)[park]
    return show(findings.dataset.parks.at[park, name], "text")


def value_of(findings: Findings, park: str, indicator: str) -> float:
    """A park's value of an indicator, NaN where it was not measured."""
    values = findings.overview.values
    known = indicator in values.columns and park in values.index
    return float(values[indicator][park]) if known else float("nan")
