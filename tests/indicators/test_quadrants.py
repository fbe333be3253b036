from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from indicators.model import Evaluation, Measured
from indicators.quadrants import quadrants
from indicators.rules import Standard

NAMES = {
    "high_high": {"zh": "优先保障"},
    "high_low": {"zh": "储备项目"},
    "low_high": {"zh": "先挖存量"},
    "low_low": {"zh": "盘活整改"},
}


def _evaluation(groups: pd.DataFrame, *, declared: bool = True) -> Evaluation:
    criterion = {"indicator": "tax_per_mu", "weight": 100, "missing": "no_points"}
    bundle = {"id": "efficiency", "label": {"zh": "效益"}, "criteria": [criterion]}
    standard = Standard.model_validate(
        {
            "id": "mine",
            "title": {"zh": "试用"},
            "subject": "park",
            "official": False,
            "sources": {},
            "quadrants": {"efficiency": "efficiency", "need": "need", "at": 0.5, "names": NAMES}
            if declared
            else None,
            "cohort": [
                {
                    "id": "all",
                    "label": {"zh": "园区"},
                    "normalise": {"method": "goalposts"},
                    "group": [bundle],
                    "grading": {"by": "none", "reason": {"zh": "不分档"}},
                }
            ],
        }
    )
    empty = pd.DataFrame(index=groups.index)
    nothing = Measured(
        values=empty, numerators=empty, denominators=empty, notes=empty, coverage=empty
    )
    return Evaluation(
        standard=standard,
        period="2024",
        result=empty,
        measured=nothing,
        points=empty,
        groups=groups,
        fills=empty,
        benchmarks=empty,
        cuts=empty,
    )


def _groups() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "efficiency": [0.5, 0.9, 0.49, 0.0, np.nan, 1.0],
            "need": [0.5, 0.1, 1.0, 0.0, 0.7, np.nan],
        },
        index=list("ABCDEF"),
    )


def test_four_quadrants() -> None:
    """High begins at the standard's own share; an unknown side leaves the name empty."""
    named = quadrants(_evaluation(_groups()))

    assert named.to_dict() == {
        "A": "优先保障",
        "B": "储备项目",
        "C": "先挖存量",
        "D": "盘活整改",
        "E": "",
        "F": "",
    }


def test_a_standard_without_quadrants() -> None:
    """A standard that declares none gives empty names for everybody."""
    named = quadrants(_evaluation(_groups(), declared=False))

    assert set(named) == {""}
    assert named.index.tolist() == list("ABCDEF")


def test_nobody_to_name() -> None:
    """No subjects, no names, no error."""
    one = _evaluation(_groups())

    assert quadrants(replace(one, groups=_groups().iloc[:0])).empty
