"""The machine keeps the shape of the house: layers, sizes, who may open files or read the clock."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("geodata", "indicators", "reports", "parkeval")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
CEILING = 420

MAY_OPEN = (
    "geodata/readers/",
    "geodata/fields.py",
    "geodata/issues.py",
    "indicators/catalog.py",
    "indicators/shipped.py",
    "parkeval/",
    "reports/assets.py",
    "reports/write.py",
)
OPENERS = {
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "read_csv",
    "read_excel",
    "read_file",
    "read_feather",
    "read_parquet",
    "read_arrow",
    "read_dataframe",
    "to_file",
    "to_excel",
    "to_pickle",
    "mkdir",
    "unlink",
    "NamedTemporaryFile",
    "mkstemp",
}
CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "datetime.datetime.utcnow",
    "time.perf_counter",
    "time.monotonic",
    "pandas.Timestamp.now",
    "pandas.Timestamp.today",
    "random.random",
    "random.seed",
    "os.urandom",
    "uuid.uuid4",
    "numpy.random.rand",
    "numpy.random.randn",
    "numpy.random.seed",
}
SCREEN = {"print", "input"}


def _calls(path: Path) -> list[tuple[int, str]]:
    """Every call of a module with its line: dotted name with import aliases resolved."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            parts: list[str] = []
            target: ast.expr = node.func
            while isinstance(target, ast.Attribute):
                parts.append(target.attr)
                target = target.value
            if isinstance(target, ast.Name):
                parts.append(names.get(target.id, target.id))
            found.append((node.lineno, ".".join(reversed(parts))))
    return found


def _ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=_ids)
def test_files_stay_short(path: Path) -> None:
    """No module is longer than a person reads in one go."""
    lines = len(path.read_text(encoding="utf-8").splitlines())

    assert lines <= CEILING


@pytest.mark.parametrize("path", SOURCES, ids=_ids)
def test_only_the_ends_touch_files(path: Path) -> None:
    """Files are opened by readers, catalogue loaders, the application and the writers alone."""
    name = _ids(path)
    if name.startswith(MAY_OPEN):
        return
    touched = [(line, call) for line, call in _calls(path) if call.split(".")[-1] in OPENERS]

    assert [] == touched


@pytest.mark.parametrize("path", SOURCES, ids=_ids)
def test_nobody_reads_the_clock_or_rolls_dice(path: Path) -> None:
    """Results depend on inputs and seeds only."""
    assert [] == [(line, call) for line, call in _calls(path) if call in CLOCKS]


@pytest.mark.parametrize("path", SOURCES, ids=_ids)
def test_nobody_prints(path: Path) -> None:
    """Words reach the screen through the command line's own module only."""
    assert [] == [(line, call) for line, call in _calls(path) if call in SCREEN]


def test_the_walker_sees_what_it_should() -> None:
    """The walk resolves aliases, so that the tests above can fail."""
    calls = {call for _, call in _calls(Path(__file__))}

    assert {"ast.parse", "subprocess.run", "pathlib.Path"} <= calls


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is_for(package: str) -> None:
    """Each module opens with a docstring."""
    silent = [
        _ids(path)
        for path in (ROOT / package).rglob("*.py")
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]

    assert [] == silent


def test_help_is_light() -> None:
    """`python -m parkeval --help` loads neither pandas nor geopandas, nor anything near them."""
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from parkeval.__main__ import cli\n"
        "result = CliRunner().invoke(cli, ['--help'])\n"
        "assert result.exit_code == 0, result.output\n"
        "heavy = {'pandas', 'numpy', 'geopandas', 'pydantic', 'rich', 'shapely', 'folium'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.strip() == "[]"


def test_no_machine_is_named() -> None:
    """No path of a machine and no package registry stands in the repository's own files."""
    marks = (
        "/ro" + "ot/",
        "/ho" + "me/",
        "/wo" + "rk/",
        "files.python" + "hosted",
        "pypi.or" + "g/simple",
    )
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split("\n")
    texts = [
        ROOT / name for name in listed if name.endswith((".py", ".toml", ".md", ".lock", ".csv"))
    ]
    found = [
        (path.name, mark)
        for path in texts
        if path.is_file()
        for mark in marks
        if mark in path.read_text(encoding="utf-8")
    ]

    assert [] == found
