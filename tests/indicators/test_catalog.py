"""The catalogues: complete, consistent, and found by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.errors import InputError
from geodata.fields import fields, fold
from indicators.catalog import catalog, find_standard, incomplete, standards
from indicators.vocabulary import label

CORE = [
    "tax_per_mu",
    "value_added_per_mu",
    "revenue_per_mu",
    "value_added_per_tce",
    "value_added_per_emission_t",
    "labour_productivity",
    "rd_intensity",
    "tax_per_electricity",
]
GAPS = [
    "huaian",
    "jingde",
    "wujin",
    "anhui_county",
    "star_enterprise",
    "wenling",
    "jingning",
    "hengyang",
    "growth_points",
    "tier_standard",
    "small_park",
    "land_intensity",
    "control_indices",
    "etdz_2021",
    "hightech_zone_2021",
]


def test_core_indicators_have_their_fixed_ids() -> None:
    """Users' files name the published core: these ids never change."""
    assert set(CORE) <= set(catalog().indicators)


def test_every_part_of_an_indicator_is_known() -> None:
    """Numerators, denominators and members' amounts are fields or derived amounts."""
    known = {*fields(), *catalog().amounts}
    parts = [
        name for one in catalog().indicators.values() for name in (*one.numerator, *one.denominator)
    ]
    of = [one.of for one in catalog().amounts.values()]

    assert [] == [name for name in parts if name not in known]
    assert [] == [name for name in of if name not in {*fields(), "count", "area_mu"}]


def test_every_derived_amount_is_used_and_labelled() -> None:
    """A derived amount exists for an indicator, and every label is there in both languages."""
    used = {
        name for one in catalog().indicators.values() for name in (*one.numerator, *one.denominator)
    }
    named = (*catalog().indicators.values(), *catalog().amounts.values())

    assert set(catalog().amounts) <= used
    assert [] == [one.id for one in named if not (one.label.zh and one.label.en)]


def test_names_of_indicators_do_not_collide() -> None:
    """No header means two indicators, or an indicator and a field."""
    seen: dict[str, str] = {fold(one.zh): name for name, one in fields().items()}
    seen |= {fold(alias): name for name, one in fields().items() for alias in one.aliases}
    clashes = [
        (name, seen[name], one.id)
        for one in catalog().indicators.values()
        for name in sorted({fold(text) for text in (one.id, one.label.zh, *one.aliases)})
        if seen.setdefault(name, one.id) != one.id
    ]

    assert [] == clashes


def test_ratio_has_two_sides() -> None:
    """Ratios divide something by something; amounts and growths have one side."""
    wrong = [
        one.id
        for one in catalog().indicators.values()
        if not one.numerator or bool(one.denominator) != (one.kind == "ratio")
    ]

    assert [] == wrong


def test_fractions_have_no_unit() -> None:
    """What is shown as percent is a fraction without a unit."""
    assert [] == [one.id for one in catalog().indicators.values() if one.percent and one.unit]


def test_ours_say_so() -> None:
    """Every standard that is not official says that it has no official source."""
    ours = {name: one for name, one in standards().items() if not one.official}

    assert {"city_default", "five_good", "land_priority", "energy_priority"} == set(ours)
    assert all(one.note and "无官方来源" in one.note.zh for one in ours.values())


@pytest.mark.parametrize("name", GAPS)
def test_schemes_with_gaps_refuse(name: str) -> None:
    """A published scheme with gaps says what is known and missing, and does not score."""
    with pytest.raises(InputError) as caught:
        find_standard(name)

    row = incomplete().set_index("id").loc[name]
    assert ["standard-incomplete"] == [one.code for one in caught.value.issues]
    assert row["missing"] in str(caught.value)


def test_incomplete_schemes_are_fully_described() -> None:
    """Every row says title, place, what is known, what is missing and the source."""
    assert (incomplete()[["id", "title", "place", "known", "missing", "source"]] != "").all(
        axis=None
    )


def test_unknown_standard_suggests() -> None:
    """A misspelt id is answered with the nearest ones."""
    with pytest.raises(InputError, match="huangyan"):
        find_standard("huangyann")


def test_standard_from_a_file(tmp_path: Path) -> None:
    """A path to a TOML file is a standard too, with or without a BOM."""
    shipped = Path(__file__).parents[2] / "indicators" / "standards" / "huangyan.toml"
    own = tmp_path / "own.toml"
    own.write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8-sig")

    assert find_standard("huangyan") == find_standard(str(own))


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    """A standard in another encoding is refused with what to do, without a traceback."""
    own = tmp_path / "own.toml"
    own.write_bytes("id = '黄岩'".encode("gb18030"))

    with pytest.raises(InputError) as caught:
        find_standard(str(own))
    assert ["standard-invalid"] == [one.code for one in caught.value.issues]
    assert "UTF-8" in str(caught.value)


def test_labels() -> None:
    """Fields, derived amounts and indicators have Chinese labels; anything else is its own."""
    names = ("employees", "built_land_mu", "plot_ratio", "nothing")

    assert ["年平均职工人数", "已建成城镇建设用地（L3）", "综合容积率", "nothing"] == [
        label(one) for one in names
    ]
