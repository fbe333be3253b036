"""A small but complete Findings, made by hand: 6 parks, 12 parcels, 10 enterprises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from geodata.issues import in_order, issue
from geodata.model import Amounts, Dataset, Key
from geodata.rollup import ledger
from indicators.model import Clustering, Evaluation, Findings, Measured
from indicators.rules import Standard

PERIOD = "2024"
SCOPE = "在地"
NAN = np.nan
HOSTILE = "<script>alert(1)</script>"
FORMULA = "=1+1电子有限公司"
SOURCES = (
    "file",
    "sheet",
    "table",
    "period",
    "scope",
    "department",
    "rows",
    "used",
    "sha256",
)

_PARKS: list[tuple[str, str, str, str, str | None, float, float]] = [
    ("P1", "虚岭经济技术开发区", "国家级", "经开区", None, 0, 0),
    ("P1A", "虚岭东园", "国家级", "经开区", "P1", 0.00, 0.00),
    ("P1B", "虚岭西园", "国家级", "经开区", "P1", 0.06, 0.00),
    ("P2", "浮桥高新区", "省级", "高新区", None, 0.12, 0.06),
    ("P3", "云亭产业开发区", "省级", "产业开发区", None, 0.00, 0.10),
    ("P4", f"幻溪{HOSTILE}园", "省级", "产业开发区", None, 0.18, 0.00),
]

# parcel, leaf park or "", share of the parcel inside, occupant or "", tax in 万元
_PARCELS: list[tuple[str, str, float, str, float]] = [
    ("D01", "P1A", 1.0, "E01", 300.0),
    ("D02", "P1A", 1.0, "E02", 150.0),
    ("D03", "P1A", 1.0, "", NAN),
    ("D04", "P1B", 1.0, "E03", 75.0),
    ("D05", "P1B", 1.0, "E04", NAN),
    ("D06", "P2", 1.0, "E05", 450.0),
    ("D07", "P2", 1.0, "E05", 450.0),
    ("D08", "P2", 1.0, "E06", 15.0),
    ("D09", "P3", 1.0, "E07", 30.0),
    ("D10", "P3", 0.5, "E08", 60.0),
    ("D11", "P4", 1.0, "", NAN),
    ("D12", "", 0.0, "E09", 45.0),
]

_FIRMS: list[tuple[str, str, bool, float, float, str]] = [
    ("E01", "虚岭电容器有限公司", True, 300.0, 96.0, "A"),
    ("E02", FORMULA, True, 150.0, 80.0, "B"),
    ("E03", "虚岭新材料有限公司", True, 75.0, 55.5, "C"),
    ("E04", f"虚岭{HOSTILE}厂", True, NAN, NAN, ""),
    ("E05", "浮桥精密机械有限公司", True, 900.0, 120.0, "A"),
    ("E06", "浮桥塑料厂", False, 15.0, 12.0, "D"),
    ("E07", "云亭楠竹加工厂", False, 30.0, 40.0, "B"),
    ("E08", "云亭碳材有限公司", False, 60.0, 60.0, "A"),
    ("E09", "城外食品有限公司", False, 45.0, 50.0, "B"),
    ("E10", "仅注册贸易有限公司", False, 10.0, NAN, ""),
]


def build(**changes: Any) -> Findings:
    """The findings, with fields replaced as given."""
    dataset = _dataset()
    evaluations = {
        "city_default": _firms_judged(dataset),
        "five_good": _parks_judged("five_good", "五好园区自评", [71.25, 88.0, 64.5, 55.0, 0.58]),
        "land_priority": _parks_judged("land_priority", "园区用地优先度", [60, 70, 65, 40, 1.0]),
        "energy_priority": _parks_judged(
            "energy_priority", "园区用能优先度", [50, 45, 80, 30, 1.0]
        ),
    }
    shares = dataset.shares
    found = Findings(
        title="虚构市",
        is_example=True,
        period=PERIOD,
        document_date="2025-05-20",
        dataset=dataset,
        evaluations=evaluations,
        overview=_park_values(dataset),
        enterprise_overview=evaluations["city_default"].measured,
        parcels=_screened(dataset),
        clusterings={"ward": _clusters("ward"), "kmeans": _clusters("kmeans")},
        quadrants=_quadrants(dataset),
        ledger=ledger(dataset.amounts[Key("enterprise", PERIOD, SCOPE)].values, shares),
        issues=in_order(dataset.issues),
    )
    return replace(found, **changes)


def without_standards() -> Findings:
    """Findings where nothing could be judged, grouped or joined."""
    return build(
        evaluations={},
        clusterings={},
        quadrants=pd.DataFrame(index=build().quadrants.index),
        issues=(),
        is_example=False,
    )


def _dataset() -> Dataset:
    ids = _ids([one[0] for one in _FIRMS], "enterprise_id")
    enterprises = pd.DataFrame(
        {
            "enterprise_name": pd.array([one[1] for one in _FIRMS], dtype="str"),
            "chain": pd.array(["电容器"] * 5 + [None] * 5, dtype="str"),
        },
        index=ids,
    )
    flags = pd.DataFrame(
        {"is_above_scale": pd.array([one[2] for one in _FIRMS], dtype="boolean")}, index=ids
    )
    occupancy = pd.DataFrame(
        [
            (PERIOD, firm, parcel, "own", 15.0, "code", 1.0, "宗地")
            for parcel, _, _, firm, _ in _PARCELS
            if firm
        ],
        columns=[
            "period",
            "enterprise_id",
            "parcel_id",
            "role",
            "area_mu",
            "rung",
            "score",
            "source",
        ],
    )
    problems = (
        issue(
            "not-a-number",
            file="税务.xlsx",
            sheet="税收",
            cell="C5",
            value="=cmd|' /C calc'!A0",
            field="增值税",
        ),
        issue("parcel-outside", subject="D12"),
        issue("parks-overlap", subject="P2", other="P3", area_mu="1.5"),
    )
    return Dataset(
        parks=_parks(),
        parcels=_parcels(),
        enterprises=enterprises,
        attributes={PERIOD: flags},
        park_attributes={},
        amounts={
            Key("enterprise", PERIOD, SCOPE): _amounts(ids),
            Key("park", PERIOD, "核准范围"): _park_amounts(),
        },
        locations=pd.DataFrame(
            [(parcel, park, 15.0 * part) for parcel, park, part, _, _ in _PARCELS if park],
            columns=["parcel_id", "park_id", "area_mu"],
        ),
        occupancy=occupancy.sort_values(
            ["period", "enterprise_id", "parcel_id"], ignore_index=True
        ),
        shares=_shares(),
        unlinked=pd.DataFrame(
            [
                (
                    PERIOD,
                    "enterprise",
                    "E10",
                    "仅注册贸易有限公司",
                    "没有宗地也没有租赁记录",
                    "浮桥高新区",
                ),
                (PERIOD, "row", "第 9 行", "不明企业", "名录中没有", ""),
            ],
            columns=["period", "kind", "id", "name", "reason", "tag"],
        ),
        sources=pd.DataFrame(
            [("税务.xlsx", "税收", "enterprises", PERIOD, SCOPE, "市税务局", 12, 10, "0" * 64)],
            columns=list(SOURCES),
        ),
        energy_basis={PERIOD: "等价"},
        issues=problems,
    )


def _ids(names: list[str], name: str) -> pd.Index:
    return pd.Index(names, name=name, dtype="str")


def _parks() -> gpd.GeoDataFrame:
    rows = [
        {
            "park_name": name,
            "park_level": level,
            "park_kind": kind,
            "parent_id": parent,
            "leading_industries": "电容器、新材料" if level == "国家级" else None,
            "approved_area_mu": 1500.0,
            "is_leaf": park != "P1",
        }
        for park, name, level, kind, parent, _, _ in _PARKS
    ]
    shapes = [
        None if park == "P1" else box(112.3 + x, 28.6 + y, 112.34 + x, 28.64 + y)
        for park, _, _, _, _, x, y in _PARKS
    ]
    index = _ids([one[0] for one in _PARKS], "park_id")
    frame = pd.DataFrame(rows, index=index).astype(
        {"parent_id": "str", "leading_industries": "str"}
    )
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index), crs="EPSG:4490")


def _parcels() -> gpd.GeoDataFrame:
    corner = {park: (112.3 + x, 28.6 + y) for park, _, _, _, _, x, y in _PARKS} | {
        "": (112.5, 28.5)
    }
    shapes = []
    for number, (_, park, part, _, _) in enumerate(_PARCELS):
        x, y = corner[park]
        left = x - 0.0005 if part == 0.5 else x + 0.002 + 0.003 * (number % 5)
        shapes.append(box(left, y + 0.01, left + 0.001, y + 0.011))
    index = _ids([one[0] for one in _PARCELS], "parcel_id")
    frame = pd.DataFrame(
        {
            "parcel_name": [HOSTILE if one == "D01" else f"{one} 地块" for one in index],
            "land_use_name": "工业用地",
            "area_mu": 15.0,
            "measured_area_mu": 15.0,
            "recorded_area_mu": 15.0,
        },
        index=index,
    )
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index), crs="EPSG:4490")


def _amounts(ids: pd.Index) -> Amounts:
    land = [15.0, 15.0, 15.0, 15.0, 30.0, 15.0, 15.0, 15.0, 15.0, NAN]
    tax = [one[3] for one in _FIRMS]
    values = pd.DataFrame({"land_area_mu": land, "tax_10k_yuan": tax}, index=ids)
    return Amounts(values=values, cells=values.notna().astype(str))


def _park_amounts() -> Amounts:
    values = pd.DataFrame(
        {"fiscal_revenue_10k_yuan": [5000.0, NAN, NAN, 2500.5, NAN, NAN]},
        index=_ids([one[0] for one in _PARKS], "park_id"),
    )
    return Amounts(values=values, cells=values.notna().astype(str))


def _shares() -> pd.DataFrame:
    rows = [
        (PERIOD, "E08", "park", "P3", 0.5),
        (PERIOD, "E08", "outside", "", 0.5),
        (PERIOD, "E09", "outside", "", 1.0),
        (PERIOD, "E10", "unlinked", "", 1.0),
    ]
    leaf = {firm: park for _, park, _, firm, _ in _PARCELS if firm and firm not in ("E08", "E09")}
    rows += [(PERIOD, firm, "park", park, 1.0) for firm, park in leaf.items()]
    names = ["period", "enterprise_id", "place", "park_id", "share"]
    return pd.DataFrame(rows, columns=names).sort_values(names[:4], ignore_index=True)


def _screened(dataset: Dataset) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "tax_per_mu": [one[4] / 15 for one in _PARCELS],
            "suspected_idle": [one[0] == "D03" for one in _PARCELS],
            "suspected_low": [one[0] == "D08" for one in _PARCELS],
            "suspicion": ["逾期未动工 400 天" if one[0] == "D03" else "" for one in _PARCELS],
            "enterprise_ids": [one[3] for one in _PARCELS],
        },
        index=dataset.parcels.index,
    )


def _measured(values: pd.DataFrame) -> Measured:
    empty = values * NAN
    notes = pd.DataFrame("", index=values.index, columns=values.columns)
    return Measured(
        values=values, numerators=empty, denominators=empty, notes=notes, coverage=empty
    )


def _park_values(dataset: Dataset) -> Measured:
    values = pd.DataFrame(
        {
            "tax_per_mu": [11.25, 15.0, 5.0, 20.333, 2.667, NAN],
            "rd_intensity": [0.031, 0.03, 0.032, 0.025, NAN, NAN],
        },
        index=dataset.parks.index,
    )
    return _measured(values)


def _rules(
    name: str, title: str, subject: str, cohorts: list[dict[str, Any]], **more: Any
) -> Standard:
    return Standard.model_validate(
        {
            "id": name,
            "title": {"zh": title},
            "subject": subject,
            "official": False,
            "note": {"zh": "本工具自定，无官方来源"},
            "sources": {"default": "本工具自定，无官方来源"},
            "cohort": cohorts,
            **more,
        }
    )


def _firms_judged(dataset: Dataset) -> Evaluation:
    criterion = {
        "indicator": "tax_per_mu",
        "weight": 100,
        "missing": "no_points",
        "benchmark": 10.0,
    }
    cuts = [{"id": one, "top": top} for one, top in zip("ABCD", (0.2, 0.6, 0.95, 1), strict=True)]
    shape = {
        "normalise": {"method": "benchmark", "cap": 1.5, "negative": "zero"},
        "group": [{"id": "all", "label": {"zh": ""}, "criteria": [criterion]}],
        "grading": {
            "by": "rank_share",
            "rounding": "half_up",
            "ties": "better_grade",
            "grades": cuts,
        },
    }
    rules = _rules(
        "city_default",
        "企业亩均效益综合评价（通用）",
        "enterprise",
        [
            {"id": "above_scale", "label": {"zh": "规上"}, **shape},
            {"id": "below_scale", "label": {"zh": "规下"}, **shape},
        ],
    )
    index = dataset.enterprises.index
    score = pd.Series([one[4] for one in _FIRMS], index=index)
    cohort = pd.Series(["above_scale" if one[2] else "below_scale" for one in _FIRMS], index=index)
    result = pd.DataFrame(
        {
            "name": dataset.enterprises["enterprise_name"],
            "cohort": cohort,
            "score": score,
            "coverage": score.notna().astype(float),
            "rank": score.groupby(cohort).rank(ascending=False, method="min"),
            "grade": [one[5] for one in _FIRMS],
            "reason": ["" if one[5] else "缺少评价税收，没有得分" for one in _FIRMS],
        },
        index=index,
    )
    amounts = dataset.amounts[Key("enterprise", PERIOD, SCOPE)].values
    values = pd.DataFrame({"tax_per_mu": amounts["tax_10k_yuan"] / amounts["land_area_mu"]})
    graded = result[result["grade"] != ""]
    cut = graded.groupby(["cohort", "grade"])["score"].agg(["size", "min"]).reset_index()
    cut.columns = ["cohort", "grade", "count", "lowest_score"]
    return Evaluation(
        standard=rules,
        period=PERIOD,
        result=result,
        measured=_measured(values),
        points=score.to_frame("tax_per_mu"),
        groups=pd.DataFrame({"all": score / 100}),
        fills=pd.DataFrame({"tax_per_mu": np.where(score.isna(), "no_points", "")}, index=index),
        benchmarks=pd.DataFrame(
            [
                (one, "tax_per_mu", 100.0, 10.0, NAN, NAN, "给定数值")
                for one in ("above_scale", "below_scale")
            ],
            columns=["cohort", "indicator", "weight", "benchmark", "floor", "goal", "basis"],
        ),
        cuts=cut,
    )


def _parks_judged(name: str, title: str, told: list[float]) -> Evaluation:
    """Scores of P1 to P4, and the coverage of P4 as the last number."""
    criteria = {
        "efficiency": {
            "indicator": "tax_per_mu",
            "weight": 60,
            "floor": 5,
            "goal": 22.65,
            "missing": "leave_out_weight",
        },
        "need": {
            "indicator": "rd_intensity",
            "weight": 40,
            "floor": 0,
            "goal": 0.03,
            "missing": "leave_out_weight",
        },
    }
    titles = {"efficiency": "效益", "need": "需求"}
    groups = [
        {"id": one, "label": {"zh": titles[one]}, "criteria": [rule]}
        for one, rule in criteria.items()
    ]
    names = {
        "high_high": "优先保障",
        "high_low": "储备项目",
        "low_high": "先挖存量",
        "low_low": "盘活整改",
    }
    drawn = {
        "efficiency": "efficiency",
        "need": "need",
        "at": 0.5,
        "names": {one: {"zh": zh} for one, zh in names.items()},
    }
    cohort = {
        "id": "parks",
        "label": {"zh": "园区"},
        "split": "park_level",
        "normalise": {"method": "goalposts"},
        "group": groups,
        "min_coverage": 0.6,
        "min_ranked": 3,
        "grading": {"by": "none", "reason": {"zh": "园区按级别排名，不分档"}},
    }
    rules = _rules(name, title, "park", [cohort], quadrants=None if name == "five_good" else drawn)
    index = _ids([one[0] for one in _PARKS], "park_id")
    scores, coverage = told[:4], told[4]
    score = pd.Series([scores[0], NAN, NAN, scores[1], scores[2], scores[3]], index=index)
    known = pd.Series([0.9, NAN, NAN, 1.0, 0.8, coverage], index=index)
    score = score.where(known.ge(0.6))
    provincial = score[["P2", "P3", "P4"]]
    enough = provincial.notna().sum() >= 3
    rank = provincial.rank(ascending=False).reindex(index) if enough else score * NAN
    reason = pd.Series("", index=index, dtype="str")
    reason[["P1A", "P1B"]] = "一区多园的组成部分，随上级园区评价"
    reason["P1"] = "同级只有 1 个园区，少于 3 个，不排名次"
    if not enough:
        reason[["P2", "P3"]] = "同级只有 2 个有得分，少于 3 个，不排名次"
        reason["P4"] = "数据覆盖率 58.0%，低于 60.0%，没有得分"
    result = pd.DataFrame(
        {
            "name": [one[1] for one in _PARKS],
            "cohort": ["parks:国家级", "", "", "parks:省级", "parks:省级", "parks:省级"],
            "score": score,
            "coverage": known,
            "rank": rank,
            "grade": "",
            "reason": reason,
        },
        index=index,
    )
    values = pd.DataFrame({"tax_per_mu": score / 5, "rd_intensity": score / 3000}, index=index)
    points = pd.DataFrame({"tax_per_mu": score * 0.6, "rd_intensity": score * 0.4}, index=index)
    return Evaluation(
        standard=rules,
        period=PERIOD,
        result=result,
        measured=_measured(values),
        points=points,
        groups=pd.DataFrame({"efficiency": score / 100, "need": 1 - score / 100}, index=index),
        fills=pd.DataFrame("", index=index, columns=points.columns),
        benchmarks=pd.DataFrame(
            [
                (
                    f"parks:{level}",
                    one["indicator"],
                    one["weight"],
                    NAN,
                    one["floor"],
                    one["goal"],
                    "标准给定",
                )
                for level in ("国家级", "省级")
                for one in criteria.values()
            ],
            columns=["cohort", "indicator", "weight", "benchmark", "floor", "goal", "basis"],
        ),
        cuts=pd.DataFrame({"cohort": [], "grade": [], "count": [], "lowest_score": []}),
    )


def _clusters(method: str) -> Clustering:
    index = _ids(["P1", "P2", "P3", "P4"], "park_id")
    return Clustering(
        labels=pd.Series([1, 1, 2, 0], index=index),
        method=method,
        silhouettes={2: 0.41},
        centres=pd.DataFrame({"tax_per_mu": [15.8, 2.667]}, index=[1, 2]),
        notes=("只有 4 个园区，聚类结果仅供参考。",),
    )


def _quadrants(dataset: Dataset) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "land": ["储备项目", "", "", "优先保障", "优先保障", "先挖存量"],
            "energy": ["储备项目", "", "", "盘活整改", "储备项目", ""],
        },
        index=dataset.parks.index,
    )
