"""Who is judged by which cohort, and that nobody disappears."""

from __future__ import annotations

import pandas as pd

from indicators.assign import assign
from indicators.catalog import find_standard


def _facts(**columns: list[object]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"e{n}" for n in range(size)], dtype="str"))


def test_cohort_exemption_and_unknown_size() -> None:
    """Above, below, exempt with its own reason, and unknown size with the field's name."""
    facts = _facts(
        is_above_scale=pd.array([True, False, True, None], dtype="boolean"),
        exempt_reason=pd.Series([None, None, "公用事业", None], dtype="str").array,
    )
    found = assign(find_standard("city_default"), facts)

    assert ["above_scale", "below_scale", "", ""] == found["cohort"].tolist()
    assert ["", "", "公用事业", "没有适用的评价分组：是否规上未知"] == found["reason"].tolist()


def test_split_and_parts() -> None:
    """Parks are told apart by level; a part goes with its park; no level, no cohort."""
    facts = _facts(
        park_level=pd.Series(["国家级", "省级", "省级", None], dtype="str").array,
        parent_id=pd.Series([None, None, "p", None], dtype="str").array,
    )
    found = assign(find_standard("five_good"), facts)

    assert ["parks:国家级", "parks:省级", "", ""] == found["cohort"].tolist()
    assert found["reason"].tolist()[2] == "一区多园的组成部分，随上级园区评价"
    assert found["reason"].tolist()[3] == "没有适用的评价分组：园区级别未知"


def test_columns_that_are_not_there() -> None:
    """A table without the field leaves everybody unjudged, with the reason."""
    found = assign(find_standard("huangyan"), pd.DataFrame(index=pd.Index(["a"], dtype="str")))

    assert ["没有适用的评价分组：是否规上未知"] == found["reason"].tolist()


def test_nobody() -> None:
    """No subjects give an empty table."""
    found = assign(find_standard("huangyan"), pd.DataFrame(index=pd.Index([], dtype="str")))

    assert ["cohort", "declared", "reason"] == list(found.columns)
    assert found.empty
