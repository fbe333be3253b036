"""`parkeval survey`: land-survey coordinate files (勘测定界坐标) to a layer, and back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkeval.cli import screen
from parkeval.cli.options import AS_JSON, Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from geodata.issues import Issue
    from geodata.model import RawTable
    from geodata.survey_layer import Layer
    from geodata.survey_plane import Plane

_PATH = click.Path(path_type=Path)
_LAYERS = (".gpkg", ".geojson")
_TEXT = ".txt"
_WRITING = ("layer", "crs", "zone", "degrees", "unit", "date")
"""Options that mean something only when a survey file is written."""
_NAME = "宗地"
_FILE = "来源文件"
_UNDATED = "2000-01-01"
"""Date inside a gpkg whose source states none: the clock is never asked."""
_CODECS = {"utf-8": "utf-8", "gbk": "gbk"}
_VERSION, _PRECISION, _NO_SHIFT = "1.01版本", "0.001", "0,0,0,0,0,0,0"
_VERDICTS = {
    "rounded": "一致",
    "truncated": "一致（截尾）",
    "close": "相差不到 0.1%",
    "differs": "不符",
    "missing": "未核对",
}


@click.command(
    cls=Command,
    help="勘测定界坐标（报部坐标 TXT）转成图层，核对面积、点数和闭合；"
    "OUT 以 .txt 结尾时反过来，把图层写成坐标文件。",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_PATH)
@click.option(
    "-o", "--output", required=True, metavar="OUT", type=_PATH, help=".gpkg、.geojson 或 .txt"
)
@click.option("--layer", metavar="L", help="图层文件有多个图层时用哪一个（写坐标文件时）")
@click.option("--crs", metavar="EPSG", help="图层没有坐标系时写明（写坐标文件时）")
@click.option("--zone", metavar="N", type=int, help="带号，如 37；不写则按图层判断")
@click.option("--degrees", type=click.Choice(["3", "6"]), help="几度分带；不写则按带号或图层判断")
@click.option("--prefix/--no-prefix", default=True, help="东坐标前是否加带号，默认加")
@click.option("--encoding", type=click.Choice(list(_CODECS)), help="坐标文件的编码")
@click.option("--unit", metavar="TEXT", default="", help="数据产生单位（写坐标文件时）")
@click.option("--date", metavar="TEXT", default="", help="数据产生日期（写坐标文件时）")
@AS_JSON
def survey(**given: Any) -> None:
    """Turn survey files into one layer, or a layer into a survey file."""
    files: tuple[Path, ...] = given["files"]
    output: Path = given["output"]
    suffix = output.suffix.lower()
    if suffix not in {*_LAYERS, _TEXT} or output.is_dir():
        raise click.UsageError("OUT 应为 .gpkg、.geojson 或 .txt 文件。")
    if output.resolve() in {one.resolve() for one in files}:
        raise click.UsageError("OUT 不能与输入文件相同。")
    if suffix == _TEXT:
        if len(files) != 1 or files[0].suffix.lower() == _TEXT:
            raise click.UsageError("写坐标文件时只给一个图层文件。")
        summary, doubts = _to_text(files[0], output, given)
    else:
        if unused := [f"--{one}" for one in _WRITING if given[one]]:
            raise click.UsageError(f"{'、'.join(unused)} 只用于写坐标文件（OUT 为 .txt）。")
        summary, doubts = _to_layer(files, output, given["encoding"])
    summary |= {"file": str(output)}
    if given["as_json"]:
        screen.as_json(summary | {"problems": screen.told(doubts)})
    else:
        screen.lines([*screen.doubts(doubts), *_lines(summary)])


# --- survey files to a layer ----------------------------------------------------------------


def _to_layer(
    files: Sequence[Path], output: Path, encoding: str | None
) -> tuple[dict[str, Any], Sequence[Issue]]:
    """Read every file, write one layer."""
    from geodata.cells import date
    from geodata.crs import CGCS2000
    from geodata.issues import in_order
    from reports.write import layer_bytes, write_bytes

    with screen.progress() as step:
        step("读取坐标文件")
        layers, doubts = _read(files, encoding)
        frame, checks, notes = _joined(files, layers)
        step("量算面积")
        areas, invalid = _measured(frame, checks)
        if output.suffix.lower() == ".gpkg":
            days = [date(one.header.get("数据产生日期")) for one in layers]
            newest = max((one.isoformat() for one in days if one), default=_UNDATED)
            content = layer_bytes({_NAME: frame}, date=newest)
        else:
            frame = frame.to_crs(CGCS2000)
            text = frame.to_json(ensure_ascii=False, drop_id=True)
            content = f"{text}\n".encode()
        write_bytes({output.name: content}, output.parent)
    told = _parcels(checks.assign(ellipsoidal_m2=areas))
    return (
        {"parcels": told, "crs": str(frame.crs)},
        in_order([*doubts, *notes, *invalid]),
    )


def _read(files: Sequence[Path], encoding: str | None) -> tuple[list[Layer], list[Issue]]:
    """Every file, or one InputError with the problems of all."""
    from geodata.errors import InputError
    from geodata.readers.survey_txt import read_survey

    layers: list[Layer] = []
    problems: list[Issue] = []
    for path in files:
        try:
            layers.append(read_survey(path, name=str(path), encoding=encoding))
        except InputError as error:
            problems += error.issues
    if problems:
        raise InputError(problems)
    return layers, [one for layer in layers for one in layer.issues]


def _joined(
    files: Sequence[Path], layers: Sequence[Layer]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[Issue]]:
    """One layer of all files with unique ids: in their system, in degrees where they differ."""
    import geopandas as gpd
    import pandas as pd

    from geodata.crs import CGCS2000
    from geodata.fields import fields_of
    from geodata.issues import issue
    from geodata.survey_layer import numbered

    names = [str(path) for path, one in zip(files, layers, strict=True) for _ in one.checks.index]
    checks = pd.concat([one.checks for one in layers], ignore_index=True).assign(source=names)
    lines = checks["line"].tolist()
    places = [
        {"file": name, "cell": f"第 {line} 行"} for name, line in zip(names, lines, strict=True)
    ]
    ids, notes = numbered([(one, "") for one in checks["id"]], places)
    systems = dict.fromkeys(str(one.frame.crs) for one in layers)
    frames = [one.frame for one in layers]
    if len(systems) > 1:
        notes.append(issue("survey-several-systems", systems="、".join(systems)))
        frames = [one.to_crs(CGCS2000) for one in frames]
    frame = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    frame[fields_of("parcels")["parcel_id"].zh] = pd.Series(ids, dtype="str")
    if len(files) > 1:
        frame[_FILE] = pd.Series([Path(one).name for one in names], dtype="str")
    columns = [one for one in frame.columns if one != "geometry"]
    return frame[[*columns, "geometry"]], checks.assign(id=ids), notes


def _measured(frame: gpd.GeoDataFrame, checks: pd.DataFrame) -> tuple[list[float], list[Issue]]:
    """Ellipsoidal areas, and the shapes whose boundary is wrong."""
    import geopandas as gpd

    from geodata.crs import to_cgcs2000
    from geodata.geometry import area_m2, mend
    from geodata.issues import issue

    shapes = gpd.GeoSeries(frame.geometry.to_numpy(), index=checks["id"], crs=frame.crs)
    file = " ".join(dict.fromkeys(checks["source"]))
    moved, _ = to_cgcs2000(shapes, declared=None, file=file, sheet="")
    mended, found = mend(moved, file="", sheet="")
    sources = dict(zip(checks["id"], checks["source"], strict=True))
    wrong = [
        issue(
            "survey-invalid",
            file=sources[one.subject],
            subject=one.subject,
            cause=dict(one.params)["cause"],
        )
        for one in found
        if one.code in {"geometry-repaired", "geometry-refused"}
    ]
    return area_m2(mended).tolist(), wrong


def _parcels(checks: pd.DataFrame) -> list[dict[str, Any]]:
    """What is told of each parcel; unknown figures are None."""
    from geodata.units import M2_PER_MU

    def known(figure: float) -> float | None:
        return None if math.isnan(figure) else float(figure)

    return [
        {
            "id": one["id"],
            "source": one["source"],
            "points": int(one["points"]),
            "rings": int(one["rings"]),
            "planar_m2": known(one["planar_m2"]),
            "planar_mu": known(one["planar_m2"] / M2_PER_MU),
            "ellipsoidal_m2": known(one["ellipsoidal_m2"]),
            "ellipsoidal_mu": known(one["ellipsoidal_m2"] / M2_PER_MU),
            "declared_ha": known(one["declared_ha"]),
            "verdict": one["verdict"],
        }
        for one in checks.to_dict("records")
    ]


# --- a layer to a survey file ---------------------------------------------------------------


def _to_text(
    path: Path, output: Path, given: dict[str, Any]
) -> tuple[dict[str, Any], Sequence[Issue]]:
    """Read a layer, write its parcels as boundary points."""
    from geodata.issues import in_order
    from geodata.readers.vector import read_layer
    from geodata.survey_block import to_block
    from geodata.survey_format import compose
    from reports.write import write_bytes

    with screen.progress() as step:
        step("读取图层")
        raw = read_layer(path, name=str(path), layer=given["layer"])
        frame, doubts, span = _usable(raw, given["crs"])
        plane = _plane(frame, span, given, raw.file)
        step("换算坐标")
        target = plane._replace(prefixed=True)
        moved = frame.to_crs(target.epsg)
        block, notes = to_block(moved, plane, header=_header(plane, given), file=raw.file)
        content = _encoded(compose(block), given["encoding"] or "utf-8", raw.file)
        write_bytes({output.name: content}, output.parent)
    points = sum(len(one.points) for one in block.parcels)
    summary = {
        "written": len(block.parcels),
        "points": points,
        "zone": plane.zone,
        "degrees": plane.degrees,
        "crs": f"EPSG:{plane.epsg}",
    }
    return summary, in_order([*raw.notes, *doubts, *notes])


def _usable(
    raw: RawTable, declared: str | None
) -> tuple[gpd.GeoDataFrame, list[Issue], tuple[float, float]]:
    """Parcels with a shape in the layer's own system, doubts, and the longitudes they span."""
    import geopandas as gpd
    import shapely

    from geodata.crs import to_cgcs2000
    from geodata.errors import InputError
    from geodata.geometry import mend
    from geodata.issues import issue

    if raw.geometry is None:
        raise InputError([issue("layer-without-geometry", file=raw.file, sheet=raw.sheet)])
    if raw.geometry.empty:
        raise InputError([issue("empty-table", file=raw.file, sheet=raw.sheet)])
    place = {"file": raw.file, "sheet": raw.sheet}
    frame, doubts = _columns(raw)
    moved, notes = to_cgcs2000(raw.geometry, declared=declared, **place)
    moved.index = frame["number"]
    mended, found = mend(moved, **place)
    kept = mended.notna().to_numpy()
    if not kept.any():
        raise InputError(found)
    own = gpd.GeoSeries(
        shapely.force_2d(raw.geometry.array), crs=raw.geometry.crs or _code(declared)
    )
    west, _, east, _ = mended.total_bounds
    repaired = [
        issue("survey-invalid", **place, subject=one.subject, cause=dict(one.params)["cause"])
        if one.code == "geometry-repaired"
        else one
        for one in found
    ]
    usable = frame.set_geometry(own)[kept].reset_index(drop=True)
    return usable, [*doubts, *notes, *repaired], (float(west), float(east))


def _code(declared: str | None) -> str | None:
    """The declared system as `to_cgcs2000` reads it."""
    text = (declared or "").strip()
    return f"EPSG:{text}" if text.isdigit() else text or None


def _columns(raw: RawTable) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """What a parcel row states, from whatever the layer calls it."""
    import geopandas as gpd

    from geodata import cells
    from geodata.fields import fold, names
    from geodata.survey_layer import EXTRA, SHEET, numbered

    known = names("parcels")
    wanted = {
        "number": "parcel_id",
        "name": "parcel_name",
        "use": "land_use_name",
        "code": "land_use_code",
    }
    headers = [str(one) for one in raw.rows[0]]
    place_of = {
        meant: at
        for at, one in reversed(list(enumerate(headers)))
        for meant in known.get(fold(one), ())
    }
    place_of |= {one: headers.index(one) for one in (SHEET, EXTRA) if one in headers}
    sought = wanted | {"sheet": SHEET, "extra": EXTRA}
    texts = {
        column: [
            (cells.text(row[place_of[meant]]) or "") if meant in place_of else ""
            for row in raw.rows[1:]
        ]
        for column, meant in sought.items()
    }
    stated = list(zip(texts["number"], texts["name"], strict=True))
    places = [
        {"file": raw.file, "sheet": raw.sheet, "cell": f"第{at}条"}
        for at in range(1, len(stated) + 1)
    ]
    texts["number"], doubts = numbered(stated, places)
    return gpd.GeoDataFrame(texts, geometry=raw.geometry), doubts


def _plane(
    frame: gpd.GeoDataFrame, span: tuple[float, float], given: dict[str, Any], file: str
) -> Plane:
    """The plane asked for, else the layer's own, else the one that holds its middle."""
    from geodata.errors import InputError
    from geodata.issues import issue
    from geodata.survey_plane import Plane, degrees_of

    zone: int | None = given["zone"]
    degrees = int(given["degrees"]) if given["degrees"] else None
    implied = None if zone is None else degrees_of(zone)
    if zone is not None and (implied is None or degrees not in {None, implied}):
        raise click.UsageError("--zone 应为 13 至 23（六度带）或 25 至 45（三度带）。")
    own = Plane.of_epsg(frame.crs.to_epsg() or 0)
    if zone is not None and implied is not None:
        found = Plane(zone, implied, prefixed=True)
    elif own is not None and degrees in {None, own.degrees}:
        found = own
    else:
        found = Plane.at(sum(span) / 2, degrees or 3)
    if max(abs(one - found.meridian) for one in span) > found.degrees:
        west, east = (f"{one:.4f}" for one in span)
        about = {"west": west, "east": east, "zone": found.zone, "meridian": found.meridian}
        raise InputError([issue("survey-far", file=file, **about)])
    return found._replace(prefixed=given["prefix"])


def _header(plane: Plane, given: dict[str, Any]) -> dict[str, str]:
    from geodata.survey_format import KEYS
    from geodata.survey_plane import DATUM, PROJECTION, UNIT

    values = (
        *(_VERSION, given["unit"], given["date"], DATUM, str(plane.degrees), PROJECTION, UNIT),
        *(str(plane.zone), _PRECISION, _NO_SHIFT),
    )
    return dict(zip(KEYS, values, strict=True))


def _encoded(text: str, encoding: str, file: str) -> bytes:
    """The text in the encoding asked for, with the line ends of Windows."""
    from geodata.errors import InputError
    from geodata.issues import issue

    try:
        return text.replace("\n", "\r\n").encode(_CODECS[encoding])
    except UnicodeEncodeError as error:
        odd = error.object[error.start : error.end]
        about = {"text": odd, "encoding": encoding.upper()}
        raise InputError([issue("survey-characters", file=file, **about)]) from None


def _lines(summary: dict[str, Any]) -> list[str]:
    """What a person reads: a line per parcel, the file last."""
    if "written" in summary:
        return [
            f"{summary['degrees']} 度带第 {summary['zone']} 带（{summary['crs']}），"
            f"{summary['written']:,} 宗，{summary['points']:,} 行界址点，已写入 {summary['file']}"
        ]
    lines = [_line(one) for one in summary["parcels"]]
    return [*lines, f"{len(lines):,} 宗（{summary['crs']}），已写入 {summary['file']}"]


def _line(one: dict[str, Any]) -> str:
    plane, ellipsoid = (
        "无"
        if one[f"{kind}_m2"] is None
        else f"{one[f'{kind}_m2']:,.4f} 平方米（{one[f'{kind}_mu']:,.4f} 亩）"
        for kind in ("planar", "ellipsoidal")
    )
    stated = "没有" if one["declared_ha"] is None else f"{one['declared_ha']:.10g} 公顷"
    verdict = _VERDICTS[one["verdict"]]
    return (
        f"{one['id']}  {one['points']} 点；平面 {plane}，椭球 {ellipsoid}；写明 {stated}，{verdict}"
    )
