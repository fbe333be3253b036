"""What values are held against."""

from __future__ import annotations

import pandas as pd

from geodata.issues import Issue
from indicators.anchor import Anchor, Totals, anchor
from indicators.catalog import catalog, find_standard
from indicators.rules import CohortStatistic

TAX = catalog().indicators["tax_per_mu"]
PATENTS = catalog().indicators["patents_per_10k_employees"]
COHORT = find_standard("city_default").cohorts[0]


def _totals(above: list[float], below: list[float], name: str = "tax_per_mu") -> dict[str, Totals]:
    index = pd.Index([f"e{n}" for n in range(len(above))], dtype="str")
    there = Totals(
        period="2023",
        numerators=pd.DataFrame({name: above}, index=index),
        denominators=pd.DataFrame({name: below}, index=index),
        scope=pd.Series("在地", index=index, dtype="str"),
    )
    return {"current": there, "previous": there}


def _anchor(totals: dict[str, Totals], **change: object) -> Anchor | Issue:
    criterion = COHORT.criteria[0].model_copy(update=change)
    indicator = PATENTS if change.get("indicator") else TAX
    return anchor(COHORT, criterion, indicator, period="2024", totals=totals)


def test_twice_the_mean() -> None:
    """淮安's benchmark is about twice last year's total over total."""
    twice = CohortStatistic(statistic="total_ratio", times=2)
    found = _anchor(_totals([10, 20], [1, 9]), benchmark=twice)

    assert isinstance(found, Anchor)
    assert found.benchmark == 6
    assert found.basis == "本组 2023 期总量之比：30 / 10（2 个对象），乘以 2"


def test_those_of_another_scope_are_left_out_and_counted() -> None:
    """A total over total never mixes scopes, and says whom it left out."""
    totals = _totals([10, 20], [1, 9])
    mixed = totals["previous"].scope.mask([False, True], "法人")
    totals["previous"] = totals["previous"]._replace(scope=mixed)
    found = _anchor(totals, benchmark=CohortStatistic(statistic="total_ratio"))

    assert isinstance(found, Anchor)
    assert found.benchmark == 10
    assert found.basis.endswith("另有 1 个对象口径不同，未计入")


def test_factor_of_the_indicator_counts() -> None:
    """5 patents over 1,000 people are 50 per 10,000."""
    found = _anchor(_totals([5], [1000], PATENTS.id), indicator=PATENTS.id)

    assert isinstance(found, Anchor)
    assert found.benchmark == 50


def test_zero_total_is_no_benchmark() -> None:
    """Nobody paid, or nobody has land: there is nothing to divide by."""
    for above, below in (([0.0], [1.0]), ([1.0], [0.0])):
        found = _anchor(_totals(above, below))
        assert isinstance(found, Issue)
        assert found.code == "benchmark-impossible"


def test_number_and_number_of_the_year() -> None:
    """A fixed number, a number of the year, and a year that has none."""
    fixed, dated = _anchor({}, benchmark=7.0), _anchor({}, benchmark={"2024": 8.0})
    absent = _anchor({}, benchmark={"2021": 8.0})

    assert isinstance(fixed, Anchor)
    assert isinstance(dated, Anchor)
    assert isinstance(absent, Issue)
    assert (7.0, "标准文件") == (fixed.benchmark, fixed.basis)
    assert (8.0, "标准文件（2024）") == (dated.benchmark, dated.basis)
    assert absent.code == "benchmark-missing"


def test_rule_for_missing_values_of_the_year() -> None:
    """A rule by year that has none for this year makes the standard unusable for it."""
    found = _anchor({}, benchmark=7.0, missing={"2021": "no_points"})

    assert isinstance(found, Issue)
    assert "没有写 2024 的规则" in found.message()
