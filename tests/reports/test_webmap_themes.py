"""What the layers of the map colour, count and tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from reports.webmap_themes import themes
from tests.reports.findings import build

if TYPE_CHECKING:
    from reports.webmap_theme import Theme


@pytest.fixture(scope="module")
def layers() -> dict[str, Theme]:
    """Layers of the small findings by id."""
    return {one.id: one for one in themes(build(), public=False)}


def test_a_legend_counts_everything_once(layers: dict[str, Theme]) -> None:
    """Classes and unknown together are all parcels, or all parks that are part of no other."""
    for one in layers.values():
        counts = [int(entry.count.split()[0]) for entry in (*one.legend, one.unknown)]
        assert (12 if one.draws == "parcels" else 4) == sum(counts), one.id


def test_every_colour_has_a_legend_entry(layers: dict[str, Theme]) -> None:
    """No feature bears a colour that the legend does not explain."""
    for one in layers.values():
        assert set(one.colours.values()) <= set(range(len(one.legend)))
        assert len({entry.colour for entry in one.legend}) == len(one.legend)


def test_parts_take_the_colour_of_their_park(layers: dict[str, Theme]) -> None:
    """The parts have no score of their own and are drawn as their park; they are not counted."""
    rank = layers["rank"]

    assert rank.colours["P1"] == rank.colours["P1A"] == rank.colours["P1B"]
    assert "P4" not in rank.colours
    assert "1 个" == rank.unknown.count


def test_badges_hold_ranks_only_where_there_are_ranks(layers: dict[str, Theme]) -> None:
    """A dash where a park has a score and no rank; nothing for parts."""
    assert {"P1": "—", "P2": "—", "P3": "—"} == dict(layers["rank"].badges)
    assert {"P1": "—", "P2": "1", "P3": "2", "P4": "3"} == dict(layers["land"].badges)


def test_tooltips_say_score_rank_and_coverage_or_why_not(layers: dict[str, Theme]) -> None:
    """A ranked park tells its rank, an unscored one the reason."""
    assert "得分 70.00，第 1 名，数据覆盖率 100.0%" == layers["land"].told["P2"]
    assert "低于 60.0%" in layers["rank"].told["P4"]
    assert layers["land"].told["P1"] == layers["land"].told["P1A"]


def test_parcels_are_coloured_by_tax_and_grade(layers: dict[str, Theme]) -> None:
    """More tax is a later class; the grade is that of the enterprise on the parcel."""
    tax, grade = layers["tax"], layers["grade"]

    assert tax.colours["D06"] > tax.colours["D09"]
    assert "D03" not in tax.colours
    assert ["A", "B", "C", "D", "未分档"] == [entry.text for entry in grade.legend]
    assert (0, 4) == (grade.colours["D01"], grade.colours["D05"])
    assert "2 宗" == grade.unknown.count


def test_quadrants_show_both_axes(layers: dict[str, Theme]) -> None:
    """Headers are the group's names, cells its shares; parks without a name are listed last."""
    energy = layers["quadrant-energy"]

    assert ("园区", "类型", "效益", "需求") == energy.heads
    assert "无数据" == energy.blocks[-1].title
    assert ["P4"] == [row.park for row in energy.blocks[-1].rows]
    assert ("80.0%", "20.0%") == _row(energy, "P3").cells[2:]


def test_groups_are_listed_with_their_means(layers: dict[str, Theme]) -> None:
    """Warnings of the clustering and the groups' mean values stand below the table."""
    ward = layers["cluster-ward"]

    assert ["第 1 组", "第 2 组", "无数据"] == [one.title for one in ward.blocks]
    assert any("仅供参考" in note for note in ward.notes)
    assert any("第 1 组平均：亩均税收 15.80 万元/亩" in note for note in ward.notes)


def test_cells_match_headers(layers: dict[str, Theme]) -> None:
    """Every row of every table has a cell under every header."""
    for one in layers.values():
        for block in one.blocks:
            assert {len(one.heads)} == {len(row.cells) for row in block.rows}, one.id


def test_every_park_is_in_every_table(layers: dict[str, Theme]) -> None:
    """Nobody disappears, judged or not."""
    for one in layers.values():
        parks = [row.park for block in one.blocks for row in block.rows if row.park]
        assert ["P1", "P1A", "P1B", "P2", "P3", "P4"] == sorted(parks), one.id


def test_a_standard_without_a_layer_of_its_own_gets_one() -> None:
    """A city's own rules are drawn under their own title."""
    found = build()
    own = found.evaluations["five_good"]
    rules = own.standard.model_copy(update={"id": "own", "title": own.standard.title})
    more = {**found.evaluations, "own": replace(own, standard=rules)}

    assert "own" in [one.id for one in themes(replace(found, evaluations=more), public=False)]


def test_no_group_at_all() -> None:
    """Parks that could not be grouped are unknown, not in a group of their own."""
    found = build()
    none = replace(
        found.clusterings["ward"],
        labels=found.clusterings["ward"].labels * 0,
        centres=pd.DataFrame(),
    )
    layer = next(
        one
        for one in themes(replace(found, clusterings={"ward": none}), public=False)
        if one.id == "cluster-ward"
    )

    assert () == layer.legend
    assert ["无数据"] == [one.title for one in layer.blocks]


def _row(theme: Theme, park: str) -> object:
    return next(row for block in theme.blocks for row in block.rows if row.park == park)
