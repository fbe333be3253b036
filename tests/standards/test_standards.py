"""Every shipped standard against its worked example: input, expected, and where it comes from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from indicators.catalog import standards
from indicators.evaluate import evaluate
from parkeval.scoring import read_scores, scores_table

HERE = Path(__file__).parent
EXAMPLES = sorted(folder.parent.name for folder in HERE.glob("*/input.csv"))


def _expected(name: str) -> pd.DataFrame:
    frame = pd.read_csv(HERE / name / "expected.csv", dtype={"period": "str", "grade": "str"})
    text = ["cohort", "grade"]
    return frame.assign(**{column: frame[column].astype("str").fillna("") for column in text})


CASES = [(name, period) for name in EXAMPLES for period in sorted(set(_expected(name)["period"]))]


def test_every_standard_has_an_example() -> None:
    """No standard ships without a worked example, and the example says where it comes from."""
    assert sorted(standards()) == EXAMPLES
    assert all((HERE / name / "source.md").is_file() for name in EXAMPLES)


@pytest.mark.parametrize(("name", "period"), CASES)
def test_example(name: str, period: str) -> None:
    """The standard gives every subject of its example the expected result."""
    standard = standards()[name]
    table = read_scores(HERE / name / "input.csv", standard, period=period)
    expected = _expected(name).query("period == @period").set_index("subject_id").sort_index()

    scores = scores_table(evaluate(standard, table.now, table.before), list(expected.index))
    scores = scores.set_index("subject_id")

    assert set(expected.index) == set(table.now.amounts.index)
    assert list(expected["cohort"]) == list(scores["cohort"])
    assert list(expected["grade"]) == list(scores["grade"])
    for column in ("score", "coverage", "rank"):
        actual = scores[column].astype(float)
        pd.testing.assert_series_equal(
            expected[column].astype(float), actual, check_names=False, rtol=0, atol=1e-9
        )
    assert (scores.loc[scores["rank"].isna(), "reason"] != "").all()
