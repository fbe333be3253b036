"""Units of measurement (计量单位) and the constants that tie them."""

from __future__ import annotations

import unicodedata

M2_PER_MU = 2000 / 3
"""Square metres in one mu (亩)."""

MU_PER_HA = 15.0
"""Mu in one hectare (公顷)."""

_KINDS: dict[str, dict[str, float]] = {
    "money": {"元": 1.0, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "亿元": 1e8},
    "area": {
        "m2": 1.0,
        "平方米": 1.0,
        "㎡": 1.0,
        "亩": M2_PER_MU,
        "公顷": 1e4,
        "ha": 1e4,
        "km2": 1e6,
        "平方公里": 1e6,
        "平方千米": 1e6,
    },
    "electricity": {
        "kWh": 1.0,
        "千瓦时": 1.0,
        "度": 1.0,
        "MWh": 1e3,
        "万kWh": 1e4,
        "万千瓦时": 1e4,
        "万度": 1e4,
        "亿kWh": 1e8,
        "亿千瓦时": 1e8,
    },
    "coal": {
        "kgce": 1e-3,
        "tce": 1.0,
        "吨标准煤": 1.0,
        "吨标煤": 1.0,
        "万tce": 1e4,
        "万吨标准煤": 1e4,
        "万吨标煤": 1e4,
    },
    "power": {"kW": 1.0, "千瓦": 1.0, "MW": 1e3, "兆瓦": 1e3, "万千瓦": 1e4},
    "mass": {"kg": 1e-3, "千克": 1e-3, "公斤": 1e-3, "t": 1.0, "吨": 1.0, "万吨": 1e4},
    "head": {"人": 1.0, "名": 1.0, "万人": 1e4},
    "count": {
        "个": 1.0,
        "家": 1.0,
        "户": 1.0,
        "件": 1.0,
        "项": 1.0,
        "次": 1.0,
        "起": 1.0,
        "宗": 1.0,
    },
    "share": {"1": 1.0, "比例": 1.0, "%": 0.01, "百分比": 0.01, "‰": 0.001},
}

_BY_NAME: dict[str, tuple[str, float]] = {
    name: (kind, size) for kind, sizes in _KINDS.items() for name, size in sizes.items()
}


def factor(unit: str, wanted: str) -> float | None:
    """Number that turns an amount in `unit` into one in `wanted`, None when they differ in kind.

    Compound units (万元/亩) convert part by part; 人·年 counts as 人.

    >>> factor("元", "万元")
    0.0001
    >>> factor("公顷", "亩")
    15.0
    >>> factor("亿元", "亩") is None
    True
    >>> factor("元/m2", "万元/亩")
    0.06666666666666667
    """
    if unit == wanted:
        return 1.0
    if "/" in unit and "/" in wanted:
        above, below = unit.split("/", 1), wanted.split("/", 1)
        top, bottom = factor(above[0], below[0]), factor(above[1], below[1])
        return None if top is None or bottom is None else top / bottom
    here, there = _BY_NAME.get(_plain(unit)), _BY_NAME.get(_plain(wanted))
    if here is None or there is None or here[0] != there[0]:
        return None
    return _ratio(here[1], there[1])


def is_unit(text: str) -> bool:
    """Whether the text names a unit that can be converted.

    >>> is_unit("万元"), is_unit("万元/亩"), is_unit("企业")
    (True, True, False)
    """
    return all(_plain(part) in _BY_NAME for part in text.split("/"))


def _plain(unit: str) -> str:
    folded = unicodedata.normalize("NFKC", unit).strip().replace("·年", "")
    return {"kwh": "kWh", "万kwh": "万kWh", "tCE": "tce", "TCE": "tce"}.get(folded, folded)


def _ratio(size: float, wanted: float) -> float:
    """Divide so that decimal steps stay exact (15.0, not 15.000000000000002)."""
    ratio = size / wanted
    near = round(ratio, 9)
    return near if near and abs(ratio - near) < 1e-12 * abs(ratio) else ratio
