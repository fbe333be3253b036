"""The workspace file and the decisions beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geodata.errors import InputError
from parkeval import config, decisions
from tests.parkeval import tiny

if TYPE_CHECKING:
    from pathlib import Path


TAX = "[evaluated_tax]\nadd = ["


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The tiny workspace, freshly written."""
    return tiny.write(tmp_path / "city")


def refused(city: Path, old: str, new: str) -> str:
    """Message after one change to the workspace file."""
    path = city / config.FILE_NAME
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        config.load(city)
    return str(error.value)


def test_a_good_file_loads(city: Path) -> None:
    """Sources keep their order and their periods."""
    workspace = config.load(city)

    assert [one.id for one in workspace.sources] == [
        "parks",
        "parcels",
        "leases",
        "tax_2023",
        "tax_2024",
    ]
    assert workspace.sources[0].all_periods == ("2023", "2024")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("title = ", "titel = ", "缺少这一项"),
        ('title = "测试市"', "title = 3", "应为文字"),
        ("2025-05-20", "20 May", "2025-05-20"),
        ('period = "2024"', 'period = "../2024"', "写法不对"),
        ('table = "leases"', 'table = "lease"', "leases"),
        ('\nscope = "核准范围"', "", "缺少这一项"),
        ('id = "parcels"', 'id = "parks"', "id 重复"),
        ('standards = ["own.toml"]', "standards = []", "不能为空"),
        ('periods = ["2023", "2024"]', "", "period 与 periods"),
        ("[options]", '[evaluated_tax]\nadd = ["tax_vat"]\n[options]', "tax_vat_10k_yuan"),
        ("title = ", "title == ", "TOML"),
        ("[options]", f"{TAX}'tax_vat_10k_yuan', 'tax_vat_10k_yuan']\n[options]", "出现了 2 次"),
        ("[options]", f"{TAX}'tax_customs_10k_yuan']\n[options]", "不计入评价税收"),
        ("[options]", f"{TAX}'revenue_10k_yuan']\n[options]", "不是税收项目"),
    ],
)
def test_a_mistake_is_told_in_words(city: Path, old: str, new: str, told: str) -> None:
    """Each mistake says where it stands and what would be right."""
    assert told in refused(city, old, new)


def test_an_unknown_field_in_a_column_map_suggests_the_nearest(city: Path) -> None:
    """A misspelt field id names its neighbours."""
    told = refused(
        city, 'id = "tax_2024"', 'id = "tax_2024"\ncolumns = { tax_10k_yaun = "评价税收" }'
    )

    assert "tax_10k_yuan" in told


def test_no_decisions_are_empty_tables(city: Path) -> None:
    """A workspace without decisions has none."""
    decided = decisions.load(city)

    assert (len(decided.aliases), len(decided.exemptions)) == (0, 0)


def test_a_decision_file_without_its_columns_is_refused(city: Path) -> None:
    """The message names the file and the columns it needs."""
    (city / "decisions").mkdir()
    (city / "decisions" / "exemptions.csv").write_text("企业,原因\n甲,停产\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"decisions/exemptions\.csv"):
        decisions.load(city)
