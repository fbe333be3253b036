"""From Findings to the sheets people read (呈现用表): labelled columns, names instead of ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geodata.fields import fields
from reports.assets import words
from reports.labels import (
    Column,
    cohort_label,
    column,
    field_column,
    indicator_column,
    indicators_of,
    kind_of,
    ours,
    word,
)
from reports.places import grade_counts, in_period, park_names, tree
from reports.tables import enterprise_table, issue_columns, issue_table, park_table, point_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indicators.model import Evaluation, Findings
    from indicators.rules import Kind

ROW_KIND = "row_kind"
"""Column that says how a row's numbers are shown where columns cannot say it."""


POINT_COLUMNS = (
    "subject_id",
    "subject_name",
    "standard_title",
    "cohort",
    "group",
    "indicator",
    "unit",
    "actual",
    "benchmark",
    "floor",
    "goal",
    "weight",
    "points",
    "fill",
)
"""Columns of the sheet of points, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table for people.

    Attributes:
        title: heading above it, empty for a sheet's only table.
        columns: what is shown, in order.
        frame: holds the columns by id, in the order of display; may hold more.
    """

    title: str
    columns: tuple[Column, ...]
    frame: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of the workbook.

    Attributes:
        id: key of `sheets` in labels.toml.
        title: name of the sheet.
        notes: lines above the tables.
        tables: one, or several below each other.
    """

    id: str
    title: str
    notes: tuple[str, ...]
    tables: tuple[Table, ...]


FEW = 3
"""Fewer enterprises than this could be told apart in a sum."""


def sheet(name: str, findings: Findings, tables: Iterable[Table]) -> Sheet:
    """A sheet worded by labels.toml, which says where standards are of our own making."""
    entry = words()["sheets"][name]
    notes = (entry["note"], *ours(findings))
    return Sheet(id=name, title=entry["title"], notes=notes, tables=tuple(tables))


def parks_sheet(findings: Findings, *, public: bool) -> Sheet:
    """园区: every park, parts below the park they belong to.

    In public, sums and ratios of a park with fewer than three enterprises stay out: they would
    show an enterprise's figures.
    """
    data = findings.dataset
    order = [park for park, _ in tree(data.parks)]
    names = park_names(data)
    frame = park_table(findings).reindex(order).reset_index(names="park_id")
    frame["parent_name"] = frame["parent_id"].map(names)
    if public:
        frame = _shielded(frame)
    frame = _with_cohort_labels(findings, frame)
    rolled, stated = word("amounts", "rolled_up"), word("amounts", "stated")
    attributes = [name for name in ("county", "leading_industries") if _known(frame, name)]
    columns = [
        *(column(name) for name in ("park_id", "park_name", "park_level", "park_kind")),
        column("parent_name"),
        *(field_column(name) for name in attributes),
        *judged_columns(findings, "park"),
        *(column(name) for name in ("parcel_count", "parcels_mu", "enterprise_count")),
        field_column("approved_area_mu"),
        *_amount_columns(frame, "parks", "", rolled),
        *_stated_columns(frame, stated),
        *_value_columns(findings, frame),
    ]
    for name in findings.quadrants.columns:
        title = _theme_title(f"quadrant-{name}", name)
        columns.append(column("quadrant", title=title, at=f"quadrant.{name}"))
    for name in findings.clusterings:
        title = _theme_title(f"cluster-{name}", name)
        columns.append(column("cluster", title=title, at=f"cluster.{name}"))
    return sheet("parks", findings, [_shown("", columns, frame)])


def enterprises_sheet(findings: Findings) -> Sheet:
    """企业: identity, parks, judgement, amounts, indicators."""
    frame = enterprise_table(findings).reset_index(names="enterprise_id")
    frame = _with_cohort_labels(findings, frame)
    stated = ("is_above_scale", "industry_code", "industry_name", "chain", "park_tag")
    columns = [
        column("enterprise_id"),
        field_column("enterprise_name"),
        column("enterprise_parks", at="parks"),
        *judged_columns(findings, "enterprise"),
        *(field_column(name) for name in stated if _known(frame, name)),
        *_amount_columns(frame, "enterprises", "", ""),
        *_value_columns(findings, frame),
    ]
    return sheet("enterprises", findings, [_shown("", columns, frame)])


def grades_sheet(findings: Findings, *, public: bool) -> Sheet:
    """档次: how many got which grade, the lowest score of each, and grades by park."""
    every = list(findings.evaluations.values())
    graded = [one for one in every if len(one.cuts)]
    tables = [_cuts(one, public=public) for one in graded]
    if not public:
        tables += [_by_park(findings, one) for one in graded if one.standard.subject != "park"]
        tables += [_benchmarks(findings, one) for one in every]
    return sheet("grades", findings, tables)


def points_sheet(findings: Findings, *, public: bool) -> Sheet:
    """得分明细: one row per subject and criterion."""
    frame = point_table(findings)
    known = indicators_of(findings)
    rules = {name: one.standard for name, one in findings.evaluations.items()}
    if public:
        wanted = [name for name, one in rules.items() if one.subject == "park"]
        frame = frame[frame["standard"].isin(wanted)].reset_index(drop=True)
    pairs = list(zip(frame["standard"], frame["cohort"], strict=True))
    frame = frame.assign(
        standard_title=[rules[name].title.zh for name in frame["standard"]],
        subject_name=frame["name"],
        group=_groups(findings, frame),
        unit=[known[name].unit for name in frame["indicator"]],
        actual=frame["value"],
        fill=[word("fills", name) if name else "" for name in frame["fill"]],
    )
    frame["cohort"] = [cohort_label(rules[name], cohort) for name, cohort in pairs]
    frame[ROW_KIND] = [kind_of(known[name]) for name in frame["indicator"]]
    frame["indicator"] = [known[name].label.zh for name in frame["indicator"]]
    columns = [column(name) for name in POINT_COLUMNS]
    return sheet("points", findings, [_shown("", columns, frame)])


def unlinked_sheet(findings: Findings) -> Sheet:
    """未关联: enterprises without land, and rows without an enterprise."""
    frame = in_period(findings.dataset.unlinked, findings.period)
    shown = [column(f"unlinked_{name}", at=name) for name in ("kind", "id", "name")]
    shown += [column(f"unlinked_{name}", at=name) for name in ("reason", "tag")]
    return sheet("unlinked", findings, [_shown("", shown, frame)])


def issues_sheet(findings: Findings) -> Sheet:
    """数据问题: severest first, with the place and what to do."""
    frame = issue_table(findings.issues, findings.dataset)
    frame["severity"] = [word("severities", one) for one in frame["severity"]]
    return sheet("issues", findings, [_shown("", issue_columns(), frame)])


def judged_columns(findings: Findings, kind: Kind) -> list[Column]:
    """Columns of every standard's result for one kind of subject."""
    shown: list[Column] = []
    every = [one for one in findings.evaluations.values() if one.standard.subject == kind]
    for one in every:
        title = one.standard.title.zh if len(every) > 1 else ""
        names = ["cohort", "score", "rank"]
        names += ["grade"] if one.result["grade"].ne("").any() else []
        names += ["coverage", "reason"]
        shown += [column(name, at=f"{one.standard.id}.{name}", title=title) for name in names]
    return shown


def _with_cohort_labels(findings: Findings, frame: pd.DataFrame) -> pd.DataFrame:
    """Cohorts in Chinese where a standard's result stands in the frame."""
    told = {
        f"{name}.cohort": [
            cohort_label(one.standard, cohort) if isinstance(cohort, str) else ""
            for cohort in frame[f"{name}.cohort"]
        ]
        for name, one in findings.evaluations.items()
        if f"{name}.cohort" in frame
    }
    return frame.assign(**told)


def _shown(title: str, columns: Sequence[Column], frame: pd.DataFrame) -> Table:
    return Table(title=title, columns=tuple(columns), frame=frame)


def _known(frame: pd.DataFrame, name: str) -> bool:
    return name in frame.columns and bool(frame[name].notna().any())


def _amount_columns(frame: pd.DataFrame, table: str, prefix: str, title: str) -> list[Column]:
    """Core amounts where anything is known, in the order of labels.toml."""
    names = [
        found
        for name in words()["amounts"][table]
        for found in frame.columns
        if found == f"{prefix}{name}" or found.startswith(f"{prefix}{name}.")
    ]
    return [_amount_column(name, prefix, title) for name in names if _known(frame, name)]


def _stated_columns(frame: pd.DataFrame, title: str) -> list[Column]:
    names = [name for name in frame.columns if name.startswith("stated.") and _known(frame, name)]
    return [_amount_column(name, "stated.", title) for name in names]


def _amount_column(name: str, prefix: str, title: str) -> Column:
    field, _, scope = name.removeprefix(prefix).partition(".")
    told = "·".join(part for part in (title, scope) if part)
    return field_column(field, at=name, title=told)


def _value_columns(findings: Findings, frame: pd.DataFrame) -> list[Column]:
    known = indicators_of(findings)
    names = [name.removeprefix("value.") for name in frame.columns if name.startswith("value.")]
    shown = [name for name in names if name in known and _known(frame, f"value.{name}")]
    return [indicator_column(known[name], at=f"value.{name}") for name in shown]


def _theme_title(theme: str, name: str) -> str:
    known = words()["themes"].get(theme)
    return str(known["title"]) if known else name


def _shielded(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the sums and ratios over enterprises where these are too few to hide one."""
    few = frame["enterprise_count"].fillna(0).between(1, FEW - 1)
    sums = [
        name for name in frame if str(name) in fields() and fields()[str(name)].role == "amount"
    ]
    ratios = [name for name in frame if str(name).startswith("value.")]
    hidden = frame.copy()
    hidden.loc[few, [*sums, *ratios]] = float("nan")
    return hidden


def _cuts(evaluation: Evaluation, *, public: bool) -> Table:
    """Grade counts of each cohort; internally also the lowest score, which is one firm's."""
    rules = evaluation.standard
    cuts = evaluation.cuts
    frame = pd.DataFrame(
        {
            "cohort": [cohort_label(rules, name) for name in cuts["cohort"]],
            "grade": cuts["grade"].array,
            "grade_count": cuts["count"].array,
            "lowest_score": cuts["lowest_score"].array,
        }
    )
    title = f"{rules.title.zh} · {word('tables', 'cuts')}"
    names = ("cohort", "grade", "grade_count", *(() if public else ("lowest_score",)))
    return _shown(title, [column(name) for name in names], frame)


def _by_park(findings: Findings, evaluation: Evaluation) -> Table:
    """How many enterprises of each grade have most of their land in each park."""
    counts = grade_counts(findings, evaluation)
    names = park_names(findings.dataset)
    titles = {
        park: f"{word('marks', 'parts') if depth else ''}{names[park]}"
        for park, depth in tree(findings.dataset.parks)
    }
    titles |= {"outside": word("marks", "outside"), "unlinked": word("marks", "without_land")}
    frame = counts.assign(
        park_name=[titles[place] for place in counts.index], all_count=counts.sum(axis=1)
    )
    columns = [
        column("park_name"),
        *(Column(id=name, title=name, kind="count") for name in counts.columns),
        column("all_count"),
    ]
    title = f"{evaluation.standard.title.zh} · {word('tables', 'by_park')}"
    return _shown(title, columns, frame)


def _benchmarks(findings: Findings, evaluation: Evaluation) -> Table:
    """Weight and yardstick of every criterion, and where the yardstick comes from."""
    known = indicators_of(findings)
    rules, used = evaluation.standard, evaluation.benchmarks
    frame = used.assign(
        cohort=[cohort_label(rules, name) for name in used["cohort"]],
        indicator=[known[name].label.zh for name in used["indicator"]],
        unit=[known[name].unit for name in used["indicator"]],
    )
    frame[ROW_KIND] = [kind_of(known[name]) for name in used["indicator"]]
    names = ("cohort", "indicator", "unit", "weight", "benchmark", "floor", "goal", "basis")
    title = f"{rules.title.zh} · {word('tables', 'benchmarks')}"
    return _shown(title, [column(name) for name in names], frame)


def _groups(findings: Findings, frame: pd.DataFrame) -> list[str]:
    """The goal level each row's criterion stands under."""
    found = {
        (name, cohort.id, criterion.indicator): group.label.zh
        for name, one in findings.evaluations.items()
        for cohort in one.standard.cohorts
        for group in cohort.groups
        for criterion in group.criteria
    }
    keys = zip(frame["standard"], frame["cohort"], frame["indicator"], strict=True)
    return [
        found.get((name, cohort.partition(":")[0], indicator), "")
        for name, cohort, indicator in keys
    ]
