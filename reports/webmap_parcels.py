"""Layers that colour parcels (宗地图层): tax per mu, grade of the enterprise on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.assets import words
from reports.classes import classes
from reports.labels import indicators_of, kind_of, show, word
from reports.places import grade_counts, grade_names, main_occupant
from reports.webmap_theme import (
    UNKNOWN,
    Block,
    Row,
    Theme,
    cycle,
    entry,
    heads,
    levels,
    numbered,
    of_park,
    rows,
    scale,
    standard_notes,
    unknown,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicators.model import Evaluation, Findings

PARCELS = "legend_parcels"


def parcel_tax(findings: Findings, name: str, words_of: Mapping[str, Any]) -> Theme | None:
    """Parcels by tax per mu, about as many in each class."""
    if findings.parcels.empty:
        return None
    values = findings.parcels["tax_per_mu"]
    cut = classes(values, count=words()["map"]["classes"])
    own = cut.assign(values)
    return Theme(
        id=name,
        title=words_of["title"],
        draws="parcels",
        colours=numbered(own),
        legend_title=f"{words_of['title']}（{word('theme_words', 'tax_unit')}）",
        legend=scale(cut.labels(), own, PARCELS),
        unknown=unknown("no_data", int((own == UNKNOWN).sum()), PARCELS),
        heads=(*heads("park_name", "park_kind"), _indicator_head(findings)),
        blocks=_tax_blocks(findings),
        notes=(words_of["note"],),
    )


def parcel_grade(findings: Findings, name: str, words_of: Mapping[str, Any]) -> Theme | None:
    """Parcels by the grade of the enterprise that holds most of them."""
    evaluation = findings.evaluations.get(words_of["standard"])
    if evaluation is None or evaluation.standard.subject != "enterprise" or findings.parcels.empty:
        return None
    grades = [*grade_names(evaluation), word("theme_words", "no_grade")]
    colours = [*cycle("grades", len(grades) - 1), words()["palettes"]["plain"]]
    held = main_occupant(findings).map(evaluation.result["grade"])
    numbers = {grade: number for number, grade in enumerate(grades)}
    own = held.map(lambda grade: numbers.get(grade, len(grades) - 1)).astype("int64")
    return Theme(
        id=name,
        title=words_of["title"],
        draws="parcels",
        colours=numbered(own),
        legend_title=words_of["title"],
        legend=tuple(
            entry(grade, colour, int((own == number).sum()), PARCELS)
            for number, (grade, colour) in enumerate(zip(grades, colours, strict=True))
        ),
        unknown=unknown("no_firm", len(findings.parcels) - len(own), PARCELS),
        heads=(*heads("park_name"), *grades),
        blocks=_grade_blocks(findings, evaluation),
        notes=(word("theme_words", "grade_note"), *standard_notes(evaluation.standard)),
    )


def _indicator_head(findings: Findings) -> str:
    known = indicators_of(findings)[words()["map"]["indicator"]]
    return f"{known.label.zh}（{known.unit}）"


def _tax_blocks(findings: Findings) -> tuple[Block, ...]:
    """Parks of each level by tax per mu, the highest first, the unknown last."""
    known = indicators_of(findings)[words()["map"]["indicator"]]

    def key(park: str) -> float:
        value = value_of(findings, park, known.id)
        return float("inf") if value != value else -value  # noqa: PLR0124 - NaN differs from itself

    def cells(park: str) -> tuple[str, ...]:
        value = show(value_of(findings, park, known.id), kind_of(known))
        return (of_park(findings, park, "park_name"), of_park(findings, park, "park_kind"), value)

    return tuple(
        Block(title=level, rows=rows(findings, sorted(parks, key=key), cells))
        for level, parks in levels(findings).items()
    )


def _grade_blocks(findings: Findings, evaluation: Evaluation) -> tuple[Block, ...]:
    """How many enterprises of each grade stand in each park, and elsewhere."""
    counts = grade_counts(findings, evaluation)

    def cells(park: str) -> tuple[str, ...]:
        return (of_park(findings, park, "park_name"), *_counts(park))

    def _counts(place: str) -> list[str]:
        return [show(one, "count") for one in counts.loc[place]]

    blocks = [
        Block(title=level, rows=rows(findings, parks, cells))
        for level, parks in levels(findings).items()
    ]
    elsewhere = [
        Row(park="", cells=(word("marks", name), *_counts(place)))
        for place, name in (("outside", "outside"), ("unlinked", "without_land"))
    ]
    title = word("theme_words", "elsewhere")
    return (*blocks, Block(title=title, rows=tuple(elsewhere)))
