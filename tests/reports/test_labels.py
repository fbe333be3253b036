"""Headers, formats and names for people."""

from __future__ import annotations

import math

import pytest

from geodata.fields import fields
from indicators.catalog import catalog
from reports.assets import words
from reports.labels import (
    cohort_label,
    column,
    field_column,
    indicator_column,
    kind_of,
    ours,
    show,
    standing,
)
from tests.reports.findings import build, without_standards


def test_headers_carry_their_unit() -> None:
    """Fields and indicators are headed by their Chinese label and unit."""
    tax = catalog().indicators["tax_per_mu"]

    assert ("评价税收（万元）", "number") == _told(field_column("tax_10k_yuan"))
    assert ("用地面积（亩）", "mu") == _told(field_column("land_area_mu"))
    assert ("亩均税收（万元/亩）", "number") == _told(indicator_column(tax))


def test_fractions_are_shown_as_percent_without_a_unit() -> None:
    """An indicator marked percent has a percent format and no unit in its header."""
    intensity = catalog().indicators["rd_intensity"]

    assert "percent" == indicator_column(intensity).kind
    assert intensity.label.zh == indicator_column(intensity).title


def test_an_unknown_field_stands_for_itself() -> None:
    """A column nobody knows keeps its id as header."""
    assert "mystery" == field_column("mystery").title


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (1234.567, "number", "1,234.57"),
        (15.04, "mu", "15.0"),
        (0.1045, "percent", "10.4%"),
        (-0.001, "number", "0.00"),
        (3.0, "count", "3"),
        (math.nan, "number", ""),
        (None, "text", ""),
        (True, "text", "是"),
    ],
)
def test_values_are_shown_by_their_kind(value: object, kind: str, shown: str) -> None:
    """Thousands parted, decimals by kind, unknown is nothing and never zero."""
    assert shown == show(value, kind)


def test_every_kind_of_every_column_has_a_format() -> None:
    """No column, field or indicator asks for a format that is not there."""
    kinds = set(words()["kinds"]) | {"row"}
    asked = {one["kind"] for one in words()["columns"].values()} | set(words()["units"].values())
    asked |= {field_column(name).kind for name in fields()}
    asked |= {kind_of(one) for one in catalog().indicators.values()}

    assert asked <= kinds


def test_a_split_cohort_is_named_by_its_value() -> None:
    """One cohort split by level is called by the level; unknown cohorts keep their id."""
    rules = build().evaluations

    assert "省级" == cohort_label(rules["five_good"].standard, "parks:省级")
    assert "规上" == cohort_label(rules["city_default"].standard, "above_scale")
    assert "other" == cohort_label(rules["city_default"].standard, "other")


def test_standards_of_ours_are_named() -> None:
    """The line names every standard without an official source, and is absent without one."""
    assert "五好园区自评" in ours(build())[0]
    assert "本工具自定，无官方来源" in ours(build())[0]
    assert () == ours(without_standards())
    assert "本工具自定，无官方来源" == standing(build().evaluations["five_good"].standard)


def test_titles_stand_before_the_header() -> None:
    """A standard's title tells its columns from another's."""
    assert "五好园区自评 · 得分" == column("score", title="五好园区自评").title


def _told(one: object) -> tuple[str, str]:
    return one.title, one.kind
