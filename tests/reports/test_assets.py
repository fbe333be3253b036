"""Words, templates and Leaflet, all inside the package or its dependency."""

from __future__ import annotations

import re

from reports.assets import leaflet_css, leaflet_js, template, words


def test_leaflet_css_refers_to_no_other_file() -> None:
    """Every picture of the style sheet is inside it."""
    found = re.findall(r"url\(([^)]*)\)", leaflet_css())

    assert [] == [one for one in found if not one.startswith(("data:image/png;base64,", "#"))]
    assert any(one.startswith("data:") for one in found)


def test_leaflet_js_links_nowhere() -> None:
    """The program keeps its licence notice and loses its link and its source map."""
    script = leaflet_js()

    assert "Leaflet" in script[:200]
    assert [] == re.findall(r"(?:href|src)=.?https?:", script)
    assert "sourceMappingURL" not in script


def test_every_layer_has_a_maker_and_words() -> None:
    """Layers named in labels.toml say what they draw and have a title."""
    assert all({"title", "draws"} <= set(one) for one in words()["themes"].values())


def test_templates_load_nothing() -> None:
    """Our own templates name no remote address."""
    for name in ("map.html", "map.css", "map.js"):
        assert "http" not in template(name)
