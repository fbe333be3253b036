"""Commands that work on a workspace: check, evaluate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parkeval.cli import screen
from parkeval.cli.options import AS_JSON, DIRECTORY, Command

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=Command,
    help="读取、规整、落位、关联工作区 DIR 的数据，列出数据问题；有严重问题时退出码为 1。",
)
@DIRECTORY
@AS_JSON
def check(directory: Path, *, as_json: bool) -> None:
    """Print and write the list of data problems."""
    from parkeval.pipeline import check as run

    with screen.progress() as step:
        dataset, listed = run(directory, step=step)
    severe = [one for one in dataset.issues if one.severity == "severe"]
    if as_json:
        screen.as_json(
            {
                "problems": screen.told(dataset.issues),
                "file": str(listed),
            }
        )
    else:
        screen.lines(screen.facts(dataset))
        screen.lines(screen.problems(dataset.issues, listed))
        screen.lines(one.text() for one in severe[: screen.SHOWN])
    if severe:
        raise SystemExit(1)


@click.command(
    cls=Command, help="对工作区 DIR 完成一次试算：评分、分档、排名、聚类，写出结果、工作簿和地图。"
)
@DIRECTORY
@click.option("--period", metavar="P", help="统计期，默认取 parkeval.toml 中的 period")
@click.option(
    "--standard", "standards", metavar="ID", multiple=True, help="只用这些标准，可多次给出"
)
@AS_JSON
def evaluate(
    directory: Path, *, period: str | None, standards: tuple[str, ...], as_json: bool
) -> None:
    """Run the whole evaluation."""
    from parkeval.pipeline import evaluate as run

    with screen.progress() as step:
        outcome = run(directory, period=period, standards=standards, step=step)
    found = outcome.findings
    shown = [path for path in outcome.written if "tables" not in path.parts]
    if as_json:
        screen.as_json(
            {
                "period": found.period,
                "standards": list(found.evaluations),
                "problems": len(found.issues),
                "files": [str(path) for path in shown],
            }
        )
        return
    screen.lines([f"{found.title}　{found.period}"])
    screen.lines(screen.facts(found.dataset))
    screen.lines(screen.judged(found))
    screen.lines(screen.problems(found.issues, None))
    screen.lines(["成果文件", *(f"  {path}" for path in shown)])
