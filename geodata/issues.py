"""Doubts about the data (数据问题) as values, worded by the catalogue `issues.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["severe", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("severe", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKind:
    """One entry of the catalogue.

    Attributes:
        code: stable name, kebab case.
        severity: `severe` (the figures cannot be trusted), `warning` (something was left out
            or needs a person), `info` (done as stated, for the record).
        title: what is wrong, in Chinese, without particulars.
        message: the particulars, with `{names}` filled from an issue's `params`.
        remedy: what the reader should do; may use the same names.
        owner: who usually has to act, in Chinese.
    """

    code: str
    severity: Severity
    title: str
    message: str
    remedy: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A doubt about one cell, row, table or file.

    The parts are stored and the words are made late, from the catalogue.

    Attributes:
        code: entry of the catalogue.
        file: file as the workspace names it, empty when there is none.
        sheet: sheet or layer, empty when there is none.
        cell: address such as `C5`, or a row such as `第 5 行`.
        value: the offending value as read.
        subject: identifier of the enterprise, parcel or park concerned.
        params: values for the catalogue's `{names}`.
    """

    code: str
    file: str = ""
    sheet: str = ""
    cell: str = ""
    value: str = ""
    subject: str = ""
    params: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> IssueKind:
        """The catalogue's entry; an unknown code is our bug and raises KeyError."""
        return catalogue()[self.code]

    @property
    def severity(self) -> Severity:
        """Severity of the catalogue's entry."""
        return self.kind.severity

    def message(self) -> str:
        """Particulars in Chinese, with this issue's values filled in."""
        return self.kind.message.format_map(self._names())

    def remedy(self) -> str:
        """What to do, in Chinese."""
        return self.kind.remedy.format_map(self._names())

    def place(self) -> str:
        """File, sheet and cell in the reader's words, empty when there is none."""
        sheet = f"工作表或图层“{self.sheet}”" if self.sheet else ""
        return "，".join(part for part in (self.file, sheet, self.cell) if part)

    def text(self) -> str:
        """The whole message on a few lines: what, where, value, remedy."""
        lines = [f"{self.kind.title}：{self.message()}"]
        if self.place():
            lines.append(f"  位置  {self.place()}")
        if self.value:
            lines.append(f"  原值  {self.value}")
        if self.remedy():
            lines.append(f"  处理  {self.remedy()}")
        return "\n".join(lines)

    def _names(self) -> dict[str, str]:
        fixed = {"file": self.file, "sheet": self.sheet, "cell": self.cell}
        return fixed | {"value": self.value, "subject": self.subject} | dict(self.params)


def issue(code: str, /, **parts: object) -> Issue:
    """Build an issue; parts that are not fields of `Issue` become `params`, as text.

    >>> issue("empty-table", file="a.csv").severity
    'severe'
    """
    own = {"file", "sheet", "cell", "value", "subject"}
    fields = {name: str(part) for name, part in parts.items() if name in own}
    params = tuple((name, str(part)) for name, part in parts.items() if name not in own)
    if code not in catalogue():
        raise KeyError(code)
    return Issue(code=code, params=params, **fields)


@cache
def catalogue() -> dict[str, IssueKind]:
    """Every kind of issue by code, from `issues.toml`."""
    text = resources.files("geodata").joinpath("issues.toml").read_text(encoding="utf-8")
    return {code: IssueKind(code=code, **entry) for code, entry in tomllib.loads(text).items()}


def in_order(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Issues sorted for display: severest first, then by code and place; duplicates once."""
    rank = {severity: number for number, severity in enumerate(SEVERITIES)}

    def key(one: Issue) -> tuple[object, ...]:
        place = (one.file, one.sheet, len(one.cell), one.cell)
        return rank[one.severity], one.code, *place, one.subject, one.value, one.params

    return tuple(sorted(set(issues), key=key))
