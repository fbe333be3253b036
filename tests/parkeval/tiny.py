"""A workspace small enough to check in the head: hectare squares, 15 亩 each.

Parks A and B lie side by side, B has the parts B1 and B2. Five parcels of one hectare: P1 in A,
P2 half in A and half outside, P3 in B1, P4 in B2, P5 outside. Firm 甲 holds P1, 乙 holds P2, 丙
holds P3 and lets 5 亩 of it to 丁 and 10 亩 to 戊, 己 holds P4, 庚 holds P5; 辛 has no land.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from tests.builders import layer, square

if TYPE_CHECKING:
    from pathlib import Path

FIRMS = {
    "甲": "91430903MA40000050",
    "乙": "91110000101623741K",
    "丙": "911101066976941872",
    "丁": "11370881004339597L",
    "戊": "91350100M000100Y43",
    "己": "91430903MA4000018A",
    "庚": "91430903MA40000265",
    "辛": "91430903MA40000340",
}

TAX = dict(zip(FIRMS, (150.0, 300.0, 40.0, 50.0, 100.0, 75.0, 45.0, 9.0), strict=True))

CONFIG = """
title = "测试市"
period = "2024"
document_date = "2025-05-20"
standards = ["own.toml"]

[options]
enterprise_scope = "在地"
park_scope = "核准范围"

[[source]]
id = "parks"
file = "data/parks.gpkg"
table = "parks"
periods = ["2023", "2024"]
scope = "核准范围"

[[source]]
id = "parcels"
file = "data/parcels.gpkg"
table = "parcels"
periods = ["2023", "2024"]
scope = "在地"

[[source]]
id = "leases"
file = "data/leases.csv"
table = "leases"
periods = ["2023", "2024"]
scope = "在地"

[[source]]
id = "tax_2023"
file = "data/tax_2023.csv"
table = "enterprises"
period = "2023"
scope = "在地"

[[source]]
id = "tax_2024"
file = "data/tax_2024.csv"
table = "enterprises"
period = "2024"
scope = "在地"
"""

STANDARD = """
id = "own"
title = { zh = "测试标准", en = "Test" }
subject = "enterprise"
official = false
note = { zh = "本工具自定，无官方来源", en = "Ours" }

[sources]
default = "测试"

[[cohort]]
id = "all"
label = { zh = "全部", en = "All" }
normalise = { method = "benchmark", cap = 1.5, negative = "zero" }
criteria = [
  { indicator = "tax_per_mu", weight = 100, missing = "no_points", benchmark = 10.0 },
]

[cohort.grading]
by = "rank_share"
rounding = "half_up"
ties = "better_grade"
grades = [{ id = "A", top = 0.5 }, { id = "D", top = 1.0 }]
"""


def write(directory: Path) -> Path:
    """Write the workspace and return its folder."""
    data = directory / "data"
    data.mkdir(parents=True)
    (directory / "parkeval.toml").write_text(CONFIG, encoding="utf-8")
    (directory / "own.toml").write_text(STANDARD, encoding="utf-8")
    layer(
        [
            _park("A", "甲园", None, square(0, 0, wide=1.5, high=1)),
            _park("B", "乙园", None, None),
            _park("B1", "乙园一区", "B", square(3, 0)),
            _park("B2", "乙园二区", "B", square(5, 0)),
        ]
    ).to_file(data / "parks.gpkg", layer="parks")
    layer(
        [
            _parcel("P1", "甲", square(0, 0)),
            _parcel("P2", "乙", square(1, 0)),
            _parcel("P3", "丙", square(3, 0)),
            _parcel("P4", "己", square(5, 0)),
            _parcel("P5", "庚", square(8, 8)),
        ]
    ).to_file(data / "parcels.gpkg", layer="parcels")
    leases = pd.DataFrame(
        {
            "宗地编号": ["P3", "P3"],
            "出租方": ["丙有限公司", "丙有限公司"],
            "承租方": ["丁有限公司", "戊有限公司"],
            "租赁土地面积（亩）": [5.0, 10.0],
        }
    )
    leases.to_csv(data / "leases.csv", index=False, encoding="utf-8-sig")
    for period, factor in (("2023", 0.5), ("2024", 1.0)):
        taxes(factor).to_csv(data / f"tax_{period}.csv", index=False, encoding="gb18030")
    return directory


def taxes(factor: float) -> pd.DataFrame:
    """The tax table, in 元, as a bureau would send it."""
    return pd.DataFrame(
        {
            "统一社会信用代码": list(FIRMS.values()),
            "企业名称": [f"{name}有限公司" for name in FIRMS],
            "是否规上": "是",
            "评价税收（元）": [f"{TAX[name] * factor * 1e4:,.0f}" for name in FIRMS],
        }
    )


def _park(name: str, title: str, parent: str | None, shape: object) -> dict[str, object]:
    return {
        "园区编号": name,
        "园区名称": title,
        "园区级别": "省级",
        "上级园区编号": parent,
        "geometry": shape,
    }


def _parcel(name: str, firm: str, shape: object) -> dict[str, object]:
    return {
        "宗地编号": name,
        "权利人": f"{firm}有限公司",
        "权利人代码": FIRMS[firm],
        "供应状态": "已供",
        "建设状态": "已建成",
        "地类编码": "0601",
        "geometry": shape,
    }
