"""Files onto the disk: everything, or nothing."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from geodata.errors import InputError
from reports.artifact import Artifact
from reports.write import layer_bytes, write, write_bytes


def _artifact(name: str, content: bytes = b"new") -> Artifact:
    return Artifact(name=name, media_type="text/plain", content=content)


def _refuse(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Moving a file onto this name is refused, as when it is open in Excel."""
    move = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if Path(target).name == name and self.name.startswith("new-"):
            raise PermissionError(13, "另一个程序正在使用此文件", str(self), None, str(target))
        return move(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_files_are_written_and_the_folder_is_made(tmp_path: Path) -> None:
    """The paths come back in order, the folder holds the files and nothing else."""
    folder = tmp_path / "reports" / "2024"
    written = write([_artifact("b.txt"), _artifact("a.txt")], folder)

    assert [folder / "b.txt", folder / "a.txt"] == written
    assert ["a.txt", "b.txt"] == sorted(path.name for path in folder.iterdir())
    assert b"new" == written[0].read_bytes()


def test_names_may_lie_in_sub_folders_but_never_outside(tmp_path: Path) -> None:
    """A name with a folder is fine, a way out of the target is our bug."""
    write_bytes({"results/2024/parks.csv": b"1"}, tmp_path)

    assert b"1" == (tmp_path / "results" / "2024" / "parks.csv").read_bytes()
    for name in ("../a.txt", "/a.txt", "a\\b.txt"):
        with pytest.raises(ValueError, match="not a file name"):
            write_bytes({name: b""}, tmp_path)


def test_a_busy_target_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the second of three cannot be replaced, the first is put back and a message says so."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"old")
    _refuse(monkeypatch, "b.txt")

    with pytest.raises(InputError) as caught:
        write([_artifact("a.txt"), _artifact("b.txt"), _artifact("c.txt")], tmp_path)

    assert ["target-busy"] == [one.code for one in caught.value.issues]
    assert "b.txt" == caught.value.issues[0].file
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {"a.txt": b"old", "b.txt": b"old"} == left


def test_a_new_file_is_taken_back_when_a_later_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not there before is not there after."""
    (tmp_path / "b.txt").write_bytes(b"old")
    _refuse(monkeypatch, "b.txt")

    with pytest.raises(InputError):
        write([_artifact("a.txt"), _artifact("b.txt")], tmp_path)

    assert ["b.txt"] == [path.name for path in tmp_path.iterdir()]


def test_every_busy_target_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that cannot be opened for writing are all in one message, nothing is replaced."""
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_bytes(b"old")
    opened = Path.open

    def locked(self: Path, mode: str = "r", **how: object) -> object:
        if mode == "r+b" and self.name in ("a.txt", "c.txt"):
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, mode, **how)

    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(InputError) as caught:
        write([_artifact(name) for name in ("a.txt", "b.txt", "c.txt")], tmp_path)

    assert ["a.txt", "c.txt"] == [one.file for one in caught.value.issues]
    assert b"old" == (tmp_path / "b.txt").read_bytes()


def test_stale_files_go_away_and_others_stay(tmp_path: Path) -> None:
    """What a folder held before and this run did not write is taken away, only in that folder."""
    write_bytes({"tables/old.txt": b"1", "tables/kept.txt": b"1", "note.txt": b"1"}, tmp_path)
    write_bytes({"tables/kept.txt": b"2"}, tmp_path, stale="tables")

    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.txt"))
    assert ["note.txt", "tables/kept.txt"] == found


def test_stale_files_return_when_the_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused write leaves stale files too."""
    write_bytes({"tables/old.txt": b"1", "b.txt": b"1"}, tmp_path)
    _refuse(monkeypatch, "b.txt")

    with pytest.raises(InputError):
        write_bytes({"tables/new.txt": b"2", "b.txt": b"2"}, tmp_path, stale="tables")

    assert ["old.txt"] == [path.name for path in (tmp_path / "tables").iterdir()]


def test_two_artifacts_of_one_name_are_a_bug(tmp_path: Path) -> None:
    """Nothing is silently overwritten."""
    with pytest.raises(ValueError, match="same name"):
        write([_artifact("a.txt"), _artifact("a.txt")], tmp_path)


def test_a_geopackage_depends_on_its_content_alone(tmp_path: Path) -> None:
    """Two layers in one file, the same bytes each time, no clock in it."""
    layer = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[box(112, 28, 113, 29)], crs="EPSG:4490")
    content = layer_bytes({"parks": layer, "parcels": layer}, date="2025-05-20")
    (tmp_path / "a.gpkg").write_bytes(content)

    assert content == layer_bytes({"parks": layer, "parcels": layer}, date="2025-05-20")
    assert ["parks", "parcels"] == list(gpd.list_layers(tmp_path / "a.gpkg")["name"])
    assert ["甲"] == list(gpd.read_file(tmp_path / "a.gpkg", layer="parcels")["name"])
