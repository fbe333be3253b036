"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

DIRECTORY = click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))

AS_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序读取")
