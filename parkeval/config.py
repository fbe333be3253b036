"""The workspace file `parkeval.toml` (工作区), checked with every mistake at once."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from geodata.errors import InputError
from geodata.fields import fields, nearest
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "parkeval.toml"

TAXES = ("tax_", "vat_")
"""How the ids of tax components begin."""

NEVER_TAX = {"tax_customs_10k_yuan", "tax_10k_yuan"}
"""Taxes collected by customs are never local tax, and the result is no component of itself."""

PERIOD = r"^[0-9A-Za-z一-鿿-]+$"
"""What a period may look like: it names folders."""

Period = Annotated[str, Field(pattern=PERIOD)]

Table = Literal["enterprises", "parcels", "parks", "leases"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Options(_Part):
    """Choices that hold for the whole workspace.

    Attributes:
        area_basis: which area of a parcel counts: `measured` (ellipsoidal) or `recorded`.
        enterprise_scope: 口径 in which enterprises are judged.
        park_scope: 口径 in which parks are judged: the scope of the boundary layer.
        area_tolerance: relative difference of recorded and measured area that is reported.
        cluster_by: indicators by which parks are grouped.
    """

    area_basis: Literal["measured", "recorded"] = "measured"
    enterprise_scope: str = "在地"
    park_scope: str = "核准范围"
    area_tolerance: float = Field(default=0.05, gt=0)
    cluster_by: tuple[str, ...] = (
        "tax_per_mu",
        "value_added_per_mu",
        "value_added_per_tce",
        "rd_intensity",
        "fixed_assets_per_mu",
    )


class EvaluatedTax(_Part):
    """Components of the evaluated tax (评价税收): added and subtracted field ids."""

    add: tuple[str, ...] = Field(min_length=1)
    subtract: tuple[str, ...] = ()


class Source(_Part):
    """One table or layer of the workspace (数据来源), with what people declare about it."""

    id: str
    file: str
    table: Table
    sheet: str | None = None
    header_row: int | None = Field(default=None, ge=1)
    period: Period | None = None
    periods: tuple[Period, ...] = ()
    scope: str
    department: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    crs: str | None = None
    encoding: str | None = None
    constants: dict[str, bool | float | str] = Field(default_factory=dict)
    complete: tuple[str, ...] = ()
    energy_basis: Literal["等价", "当量", ""] = ""

    @property
    def all_periods(self) -> tuple[str, ...]:
        """Periods the figures hold for."""
        return (self.period,) if self.period is not None else self.periods

    @field_validator("columns", "units", "constants")
    @classmethod
    def _known(cls, value: dict[str, object]) -> dict[str, object]:
        for name in value:
            if name not in fields():
                near = nearest(name, fields())
                hint = f"，相近的有 {'、'.join(near)}" if near else ""
                raise ValueError(f"“{name}”不在数据项目目录中{hint}")
        return value


class Workspace(_Part):
    """Everything `parkeval.toml` says."""

    title: str
    is_example: bool = False
    period: Period
    document_date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    standards: tuple[str, ...] = Field(min_length=1)
    options: Options = Options()
    evaluated_tax: EvaluatedTax | None = None
    sources: tuple[Source, ...] = Field(default=(), alias="source")


def load(directory: Path) -> Workspace:
    """Read and check the workspace file of a directory.

    Raises:
        InputError: there is no such file, or it has mistakes; all of them are named.
    """
    path = directory / FILE_NAME
    if not path.is_file():
        raise InputError([issue("workspace-missing", file=str(directory))])
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError([_wrong("全文", "不是 UTF-8 编码，请另存为 UTF-8")]) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"第 {line[1]} 行" if line else "文末"
        cause = "不合 TOML 写法（等号两边、引号、括号、重复的项），原文提示："
        raise InputError([_wrong(where, cause + str(error).split(" (at")[0])]) from None
    try:
        workspace = Workspace.model_validate(stated)
    except ValidationError as error:
        found = [_wrong(_where(one["loc"]), _cause(one)) for one in error.errors()]
        raise InputError(found) from None
    mistakes = _contradictions(workspace)
    if mistakes:
        raise InputError(mistakes)
    return workspace


def _contradictions(workspace: Workspace) -> list[Issue]:
    """Mistakes that only show when several keys are read together."""
    found: list[Issue] = []
    seen: set[str] = set()
    for number, source in enumerate(workspace.sources, start=1):
        where = f"第 {number} 个 source（{source.id}）"
        if source.id in seen:
            found.append(_wrong(where, "id 重复"))
        seen.add(source.id)
        if (source.period is None) == (not source.periods):
            found.append(_wrong(where, "period 与 periods 须写且只写一项"))
    found += _tax_mistakes(workspace.evaluated_tax)
    return found


def _tax_mistakes(tax: EvaluatedTax | None) -> list[Issue]:
    """Components that are unknown, named twice, or never part of evaluated tax."""
    found: list[Issue] = []
    named = (*tax.add, *tax.subtract) if tax else ()
    for name in dict.fromkeys(named):
        if named.count(name) > 1:
            found.append(_wrong("evaluated_tax", f"“{name}”出现了 {named.count(name)} 次"))
        if name in fields() and (fields()[name].unit != "万元" or not name.startswith(TAXES)):
            found.append(_wrong("evaluated_tax", f"“{fields()[name].zh}”不是税收项目"))
        if name in NEVER_TAX:
            cause = f"“{fields()[name].zh}”不计入评价税收"
            found.append(_wrong("evaluated_tax", cause))
    for name in (*tax.add, *tax.subtract) if tax else ():
        if name not in fields():
            near = "、".join(nearest(name, fields()))
            found.append(_wrong("evaluated_tax", f"“{name}”不在数据项目目录中，相近的有 {near}"))
    return found


def _wrong(where: str, cause: str) -> Issue:
    return issue("workspace-invalid", file=FILE_NAME, where=where, cause=cause)


def _where(place: tuple[int | str, ...]) -> str:
    parts = [f"第 {part + 1} 个" if isinstance(part, int) else str(part) for part in place]
    return " ".join(parts) or "全文"


_CAUSES = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项，请核对拼写",
    "literal_error": "只能取 {expected}",
    "string_type": "应为文字（加引号）",
    "string_pattern_mismatch": "写法不对；日期形如 2025-05-20，统计期形如 2024",
    "too_short": "不能为空",
    "bool_type": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "float_type": "应为数字",
    "tuple_type": '应为列表，如 ["2023", "2024"]',
    "dict_type": '应为对照表，如 { 项目名 = "列名" }',
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
}


def _cause(error: object) -> str:
    """A pydantic error in the reader's words; what has no words of ours keeps its own."""
    assert isinstance(error, dict)
    context = error.get("ctx") or {}
    template = _CAUSES.get(error["type"])
    if template is None:
        return str(context.get("error", error["msg"]))
    return template.format(**context)
