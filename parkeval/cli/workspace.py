"""Commands that make a workspace: demo, init."""

from __future__ import annotations

from pathlib import Path

import click

from parkeval.cli import screen
from parkeval.cli.options import AS_JSON, Command
from parkeval.cli.run import evaluate


@click.command(
    cls=Command, help="在 DIR（默认 demo）生成一个完整的示例工作区（数据全部虚构）并完成评价。"
)
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("demo"))
@AS_JSON
@click.pass_context
def demo(context: click.Context, directory: Path, *, as_json: bool) -> None:
    """Write the example city and evaluate it."""
    from geodata.errors import InputError
    from geodata.issues import issue
    from parkeval import config
    from parkeval.demo import write_city

    if (directory / config.FILE_NAME).is_file() and not config.load(directory).is_example:
        raise InputError([issue("demo-refused", file=str(directory))])
    with screen.progress() as step:
        step("生成虚构示例数据")
        write_city(directory)
    if not as_json:
        click.echo(f"已生成虚构示例工作区 {directory}")
    context.invoke(evaluate, directory=directory, period=None, standards=(), as_json=as_json)


@click.command(
    cls=Command,
    help="新建工作区 DIR；DIR/data 中已有文件时，按认出的列拟一份 parkeval.toml 供人确认。",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@AS_JSON
def init(directory: Path, *, as_json: bool) -> None:
    """Make a workspace, or propose one from the files already there."""
    from parkeval.propose import init as run

    written = run(directory)
    if as_json:
        screen.as_json([str(path) for path in written])
    else:
        screen.lines(["已生成", *(f"  {path}" for path in written)])
        click.echo("请打开 parkeval.toml 逐项核对标有“请确认”的内容，再运行 parkeval check。")
