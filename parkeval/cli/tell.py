"""Commands that tell what was found: explain, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parkeval.cli import screen
from parkeval.cli.options import AS_JSON, DIRECTORY, Command

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=Command, help="说明 SUBJECT（企业代码、企业名称或园区）的得分从何而来，提高一档要做到什么。"
)
@DIRECTORY
@click.argument("subject", metavar="SUBJECT")
@click.option("--period", metavar="P", help="统计期，默认取 parkeval.toml 中的 period")
@click.option("--standard", metavar="ID", help="只说明这一个标准")
@AS_JSON
def explain(
    directory: Path, subject: str, *, period: str | None, standard: str | None, as_json: bool
) -> None:
    """Explain one subject's score down to the source cells."""
    from parkeval.pipeline import explain as run

    told = run(directory, subject, period=period, standard=standard)
    if as_json:
        screen.as_json([one.as_dict() for one in told])
    else:
        click.echo("\n\n".join(one.text() for one in told))


@click.command(cls=Command, help="根据工作区 DIR 已有的结果重新生成报告。")
@DIRECTORY
@click.option("--list", "show", is_flag=True, help="列出可生成的报告")
@click.option("--only", metavar="NAME", multiple=True, help="只生成这些报告，可多次给出")
@click.option("--period", metavar="P", help="统计期，默认取 parkeval.toml 中的 period")
@click.option("--public", is_flag=True, help="公开版：不含地块和企业数据")
@AS_JSON
def report(
    directory: Path,
    *,
    show: bool,
    only: tuple[str, ...],
    period: str | None,
    public: bool,
    as_json: bool,
) -> None:
    """Render reports again from stored results."""
    from parkeval.pipeline import report as run
    from reports.catalog import reports

    if show:
        known = reports()
        if as_json:
            screen.as_json({name: one.title for name, one in known.items()})
        else:
            screen.lines(f"{name}  {one.title}" for name, one in known.items())
        return
    written = run(directory, period=period, only=only, public=public)
    if as_json:
        screen.as_json([str(path) for path in written])
    else:
        screen.lines(["已生成", *(f"  {path}" for path in written)])
