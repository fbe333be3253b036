"""The catalogues (目录) on screen: standards, indicators, fields, issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parkeval.cli import screen
from parkeval.cli.options import AS_JSON, Command, Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indicators.rules import Cohort, Criterion, Indicator, Standard


@click.group(cls=Group, help="评价标准：list 列出，show 看一个，check 检查一个标准文件。")
def standards() -> None:
    """Group of the commands about standards."""


@standards.command("list", help="列出全部标准，公开内容不完整的也在内。")
@AS_JSON
def list_(*, as_json: bool) -> None:
    """List complete standards, then published schemes with gaps."""
    from indicators.catalog import incomplete
    from indicators.catalog import standards as every
    from indicators.vocabulary import say

    complete = [
        {
            "id": one.id,
            "title": one.title.zh,
            "subject": one.subject,
            "official": one.official,
            "complete": True,
            "note": one.note.zh if one.note else "",
        }
        for one in every().values()
    ]
    gaps = [dict(row) | {"complete": False} for row in incomplete().to_dict("records")]
    if as_json:
        screen.as_json([*complete, *gaps])
        return
    rows = [
        (
            one["id"],
            one["title"],
            say("words", str(one["subject"])),
            say("words", "official" if one["official"] else "ours"),
        )
        for one in complete
    ]
    rows += [(one["id"], one["title"], "", say("words", "incomplete")) for one in gaps]
    screen.lines(_table(rows))


@standards.command(help="看一个标准：评价分组、指标、权重、基准值、分档和来源。")
@click.argument("standard", metavar="ID|FILE")
@AS_JSON
def show(standard: str, *, as_json: bool) -> None:
    """Print one standard, or what is known of a scheme with gaps."""
    from indicators.catalog import find_standard, incomplete

    gaps = incomplete()
    row = gaps[gaps["id"] == standard]
    if len(row):
        told = {str(name): str(value) for name, value in row.iloc[0].items()}
        screen.as_json(told | {"complete": False}) if as_json else screen.lines(_gap(told))
        return
    found = find_standard(standard)
    if as_json:
        screen.as_json(found.model_dump(mode="json", by_alias=True, exclude_unset=True))
    else:
        screen.lines(_shown(found))


@standards.command(help="检查一个标准文件，一次列出全部错误。")
@click.argument("file", metavar="FILE", type=click.Path())
@AS_JSON
def check(file: str, *, as_json: bool) -> None:
    """Say that a standard can be used; its mistakes end the command."""
    from indicators.catalog import find_standard

    found = find_standard(file)
    cohorts, criteria = len(found.cohorts), sum(len(one.criteria) for one in found.cohorts)
    if as_json:
        counts = {"cohorts": cohorts, "criteria": criteria}
        screen.as_json({"id": found.id, "title": found.title.zh, "usable": True, **counts})
        return
    size = f"{cohorts} 个评价分组，{criteria} 个评价项"
    screen.lines([f"可用  {found.title.zh}（{found.id}）：{size}"])


@click.command(cls=Command, help="指标目录：编号、名称、单位、怎么算。")
@AS_JSON
def indicators(*, as_json: bool) -> None:
    """Print the catalogue of indicators."""
    from indicators.catalog import catalog

    known = catalog().indicators.values()
    if as_json:
        screen.as_json([one.model_dump(mode="json") for one in known])
    else:
        screen.lines(_table((one.id, one.label.zh, _unit(one), _formula(one)) for one in known))


@click.command(cls=Command, help="数据项目目录：编号、名称、单位、可出现在哪类表、别名。")
@AS_JSON
def fields(*, as_json: bool) -> None:
    """Print the data dictionary."""
    from dataclasses import asdict

    from geodata.fields import fields as known

    if as_json:
        screen.as_json([asdict(one) for one in known().values()])
        return
    screen.lines(
        _table(
            (one.id, one.zh, one.unit, " ".join(one.tables), "、".join(one.aliases))
            for one in known().values()
        )
    )


@click.command(cls=Command, help="数据问题目录：编号、严重程度、含义、处理办法。")
@AS_JSON
def issues(*, as_json: bool) -> None:
    """Print the catalogue of issues."""
    from dataclasses import asdict

    from geodata.issues import SEVERITIES, catalogue

    known = sorted(catalogue().values(), key=lambda one: SEVERITIES.index(one.severity))
    if as_json:
        screen.as_json([asdict(one) for one in known])
    else:
        screen.lines(_table((one.code, one.severity, one.title, one.remedy) for one in known))


def _table(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Rows as columns of even width; a Chinese character is as wide as two Latin ones."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = [
            text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def _unit(indicator: Indicator) -> str:
    return "%" if indicator.percent else indicator.unit


def _formula(indicator: Indicator) -> str:
    from indicators.vocabulary import label, say

    above = "＋".join(label(name) for name in indicator.numerator)
    if indicator.kind == "ratio":
        below = "＋".join(label(name) for name in indicator.denominator)
        return f"{above} / {below}"
    return f"{above}（{say('words', indicator.kind)}）"


def _gap(told: dict[str, str]) -> list[str]:
    return [
        f"{told['title']}（{told['id']}）  公开内容不完整，不能评分",
        f"地方  {told['place']}  {told['year']}",
        f"已知  {told['known']}",
        f"未公开  {told['missing']}",
        f"来源  {told['source']}",
    ]


def _shown(standard: Standard) -> Iterator[str]:
    from indicators.evaluate import named
    from indicators.vocabulary import say

    status = say("words", "official" if standard.official else "ours")
    yield f"{standard.title.zh}（{standard.id}）  {say('words', standard.subject)}  {status}"
    if standard.note:
        yield f"说明  {standard.note.zh}"
    for name, source in standard.sources.items():
        yield f"来源  {name}  {source}"
    known = named(standard)
    for cohort in standard.cohorts:
        yield ""
        yield from _cohort(cohort, known)
    for veto in standard.vetoes:
        yield f"否决  {veto.reason.zh}"


def _cohort(cohort: Cohort, known: dict[str, Indicator]) -> Iterator[str]:
    from indicators.rules import Benchmark
    from indicators.vocabulary import say

    rule = cohort.normalise
    how = say("words", rule.method)
    if isinstance(rule, Benchmark):
        how += "，不设上限" if rule.cap == "none" else f"，单项至多 {rule.cap:g} 倍"
    split = f"，按 {cohort.split} 分开" if cohort.split else ""
    yield f"分组  {cohort.label.zh}（{cohort.id}）  {how}{split}"
    rows = [
        (
            f"  {group.label.zh}",
            known[one.indicator].label.zh,
            _unit(known[one.indicator]),
            f"{one.weight:g}",
            _against(one),
            _missing(one),
        )
        for group in cohort.groups
        for one in group.criteria
    ]
    yield from _table([("  目标层", "指标", "单位", "权重", "基准值或下限至目标", "缺失"), *rows])
    if cohort.grading.by == "none":
        yield f"  分档  {cohort.grading.reason.zh}"
    else:
        cuts = "，".join(f"{one.id} 至 {one.top:.0%}" for one in cohort.grading.grades)
        yield f"  分档  {cuts}"


def _against(criterion: Criterion) -> str:
    from indicators.rules import CohortStatistic
    from indicators.vocabulary import say

    at = criterion.benchmark
    if isinstance(at, CohortStatistic):
        return say("words", at.period) + say("words", at.statistic)
    if isinstance(at, dict):
        return "，".join(f"{period} {value:.12g}" for period, value in sorted(at.items()))
    return f"{at:.12g}" if at is not None else f"{criterion.floor:.12g} 至 {criterion.goal:.12g}"


def _missing(criterion: Criterion) -> str:
    from indicators.vocabulary import say

    if isinstance(criterion.missing, str):
        return say("words", criterion.missing)
    rules = sorted(criterion.missing.items())
    return "，".join(f"{period} {say('words', rule)}" for period, rule in rules)
