from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InputError
from geodata.model import Amounts, Dataset, Key
from indicators.anchor import Anchor
from indicators.evaluate import evaluate
from indicators.explain import explain
from indicators.lift import Item, lift, points
from indicators.model import Evaluation, Subjects
from indicators.rules import Benchmark, Goalposts, Standard

CAPPED = {"method": "benchmark", "cap": 1.5, "negative": "zero"}
GOALPOSTS = {"method": "goalposts"}
GRADING = {
    "by": "rank_share",
    "rounding": "half_up",
    "ties": "better_grade",
    "grades": [{"id": "A", "top": 0.25}, {"id": "B", "top": 0.75}, {"id": "C", "top": 1.0}],
}
AMOUNTS = {
    "E1": {
        "tax_10k_yuan": 60.0,
        "land_area_mu": 30.0,
        "revenue_10k_yuan": 600.0,
        "rd_10k_yuan": 6.0,
    },
    "E2": {
        "tax_10k_yuan": 45.0,
        "land_area_mu": 30.0,
        "revenue_10k_yuan": 600.0,
        "rd_10k_yuan": 9.0,
    },
    "E3": {
        "tax_10k_yuan": 30.0,
        "land_area_mu": 30.0,
        "revenue_10k_yuan": 600.0,
        "rd_10k_yuan": 0.0,
    },
    "E4": {"tax_10k_yuan": 15.0, "land_area_mu": 30.0, "revenue_10k_yuan": 600.0},
}


def _standard(**changes: Any) -> Standard:
    """Tax per mu against 1 万元/亩 for 60 points, R&D intensity against 1 % for 40."""
    criteria = [
        {"indicator": "tax_per_mu", "weight": 60.0, "missing": "no_points", "benchmark": 1.0},
        {"indicator": "rd_intensity", "weight": 40.0, "missing": "no_points", "benchmark": 0.01},
    ]
    cohort = {
        "id": "all",
        "label": {"zh": "全部企业"},
        "normalise": CAPPED,
        "group": [{"id": "only", "label": {"zh": "效益"}, "criteria": criteria}],
        "grading": GRADING,
    }
    return Standard.model_validate(
        {
            "id": "mine",
            "title": {"zh": "试用办法"},
            "subject": "enterprise",
            "official": False,
            "sources": {},
            "cohort": [cohort | changes],
        }
    )


def _subjects(amounts: dict[str, dict[str, float]] = AMOUNTS) -> Subjects:
    frame = pd.DataFrame.from_dict(amounts, orient="index").astype(float)
    names = {"E1": "甲厂（本部）", "E2": "乙厂", "E3": "丙厂", "E4": "丁厂"}
    return Subjects(
        kind="enterprise",
        period="2024",
        scope=pd.Series("在地", index=frame.index),
        attributes=pd.DataFrame({"enterprise_name": pd.Series(names)}).reindex(frame.index),
        amounts=frame,
        ready=pd.DataFrame(index=frame.index),
    )


def _evaluation(**changes: Any) -> Evaluation:
    return evaluate(_standard(**changes), _subjects())


def _dataset() -> Dataset:
    values = pd.DataFrame.from_dict(AMOUNTS, orient="index").drop(columns="land_area_mu")
    cells = pd.DataFrame(
        {name: [f"企业.xlsx!{name}!C{row}" for row in range(5, 9)] for name in values.columns},
        index=values.index,
    )
    held = [("E1", "P1", "own", 40.0), ("E1", "P1", "let", -10.0), ("E2", "P1", "rent", 10.0)]
    occupancy = pd.DataFrame(held, columns=["enterprise_id", "parcel_id", "role", "area_mu"])
    nothing = pd.DataFrame()
    return Dataset(
        parks=gpd.GeoDataFrame(geometry=[], crs="EPSG:4490"),
        parcels=gpd.GeoDataFrame(geometry=[], crs="EPSG:4490"),
        enterprises=nothing,
        attributes={},
        park_attributes={},
        amounts={Key("enterprise", "2024", "在地"): Amounts(values=values, cells=cells)},
        locations=nothing,
        occupancy=occupancy.assign(period="2024"),
        shares=pd.DataFrame({"period": [], "enterprise_id": [], "park_id": []}),
        unlinked=nothing,
        sources=nothing,
    )


def test_the_arithmetic_is_told() -> None:
    """60 万元 on 30 亩 is 2 万元/亩, capped at 1.5 benchmarks: 90 points; R&D adds 40."""
    told = explain(_evaluation(), "E1", dataset=None)
    text = told.text()

    assert told.score == pytest.approx(130.0)
    assert [line.points for line in told.lines] == pytest.approx([90.0, 40.0])
    assert "亩均税收 = 评价税收 60 万元 ÷ 用地面积 30 亩 = 2 万元/亩" in text
    assert "2 万元/亩 ÷ 基准 1 万元/亩（= 2，按 1.5 计） × 权重 60 = 90 分" in text
    assert "本工具自定，无官方来源" in text
    assert "评价分组：全部企业" in text
    assert "总分 = 各项得分之和 = 130 分" in text
    assert "本组第 2 名，共 4 个" in text
    assert "档次：B，本档最低 60 分" in text
    assert "上一档 A 最低 150 分，还差 20 分" in text
    assert "亩均税收：单靠此项达不到（现为 2 万元/亩）" in text
    assert "由 1% 提高到 1.5%" in text


def test_the_best_need_nothing() -> None:
    """Who stands in the best grade is told so, and has nothing to lift."""
    told = explain(_evaluation(), "E2", dataset=None)

    assert (told.grade, told.score, told.rank) == ("A", pytest.approx(150.0), 1.0)
    assert "已是最高档" in told.text()
    assert told.lifts == ()


def test_out_of_reach() -> None:
    """E3 lacks 90 points: neither item alone can bring them under its cap."""
    told = explain(_evaluation(), "E3", dataset=None)

    assert (told.grade, told.next_grade, told.gap) == ("B", "A", pytest.approx(90.0))
    assert [one.needed for one in told.lifts] == [None, None]
    assert told.text().count("单靠此项达不到") == 2


def test_a_lift_lifts() -> None:
    """E4 with 30 points needs 60: tax per mu of 1, or R&D of 0.75 % if it were known."""
    told = explain(_evaluation(), "E4", dataset=None)
    tax, rd = told.lifts

    assert (told.grade, told.next_grade, told.gap) == ("C", "B", 30.0)
    assert tax.needed == pytest.approx(1.0)
    assert "亩均税收：由 0.5 万元/亩 提高到 1 万元/亩" in told.text()
    assert rd.needed is None
    assert "没有数据" in rd.text

    better = {**AMOUNTS, "E4": AMOUNTS["E4"] | {"tax_10k_yuan": 30.0 * (tax.needed or 0.0)}}
    again = evaluate(_standard(), _subjects(better))
    assert again.result.loc["E4", "grade"] == "B"


def test_ties_to_the_worse_grade_need_more() -> None:
    """Where a tie falls into the worse grade, the value needed beats the cut."""
    told = explain(_evaluation(grading=GRADING | {"ties": "worse_grade"}), "E4", dataset=None)
    needed = told.lifts[0].needed
    assert needed is not None

    assert needed > 1.0
    assert needed == pytest.approx(1.0, abs=1e-9)


def test_left_out_weight_is_shown() -> None:
    """With R&D left out E4 has 30 of 60 points: 30 × 100 ÷ 60 = 50."""
    standard = _standard()
    group = standard.cohorts[0].groups[0]
    criteria = [one.model_copy(update={"missing": "leave_out_weight"}) for one in group.criteria]
    cohort = standard.cohorts[0].model_copy(
        update={"groups": (group.model_copy(update={"criteria": tuple(criteria)}),)}
    )
    told = explain(
        evaluate(standard.model_copy(update={"cohorts": (cohort,)}), _subjects()),
        "E4",
        dataset=None,
    )
    needed = told.lifts[0].needed
    assert needed is not None

    assert told.score == pytest.approx(50.0)
    assert "总分 = 各项得分之和 30 × 100 ÷ 计入的权重 60 = 50 分" in told.text()
    assert "没有数据，权重 40 不计入" in told.text()
    assert "有数据的权重占 60%" in told.text()
    assert needed * 60 * 100 / 60 == pytest.approx(told.next_lowest)


def test_sources_down_to_the_cell() -> None:
    """An amount names its cell; land names the parcels, with what was let taken off."""
    told = explain(_evaluation(), "E1", dataset=_dataset())
    tax = told.lines[0]

    assert [part.source for part in tax.numerator_parts] == ["企业.xlsx!tax_10k_yuan!C5"]
    assert tax.numerator_parts[0].value == 60.0
    assert tax.denominator_parts[0].value == 30.0
    assert "宗地 P1 自有 40 亩" in tax.denominator_parts[0].source
    assert "租出 10 亩" in tax.denominator_parts[0].source
    assert "来自：企业.xlsx!tax_10k_yuan!C5" in told.text()


def test_cells_that_do_not_add_up_are_not_named() -> None:
    """E2's parcels hold 10 亩, the figure used was 30: no source is claimed for the land."""
    tax = explain(_evaluation(), "E2", dataset=_dataset()).lines[0]

    assert tax.denominator_parts[0].value == 30.0
    assert tax.denominator_parts[0].source == ""


@pytest.mark.parametrize("name", ["E1", "甲厂（本部）", "甲厂(本部)", " 甲厂 （本部） "])
def test_found_by_id_and_name(name: str) -> None:
    """A subject is found by id, name, and a name that differs in width and spaces."""
    assert explain(_evaluation(), name, dataset=None).subject_id == "E1"


def test_an_unknown_subject_names_the_nearest() -> None:
    """A name that nobody bears is refused with the nearest ones."""
    with pytest.raises(InputError, match="丁厂") as caught:
        explain(_evaluation(), "丁厂三", dataset=None)

    assert [one.code for one in caught.value.issues] == ["subject-missing"]


def test_a_shared_name_is_ambiguous() -> None:
    """A name borne by two subjects is refused with both ids."""
    now = _subjects()
    now.attributes.loc["E3", "enterprise_name"] = "乙厂"
    with pytest.raises(InputError, match="E2、E3"):
        explain(evaluate(_standard(), now), "乙厂", dataset=None)


def test_unjudged_subjects_are_explained_too() -> None:
    """A subject without cohort gets its reason and no arithmetic."""
    only = [{"field": "tax_10k_yuan", "at_least": 20}]
    told = explain(_evaluation(where=only), "E4", dataset=None)

    assert told.lines == ()
    assert "没有适用的评价分组" in told.text()
    assert told.as_dict()["score"] is None


def test_goalposts_of_parks() -> None:
    """2 万元/亩 between 1 and 5 is a quarter of 60 points; ungraded says why."""
    criteria = [
        {"indicator": "tax_per_mu", "weight": 60, "missing": "no_points", "floor": 1, "goal": 5},
        {
            "indicator": "rd_intensity",
            "weight": 40,
            "missing": "no_points",
            "floor": 0.02,
            "goal": 0.03,
        },
    ]
    told = explain(
        _evaluation(
            normalise=GOALPOSTS,
            group=[{"id": "only", "label": {"zh": "效益"}, "criteria": criteria}],
            grading={"by": "none", "reason": {"zh": "园区不分档"}},
        ),
        "E1",
        dataset=None,
    )

    assert told.score == pytest.approx(15.0)
    assert (
        "（2 万元/亩 − 下限 1 万元/亩） ÷ （目标 5 万元/亩 − 下限 1 万元/亩）（= 0.25）"
        in told.text()
    )
    assert "（= -1，按 0 计）" in told.text()
    assert "园区不分档" in told.text()
    assert told.lifts == ()


def test_as_dict_is_json() -> None:
    """The dictionary is plain JSON, unknown numbers are null, no NaN remains."""
    text = json.dumps(explain(_evaluation(), "E4", dataset=_dataset()).as_dict(), allow_nan=False)

    assert json.loads(text)["lines"][1]["value"] is None


def test_no_exponents() -> None:
    """Very small and very large numbers are printed plainly."""
    amounts = {**AMOUNTS, "E1": {"tax_10k_yuan": 1e-5, "land_area_mu": 3e7}}
    text = explain(evaluate(_standard(), _subjects(amounts)), "E1", dataset=None).text()

    assert "评价税收 0.00001 万元 ÷ 用地面积 30000000 亩" in text
    assert "e-" not in text


_RULES = st.one_of(
    st.builds(
        Benchmark,
        method=st.just("benchmark"),
        cap=st.one_of(st.just("none"), st.floats(0.5, 3)),
        negative=st.sampled_from(["as_is", "zero"]),
    ),
    st.just(Goalposts(method="goalposts")),
)
_STEPS = st.floats(0.1, 20) | st.floats(-20, -0.1)
_ANCHORS = st.builds(
    lambda benchmark, floor, step: Anchor(benchmark, floor, floor + step, "no_points", ""),
    st.floats(0.1, 50),
    st.floats(-20, 20),
    _STEPS,
)


@settings(max_examples=30, deadline=None)
@given(
    st.builds(Item, st.floats(-50, 50), st.just(30.0), _ANCHORS, _RULES),
    st.floats(0.001, 60),
)
def test_lift_is_the_exact_inverse(item: Item, gain: float) -> None:
    """The value found earns the points asked for, hardly less would not; None means the cap."""
    rule, needed = item.rule, lift(item, gain)
    target = points(item, item.value) + gain
    if needed is None:
        share = 1.0 if isinstance(rule, Goalposts) else rule.cap
        assert share != "none"
        assert target > 30.0 * share * (1 - 1e-12)
        return
    down = isinstance(rule, Goalposts) and item.anchor.goal < item.anchor.floor
    easier = needed + (1e-6 if down else -1e-6) * max(1.0, abs(needed))

    assert points(item, needed) >= target
    assert points(item, easier) < target
