"""Survey text to blocks and back, planes, rings, and what is checked."""

from __future__ import annotations

import random

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InputError
from geodata.survey_block import to_block
from geodata.survey_format import KEYS, Block, Parcel, Point, compose, parse
from geodata.survey_layer import Layer, to_layer
from geodata.survey_plane import Plane

HEADER = {
    "坐标系": "2000国家大地坐标系",
    "几度分带": "3",
    "投影类型": "高斯克吕格",
    "计量单位": "米",
    "带号": "37",
    "转换参数": "0,0,0,0,0,0,0",
}
SQUARE = [(0, 0), (100, 0), (100, 100), (0, 100)]
"""North and east in m: one hectare."""


def wide(text: str) -> str:
    """The text with full-width digits and signs."""
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


def point(label: object, ring: int, spot: tuple[float, float], *, prefix: str = "37") -> str:
    return f"{label},{ring},{3165000 + spot[0]:.3f},{prefix}{550000 + spot[1]:.3f}"


def points(spots: list[tuple[float, float]], *, ring: int = 1, prefix: str = "37") -> list[str]:
    return [point(f"J{n}", ring, one, prefix=prefix) for n, one in enumerate(spots, start=1)]


def ring(spots: list[tuple[float, float]], *, number: int = 1) -> list[str]:
    rows = points(spots, ring=number)
    return [*rows, rows[0]]


def survey(*rows: str, **header: str) -> str:
    keys = [f"{key}={value}" for key, value in (HEADER | header).items()]
    return "\n".join(["[属性描述]", *keys, "[地块坐标]", *rows])


def read(*rows: str, **header: str) -> Layer:
    return to_layer(parse(survey(*rows, **header), file="a.txt"), file="a.txt")


def codes(layer: Layer) -> list[str]:
    return [one.code for one in layer.issues]


def refused(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        to_layer(parse(text, file="a.txt"), file="a.txt")
    assert all(one.file == "a.txt" for one in caught.value.issues)
    return [f"{one.code} {one.cell}".strip() for one in caught.value.issues]


PLAIN = ["5,1.0000,1,甲地块,面,,,,@", *ring(SQUARE)]


def test_a_hectare_is_read() -> None:
    """A closed ring in zone 37: one hectare, four points, nothing to complain about."""
    layer = read(*PLAIN)

    assert [] == codes(layer)
    assert "EPSG:4525" == str(layer.frame.crs)
    assert ["1", "甲地块", 1.0] == layer.frame.iloc[0, :3].tolist()
    assert (37550000, 3165000, 37550100, 3165100) == layer.frame.geometry.iloc[0].bounds
    assert [4, 1, 10000, "rounded"] == layer.checks.loc[
        0, ["points", "rings", "planar_m2", "verdict"]
    ].tolist()


@pytest.mark.parametrize(
    "head",
    [
        "5,1.0,1,甲地块,面,,,@",
        "5,1.0,1,甲地块,面,,,,@",
        "5,1.0,1,甲地块,面,I49G,工业用地,0601,工业,1,2,3,备注,@",
        "4,1.0公顷,1,甲地块,面,,,,@",
        "4,10000㎡,1,甲地块,面,,,,@",
        "4,15亩,1,甲地块,面,,,,@",
        wide("5,1.0,1,甲地块,面,,,,@"),
        "\t5 , 1.0 ,1,\t甲地块 ,面,,,,@ ",
    ],
)
def test_parcel_rows_have_many_forms(head: str) -> None:
    """Seven, eight or thirteen fields, a unit after the area, full-width signs, white space."""
    layer = read(head, *ring(SQUARE))

    assert [] == codes(layer)
    assert ["1", "甲地块"] == layer.frame.iloc[0, :2].tolist()
    assert [1.0] == layer.checks["declared_ha"].tolist()


def test_a_full_width_comma_may_be_part_of_a_name() -> None:
    """Where plain commas separate, a full-width one belongs to the name."""
    layer = read("5,1.0,1,甲地块，东区,面,,,,@", *ring(SQUARE))

    assert ["甲地块，东区"] == layer.frame["宗地名称"].tolist()


def test_brackets_sections_and_keys_have_many_forms() -> None:
    """Full-width brackets, blank lines, a leading block of extensions, spaces around signs."""
    text = survey(*PLAIN).replace("[", "【").replace("]", "】").replace("=", f" {wide('=')} ")
    text = "\ufeff[扩展信息]\n什么都行\n\n" + text.replace("\n", "\r\n\r\n")
    layer = to_layer(parse(text, file="a.txt"), file="a.txt")

    assert [] == codes(layer)
    assert [10000] == layer.checks["planar_m2"].tolist()


def test_points_may_be_in_full_width_and_separated_by_tabs() -> None:
    """Full-width digits and commas count, and so do tabs."""
    rows = [
        "1\t1\t3165000\t37550000",
        wide("2,1,3165100,37550000"),
        "3,1, 3165100.0 ,37550100,",
        "4,1,3165000,37550100.",
    ]
    layer = read("4,1,1,甲,面,,,,@", *rows)

    assert ["survey-open-ring"] == codes(layer)
    assert [10000] == layer.checks["planar_m2"].tolist()


def test_holes_and_several_outer_rings() -> None:
    """圈号 2 is a hole; a second closed ring 1 is a second part: 1 − 0.01 + 1 ha."""
    hole = [(10, 10), (20, 10), (20, 20), (10, 20)]
    east = [(0, 200), (100, 200), (100, 300), (0, 300)]
    rows = [*ring(SQUARE), *ring(east), *ring(hole, number=2)]
    layer = read("15,1.99,1,甲,面,,,,@", *rows)

    assert [] == codes(layer)
    assert [19900] == layer.checks["planar_m2"].tolist()
    assert "MultiPolygon" == layer.frame.geometry.iloc[0].geom_type
    assert [1, 0] == [len(one.interiors) for one in layer.frame.geometry.iloc[0].geoms]


def test_a_ring_outside_every_outer_ring_is_another_part() -> None:
    """Exporters that number parts 1, 2, 3: taken as parts, with a doubt."""
    east = [(0, 200), (100, 200), (100, 300), (0, 300)]
    layer = read("10,2,1,甲,面,,,,@", *ring(SQUARE), *ring(east, number=2))

    assert ["survey-ring"] == codes(layer)
    assert [20000] == layer.checks["planar_m2"].tolist()


@pytest.mark.parametrize(("declared", "doubts"), [("4", 0), ("5", 0), ("6", 1), ("四", 1)])
def test_point_counts_may_or_may_not_count_the_closing_point(declared: str, doubts: int) -> None:
    """With and without the closing point is right, for open and closed rings alike."""
    head = f"{declared},1.0,1,甲,面,,,,@"

    assert doubts == codes(read(head, *ring(SQUARE))).count("survey-points-differ")
    assert doubts == codes(read(head, *points(SQUARE))).count("survey-points-differ")


@pytest.mark.parametrize(
    ("declared", "verdict"),
    [
        ("1.0000", "rounded"),
        ("1.0009", "close"),
        ("1.1", "differs"),
        ("10000", "differs"),
        ("", "missing"),
        ("一公顷", "missing"),
        ("1.0立方", "missing"),
    ],
)
def test_declared_areas_are_judged(declared: str, verdict: str) -> None:
    """Rounding and 0.1 % pass; square metres written as hectares do not."""
    layer = read(f"5,{declared},1,甲,面,,,,@", *ring(SQUARE))

    assert [verdict] == layer.checks["verdict"].tolist()
    assert (verdict == "differs") == ("survey-area-differs" in codes(layer))


def test_a_truncated_area_is_accepted() -> None:
    """1.00999 ha printed as 1.00 is cut off, not wrong; printed as 1.02 it is wrong."""
    spots = [(0, 0), (100, 0), (100, 100.999), (0, 100.999)]

    assert "truncated" == read("5,1.00,1,甲,面,,,,@", *ring(spots)).checks.at[0, "verdict"]
    assert "differs" == read("5,1.02,1,甲,面,,,,@", *ring(spots)).checks.at[0, "verdict"]


def test_eastings_without_zone_follow_the_header() -> None:
    """Six digits and zone 37 or 19: the central meridian is 111 both times."""
    rows = ["4,1,1,甲,面,,,,@", *points(SQUARE, prefix="")]

    assert 4546 == read(*rows).frame.crs.to_epsg()
    assert 4508 == read(*rows, 带号="第19带", 几度分带="六度分带").frame.crs.to_epsg()
    assert 4508 == read(*rows, 带号="19", 几度分带="").frame.crs.to_epsg()
    assert 4525 == read(*PLAIN, 带号="", 几度分带="").frame.crs.to_epsg()


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"坐标系": "1980西安坐标系"}, "crs-datum 第 2 行"),
        ({"坐标系": "北京54"}, "crs-datum 第 2 行"),
        ({"坐标系": ""}, "survey-header 第 2 行"),
        ({"带号": "38"}, "survey-zone 第 6 行"),
        ({"带号": "99"}, "survey-header 第 6 行"),
        ({"几度分带": "6"}, "survey-zone 第 6 行"),
        ({"几度分带": "1.5"}, "survey-header 第 3 行"),
        ({"投影类型": "墨卡托"}, "survey-header 第 4 行"),
        ({"计量单位": "度"}, "survey-header 第 5 行"),
    ],
)
def test_headers_that_cannot_be_used(header: dict[str, str], code: str) -> None:
    """Another datum, projection, unit or zone is refused by its line."""
    assert [code] == refused(survey(*PLAIN, **header))


def test_a_contradiction_names_both_zones() -> None:
    """The message holds the zone of the header and the zone of the eastings."""
    with pytest.raises(InputError, match=r"38.*37"):
        read(*PLAIN, 带号="38")


def test_no_zone_anywhere_is_refused() -> None:
    """Six digits and no 带号: nobody knows where that is."""
    text = survey("4,1,1,甲,面,,,,@", *points(SQUARE, prefix=""), 带号="")

    assert ["survey-zone 第 6 行"] == refused(text)


def test_zones_are_never_mixed() -> None:
    """Parcels with two prefixes, or blocks in two zones, are refused."""
    other = ["5,1,2,乙,面,,,,@", *points(SQUARE, prefix="38")]

    assert ["survey-zone"] == refused(survey(*PLAIN, *other, 带号="").replace("带号=\n", ""))
    assert ["survey-zone"] == refused(survey(*PLAIN) + "\n" + survey(*other, 带号="38"))


def test_blocks_follow_one_another() -> None:
    """Parcels of several blocks are one layer; equal and empty numbers get ids, and say so."""
    more = ["5,1,,乙,面,,,,@", *ring(SQUARE), "5,1,,,面,,,,@", *ring(SQUARE)]
    layer = to_layer(parse(survey(*PLAIN, *PLAIN) + "\n" + survey(*more), file="a"), file="a")

    assert ["1", "1-2", "乙", "无编号"] == layer.frame["宗地编号"].tolist()
    assert 3 * ["survey-number-given"] == codes(layer)


def test_swapped_axes_are_turned_and_told() -> None:
    """East before north is recognised by magnitude."""
    swapped = [",".join([*row.split(",")[:2], *row.split(",")[:1:-1]]) for row in ring(SQUARE)]
    layer = read(PLAIN[0], *swapped)

    assert ["survey-swapped"] == codes(layer)
    assert layer.frame.geometry.iloc[0].equals(read(*PLAIN).frame.geometry.iloc[0])


@pytest.mark.parametrize(
    "row",
    [
        "J1,1,3165000",
        "J1,1,3165000,",
        "J1,1,3165000,37550000,5",
        "J1,一,3165000,37550000",
        "J1,1,abc,37550000",
        "J1,1,NaN,37550000",
        "J1,1,inf,37550000",
        "J1,1,1e999,37550000",
        "J1,1,0,0",
        "J1,1,3165000,24550000",
        "J1,1,99999999999999,37550000",
        "J1,1,-3165000,37550000",
    ],
)
def test_rows_that_are_no_points_are_named_by_line(row: str) -> None:
    """Missing, odd, endless and absurd coordinates stop the file, with the line."""
    assert ["survey-row 第 15 行"] == refused(survey(*PLAIN, row))


def test_points_need_a_parcel_and_files_need_a_section() -> None:
    """Points before any parcel row, a file of anything else, a file without parcels."""
    assert ["survey-row 第 9 行"] == refused(survey(PLAIN[1]))
    assert ["survey-unreadable"] == refused("企业名称,税收\n甲,1\n")
    assert ["survey-unreadable"] == refused("")
    assert ["empty-table"] == refused(survey())


def test_parcels_without_a_polygon_stay_without_a_shape() -> None:
    """Two points or none enclose nothing: named, kept without shape; alone they are refused."""
    poor = ["2,1,2,乙,面,,,,@", *points(SQUARE[:2]), "0,1,3,丙,面,,,,@"]
    layer = read(*PLAIN, *poor)

    assert [False, True, True] == layer.frame.geometry.isna().tolist()
    assert ["2", "3"] == [one.subject for one in layer.issues if one.code == "survey-ring"]
    assert "survey-ring 第 9 行" in refused(survey(*poor[:3]))


def test_lines_are_no_parcels() -> None:
    """A 记录图形属性 other than 面 is named and has no shape."""
    layer = read(*PLAIN, "4,1,2,乙,线,,,,@", *points(SQUARE))

    assert ["geometry-kind"] == codes(layer)
    assert [False, True] == layer.frame.geometry.isna().tolist()


def test_parameters_and_odd_lines_are_noted() -> None:
    """Parameters of a transformation are not applied, lines that mean nothing are told."""
    layer = read(*PLAIN, 转换参数="1,0,0,0,0,0,0\n什么")

    assert ["survey-line-ignored", "survey-parameters"] == codes(layer)


SPOT = st.tuples(st.integers(1_000_000, 6_000_000_000), st.integers(37_100_000, 37_900_000))
NAMES = st.text(st.characters(categories=["L", "N"]), max_size=8)


@settings(max_examples=30, deadline=None)
@given(st.lists(SPOT, min_size=1, max_size=6), NAMES, NAMES)
def test_text_survives_writing_and_reading(
    spots: list[tuple[int, int]], number: str, name: str
) -> None:
    """What is composed is parsed to the same fields and, to the millimetre, the same points."""
    rows = tuple(Point(f"J{n}", 1, x / 1000, y + 0.5, 0) for n, (x, y) in enumerate(spots))
    fields = (str(len(rows)), "1.0000", number, name, "面", "", "", "")
    header = {key: HEADER.get(key, "") for key in KEYS}
    block = Block(header=header, parcels=(Parcel(line=0, fields=fields, points=rows),))
    back = parse(compose(block), file="a").blocks[0]

    assert header == back.header
    assert fields == back.parcels[0].fields
    assert list(rows) == [one._replace(line=0) for one in back.parcels[0].points]


@settings(max_examples=30, deadline=None)
@given(
    east=st.integers(0, 400_000),
    north=st.integers(0, 90_000),
    prefixed=st.booleans(),
    twofold=st.booleans(),
)
def test_polygons_survive_writing_and_reading(
    *, east: int, north: int, prefixed: bool, twofold: bool
) -> None:
    """Shells, holes and parts come back with the same coordinates to the millimetre."""
    x, y = 37_300_000 + east + 0.123, 3_000_000 + north + 0.987
    hole = shapely.box(x + 1, y + 1, x + 2, y + 3)
    shape = shapely.box(x, y, x + 10, y + 20).difference(hole)
    if twofold:
        shape = shapely.MultiPolygon([shape, shapely.box(x + 50, y, x + 60, y + 5)])
    texts = {one: [""] for one in ("name", "sheet", "use", "code", "extra")}
    frame = gpd.GeoDataFrame({"number": ["A"], **texts}, geometry=[shape], crs="EPSG:4525")
    plane = Plane(37, 3, prefixed=prefixed)
    block, doubts = to_block(frame, plane, header=HEADER, file="a")
    layer = to_layer(parse(compose(block), file="a"), file="a")
    back = shapely.transform(
        layer.frame.geometry.iloc[0], lambda one: np.add(one, (0 if prefixed else 37e6, 0))
    )

    assert () == doubts
    assert [] == codes(layer)
    assert plane.epsg == layer.frame.crs.to_epsg()
    assert shape.normalize().equals_exact(back.normalize(), tolerance=0.0005001)


def test_slivers_below_a_millimetre_are_dropped_with_a_doubt() -> None:
    """A hole that rounds to nothing is left out; a parcel that does cannot be written alone."""
    sliver = shapely.box(37_550_001, 3_165_001, 37_550_001.0002, 3_165_001.0002)
    texts = {one: [""] for one in ("name", "sheet", "use", "code", "extra")}
    shape = shapely.box(37_550_000, 3_165_000, 37_550_100, 3_165_100).difference(sliver)
    plane = Plane(37, 3, prefixed=True)
    frame = gpd.GeoDataFrame({"number": ["A"], **texts}, geometry=[shape], crs="EPSG:4525")
    block, doubts = to_block(frame, plane, header=HEADER, file="a")

    assert ["survey-ring"] == [one.code for one in doubts]
    assert ["5", "1.0000"] == list(block.parcels[0].fields[:2])
    with pytest.raises(InputError):
        to_block(frame.set_geometry([sliver], crs="EPSG:4525"), plane, header=HEADER, file="a")


def test_nothing_ends_in_a_traceback() -> None:
    """Two hundred damaged files are read or refused, never more."""
    dice = random.Random(20240630)  # noqa: S311  damage, not secrets
    whole = survey(*PLAIN, "5,1,2,乙,面,,,,@", *ring(SQUARE, number=2), *ring(SQUARE, number=1))
    odd = [
        "@",
        ",",
        "\n",
        "[",
        "]",
        "9" * 20,
        "-",
        wide("1"),
        "面",
        "\x00",
        "=",
        "=38",
        "{x}",
        "e9",
    ]
    outcomes, told = set[str](), list[str]()
    for _ in range(200):
        text = list(whole[: dice.randrange(len(whole) // 2, len(whole) + 1)])
        for _ in range(dice.randrange(4)):
            text[dice.randrange(len(text))] = dice.choice(odd)
        try:
            to_layer(parse("".join(text), file="a"), file="a")
            outcomes.add("read")
        except InputError as error:
            outcomes |= {one.code for one in error.issues}
            told += [one.text() for one in error.issues]

    assert {"read", "survey-row"} <= outcomes
    assert all(told)
