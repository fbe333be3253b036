"""Parks: who is whose part, what is stated for whom."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from geodata.errors import InputError
from geodata.model import Conformed, Delivery, Key
from geodata.parks import enrol
from tests.builders import square


def delivery(
    rows: list[dict[str, Any]], *, periods: tuple[str, ...] = ("2024",), scope: str = "核准范围"
) -> Delivery:
    """A delivery about parks; rows with a `geometry` make a layer."""
    plain = pd.DataFrame(rows)
    cells = pd.DataFrame(
        {name: [f"{name}{row + 2}" for row in plain.index] for name in plain}, index=plain.index
    )
    frame: pd.DataFrame = plain
    if "geometry" in plain:
        shapes = gpd.GeoSeries(list(plain["geometry"]), crs="EPSG:4525").to_crs("EPSG:4490")
        frame = gpd.GeoDataFrame(plain.drop(columns="geometry"), geometry=shapes)
        cells = cells.drop(columns="geometry")
    for name in frame.columns.difference(["geometry"]):
        if frame[name].dtype == object:
            frame[name] = frame[name].astype("str")
    table = Conformed(file="园区.xlsx", sheet="表", frame=frame, cells=cells, issues=())
    return Delivery(
        id="p", table="parks", periods=periods, scope=scope, department="", conformed=table
    )


def layer(*parks: tuple[str, str | None]) -> Delivery:
    """A boundary layer of parks with their parents, one hectare each, side by side."""
    return delivery(
        [
            {
                "park_id": name,
                "park_name": f"{name}园",
                "parent_id": parent,
                "geometry": square(number * 2, 0),
            }
            for number, (name, parent) in enumerate(parks)
        ]
    )


def test_a_park_with_parts_is_no_leaf() -> None:
    """Only parks that nobody names as parent are located in."""
    parks = enrol([layer(("A", None), ("B", None), ("B1", "B"))]).parks

    assert parks["is_leaf"].to_dict() == {"A": True, "B": False, "B1": True}


def test_figures_are_joined_by_name() -> None:
    """A table that knows only names finds its parks; the cell is kept with the figure."""
    figures = delivery([{"park_name": "A园", "national_platforms": 3.0}])
    amounts = enrol([layer(("A", None), ("B", None)), figures]).amounts
    one = amounts[Key("park", "2024", "核准范围")]

    assert one.values["national_platforms"].dropna().to_dict() == {"A": 3.0}
    assert one.cells.loc["A", "national_platforms"] == "园区.xlsx!表!national_platforms2"


def test_scopes_and_periods_stay_apart() -> None:
    """Figures of another scope or period make frames of their own."""
    other = delivery([{"park_id": "A", "fiscal_revenue_10k_yuan": 5.0}], scope="托管范围")
    older = delivery([{"park_id": "A", "national_platforms": 1.0}], periods=("2023",))
    amounts = enrol([layer(("A", None)), other, older]).amounts

    assert list(amounts) == [Key("park", "2023", "核准范围"), Key("park", "2024", "托管范围")]


def test_an_unknown_park_is_listed() -> None:
    """A row about a park that no layer or table defines ends in a problem."""
    figures = delivery([{"park_name": "无名园", "national_platforms": 3.0}])
    found = enrol([layer(("A", None)), figures]).issues

    assert [(one.code, one.value) for one in found] == [("park-unknown", "无名园")]


def test_contradicting_figures_are_reported_and_the_first_holds() -> None:
    """Workspace order decides, and the other figure is named."""
    first = delivery([{"park_id": "A", "national_platforms": 3.0}])
    second = delivery([{"park_id": "A", "national_platforms": 4.0}])
    done = enrol([layer(("A", None)), first, second])
    values = done.amounts[Key("park", "2024", "核准范围")].values

    assert values.loc["A", "national_platforms"] == 3
    assert [one.code for one in done.issues] == ["source-conflict"]


@pytest.mark.parametrize(
    ("parks", "code"),
    [
        ((("A", "X"),), "park-parent-missing"),
        ((("A", "B"), ("B", "A")), "park-parent-cycle"),
        ((("A", None), ("A", None)), "duplicate-park"),
    ],
)
def test_a_broken_family_is_refused(parks: tuple[tuple[str, str | None], ...], code: str) -> None:
    """Unknown parents, cycles and duplicate identifiers end the run."""
    with pytest.raises(InputError) as error:
        enrol([layer(*parks)])

    assert code in {one.code for one in error.value.issues}


def test_no_park_at_all_is_refused() -> None:
    """Without any park there is nothing to locate in."""
    with pytest.raises(InputError, match="没有园区"):
        enrol([])
