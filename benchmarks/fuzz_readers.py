"""Broken files for every reader: an InputError or a table, in bounded time and memory.

Run `python benchmarks/fuzz_readers.py [cases per reader] [first seed]`. Cases run in worker
processes of their own, because a library that crashes takes its process with it; the number of a
case is its seed, which makes every one repeatable. Exit status 1 when any case misbehaves.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pyogrio
import xlsxwriter
from shapely.geometry import box

from geodata.conform import conform
from geodata.crs import to_cgcs2000
from geodata.errors import InputError
from geodata.readers.tabular import read_table
from geodata.readers.vector import read_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT = 1000
SLOW = 10.0
"""Seconds that no case may take."""
MEMORY = 6 << 30
"""Bytes of address space that a worker may use."""
BATCH = 25

HEADER = ["企业名称", "统一社会信用代码", "增值税（万元）", "用地面积（亩）"]
ROWS = [[f"虚构{number}公司", "91430900MA0000001A", number * 1.5, 10.0] for number in range(30)]
TABLES = (".xlsx", ".xls", ".et", ".csv", ".html")
LAYERS = (".gpkg", ".gdb", ".shp", ".zip", ".geojson", ".parquet")
READERS = (*TABLES, *LAYERS)
COMPANIONS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
OLD = Path(__file__).parent.parent / "tests" / "geodata" / "data" / "energy.xls"
WHOLE, SPLICED = 0.1, 0.5


class Outcome(NamedTuple):
    """What became of one case."""

    reader: str
    seed: int
    result: str
    """`read`, `refused`, or what went wrong."""
    seconds: float


def seeds(folder: Path) -> None:
    """One good file per reader, to be broken."""
    with xlsxwriter.Workbook(folder / "good.xlsx") as book:
        page = book.add_worksheet("税收")
        page.merge_range(0, 0, 0, 3, "税收情况表")
        for number, row in enumerate([HEADER, *ROWS], start=1):
            page.write_row(number, 0, row)
        page.write_number(40, 2, 0.05, book.add_format({"num_format": "0.0%"}))
        page.write_formula(41, 2, "=1/0", None, "#DIV/0!")
    shutil.copy(OLD, folder / "good.xls")
    shutil.copy(OLD, folder / "good.et")
    lines = [",".join(map(str, row)) for row in [HEADER, *ROWS]]
    (folder / "good.csv").write_text("\n".join(lines), encoding="gb18030")
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in [HEADER, *ROWS]]
    page_text = "".join(f"<tr>{row}</tr>" for row in ["<td colspan=4 rowspan=1>表</td>", *cells])
    content = f"<html><meta charset=gb2312><table>{page_text}</table></html>"
    (folder / "good.html").write_bytes(content.encode("gb18030"))
    shapes = [box(3.75e7 + at, 3.17e6, 3.75e7 + at + 100, 3.1701e6) for at in range(0, 900, 100)]
    names = [f"P{number}" for number in range(len(shapes))]
    frame = gpd.GeoDataFrame(
        {"宗地编号": names, "用途": "工业用地"}, geometry=shapes, crs="EPSG:4525"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(folder / "good.gpkg", layer="宗地")
        frame.to_file(folder / "good.shp", encoding="GBK")
        pyogrio.write_dataframe(frame, folder / "good.gdb", driver="OpenFileGDB", layer="parcels")
        frame.to_crs("EPSG:4490").to_file(folder / "good.geojson")
    frame.to_parquet(folder / "good.parquet")
    with zipfile.ZipFile(folder / "good.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in COMPANIONS:
            archive.write(folder / f"good{suffix}", f"图层/宗地{suffix}")


def broken(folder: Path, target: Path, reader: str, seed: int) -> Path:
    """A file or folder for this reader, broken in a way that the seed decides."""
    dice = random.Random(f"{reader}{seed}")  # noqa: S311  repeatable, not secret
    if reader == ".gdb":
        path = target / "case.gdb"
        shutil.copytree(folder / "good.gdb", path)
        for part in dice.sample(sorted(path.iterdir()), dice.randint(1, 3)):
            part.write_bytes(_spoilt(part.read_bytes(), dice))
        return path
    if reader == ".shp":
        for suffix in COMPANIONS:
            shutil.copy(folder / f"good{suffix}", target / f"case{suffix}")
        part = target / f"case{dice.choice(COMPANIONS)}"
        part.write_bytes(_spoilt(part.read_bytes(), dice))
        return target / "case.shp"
    if reader in {".xlsx", ".zip"} and dice.random() < SPLICED:
        data = _spoilt_inside(folder / f"good{reader}", dice)
    else:
        data = _spoilt((folder / f"good{reader}").read_bytes(), dice)
    suffix = ".xls" if reader == ".html" else reader
    if dice.random() < WHOLE:
        suffix = dice.choice([".xlsx", ".xls", ".et", ".csv"] if reader in TABLES else LAYERS)
    path = target / f"case{suffix}"
    path.write_bytes(data)
    return path


def _spoilt(data: bytes, dice: random.Random) -> bytes:
    """The bytes cut short, with some changed, or with a piece repeated, left out or invented."""
    spoilt, length = bytearray(data), max(1, len(data))
    match dice.randrange(6):
        case 0:
            del spoilt[dice.randrange(length) :]
        case 1 | 2:
            for _ in range(dice.choice([1, 3, 10, 100])):
                spoilt[dice.randrange(length) : dice.randrange(length) + 1] = b""
                spoilt.insert(dice.randrange(length), dice.randrange(256))
        case 3:
            for _ in range(dice.choice([1, 2, 8, 64])):
                at = dice.randrange(length)
                spoilt[at : at + 1] = bytes([dice.choice([0, 255, 127, dice.randrange(256)])])
        case 4:
            start = dice.randrange(length)
            piece = spoilt[start : start + dice.randrange(1, 4096)]
            spoilt[start:start] = piece * dice.choice([1, 2, 50])
        case _:
            start = dice.randrange(length)
            spoilt[start : start + 64] = dice.randbytes(dice.randrange(128))
    return bytes(spoilt)


def _spoilt_inside(path: Path, dice: random.Random) -> bytes:
    """A zip that is sound, with one of its members spoilt."""
    result = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = dice.choice(names)
        for one in names:
            data = old.read(one)
            new.writestr(one, _spoilt(data, dice) if one == chosen else data)
    return result.getvalue()


def attempt(path: Path) -> str:
    """Read a file as a source is read: `read`, `refused`, or what went wrong."""
    spoken = io.StringIO()
    try:
        with (
            _listening(spoken),
            contextlib.redirect_stdout(spoken),
            contextlib.redirect_stderr(spoken),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            _read(path)
        result = "read"
    except InputError as error:
        result = "refused" if error.issues and str(error) else "an InputError without words"
    except BaseException:  # noqa: BLE001  whatever escapes is what is looked for
        result = traceback.format_exc(limit=-3)
    return result if not spoken.getvalue() else f"printed {spoken.getvalue()!r}"


@contextlib.contextmanager
def _listening(spoken: io.StringIO) -> Iterator[None]:
    """Note what libraries print past Python."""
    kept = {number: os.dup(number) for number in (1, 2)}
    with tempfile.TemporaryFile() as heard:
        for number in kept:
            os.dup2(heard.fileno(), number)
        try:
            yield
        finally:
            for number, one in kept.items():
                os.dup2(one, number)
                os.close(one)
            heard.seek(0)
            spoken.write(heard.read().decode("utf-8", "replace"))


def _read(path: Path) -> None:
    if path.suffix not in LAYERS:
        conform(read_table(path, name=path.name), "enterprises")
        return
    raw = read_layer(path, name=path.name)
    assert raw.geometry is None or len(raw.geometry) == len(raw.rows) - 1
    conform(raw, "parcels")
    if raw.geometry is not None:
        to_cgcs2000(raw.geometry, declared=None, file=raw.file, sheet=raw.sheet)


def case(folder: Path, reader: str, seed: int) -> Outcome:
    """One case from beginning to end."""
    with tempfile.TemporaryDirectory() as name:
        path = broken(folder, Path(name), reader, seed)
        begin = time.perf_counter()
        result = attempt(path)
        took = time.perf_counter() - begin
    result = result if took <= SLOW else f"took {took:.0f} s"
    return Outcome(reader, seed, result, took)


def _batch(folder: Path, reader: str, numbers: range) -> list[Outcome]:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    return [case(folder, reader, seed) for seed in numbers]


def outcomes(folder: Path, reader: str, numbers: range) -> Iterator[Outcome]:
    """Every case in worker processes; one that dies is looked for case by case."""
    with _pool() as pool:
        pieces = [
            range(start, min(start + BATCH, numbers.stop))
            for start in range(numbers.start, numbers.stop, BATCH)
        ]
        running = [(one, pool.submit(_batch, folder, reader, one)) for one in pieces]
        again: list[range] = []
        for one, future in running:
            try:
                yield from future.result()
            except BrokenProcessPool:
                again.append(one)
    for seed in (seed for one in again for seed in one):
        with _pool() as pool:
            try:
                yield from pool.submit(_batch, folder, reader, range(seed, seed + 1)).result()
            except BrokenProcessPool:
                yield Outcome(reader, seed, "took its process down", 0.0)


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver"))


def main() -> int:
    """Run all readers and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    bad: list[Outcome] = []
    with tempfile.TemporaryDirectory() as name:
        seeds(Path(name))
        print(f"{'reader':<10}{'cases':>7}{'read':>7}{'refused':>9}{'wrong':>7}{'slowest':>9}")
        for reader in READERS:
            done = list(outcomes(Path(name), reader, range(first, first + count)))
            kinds = [one.result for one in done]
            read, refused = kinds.count("read"), kinds.count("refused")
            slowest = max(one.seconds for one in done)
            bad += [one for one in done if one.result not in {"read", "refused"}]
            wrong = len(done) - read - refused
            print(f"{reader:<10}{len(done):>7}{read:>7}{refused:>9}{wrong:>7}{slowest:>8.1f}s")
    for one in bad[:20]:
        print(f"\n{one.reader} {one.seed}: {one.result}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
