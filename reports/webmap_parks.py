"""Layers that colour parks (园区图层): scores and ranks, quadrants, groups of similar parks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.assets import words
from reports.classes import classes
from reports.labels import cohort_label, indicators_of, kind_of, show, word
from reports.places import tree
from reports.webmap_shapes import own_or_above
from reports.webmap_theme import (
    Block,
    Theme,
    cycle,
    entry,
    heads,
    of_park,
    rows,
    scale,
    standard_notes,
    unknown,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicators.model import Clustering, Evaluation, Findings

PARKS = "legend_parks"


def park_score(findings: Findings, name: str, words_of: Mapping[str, Any]) -> Theme | None:
    """Parks by their score under one standard, ranked within their cohort."""
    evaluation = findings.evaluations.get(words_of["standard"])
    if evaluation is None or evaluation.standard.subject != "park":
        return None
    scores = evaluation.result["score"].dropna()
    cut = classes(scores, count=words()["map"]["classes"], method="equal")
    own = cut.assign(scores)
    shown = own_or_above(findings.dataset, own)
    tops = _tops(findings)
    told = {park: _told(evaluation, above) for park, (above, _) in shown.items()}
    told |= {park: _told(evaluation, park) for park in tops if park not in shown}
    tax = indicators_of(findings).get(words()["map"]["indicator"])
    extra = (f"{tax.label.zh}（{tax.unit}）",) if tax else ()
    return Theme(
        id=name,
        title=words_of["title"],
        draws="parks",
        colours={park: int(number) for park, (_, number) in shown.items()},
        legend_title=word("theme_words", "score"),
        legend=scale(cut.labels(), own, PARKS),
        unknown=unknown("no_score", len(set(tops) - set(shown)), PARKS),
        badges={park: _rank(evaluation, park) for park in shown if park in own.index},
        told=told,
        heads=(*heads("rank", "park_name", "park_kind", "score", "known"), *extra),
        blocks=_score_blocks(findings, evaluation),
        notes=(word("map", "same_level"), *standard_notes(evaluation.standard)),
    )


def quadrant(findings: Findings, name: str, words_of: Mapping[str, Any]) -> Theme | None:
    """Parks by efficiency against need."""
    evaluation = findings.evaluations.get(words_of["standard"])
    rule = evaluation.standard.quadrants if evaluation else None
    if evaluation is None or rule is None or words_of["column"] not in findings.quadrants:
        return None
    own = findings.quadrants[words_of["column"]]
    titles = [one.zh for one in rule.names.values()]
    groups = {one.id: one.label.zh for each in evaluation.standard.cohorts for one in each.groups}
    axes = evaluation.groups[[rule.efficiency, rule.need]]
    at = show(rule.at, "percent")
    return _grouped(
        findings,
        (name, words_of["title"]),
        own[own.isin(titles)].map({title: number for number, title in enumerate(titles)}),
        legend=list(zip(titles, cycle("quadrants", len(titles)), strict=True)),
        axes=axes.rename(columns=groups),
        notes=(word("theme_words", "quadrant_note", at=at), *standard_notes(evaluation.standard)),
    )


def cluster(findings: Findings, name: str, words_of: Mapping[str, Any]) -> Theme | None:
    """Parks by group of similar parks."""
    found = findings.clusterings.get(words_of["method"])
    if found is None:
        return None
    own = found.labels[found.labels > 0] - 1
    count = int(own.max()) + 1 if len(own) else 0
    titles = [word("theme_words", "group", number=number + 1) for number in range(count)]
    return _grouped(
        findings,
        (name, words_of["title"]),
        own,
        legend=list(zip(titles, cycle("groups", count), strict=True)),
        axes=pd.DataFrame(index=own.index),
        notes=(*found.notes, *_centres(findings, found)),
    )


def _grouped(
    findings: Findings,
    named: tuple[str, str],
    own: pd.Series[int],
    *,
    legend: list[tuple[str, str]],
    axes: pd.DataFrame,
    notes: tuple[str, ...],
) -> Theme:
    """A layer of parks in groups, each a block of the table; the others in a last one.

    Args:
        findings: what one run found.
        named: id and title.
        own: park id → number of its group.
        legend: text and colour of each group.
        axes: shares by park shown in the table.
        notes: sentences under the table.
    """
    shown = own_or_above(findings.dataset, own)
    tops = _tops(findings)
    lost = [park for park in tops if park not in shown]
    without = unknown("no_data", len(lost), PARKS)
    members = [
        [park for park in tops if park in own.index and own[park] == number]
        for number in range(len(legend))
    ]
    titled = [(text, parks) for (text, _), parks in zip(legend, members, strict=True)]

    def cells(park: str) -> tuple[str, ...]:
        shares = [show(axes.at[park, one], "percent") if park in axes.index else "" for one in axes]
        return (of_park(findings, park, "park_name"), of_park(findings, park, "park_kind"), *shares)

    return Theme(
        id=named[0],
        title=named[1],
        draws="parks",
        colours={park: int(number) for park, (_, number) in shown.items()},
        legend_title=named[1],
        legend=tuple(
            entry(text, colour, len(parks), PARKS)
            for (text, colour), parks in zip(legend, members, strict=True)
        ),
        unknown=without,
        told={park: legend[int(number)][0] for park, (_, number) in shown.items()},
        heads=(*heads("park_name", "park_kind"), *axes.columns),
        blocks=tuple(
            Block(title=title, rows=rows(findings, parks, cells))
            for title, parks in [*titled, (without.text, lost)]
            if parks
        ),
        notes=notes,
    )


def _tops(findings: Findings) -> list[str]:
    """Parks that are part of no other."""
    return [park for park, depth in tree(findings.dataset.parks) if not depth]


def _rank(evaluation: Evaluation, park: str) -> str:
    return show(evaluation.result.at[park, "rank"], "count") or word("marks", "unranked")


def _told(evaluation: Evaluation, park: str) -> str:
    """Score, rank and coverage of a park in one line, or why there is no score."""
    if park not in evaluation.result.index:
        return word("theme_words", "no_score")
    one = evaluation.result.loc[park]
    if pd.isna(one["score"]):
        return str(one["reason"]) or word("theme_words", "no_score")
    rank = show(one["rank"], "count")
    parts = [f"{word('theme_words', 'score')} {show(one['score'], 'score')}"]
    parts += [word("theme_words", "rank_told", rank=rank)] if rank else []
    parts.append(word("theme_words", "coverage_told", share=show(one["coverage"], "percent")))
    return "，".join(parts)


def _score_blocks(findings: Findings, evaluation: Evaluation) -> tuple[Block, ...]:
    """One block per cohort in the order of levels, the best first; the unjudged last."""
    result = evaluation.result
    cohorts: dict[str, list[str]] = {}
    for park in _tops(findings):
        cohorts.setdefault(result["cohort"].get(park, ""), []).append(park)
    blocks = []
    for cohort, parks in sorted(cohorts.items(), key=lambda one: not one[0]):
        order = sorted(parks, key=lambda park: _place(result, park))
        title = cohort_label(evaluation.standard, cohort) if cohort else ""
        blocks.append(
            Block(
                title=title or word("theme_words", "no_score"),
                rows=rows(findings, order, lambda park: _score_cells(findings, evaluation, park)),
                notes=_reasons(findings, evaluation, order),
            )
        )
    return tuple(blocks)


def _place(result: pd.DataFrame, park: str) -> float:
    """By rank; those without one keep the order they are listed in, after the others."""
    rank = result["rank"].get(park)
    return float("inf") if rank is None or pd.isna(rank) else float(rank)


def _score_cells(findings: Findings, evaluation: Evaluation, park: str) -> tuple[str, ...]:
    result = evaluation.result
    name, kind = of_park(findings, park, "park_name"), of_park(findings, park, "park_kind")
    known = indicators_of(findings).get(words()["map"]["indicator"])
    tax = (show(value_of(findings, park, known.id), kind_of(known)),) if known else ()
    judged = park in result.index and result.at[park, "cohort"] != ""
    if not judged:
        return ("", name, kind, "", "", *tax)
    score = show(result.at[park, "score"], "score")
    coverage = show(result.at[park, "coverage"], "percent")
    return (_rank(evaluation, park), name, kind, score, coverage, *tax)


def _reasons(findings: Findings, evaluation: Evaluation, parks: list[str]) -> tuple[str, ...]:
    """Why there is no score, rank or grade: once when it holds for all, else by park."""
    told = {park: str(evaluation.result["reason"].get(park, "")) for park in parks}
    different = list(dict.fromkeys(text for text in told.values() if text))
    if len(different) == 1 and all(told.values()):
        return (different[0],)
    names = {park: of_park(findings, park, "park_name") for park in parks}
    return tuple(f"{names[park]}：{text}" for park, text in told.items() if text)


def _centres(findings: Findings, found: Clustering) -> tuple[str, ...]:
    """Mean values of each group, in one sentence."""
    known = indicators_of(findings)
    lines = []
    for number, row in found.centres.iterrows():
        parts = [
            f"{known[name].label.zh} {show(value, kind_of(known[name]))} {known[name].unit}".strip()
            for name, value in row.items()
            if name in known and not pd.isna(value)
        ]
        group = word("theme_words", "group", number=number)
        lines.append(f"{group}{word('theme_words', 'mean')}：{'，'.join(parts)}")
    return tuple(lines)
