"""The public workbook never shows one enterprise's figures."""

from __future__ import annotations

import pandas as pd

from reports.sheets import _shielded


def test_sums_over_fewer_than_three_firms_stay_out_of_the_public_sheet() -> None:
    """A park with two firms keeps its name and loses its sums; one with three keeps them."""
    frame = pd.DataFrame(
        {
            "park_name": ["甲", "乙", "丙"],
            "enterprise_count": [2, 3, 0],
            "tax_10k_yuan": [10.0, 20.0, 0.0],
            "value.tax_per_mu": [1.0, 2.0, 0.0],
        }
    )
    shown = _shielded(frame)

    assert shown["tax_10k_yuan"].dropna().tolist() == [20.0, 0.0]
    assert shown["value.tax_per_mu"].dropna().tolist() == [2.0, 0.0]
    assert shown["park_name"].tolist() == ["甲", "乙", "丙"]
