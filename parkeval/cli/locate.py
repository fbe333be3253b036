"""`parkeval locate`: the spatial join alone (落位), on any two layers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkeval.cli import screen
from parkeval.cli.options import AS_JSON, Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from geodata.issues import Issue
    from geodata.locate import Located
    from geodata.model import RawTable

_LISTED = 10
"""Rows without an id that a message names."""

_PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One of the two layers, as asked for on the command line."""

    path: Path
    column: str
    option: str
    layer: str | None
    crs: str | None
    encoding: str | None
    duplicate: str


@click.command(
    cls=Command,
    help="只做落位：量出宗地图层 PARCELS 的每宗地在园区图层 PARKS 的每个园区内有多大"
    "（CGCS2000 椭球面积），每个相交对一行，写成 csv。",
)
@click.argument("parcels", metavar="PARCELS", type=_PATH)
@click.argument("parks", metavar="PARKS", type=_PATH)
@click.option("--parcel-id", required=True, metavar="COL", help="宗地图层中的编号列")
@click.option("--park-id", required=True, metavar="COL", help="园区图层中的编号列")
@click.option("-o", "--output", required=True, metavar="OUT", type=_PATH, help="写出的 csv 文件")
@click.option("--parcels-layer", metavar="L", help="宗地文件有多个图层时用哪一个")
@click.option("--parks-layer", metavar="L", help="园区文件有多个图层时用哪一个")
@click.option("--parcels-crs", metavar="EPSG", help="宗地图层没有坐标系时写明，如 EPSG:4525")
@click.option("--parks-crs", metavar="EPSG", help="园区图层没有坐标系时写明，如 EPSG:4525")
@click.option("--encoding", metavar="E", help="属性表的编码，如 GBK；不写则自动判断")
@AS_JSON
def locate(**given: Any) -> None:
    """Write one row per overlapping pair of parcel and park, and say what is left over."""
    from geodata.issues import in_order
    from geodata.locate import locate as measure

    output: Path = given["output"]
    layers = _layers(given)
    if output.resolve() in {one.path.resolve() for one in layers}:
        raise click.UsageError("OUT 不能与输入文件相同。")
    with screen.progress() as step:
        step("读取图层")
        (parcels, parks), doubts = _read(layers)
        step("落位")
        located = measure(parcels, parks)
        _write(located, output)
    doubts = list(in_order([*doubts, *_park_overlaps(located, layers[1])]))
    summary = _summary(located, len(parks)) | {"file": str(output)}
    if given["as_json"]:
        screen.as_json(summary | {"problems": screen.told(doubts)})
    else:
        screen.lines(_lines(summary, doubts))


def _layers(given: dict[str, Any]) -> tuple[_Layer, _Layer]:
    """What the options say about each layer."""
    parcels, parks = (
        _Layer(
            path=given[f"{kind}s"],
            column=given[f"{kind}_id"],
            option=f"--{kind}-id",
            layer=given[f"{kind}s_layer"],
            crs=given[f"{kind}s_crs"],
            encoding=given["encoding"],
            duplicate=f"duplicate-{kind}",
        )
        for kind in ("parcel", "park")
    )
    return parcels, parks


def _read(layers: Iterable[_Layer]) -> tuple[list[gpd.GeoSeries], list[Issue]]:
    """Both layers by id in CGCS2000, or one InputError with the problems of both."""
    from geodata.errors import InputError

    found: list[gpd.GeoSeries] = []
    doubts: list[Issue] = []
    problems: list[Issue] = []
    for one in layers:
        try:
            shapes, issues = _shapes(one)
        except InputError as error:
            problems += error.issues
        else:
            found.append(shapes)
            doubts += issues
    if problems:
        raise InputError(problems)
    return found, doubts


def _shapes(one: _Layer) -> tuple[gpd.GeoSeries, list[Issue]]:
    """Mended shapes of a layer by id."""
    import geopandas as gpd

    from geodata.crs import to_cgcs2000
    from geodata.errors import InputError
    from geodata.geometry import mend
    from geodata.issues import issue
    from geodata.readers.vector import read_layer

    raw = read_layer(one.path, name=str(one.path), layer=one.layer, encoding=one.encoding)
    if raw.geometry is None:
        raise InputError([issue("file-unreadable", file=raw.file, cause="图层没有图形")])
    if raw.geometry.empty:
        raise InputError([issue("empty-table", file=raw.file, sheet=raw.sheet)])
    ids, problems = _ids(raw, one)
    try:
        moved, doubts = to_cgcs2000(raw.geometry, declared=one.crs, file=raw.file, sheet=raw.sheet)
    except InputError as error:
        raise InputError([*problems, *error.issues]) from None
    if problems:
        raise InputError(problems)
    by_id = gpd.GeoSeries(moved.to_numpy(), index=ids, crs=moved.crs)
    mended, repairs = mend(by_id, file=raw.file, sheet=raw.sheet)
    if mended.isna().all():
        raise InputError(repairs)
    return mended, [*raw.notes, *doubts, *repairs]


def _ids(raw: RawTable, one: _Layer) -> tuple[list[str], list[Issue]]:
    """Ids as a person sees them, in the order of the records, and what is wrong with them."""
    from geodata.fields import nearest
    from geodata.issues import issue

    place = {"file": raw.file, "sheet": raw.sheet}
    names = [str(name) for name in raw.rows[0]]
    if one.column not in names:
        like = nearest(one.column, names, count=1)
        near = f"；最接近的是“{like[0]}”" if like else ""
        near += f"；现有的列：{'、'.join(names) or '（没有）'}"
        example = f"{one.option} {like[0] if like else '编号'}"
        return [], [
            issue("missing-column", columns=one.column, near=near, example=example, **place)
        ]
    place_of = names.index(one.column)
    ids = [_as_text(row[place_of]) for row in raw.rows[1:]]
    empty = [number for number, name in enumerate(ids, start=1) if not name]
    problems = [
        issue(one.duplicate, subject=name, count=count, **place)
        for name, count in sorted(Counter(ids).items())
        if name and count > 1
    ]
    if empty:
        rows = "、".join(f"第 {number} 条" for number in empty[:_LISTED])
        rows += " 等" if len(empty) > _LISTED else ""
        problems.append(
            issue("id-missing", column=one.column, count=len(empty), rows=rows, **place)
        )
    return ids, problems


def _as_text(value: object) -> str:
    """An id as a person sees it: 1.0 of a column of numbers is 1.

    >>> _as_text(1.0), _as_text(" A-1 "), _as_text(None)
    ('1', 'A-1', '')
    """
    if value is None or value != value:  # noqa: PLR0124  NaN, of whatever type
        return ""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _write(located: Located, output: Path) -> None:
    """The pairs as csv that Excel opens, whole or not at all."""
    from geodata.units import M2_PER_MU
    from reports.write import write_bytes

    table = located.pairs.assign(area_mu=located.pairs["area_m2"] / M2_PER_MU)
    text = table.to_csv(index=False, lineterminator="\n")
    write_bytes({output.name: text.encode("utf-8-sig")}, output.parent)


def _park_overlaps(located: Located, parks: _Layer) -> list[Issue]:
    from geodata.issues import issue
    from geodata.units import M2_PER_MU

    return [
        issue(
            "parks-overlap",
            file=str(parks.path),
            subject=park,
            other=other,
            area_mu=f"{area / M2_PER_MU:.4f}",
        )
        for park, other, area in located.overlaps.itertuples(index=False)
    ]


def _summary(located: Located, parks: int) -> dict[str, Any]:
    """Counts, and the four areas in both units."""
    from geodata.units import M2_PER_MU

    audit = located.audit.sum()
    counts = {"parcels": len(located.audit), "parks": parks, "pairs": len(located.pairs)}
    areas = {
        "parcel_area": float(audit["area_m2"]),
        "located": float(audit["located_m2"]),
        "outside": float(audit["outside_m2"]),
        "multiple": float(audit["multiple_m2"]),
    }
    return counts | {
        f"{name}_{unit}": area / size
        for name, area in areas.items()
        for unit, size in (("m2", 1.0), ("mu", M2_PER_MU))
    }


def _lines(summary: dict[str, Any], doubts: Sequence[Issue]) -> list[str]:
    """What a person reads: problems first, the sums last."""
    area = {
        name: f"{summary[f'{name}_m2']:,.2f} 平方米（{summary[f'{name}_mu']:,.2f} 亩）"
        for name in ("parcel_area", "located", "outside", "multiple")
    }
    apart = ["注意：没有任何宗地与园区相交，请核对两个图层的坐标系和带号。"]
    return [
        *screen.doubts(doubts),
        *([] if summary["pairs"] else apart),
        f"宗地 {summary['parcels']:,} 宗，园区 {summary['parks']:,} 个，"
        f"相交 {summary['pairs']:,} 对，已写入 {summary['file']}",
        f"合计  宗地 {area['parcel_area']}；在园区内 {area['located']}；"
        f"在园区以外 {area['outside']}；在一个以上园区内 {area['multiple']}",
    ]
