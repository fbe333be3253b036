"""What the commands show on screen (屏幕输出): progress, summaries, JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from geodata.issues import SEVERITIES
from reports.assets import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from geodata.issues import Issue
    from geodata.model import Dataset
    from indicators.model import Evaluation, Findings

SHOWN = 12
"""How many problems are printed; the list on file has them all."""


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A progress line on the error stream, when a person is watching; silent otherwise."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("开始", total=None)

        def step(text: str) -> None:
            bar.update(task, description=text)

        yield step


def problems(issues: Iterable[Issue], listed: Path | None) -> list[str]:
    """Counts by severity and by kind, severest first."""
    every = list(issues)
    named = words()["severities"]
    counts = Counter(one.severity for one in every)
    told = "，".join(f"{named[name]} {counts[name]}" for name in SEVERITIES)
    kinds = Counter((SEVERITIES.index(one.severity), one.code, one.kind.title) for one in every)
    return [
        f"数据问题  共 {len(every)} 条（{told}）",
        *(
            f"  [{named[SEVERITIES[rank]]}] {title}：{count} 条"
            for (rank, _, title), count in sorted(kinds.items())
        ),
        *([] if listed is None else [f"  逐条见 {listed}"]),
    ]


def doubts(issues: Sequence[Issue]) -> list[str]:
    """Counts and the first problems in full, for commands that write no problem list."""
    if not issues:
        return []
    told = [*problems(issues, None), *(one.text() for one in issues[:SHOWN])]
    if len(issues) > SHOWN:
        told.append(f"…… 另有 {len(issues) - SHOWN} 条，加 --json 可全部列出")
    return told


def told(issues: Iterable[Issue]) -> list[dict[str, str]]:
    """Problems as JSON values."""
    return [{"code": one.code, "severity": one.severity, "text": one.text()} for one in issues]


def facts(dataset: Dataset) -> list[str]:
    """What was read, joined and left over."""
    parks, firms = dataset.parks, dataset.enterprises
    parts = int(parks["parent_id"].notna().sum())
    rows = int(dataset.sources["used"].sum())
    linked = set(dataset.occupancy["enterprise_id"])
    located = set(dataset.locations["parcel_id"])
    return [
        f"读取  {len(dataset.sources)} 个来源，{rows} 行有效记录",
        f"园区  {len(parks) - parts} 个，另有分园 {parts} 个",
        f"宗地  {len(dataset.parcels)} 宗，其中 {len(located)} 宗在园区内",
        f"企业  {len(firms)} 家，其中 {len(linked & set(firms.index))} 家有用地；"
        f"未关联 {len(dataset.unlinked)} 项",
    ]


def judged(findings: Findings) -> list[str]:
    """What was graded and ranked, and that nothing was lost."""
    lines = [line for one in findings.evaluations.values() for line in _evaluation(one)]
    lines += [
        f"税收核对  合计 {row.total:,.2f} 万元 = 园区内 {row.in_parks:,.2f} + 园区外 "
        f"{row.outside:,.2f} + 未关联 {row.unlinked:,.2f}（差额 {row.difference:.4f}）"
        for row in findings.ledger.itertuples()
        if row.amount == "tax_10k_yuan"
    ]
    return lines


def _evaluation(one: Evaluation) -> Iterator[str]:
    from reports.labels import cohort_label

    result = one.result
    scored = int(result["score"].notna().sum())
    mark = "" if one.standard.official else "（本工具自定，无官方来源）"
    yield f"{one.standard.title.zh}{mark}  评分 {scored} 个，未评分 {len(result) - scored} 个"
    for cohort, part in result[result["grade"] != ""].groupby("cohort", sort=True):
        counts = part["grade"].value_counts().sort_index()
        label = cohort_label(one.standard, str(cohort))
        yield f"  {label}：" + "，".join(f"{grade} {count}" for grade, count in counts.items())


def as_json(told: object) -> None:
    """Print one JSON document for programs."""
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


def lines(told: Iterable[str]) -> None:
    """Print lines."""
    for one in told:
        click.echo(one)
