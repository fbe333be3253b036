"""The catalogues on screen and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from geodata.errors import InputError
from geodata.fields import fields as known_fields
from geodata.issues import catalogue
from indicators.catalog import catalog
from parkeval.cli import catalogues

if TYPE_CHECKING:
    from pathlib import Path

    import click


def run(command: click.Command, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_list_marks_ours_and_incomplete() -> None:
    """The list says which standards are ours and which cannot score."""
    lines = run(catalogues.standards, "list").output.splitlines()
    by_id = {line.split()[0]: line for line in lines}

    assert by_id["huangyan"].endswith("公布的办法")
    assert by_id["city_default"].endswith("本工具自定，无官方来源")
    assert by_id["huaian"].endswith("公开内容不完整，不能评分")


def test_list_as_json() -> None:
    """Every standard and every scheme with gaps, with whether it can be used."""
    told = json.loads(run(catalogues.standards, "list", "--json").output)
    complete = {one["id"]: one["complete"] for one in told}

    assert complete["five_good"]
    assert not complete["hengyang"]
    assert len(complete) == len(told)


def test_show_a_standard() -> None:
    """Weights, benchmarks of both years, the missing rule, sources and the note are all there."""
    told = run(catalogues.standards, "show", "huangyan").output

    for text in ("2021 26.01，2022 24.097", "16.601058", "2022 缺失取本组平均分", "不设上限"):
        assert text in told
    assert "公布文本没有写明分档比例" in told
    assert "chacewang.com" in told


def test_show_every_standard() -> None:
    """Every standard can be shown, as text and as JSON."""
    for name in ("city_default", "five_good", "land_priority", "energy_priority"):
        assert "无官方来源" in run(catalogues.standards, "show", name).output
        told = json.loads(run(catalogues.standards, "show", name, "--json").output)
        assert not told["official"]
        weights = [
            one["weight"] for group in told["cohort"][0]["group"] for one in group["criteria"]
        ]
        assert 100 == sum(weights)


def test_show_a_scheme_with_gaps() -> None:
    """What is known and what is missing, with the source; no error."""
    told = run(catalogues.standards, "show", "jingde").output
    as_json = json.loads(run(catalogues.standards, "show", "jingde", "--json").output)

    assert "未公开  各项权重" in told
    assert not as_json["complete"]


def test_check_a_file(tmp_path: Path) -> None:
    """A usable standard is said to be usable; mistakes end the command."""
    good = run(catalogues.standards, "check", "city_default")
    bad = tmp_path / "bad.toml"
    bad.write_text("id = 3", encoding="utf-8")
    refused = run(catalogues.standards, "check", str(bad))

    assert good.output.startswith(
        "可用  企业亩均效益综合评价（通用）（city_default）：2 个评价分组，8 个评价项"
    )
    assert json.loads(run(catalogues.standards, "check", "huangyan", "--json").output)["usable"]
    assert isinstance(refused.exception, InputError)


@pytest.mark.parametrize(
    ("command", "count"),
    [
        (catalogues.indicators, len(catalog().indicators)),
        (catalogues.fields, len(known_fields())),
        (catalogues.issues, len(catalogue())),
    ],
)
def test_catalogues_are_complete(command: click.Command, count: int) -> None:
    """Each catalogue prints every entry, one line each, and as JSON."""
    assert count == len(run(command).output.splitlines())
    assert count == len(json.loads(run(command, "--json").output))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (catalogues.standards, "评价标准"),
        (catalogues.indicators, "指标目录"),
        (catalogues.fields, "数据项目目录"),
        (catalogues.issues, "数据问题目录"),
    ],
)
def test_help_is_chinese(command: click.Command, expected: str) -> None:
    """Every command explains itself in Chinese."""
    assert expected in run(command, "--help").output
