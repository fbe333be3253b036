"""The command line (命令行): `parkeval` and `python -m parkeval`."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from geodata.errors import InputError
from parkeval import __version__
from parkeval.cli.options import Group

_COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("parkeval.cli.workspace:demo", "生成完整的示例工作区（虚构示例）并完成评价"),
    "init": ("parkeval.cli.workspace:init", "新建工作区"),
    "check": ("parkeval.cli.run:check", "读取、规整、落位、关联，列出数据问题"),
    "evaluate": ("parkeval.cli.run:evaluate", "完成一次试算：评分、分档、排名、聚类，输出成果"),
    "explain": ("parkeval.cli.tell:explain", "说明一个企业或园区的得分从何而来"),
    "report": ("parkeval.cli.tell:report", "根据已有结果重新生成报告"),
    "score": ("parkeval.cli.score:score", "只用评价标准，给任意一张表评分"),
    "locate": ("parkeval.cli.locate:locate", "只做落位：两个图层相交的面积"),
    "survey": ("parkeval.cli.survey:survey", "勘测定界坐标文件与图层互转"),
    "standards": (
        "parkeval.cli.catalogues:standards",
        "评价标准：list 列表，show 详情，check 检查",
    ),
    "indicators": ("parkeval.cli.catalogues:indicators", "指标目录"),
    "fields": ("parkeval.cli.catalogues:fields", "数据项目目录"),
    "issues": ("parkeval.cli.catalogues:issues", "数据问题目录"),
}


class _Commands(Group):
    """Commands by name, each loaded only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order a user meets them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading any of them."""
        del ctx
        with formatter.section("命令"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="parkeval：按亩均效益评价园区和企业。",
)
@click.version_option(__version__, message="%(prog)s %(version)s", help="显示版本")
def cli() -> None:
    """Group of all commands."""


def main() -> None:
    """Run the command line: 0 done, 1 the input cannot be used, 2 wrong options.

    A mistake in the user's input is one Chinese message; a bug keeps its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = cli.main(prog_name="parkeval", standalone_mode=False)
    except InputError as error:
        click.echo(message(error), err=True)
        sys.exit(1)
    except click.UsageError as error:
        if error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"命令写法不对：{_wrong(error)}", err=True)
        sys.exit(2)
    except click.Abort:
        click.echo("已中断，没有改动结果。", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _wrong(error: click.UsageError) -> str:
    """A wrong command line in Chinese; what has no words of ours keeps click's."""
    if isinstance(error, click.NoSuchOption):
        near = f"，相近的有 {'、'.join(error.possibilities)}" if error.possibilities else ""
        return f"没有选项 {error.option_name}{near}"
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return f"缺少 {_shown(error.param)}"
    if isinstance(error, click.BadParameter) and error.param is not None:
        return f"{_shown(error.param)} 的值不对（{error.message}）"
    if error.ctx is not None and isinstance(error.ctx.command, click.Group):
        present = "、".join(error.ctx.command.list_commands(error.ctx))
        return f"没有这个命令，可用的有 {present}"
    return error.message


def _shown(param: click.Parameter) -> str:
    """An option by its name, an argument by the word that the usage line shows."""
    return param.opts[-1] if isinstance(param, click.Option) else param.human_readable_name


def message(error: InputError) -> str:
    """Every problem of an input error as one message for the screen."""
    count = len(error.issues)
    head = "无法继续：" if count == 1 else f"无法继续，共 {count} 个问题："
    return "\n".join([head, *(one.text() for one in error.issues)])


if __name__ == "__main__":
    main()
