"""Reading a standard: every mistake is named, where it stands, in the writer's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geodata.errors import InputError
from indicators.parse import parse_standard
from indicators.rules import CohortStatistic

if TYPE_CHECKING:
    from geodata.issues import Issue

GOOD = """
id = "small"
title = { zh = "小标准" }
subject = "enterprise"
official = false
sources = { 2024 = "自定" }

[[cohort]]
id = "all"
label = { zh = "全部" }
normalise = { method = "benchmark", cap = 1.5, negative = "zero" }
criteria = [
  { indicator = "tax_per_mu", weight = 60, missing = "no_points", benchmark = 10 },
  { indicator = "rd_intensity", weight = 40, missing = "no_points", benchmark = { 2024 = 0.03 } },
]

[cohort.grading]
by = "none"
reason = { zh = "不分档" }
"""

CRITERIA, COHORT = "criteria = [", "[[cohort]]"
BY_YEAR = 'missing = "no_points", benchmark = {'
ONE_TEST = "条件须且只须写一种判断"
OWN = '[[indicator]]\nid = "a"\nlabel = { zh = "甲" }\n'


def _issues(text: str) -> tuple[Issue, ...]:
    with pytest.raises(InputError) as caught:
        parse_standard(text, file="b.toml")
    return caught.value.issues


def _messages(text: str) -> str:
    return "\n".join(one.message() for one in _issues(text))


def test_flat_criteria_are_one_group() -> None:
    """A flat list of criteria is one group without a label, in declared order."""
    cohort = parse_standard(GOOD, file="a.toml").cohorts[0]

    assert [("all", "")] == [(group.id, group.label.zh) for group in cohort.groups]
    assert ["tax_per_mu", "rd_intensity"] == [one.indicator for one in cohort.criteria]
    assert [10.0, {"2024": 0.03}] == [one.benchmark for one in cohort.criteria]


def test_statistic_as_benchmark() -> None:
    """A benchmark may be a statistic of the cohort, of the previous period unless it says so."""
    text = GOOD.replace("benchmark = 10 ", 'benchmark = { statistic = "total_ratio", times = 2 } ')

    found = parse_standard(text, file="a.toml").cohorts[0].criteria[0].benchmark

    assert CohortStatistic(statistic="total_ratio", period="previous", times=2.0) == found


def test_weights_must_add_up() -> None:
    """Weights that sum to 95 are refused with the sum, the total and the line."""
    (found,) = _issues(GOOD.replace("weight = 60", "weight = 55"))

    assert found.code == "standard-weights"
    assert "95" in found.message()
    assert "100" in found.message()
    assert "cohort[1]（第 8 行）" in found.place()


def test_group_weight_must_be_the_sum_of_its_criteria() -> None:
    """A group that declares 70 and holds 100 is refused."""
    text = GOOD.replace(
        "criteria = [",
        '[[cohort.group]]\nid = "g"\nlabel = { zh = "组" }\nweight = 70\ncriteria = [',
    )
    codes = [one.code for one in _issues(text)]

    assert ["standard-weights"] == codes


def test_every_mistake_at_once_with_its_place() -> None:
    """Wrong shape and wrong content are told together, each at its own line."""
    text = (
        GOOD.replace('subject = "enterprise"', 'subject = "company"')
        .replace('missing = "no_points", benchmark = 10', 'missing = "none"')
        .replace('"rd_intensity"', '"rd_intensty"')
        .replace("official", "oficial")
    )
    told = _messages(text)

    assert "subject（第 4 行）：只能取 enterprise, park, parcel" in told
    assert "oficial（第 5 行）：不认识“oficial”；相近的有 official" in told
    assert "official：缺少此项" in told
    assert "cohort[1].criteria[1].missing（第 13 行）" in told
    assert "cohort[1].criteria[1]（第 13 行）：benchmark 法的每一项须写 benchmark" in told
    assert "cohort[1].criteria[2].indicator（第 14 行）：" in told
    assert "“rd_intensty”；相近的有 rd_intensity" in told


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("cap = 1.5", 'cap = "x"', "应为数字，不加引号，或只能取 none"),
        ("cap = 1.5", "cap = -1", "应大于 0"),
        ("cap = 1.5", "cap = nan", "应为有限的数字"),
        ("benchmark = 10 ", "benchmark = 0 ", "应大于 0"),
        ("benchmark = 10 ", "floor = 0, goal = 1 ", "benchmark 法的每一项须写 benchmark"),
        ('"rd_intensity"', '"tax_per_mu"', "“tax_per_mu”重复"),
        ('"rd_intensity"', '"energy_per_value_added"', "越小越好，不能用 benchmark 法"),
        ("benchmark = 10 ", 'benchmark = { statistic = "mean" } ', "只能取 total_ratio"),
        ('label = { zh = "全部" }', "label = 3", "应为一组键值"),
        (CRITERIA, f"min_coverage = 60\n{CRITERIA}", "应在 0 与 1 之间"),
        (BY_YEAR, BY_YEAR.replace('"no_points"', '{ 2023 = "no_points" }'), "没有写 2024 的规则"),
        (CRITERIA, f'where = [{{ field = "a" }}]\n{CRITERIA}', ONE_TEST),
        (CRITERIA, f'where = [{{ field = "a", is = 1, below = 2 }}]\n{CRITERIA}', ONE_TEST),
        (CRITERIA, f'where = [{{ field = "a", in_park = "b" }}]\n{CRITERIA}', "in_park 只能用于"),
        (COHORT, f"[[exempt]]\nwhere = []\n{COHORT}", "须写 reason 或 reason_field"),
        (COHORT, f'{OWN}numerator = ["tax"]\n{COHORT}', "数据项目目录中没有“tax”"),
        (COHORT, f'{OWN}numerator = ["employees"]\n{COHORT}', "比率须写 denominator"),
    ],
)  # fmt: skip
def test_one_mistake(old: str, new: str, expected: str) -> None:
    """Each single mistake is named in Chinese."""
    assert old in GOOD
    assert expected in _messages(GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ("floor = 1, goal = 1", "floor 与 goal 相等"),
        ("floor = 9, goal = 1", "越大越好，floor 和 goal 写反了"),
        ("goal = 1", "须写 floor 和 goal"),
        ("floor = 0, goal = 1, benchmark = 3", "goalposts 法不用 benchmark"),
    ],
)
def test_goalposts(posts: str, expected: str) -> None:
    """Goalposts need two different ends that fit the indicator's direction."""
    text = GOOD.replace('"benchmark", cap = 1.5, negative = "zero"', '"goalposts"')
    text = text.replace("benchmark = 10", posts).replace(
        "benchmark = { 2024 = 0.03 }", "floor = 0, goal = 0.03"
    )

    assert expected in _messages(text)


def test_cuts_must_rise_to_one() -> None:
    """Grades go from the best to everybody."""
    cuts = 'by = "rank_share"\nrounding = "up"\nties = "better_grade"\n'
    cuts += 'grades = [{ id = "A", top = 0.6 }, { id = "B", top = 0.5 }]'
    told = _messages(GOOD.replace('by = "none"\nreason = { zh = "不分档" }', cuts))

    assert "各档 top 须由小到大" in told
    assert "最后一档的 top 应为 1" in told


def test_toml_syntax_has_a_line() -> None:
    """What is not TOML is one message with the line."""
    (found,) = _issues(GOOD.replace('id = "small"', 'id = "small'))

    assert "（第 2 行）" in found.message()
    assert "不合 TOML 语法" in found.message()


def test_own_indicator_may_be_given_ready_only() -> None:
    """An indicator without numerator and denominator is one that tables give ready."""
    own = '[[indicator]]\nid = "own"\nlabel = { zh = "自有" }\n[[cohort]]'
    text = GOOD.replace("[[cohort]]", own).replace('"rd_intensity"', '"own"')

    assert () == parse_standard(text, file="a.toml").indicators[0].numerator
