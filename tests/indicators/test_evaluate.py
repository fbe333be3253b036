"""A standard applied to subjects: the whole method in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InputError
from indicators.catalog import find_standard
from indicators.evaluate import evaluate, named
from indicators.model import Subjects
from indicators.parse import parse_standard
from indicators.rules import Standard

AMOUNTS = [
    "tax_10k_yuan",
    "value_added_10k_yuan",
    "revenue_10k_yuan",
    "rd_10k_yuan",
    "land_area_mu",
    "energy_tce",
    "emission_t",
    "employees",
    "electricity_10k_kwh",
]
AVERAGE = [100, 500, 1000, 30, 10, 250, 0.5, 25, 200]


def _firms(
    rows: dict[str, list[float]], *, period: str = "2024", above: bool = True, **more: object
) -> Subjects:
    index = pd.Index(list(rows), dtype="str")
    attributes = pd.DataFrame(
        {"is_above_scale": pd.array([above] * len(rows), dtype="boolean")}, index=index
    )
    parts: dict[str, object] = {
        "kind": "enterprise",
        "period": period,
        "scope": pd.Series("在地", index=index, dtype="str"),
        "attributes": attributes,
        "amounts": pd.DataFrame(rows.values(), index=index, columns=AMOUNTS, dtype=float),
        "ready": pd.DataFrame(index=index),
    }
    return Subjects(**(parts | more))


def _with(**change: float) -> list[float]:
    return [change.get(name, value) for name, value in zip(AMOUNTS, AVERAGE, strict=True)]


def _small(missing: str, *, extra: str = "") -> Standard:
    return parse_standard(
        f"""
id = "small"
title = {{ zh = "小标准" }}
subject = "enterprise"
official = false
sources = {{ a = "自定" }}
[[cohort]]
id = "all"
label = {{ zh = "全部" }}
normalise = {{ method = "benchmark", cap = "none", negative = "as_is" }}
{extra}
criteria = [
  {{ indicator = "tax_per_mu", weight = 60, missing = "no_points", benchmark = 10 }},
  {{ indicator = "rd_intensity", weight = 40, missing = "{missing}", benchmark = 0.03 }},
]
[cohort.grading]
by = "none"
reason = {{ zh = "不分档" }}
""",
        file="small.toml",
    )


@pytest.mark.parametrize("land", [1.0, 3.7, 10 / 3, 1e4])
@pytest.mark.parametrize("period", ["2021", "2022"])
def test_firm_at_all_benchmarks_scores_exactly_100(period: str, land: float) -> None:
    """Amounts that make every benchmark of the year score 100.0, and not in the other year."""
    cohort = find_standard("huangyan").cohorts[0]
    at = {one.indicator: one.benchmark[period] for one in cohort.criteria}
    added = at["value_added_per_mu"] * land
    firm = _with(
        land_area_mu=land,
        tax_10k_yuan=at["tax_per_mu"] * land,
        value_added_10k_yuan=added,
        energy_tce=added / at["value_added_per_tce"],
        emission_t=added / at["value_added_per_emission_t"],
        employees=added / at["labour_productivity"],
        revenue_10k_yuan=500.0,
        rd_10k_yuan=at["rd_intensity"] * 500,
    )
    other = {"2021": "2022", "2022": "2021"}[period]
    here = evaluate(find_standard("huangyan"), _firms({"a": firm}, period=period))
    there = evaluate(find_standard("huangyan"), _firms({"a": firm}, period=other))

    assert here.result.loc["a", "score"] == 100.0
    assert abs(there.result.loc["a", "score"] - 100) > 0.01


def test_every_stage_is_kept_in_its_shape() -> None:
    """Result, points, groups, fills, benchmarks and cuts are as documented."""
    now, before = (
        _firms({"b": _with(), "a": _with(rd_10k_yuan=np.nan)}),
        _firms({"b": _with()}, period="2023"),
    )
    found = evaluate(find_standard("city_default"), now, before)

    assert ["name", "cohort", "score", "coverage", "rank", "grade", "reason"] == list(
        found.result.columns
    )
    assert (
        ["a", "b"]
        == list(found.result.index)
        == list(found.points.index)
        == list(found.fills.index)
    )
    assert [90.0, 100.0] == found.result["score"].tolist()
    assert [0.9, 1.0] == found.result["coverage"].tolist()
    assert found.points.loc["a", "rd_intensity"] == 0
    assert ["no_points", ""] == found.fills["rd_intensity"].tolist()
    assert [1.0, 1.0] == found.groups["all"].tolist()
    assert np.isnan(found.points.loc["a", "tax_per_electricity"])
    columns = ["cohort", "indicator", "weight", "benchmark", "floor", "goal", "basis"]
    assert columns == list(found.benchmarks.columns)
    assert 6 == len(found.benchmarks)
    assert found.benchmarks.loc[0, "basis"] == "本组 2023 期总量之比：100 / 10（1 个对象）"
    assert ["cohort", "grade", "count", "lowest_score"] == list(found.cuts.columns)
    assert set(found.fills.to_numpy().ravel()) == {"", "no_points"}


def test_benchmark_is_total_over_total() -> None:
    """10 on 1 mu and 10 on 9 mu is 2 per mu, not a mean of ratios; half-known firms are out."""
    before = _firms(
        {
            "a": _with(tax_10k_yuan=10, land_area_mu=1),
            "b": _with(tax_10k_yuan=10, land_area_mu=9),
            "c": _with(tax_10k_yuan=999, land_area_mu=np.nan),
        },
        period="2023",
    )
    found = evaluate(find_standard("city_default"), _firms({"a": _with()}), before)

    assert found.benchmarks.set_index("indicator").loc["tax_per_mu", "benchmark"] == 2


def test_history_with_ready_values_still_has_totals() -> None:
    """Ready values of last year do not hide the amounts that the benchmark is made of."""
    before = _firms({"a": _with()}, period="2023")
    ready = pd.DataFrame({"tax_per_mu": [99.0]}, index=before.amounts.index)
    found = evaluate(
        find_standard("city_default"), _firms({"a": _with()}), replace(before, ready=ready)
    )

    assert found.benchmarks.loc[0, "benchmark"] == 10


def test_impossible_benchmarks_are_all_named() -> None:
    """No history, or a history without figures, ends with every benchmark that cannot be had."""
    city = find_standard("city_default")
    with pytest.raises(InputError) as without:
        evaluate(city, _firms({"a": _with()}))
    with pytest.raises(InputError) as empty:
        evaluate(city, _firms({"a": _with()}), _firms({"a": [np.nan] * 9}, period="2023"))
    loss = _firms({"a": _with(tax_10k_yuan=-5)}, period="2023")
    with pytest.raises(InputError) as negative:
        evaluate(city, _firms({"a": _with()}), loss)

    assert ["benchmark-impossible"] * 6 == [one.code for one in without.value.issues]
    assert 6 == len(empty.value.issues)
    assert 1 == len(negative.value.issues)
    assert "-5 / 10" in str(negative.value)


def test_history_in_another_scope_is_no_benchmark() -> None:
    """Last year's totals in another scope are refused by name."""
    before = _firms({"a": _with()}, period="2023")
    before = replace(before, scope=before.scope.mask(before.scope.notna(), "法人"))
    with pytest.raises(InputError, match="法人"):
        evaluate(find_standard("city_default"), _firms({"a": _with()}), before)


def test_no_benchmark_for_the_year() -> None:
    """A published scheme has the years it was published for."""
    with pytest.raises(InputError) as caught:
        evaluate(find_standard("huangyan"), _firms({"a": _with()}, period="2023"))

    assert {"benchmark-missing"} == {one.code for one in caught.value.issues}
    assert "2021、2022" in str(caught.value)


def test_unjudged_need_no_benchmarks() -> None:
    """Where nobody is judged, a missing history is no error."""
    now = _firms({"a": _with()})
    exempt = replace(now, attributes=now.attributes.assign(exempt_reason="公用事业"))
    found = evaluate(find_standard("city_default"), exempt)

    assert ["公用事业"] == found.result["reason"].tolist()
    assert found.benchmarks.empty
    assert found.points.isna().all(axis=None)


def test_energy_basis_must_agree() -> None:
    """A standard in 等价 refuses data in 当量, and takes undeclared data."""
    standard = find_standard("huangyan")
    with pytest.raises(InputError, match="等价"):
        evaluate(standard, _firms({"a": _with()}, period="2022", energy_basis="当量"))

    assert 1 == len(evaluate(standard, _firms({"a": _with()}, period="2022")).result)


def test_leave_out_weight() -> None:
    """An unknown item without its weight: 60 of 60 is 100, at coverage 0.6."""
    found = evaluate(_small("leave_out_weight"), _firms({"a": _with(rd_10k_yuan=np.nan)}))

    assert found.result.loc["a", "score"] == 100
    assert found.result.loc["a", "coverage"] == 0.6
    assert np.isnan(found.points.loc["a", "rd_intensity"])
    assert found.fills.loc["a", "rd_intensity"] == "leave_out_weight"


def test_cohort_mean_points() -> None:
    """An unknown item takes the mean of the known ones: (40 + 20) / 2."""
    firms = {"a": _with(), "b": _with(rd_10k_yuan=15), "c": _with(rd_10k_yuan=np.nan)}
    found = evaluate(_small("cohort_mean_points"), _firms(firms))

    assert found.points.loc["c", "rd_intensity"] == 30
    assert found.result.loc["c", "score"] == 90
    assert found.groups.loc["c", "all"] == 1


def test_no_mean_no_score() -> None:
    """Where nobody knows the item there is no mean, so no score, and the reason says which."""
    found = evaluate(_small("cohort_mean_points"), _firms({"a": _with(rd_10k_yuan=np.nan)}))

    assert np.isnan(found.result.loc["a", "score"])
    assert (
        found.result.loc["a", "reason"] == "本组无人有“R&D经费占营业收入比重”的数据，平均分算不出"
    )


def test_least_coverage() -> None:
    """Below the least coverage there is no score, whatever the points."""
    standard = _small("leave_out_weight", extra="min_coverage = 0.7")
    found = evaluate(standard, _firms({"a": _with(rd_10k_yuan=np.nan), "b": _with()}))

    assert [True, False] == found.result["score"].isna().tolist()
    assert found.result.loc["a", "reason"] == "有数据的权重占 60.0%，低于 70%"


def test_all_missing_all_equal_no_rows() -> None:
    """Nothing known is no score; all equal is a shared first rank; no rows are no error."""
    standard = _small("no_points")
    unknown = evaluate(standard, _firms({"a": [np.nan] * 9}))
    equal = evaluate(standard, _firms({"a": _with(), "b": _with()}))
    nobody = evaluate(standard, _firms({}))

    assert unknown.result.loc["a", "reason"] == "各项指标都没有数据"
    assert [1, 1] == equal.result["rank"].tolist()
    assert nobody.result.empty
    assert ["tax_per_mu", "rd_intensity"] == list(nobody.points.columns)


def test_zero_land() -> None:
    """A firm without land has no tax per mu; the rule for missing values speaks."""
    found = evaluate(_small("no_points"), _firms({"a": _with(land_area_mu=0)}))

    assert found.result.loc["a", "score"] == 40
    assert found.measured.notes.loc["a", "tax_per_mu"] == "分母为零"


def test_one_cohort_does_not_move_another() -> None:
    """Changing the small firms changes nothing for the large ones."""
    standard = find_standard("huangyan")
    large = _firms({"a": _with(), "b": _with(emission_t=np.nan)}, period="2022")

    def judged(tax: float) -> pd.DataFrame:
        small = _firms({"s": _with(tax_10k_yuan=tax)}, period="2022", above=False)
        both = replace(
            large,
            scope=pd.concat([large.scope, small.scope]),
            attributes=pd.concat([large.attributes, small.attributes]),
            amounts=pd.concat([large.amounts, small.amounts]),
            ready=pd.concat([large.ready, small.ready]),
        )
        return evaluate(standard, both).result.loc[["a", "b"]]

    pd.testing.assert_frame_equal(judged(1.0), judged(1e6))


def test_own_indicator_without_weight_is_measured() -> None:
    """What a standard declares is shown, even when nothing weighs it."""
    standard = _small("no_points")
    own = {"id": "own", "label": {"zh": "自有"}, "kind": "amount", "numerator": ["employees"]}
    declared = Standard.model_validate(standard.model_dump(by_alias=True) | {"indicator": [own]})
    found = evaluate(declared, _firms({"a": _with()}))

    assert ["tax_per_mu", "rd_intensity", "own"] == list(named(declared))
    assert found.measured.values.loc["a", "own"] == 25
    assert ["tax_per_mu", "rd_intensity"] == list(found.points.columns)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.lists(st.floats(0.1, 1e4), min_size=6, max_size=6))
def test_order_of_rows_does_not_matter(order: list[int], taxes: list[float]) -> None:
    """Shuffled rows give the same bits, sorted by id."""
    rows = {f"e{n}": _with(tax_10k_yuan=tax, rd_10k_yuan=tax / 7) for n, tax in enumerate(taxes)}
    shuffled = {f"e{n}": rows[f"e{n}"] for n in order}
    city = find_standard("city_default")
    here = evaluate(city, _firms(rows), _firms(rows, period="2023"))
    there = evaluate(city, _firms(shuffled), _firms(shuffled, period="2023"))

    pd.testing.assert_frame_equal(here.result, there.result, check_exact=True)
    pd.testing.assert_frame_equal(here.benchmarks, there.benchmarks, check_exact=True)


def test_inputs_are_unchanged() -> None:
    """Judging changes nothing it is given."""
    now = _firms({"b": _with(), "a": _with()})
    attributes, amounts = now.attributes.copy(), now.amounts.copy()
    evaluate(_small("no_points"), now)

    pd.testing.assert_frame_equal(attributes, now.attributes)
    pd.testing.assert_frame_equal(amounts, now.amounts)
