"""The page as text: nothing remote, nothing executed, everything told."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from reports.webmap import webmap
from tests.reports.findings import HOSTILE, build, without_standards


@pytest.fixture(scope="module")
def page() -> str:
    """The page of the small findings."""
    return webmap(build()).content.decode("utf-8")


def test_the_page_loads_nothing(page: str) -> None:
    """No source, link, import or picture lies outside the file."""
    outside = re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//[^"'\s>]*""", page)
    urls = [
        one for one in re.findall(r"url\(([^)]*)\)", page) if not one.startswith(("data:", "#"))
    ]

    assert [] == outside
    assert [] == urls
    assert "@import" not in page
    assert "<link" not in page


def test_the_same_findings_give_the_same_bytes() -> None:
    """Folium's random names are ours."""
    assert webmap(build()).content == webmap(build()).content


def test_order_of_rows_changes_no_byte() -> None:
    """Shuffled facts give the same page."""
    found = build()
    data = found.dataset
    mixed = replace(
        data,
        parks=data.parks.iloc[::-1],
        parcels=data.parcels.iloc[::-1],
        enterprises=data.enterprises.iloc[::-1],
        occupancy=data.occupancy.iloc[::-1],
        locations=data.locations.iloc[::-1],
        shares=data.shares.iloc[::-1],
    )
    other = replace(found, dataset=mixed, parcels=found.parcels.iloc[::-1])

    assert webmap(found).content == webmap(other).content


def test_names_cannot_run(page: str) -> None:
    """A script as the name of a park, parcel or firm stands in the page as text only."""
    assert HOSTILE not in page
    assert html.escape(HOSTILE) in page
    assert "\\u003cscript\\u003ealert(1)" in page


def test_templates_in_names_are_not_filled_in() -> None:
    """A name in double braces is a name."""
    found = build()
    parks = found.dataset.parks.copy()
    parks["park_name"] = "{{ 7 * 6 }}{% raw %}"
    told = webmap(replace(found, dataset=replace(found.dataset, parks=parks))).content.decode()

    assert "{{ 7 * 6 }}" in told
    assert "{% raw %}" in told


def test_the_heading_cannot_run() -> None:
    """Nor can the title of the workspace."""
    told = webmap(build(title="</title><script>alert(2)</script>")).content.decode()

    assert "<script>alert(2)" not in told


def test_every_layer_is_in_the_switch_with_legend_and_table(page: str) -> None:
    """Nine layers, each with a switch, a table and a legend."""
    layers = "rank tax grade land energy quadrant-land quadrant-energy cluster-ward cluster-kmeans"
    for layer in layers.split():
        assert f'value="{layer}"' in page
        assert 2 == page.count(f'data-theme="{layer}" hidden')


def test_ranks_and_reasons_are_told(page: str) -> None:
    """Two parks of a level with scores get none; the reason stands below them."""
    rank = _section(page, "rank")
    land = _section(page, "land")

    assert "少于 3 个，不排名次" in rank
    assert not re.search(r'data-park="P2"[^>]*><td>\d', rank)
    assert re.search(
        r'data-park="P2"[^>]*><td>1</td><td class="name">浮桥高新区</td><td>高新区</td>', land
    )
    assert (
        land.index('data-park="P2"') < land.index('data-park="P3"') < land.index('data-park="P4"')
    )


def test_the_page_says_what_it_is(page: str) -> None:
    """Period, document date, example, internal use, self-assessment, rules of ours."""
    for text in (
        "统计期 2024",
        "文件日期 2025-05-20",
        "虚构示例",
        "内部资料",
        "自评",
        "无官方来源",
    ):
        assert text in page


def test_no_flag_and_no_tiles(page: str) -> None:
    """Leaflet's prefix is off and no base map is asked for."""
    assert "setPrefix(false)" in page
    assert "tileLayer(" not in page.split("function showPage")[1]


def test_the_public_page_has_no_parcel_and_no_firm() -> None:
    """Parks and their layers stay; parcels, firms and the layers that draw them go."""
    found = build()
    public = webmap(found, public=True)
    told = public.content.decode("utf-8")

    assert not public.confidential
    assert "公开版" in told
    assert 'value="rank"' in told
    assert 'value="tax"' not in told
    assert 'value="grade"' not in told
    assert "D01" not in told
    for name in found.dataset.enterprises["enterprise_name"]:
        assert name not in told
        assert html.escape(name) not in told


def test_coordinates_are_rounded(page: str) -> None:
    """No coordinate has more than six decimals."""
    assert not re.search(r"\[1\d\d\.\d{7,}, ?\d\d\.", page)


def test_nothing_judged_still_makes_a_page() -> None:
    """Parks, parcels and the tax of parcels are there; nothing is called an example or ours."""
    told = webmap(without_standards()).content.decode("utf-8")

    assert 'value="tax"' in told
    assert 'value="rank"' not in told
    assert "虚构示例" not in told.split("function showPage")[0]
    assert "注明" not in told


def test_no_parcels_at_all() -> None:
    """A city whose parcels are not delivered still has a map of its parks."""
    found = build()
    data = replace(
        found.dataset,
        parcels=found.dataset.parcels.iloc[:0],
        locations=found.dataset.locations.iloc[:0],
        occupancy=found.dataset.occupancy.iloc[:0],
    )
    told = webmap(replace(found, dataset=data, parcels=found.parcels.iloc[:0])).content.decode()

    assert 'value="rank"' in told
    assert 'value="tax"' not in told


def _section(page: str, theme: str) -> str:
    """The table of one layer."""
    rest = page.partition(f'<section class="theme" data-theme="{theme}"')[2]
    return rest.partition("</section>")[0]
