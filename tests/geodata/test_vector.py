"""Layers as they are."""

from __future__ import annotations

import json
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import box

from geodata.errors import InputError
from geodata.readers.vector import layers, read_layer, read_parquet_table

if TYPE_CHECKING:
    from pathlib import Path

SQUARES = [box(0, 0, 100, 100), box(100, 0, 200, 100)]


def layer(**columns: list[Any]) -> gpd.GeoDataFrame:
    """Two squares of one hectare in zone 37."""
    return gpd.GeoDataFrame(columns, geometry=SQUARES, crs="EPSG:4525")


def save(frame: gpd.GeoDataFrame, path: Path, **how: Any) -> Path:
    """Write a layer; GDAL's remarks about it are of no interest here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path, **how)
    return path


def shapefile(path: Path, *, text: str = "工业用地", encoding: str = "GBK") -> Path:
    """A shp with Chinese text and without a .cpg."""
    save(layer(DKBH=["P1", "P2"], 用途=[text, None]), path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    return path


def codes(path: Path, **how: Any) -> list[str]:
    """Codes of the issues with which reading is refused."""
    with pytest.raises(InputError) as caught:
        read_layer(path, name=path.name, **how)
    return [one.code for one in caught.value.issues]


def encodings(notes: tuple[Any, ...]) -> list[str]:
    """Encodings that were found out."""
    return [dict(one.params)["encoding"] for one in notes if one.code == "encoding-found"]


def test_short_gbk_words_that_are_valid_utf8_are_gbk(tmp_path: Path) -> None:
    """园1 in GBK happens to be a valid UTF-8 letter of another script; Chinese is meant."""
    path = save(layer(YQ=["园1", "园2"]), tmp_path / "a.shp", encoding="GBK")
    path.with_suffix(".cpg").unlink()
    raw = read_layer(path, name="a.shp")

    assert ["园1", "园2"] == [row[0] for row in raw.rows[1:]]
    assert ["GB18030"] == encodings(raw.notes)


def test_geopackage(tmp_path: Path) -> None:
    """Names in row 0, records after it as plain values, geometry and CRS beside them."""
    day = pd.to_datetime(["2024-06-30", None])
    frame = layer(
        宗地编号=["P1", "P2"], n=[1, 2], 面积=[15.0, None], 日期=day, 标准地=[True, False]
    )
    path = save(frame, tmp_path / "a.gpkg", layer="宗地")

    raw = read_layer(path, name="图/a.gpkg")

    assert ("图/a.gpkg", "宗地") == (raw.file, raw.sheet)
    assert ["宗地编号", "n", "面积", "日期", "标准地"] == raw.rows[0]
    assert ["P1", 1, 15.0, pd.Timestamp("2024-06-30"), True] == raw.rows[1]
    assert ["P2", 2, None, None, False] == raw.rows[2]
    assert raw.geometry is not None
    assert [10000.0, 10000.0] == raw.geometry.area.tolist()
    assert "EPSG:4525" == raw.geometry.crs.to_string()
    assert () == raw.notes


def test_layers_of_a_geopackage(tmp_path: Path) -> None:
    """One layer needs no name; of several one must be named, and a wrong name is told."""
    path = save(layer(a=[1, 2]), tmp_path / "a.gpkg", layer="宗地")
    save(layer(a=[3, 4]), path, layer="园区")

    assert [["a"], [3], [4]] == read_layer(path, name="a", layer="园区").rows
    assert ["sheet-missing"] == codes(path)
    assert ["sheet-missing"] == codes(path, layer="道路")
    with pytest.raises(InputError, match="没有“道路”；现有：宗地、园区"):
        read_layer(path, name="a", layer="道路")


def test_a_layer_without_crs_says_so(tmp_path: Path) -> None:
    """No CRS is invented."""
    bare = layer(a=[1, 2]).set_crs(None, allow_override=True)
    path = save(bare, tmp_path / "a.gpkg")
    shape = shapefile(tmp_path / "b.shp")
    shape.with_suffix(".prj").unlink()

    for raw in (read_layer(path, name="a"), read_layer(shape, name="b")):
        assert raw.geometry is not None
        assert raw.geometry.crs is None


@pytest.mark.parametrize(
    ("written", "found"), [("GBK", "GB18030"), ("GB18030", "GB18030"), ("UTF-8", "UTF-8")]
)
def test_shp_without_cpg(tmp_path: Path, written: str, found: str) -> None:
    """Text is tried as UTF-8, then as GB18030, and what fits is reported."""
    raw = read_layer(shapefile(tmp_path / "a.shp", encoding=written), name="a.shp")

    assert [["DKBH", "用途"], ["P1", "工业用地"], ["P2", None]] == raw.rows
    assert [found] == encodings(raw.notes)


def test_shp_in_plain_letters_needs_no_encoding(tmp_path: Path) -> None:
    """Nothing is reported where nothing had to be found out."""
    path = save(layer(DKBH=["P1", "P2"]), tmp_path / "a.shp")
    path.with_suffix(".cpg").unlink()

    assert () == read_layer(path, name="a").notes


def test_shp_with_cpg(tmp_path: Path) -> None:
    """A .cpg is believed, in the spelling of any program, and a declared encoding before it."""
    path = shapefile(tmp_path / "a.shp")
    for stated in ("GBK", "cp936", "936", "ANSI 936", "GB2312\n"):
        path.with_suffix(".cpg").write_text(stated, encoding="ascii")
        raw = read_layer(path, name="a")
        assert "工业用地" == raw.rows[1][1]
        assert () == raw.notes
    assert "工业用地" == read_layer(path, name="a", encoding="GBK").rows[1][1]
    assert ["file-unreadable"] == codes(path, encoding="UTF-8")
    assert ["file-unreadable"] == codes(path, encoding="克林贡")


def test_a_cpg_that_is_wrong(tmp_path: Path) -> None:
    """Text that cannot be what the .cpg says is read as what it can be, and that is told."""
    path = shapefile(tmp_path / "a.shp")
    path.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")

    raw = read_layer(path, name="a")

    assert "工业用地" == raw.rows[1][1]
    (note,) = raw.notes
    assert ("encoding-differs", "warning") == (note.code, note.severity)
    assert {"stated": "UTF-8", "encoding": "GB18030"} == dict(note.params)


def test_a_prj_that_is_not_utf8(tmp_path: Path) -> None:
    """A coordinate system named in GBK is told of, not guessed at."""
    path = shapefile(tmp_path / "a.shp")
    prj = path.with_suffix(".prj")
    prj.write_bytes(prj.read_bytes().replace(b'PROJCS["', 'PROJCS["三度带'.encode("gbk")))

    with pytest.raises(InputError, match="坐标系文件（prj）"):
        read_layer(path, name="a")


def test_file_geodatabase(tmp_path: Path) -> None:
    """A gdb folder is read by layer; of several one must be named, tables are no layers."""
    path = tmp_path / "国土.gdb"
    for number, name in enumerate(("宗地", "园区")):
        frame = layer(编号=[f"P{number}", None])
        pyogrio.write_dataframe(frame, path, layer=name, driver="OpenFileGDB")

    raw = read_layer(path, name="国土.gdb", layer="园区")

    assert ["宗地", "园区"] == layers(path, name="a")
    assert ("园区", [["编号"], ["P1"], [None]]) == (raw.sheet, raw.rows)
    assert raw.geometry is not None
    assert [10000.0, 10000.0] == raw.geometry.area.tolist()
    assert "EPSG:4525" == raw.geometry.crs.to_string()
    with pytest.raises(InputError, match="现有：宗地、园区"):
        read_layer(path, name="a")
    (tmp_path / "b.gdb").write_bytes(b"")
    with pytest.raises(InputError, match="文件夹"):
        read_layer(tmp_path / "b.gdb", name="b")
    (tmp_path / "c.gdb").mkdir()
    assert ["file-unreadable"] == codes(tmp_path / "c.gdb")


def zipped(target: Path, *shapes: tuple[Path, str]) -> Path:
    """A zip of shapefiles, each under a name of its own."""
    with zipfile.ZipFile(target, "w") as archive:
        for path, name in shapes:
            for part in sorted(path.parent.glob(f"{path.stem}.*")):
                archive.writestr(f"{name}{part.suffix}", part.read_bytes())
    return target


@pytest.mark.parametrize("inside", ["宗地", "2024/宗地", "2024\\宗地"])
def test_zip_of_a_shapefile(tmp_path: Path, inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read like the shapefile itself, in a folder or not; nothing is left behind."""
    (tmp_path / "t").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    path = zipped(tmp_path / "a.zip", (shapefile(tmp_path / "x.shp"), inside))

    raw = read_layer(path, name="a.zip")

    assert ("宗地", "工业用地") == (raw.sheet, raw.rows[1][1])
    assert ["GB18030"] == encodings(raw.notes)
    assert raw.geometry is not None
    assert "EPSG:4525" == raw.geometry.crs.to_string()
    assert ["宗地"] == layers(path, name="a.zip")
    assert [] == list((tmp_path / "t").iterdir())


def test_names_in_gbk_inside_a_zip(tmp_path: Path) -> None:
    """Chinese Windows writes names in GBK without saying so."""
    parts = shapefile(tmp_path / "x.shp")
    plain = zipped(tmp_path / "a.zip", (parts, "ABCD")).read_bytes()
    (tmp_path / "b.zip").write_bytes(plain.replace(b"ABCD.", "宗地".encode("gbk") + b"."))

    assert ["宗地"] == layers(tmp_path / "b.zip", name="b")
    assert "工业用地" == read_layer(tmp_path / "b.zip", name="b").rows[1][1]


def test_zip_of_several_shapefiles(tmp_path: Path) -> None:
    """One must be named; the folder tells those of one name apart."""
    one, two = shapefile(tmp_path / "x.shp"), shapefile(tmp_path / "y.shp", text="商业用地")
    path = zipped(tmp_path / "a.zip", (one, "甲/宗地"), (two, "乙/宗地"))

    with pytest.raises(InputError, match="现有：乙/宗地、甲/宗地"):
        read_layer(path, name="a.zip")
    assert "商业用地" == read_layer(path, name="a.zip", layer="乙/宗地").rows[1][1]


@pytest.mark.parametrize(
    ("member", "told"),
    [
        ("../x.shp", "压缩包之外"),
        ("/etc/x.shp", "压缩包之外"),
        ("C:\\x.shp", "压缩包之外"),
        ("a/..\\..\\x.dbf", "压缩包之外"),
        ("内层.zip", "还有压缩包"),
        ("readme.txt", "没有 shp"),
    ],
)
def test_zips_that_are_refused(tmp_path: Path, member: str, told: str) -> None:
    """Paths that lead out, archives inside, and nothing to read."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, b"x")

    with pytest.raises(InputError, match=told) as caught:
        read_layer(tmp_path / "a.zip", name="a.zip")
    assert ["archive-refused"] == [one.code for one in caught.value.issues]


def test_links_and_bombs_in_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A symbolic link, and more than the stated bytes, are refused; so is what is no zip."""
    link = zipfile.ZipInfo("x.shp")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, b"/etc/passwd")
    monkeypatch.setattr("geodata.readers.archive.MOST_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.shp", bytes(3 << 20))
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04 nothing")

    for name, told in {"a.zip": "链接", "b.zip": "解压后超过 1 MB", "c.zip": "损坏"}.items():
        with pytest.raises(InputError, match=told):
            read_layer(tmp_path / name, name=name)


def test_other_formats_under_our_suffixes_are_not_opened(tmp_path: Path) -> None:
    """GDAL tells files by content and could follow a virtual layer anywhere: it is not asked."""
    text = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/http://localhost/x'
    text += "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    for name in ("a.gpkg", "a.geojson", "a.shp"):
        for part in (".shx", ".dbf"):
            (tmp_path / "a").with_suffix(part).write_text(text, encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert ["file-unreadable"] == codes(tmp_path / name)


def test_a_ring_that_does_not_close(tmp_path: Path) -> None:
    """Its record is there without a shape, the others are as ever."""
    ring = [[112.0, 28.0], [112.1, 28.0], [112.1, 28.1], [112.0, 28.1]]
    features = [
        {
            "type": "Feature",
            "properties": {"编号": name},
            "geometry": {"type": "Polygon", "coordinates": [points]},
        }
        for name, points in (("P1", ring), ("P2", [*ring, ring[0]]))
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (tmp_path / "a.geojson").write_text(text, encoding="utf-8")

    raw = read_layer(tmp_path / "a.geojson", name="a")

    assert [["编号"], ["P1"], ["P2"]] == raw.rows
    assert raw.geometry is not None
    assert [True, False] == raw.geometry.isna().tolist()


def test_the_language_byte_of_a_dbf(tmp_path: Path) -> None:
    """A dbf that says it is Chinese is believed, and reported."""
    path = shapefile(tmp_path / "a.shp", text="联通")  # its GBK bytes also are good UTF-8
    dbf = path.with_suffix(".dbf")
    data = dbf.read_bytes()
    dbf.write_bytes(data[:29] + b"\x4d" + data[30:])

    raw = read_layer(path, name="a")

    assert "联通" == raw.rows[1][1]
    assert ["GBK"] == encodings(raw.notes)


def test_text_cut_by_the_width_of_its_field(tmp_path: Path) -> None:
    """A last character that a dbf's field cut in half is dropped, the rest stays readable."""
    path = shapefile(tmp_path / "a.shp", text="工业用地")
    dbf = path.with_suffix(".dbf")
    data = dbf.read_bytes()
    whole = "工业用地".encode("gbk")
    width = data[32 + 32 + 16]
    cut = (whole * width)[: width - width % 2 - 1].rjust(width, b"x")
    at = data.index(whole)
    dbf.write_bytes(data[:at] + cut + data[at + width :])

    text = read_layer(path, name="a").rows[1][1]

    assert isinstance(text, str)
    assert set(text) <= set("x工业用地")
    assert width // 2 - 1 == len(text.replace("x", ""))


def test_shp_without_its_companions(tmp_path: Path) -> None:
    """A missing .shx or .dbf is named; a truncated .shp or .dbf is damage, not fewer shapes."""
    for suffix in (".shx", ".dbf"):
        path = shapefile(tmp_path / f"no{suffix[1:]}.shp")
        path.with_suffix(suffix).unlink()
        with pytest.raises(InputError, match=rf"缺少同名的 \{suffix}"):
            read_layer(path, name="a")
    for suffix in (".shp", ".shx", ".dbf"):
        path = shapefile(tmp_path / f"short{suffix[1:]}.shp")
        part = path.with_suffix(suffix)
        part.write_bytes(part.read_bytes()[: part.stat().st_size * 2 // 3])
        assert ["file-unreadable"] == codes(path)


def test_geojson_is_lon_lat_by_its_standard(tmp_path: Path) -> None:
    """Without a crs member it is EPSG:4326, which is noted; a stated CRS is taken as it is."""
    record = {
        "type": "Feature",
        "properties": {"宗地编号": "P1", "crs": "无关"},
        "geometry": {"type": "Point", "coordinates": [112.3, 28.6]},
    }
    silent: dict[str, object] = {"type": "FeatureCollection", "features": [record]}
    stated = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    (tmp_path / "a.geojson").write_text(json.dumps(silent), encoding="utf-8")
    (tmp_path / "b.json").write_text(
        json.dumps({"type": "FeatureCollection", "crs": stated, "features": [record]}),
        encoding="utf-8",
    )

    plain, told = (read_layer(tmp_path / one, name=one) for one in ("a.geojson", "b.json"))

    assert [["宗地编号", "crs"], ["P1", "无关"]] == plain.rows
    assert plain.geometry is not None
    assert told.geometry is not None
    assert "EPSG:4326" == plain.geometry.crs.to_string()
    assert ["crs-by-standard"] == [one.code for one in plain.notes]
    assert "EPSG:4490" == told.geometry.crs.to_string()
    assert () == told.notes


def test_parquet(tmp_path: Path) -> None:
    """A geoparquet is a layer, a parquet without geometry a table."""
    frame = layer(宗地编号=["P1", None], 面积=[15.0, 15.0])
    frame.to_parquet(tmp_path / "a.parquet")
    pd.DataFrame(frame.drop(columns="geometry")).to_parquet(tmp_path / "b.parquet")
    rows = [["宗地编号", "面积"], ["P1", 15.0], [None, 15.0]]

    drawn = read_layer(tmp_path / "a.parquet", name="a")

    assert rows == drawn.rows
    assert drawn.geometry is not None
    assert "EPSG:4525" == drawn.geometry.crs.to_string()
    assert rows == read_parquet_table(tmp_path / "b.parquet", name="b").rows
    assert read_layer(tmp_path / "b.parquet", name="b").geometry is None


def test_files_that_are_not_what_they_say(tmp_path: Path) -> None:
    """Missing, unknown, damaged and truncated files end in one message each."""
    whole = save(layer(a=[1, 2]), tmp_path / "whole.gpkg").read_bytes()
    contents = {
        "a.gpkg": b"nothing",
        "b.gpkg": whole[: len(whole) // 2],
        "c.geojson": b'{"type": "FeatureCollection", "features": [{"ty',
        "d.geojson": b"[1, 2]",
        "e.parquet": b"PAR1",
        "f.shp": b"",
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
        assert ["file-unreadable"] == codes(tmp_path / name)
    (tmp_path / "g.dwg").write_bytes(b"")

    assert ["file-kind"] == codes(tmp_path / "g.dwg")
    assert ["file-missing"] == codes(tmp_path / "none.gpkg")
    with pytest.raises(InputError, match="不存在"):
        read_parquet_table(tmp_path / "none.parquet", name="none")
    with pytest.raises(InputError, match="损坏"):
        read_parquet_table(tmp_path / "e.parquet", name="e")


def test_geojson_that_is_not_utf8(tmp_path: Path) -> None:
    """Text in another encoding is told as such."""
    text = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"名":"工业"},'
    text += '"geometry":{"type":"Point","coordinates":[112,28]}}]}'
    (tmp_path / "a.geojson").write_bytes(text.encode("gbk"))

    with pytest.raises(InputError, match="UTF-8"):
        read_layer(tmp_path / "a.geojson", name="a")


def test_nothing_reaches_the_screen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """GDAL neither prints nor warns (warnings are errors here), whatever it reads."""
    path = shapefile(tmp_path / "a.shp")
    (tmp_path / "b.gpkg").write_bytes(b"nothing")
    read_layer(path, name="a")
    codes(tmp_path / "b.gpkg")

    assert ("", "") == capfd.readouterr()
