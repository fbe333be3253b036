"""The map in headless Chromium with every host name blocked; skipped where there is none."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from reports.webmap import webmap
from tests.reports.findings import build

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

# Writes the colours found on the map into the page, for the test to read.
LOOK = """
function look() {
  const colours = {};
  document.querySelectorAll("#map_city canvas").forEach((canvas) => {
    const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    for (let at = 0; at < dots.length; at += 4) {
      if (dots[at + 3] < 255) continue;
      const code = [0, 1, 2].map((one) => dots[at + one].toString(16).padStart(2, "0")).join("");
      colours[code] = (colours[code] || 0) + 1;
    }
  });
  const many = Object.keys(colours).filter((code) => colours[code] > 20);
  document.body.dataset.seen = many.sort().join(" ");
}
"""

# Without a screen there are no frames to wait for, so they come by the page's clock.
FRAMES = b"<script>window.requestAnimationFrame = (act) => setTimeout(act, 16);</script>"


@dataclass(frozen=True)
class Visit:
    """What a browser made of the page."""

    dom: str
    console: str

    def data(self, name: str) -> str:
        """A `data-` attribute of the body."""
        found = re.search(rf'<body[^>]*\bdata-{name}="([^"]*)"', self.dom)
        return found[1] if found else ""

    def shown(self) -> set[str]:
        """Layers whose table or legend is not hidden."""
        sections = re.findall(r'<section class="\w+" data-theme="([\w-]+)"( hidden="")?>', self.dom)
        return {name for name, hidden in sections if not hidden}


def visit(folder: Path, page: bytes, address: str = "", act: str = "") -> Visit:
    """Open a page, do something half a second later, look a second after that."""
    file = folder / "map.html"
    later = f"<script>{LOOK}setTimeout(() => {{ {act} }}, 500); setTimeout(look, 1500);</script>"
    file.write_bytes(page.replace(b"<head>", b"<head>" + FRAMES, 1) + later.encode())
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={folder / 'profile'}",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=1366,768",
        "--virtual-time-budget=4000",
        "--enable-logging=stderr",
        "--v=0",
        "--dump-dom",
        f"{file.as_uri()}{address}",
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    log = done.stderr.decode("utf-8", "replace")
    told = "\n".join(line for line in log.splitlines() if "CONSOLE" in line)
    return Visit(dom=done.stdout.decode("utf-8", "replace"), console=told)


@pytest.fixture(scope="module")
def page() -> bytes:
    """The page of the small findings."""
    return webmap(build()).content


def _palette(seen: Visit, layer: str) -> set[str]:
    """Colours of a layer's legend that something bears, without their number sign."""
    legend = seen.dom.partition(f'<section class="legend" data-theme="{layer}"')[2]
    legend = legend.partition("</section>")[0]
    found = re.findall(r'background:(#\w{6})"></i><b>[^<]*</b><span>(\d+)', legend)
    return {colour[1:] for colour, count in found if int(count)}


def test_the_page_opens_on_the_ranking(tmp_path: Path, page: bytes) -> None:
    """Parks are painted in the legend's colours, and nothing is logged."""
    seen = visit(tmp_path, page)

    assert "" == seen.console
    assert "yes" == seen.data("ready")
    assert {"rank"} == seen.shown()
    assert _palette(seen, "rank") <= set(seen.data("seen").split())
    assert "ffffff" in seen.data("seen")


@pytest.mark.parametrize("layer", ["tax", "grade", "quadrant-land"])
def test_the_address_chooses_layer_and_park(tmp_path: Path, page: bytes, layer: str) -> None:
    """A link leads to its layer and park, painted in other colours than the ranking."""
    seen = visit(tmp_path, page, f"#layer={layer}&park=P2")

    assert "" == seen.console
    assert {layer} == seen.shown()
    assert layer == seen.data("layer")
    assert re.search(r'<tr data-park="P2"[^>]*class="chosen"', seen.dom)
    assert _palette(seen, layer) & set(seen.data("seen").split())


def test_the_switch_changes_everything(tmp_path: Path, page: bytes) -> None:
    """A click on another layer changes colours, legend, table and address."""
    act = "document.querySelector('input[value=quadrant-energy]').click();"
    before, after = visit(tmp_path, page), visit(tmp_path, page, act=act)

    assert "" == after.console
    assert {"quadrant-energy"} == after.shown()
    assert before.data("seen") != after.data("seen")
    assert _palette(after, "quadrant-energy") <= set(after.data("seen").split())


def test_every_layer_can_be_chosen_in_turn(tmp_path: Path, page: bytes) -> None:
    """Going through the whole switch and back logs nothing."""
    act = "document.querySelectorAll('.switch input').forEach((one) => one.click());"
    seen = visit(tmp_path, page, act=act)

    assert "" == seen.console
    assert {"cluster-kmeans"} == seen.shown()


def test_a_click_in_the_table_goes_to_the_park(tmp_path: Path, page: bytes) -> None:
    """The row is marked and the map moves closer; the button leads back."""
    click = "document.querySelector('section:not([hidden]) tr[data-park=P3]').click();"
    scale = r'leaflet-control-scale-line"[^>]*>([^<]+)<'
    near, far = visit(tmp_path, page, act=click), visit(tmp_path, page)

    assert re.search(r'<tr data-park="P3"[^>]*class="chosen"', near.dom)
    assert re.search(scale, near.dom)[1] != re.search(scale, far.dom)[1]
    back = visit(tmp_path, page, act=click + "document.querySelector('.whole').click();")
    assert "chosen" not in back.dom.partition("<aside")[2].partition("</aside>")[0]
    assert re.search(scale, back.dom)[1] == re.search(scale, far.dom)[1]


def test_hostile_names_do_not_run(tmp_path: Path, page: bytes) -> None:
    """Names with a script in them are shown in labels and tooltips, and no element is made."""
    act = """
      const box = document.querySelector("#map_city").getBoundingClientRect();
      for (const label of document.querySelectorAll(".label")) {
        label.parentElement.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
      }
    """
    seen = visit(tmp_path, page, act=act)

    assert "" == seen.console
    body = seen.dom.partition("<aside")[2].rpartition("<script>")[0]
    assert "幻溪&lt;script&gt;alert(1)&lt;/script&gt;园" in body
    assert '<div class="leaflet-tooltip tip' in seen.dom
    assert "幻溪<script>" not in seen.dom


def test_the_public_page_works_too(tmp_path: Path) -> None:
    """Without parcels the layers of parks are painted as ever."""
    seen = visit(tmp_path, webmap(build(), public=True).content, "#layer=tax")

    assert "" == seen.console
    assert {"rank"} == seen.shown()
    assert _palette(seen, "rank") <= set(seen.data("seen").split())
