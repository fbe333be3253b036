"""The invented city's workspace (工作区): its parkeval.toml, decisions and readme."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from parkeval.config import FILE_NAME
from parkeval.decisions import COLUMNS, FOLDER
from parkeval.demo.lists import table, text
from parkeval.demo.records import aliased

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_BOM = b"\xef\xbb\xbf"
_README = "说明.txt"


def papers(firms: pd.DataFrame) -> dict[str, bytes]:
    """Everything in the workspace that is not data, by path."""
    short = aliased(firms)
    names = [[short[number], str(firms.at[number, "code"])] for number in sorted(short)]
    return {
        FILE_NAME: text("workspace.toml").encode(),
        _README: _BOM + text("readme.txt").replace("\n", "\r\n").encode(),
        f"{FOLDER}/aliases.csv": _csv([COLUMNS["aliases"], *names]),
        f"{FOLDER}/exemptions.csv": _csv([COLUMNS["exemptions"], *_exempt(firms)]),
    }


def _exempt(firms: pd.DataFrame) -> list[list[str]]:
    """Firms that this city decided not to judge."""
    reasons = table("names")["exempt"]
    rows = firms[firms["kind"].isin(list(reasons))].sort_values("code")
    pairs = zip(rows["code"], rows["kind"], strict=True)
    return [[str(code), str(reasons[kind])] for code, kind in pairs]


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    content = io.StringIO()
    csv.writer(content, lineterminator="\r\n").writerows(rows)
    return _BOM + content.getvalue().encode()
