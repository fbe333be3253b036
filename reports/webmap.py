"""The web map (评价地图.html): one page with everything inside, opened without any network."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

import folium
import jinja2
import pandas as pd

from reports.artifact import Artifact
from reports.assets import leaflet_css, leaflet_js, template, words
from reports.labels import column, ours, show, word
from reports.places import main_occupant, park_names
from reports.webmap_shapes import bounds, collection, full_names, label_points, park_shapes
from reports.webmap_theme import UNKNOWN
from reports.webmap_themes import themes

if TYPE_CHECKING:
    import geopandas as gpd

    from indicators.model import Findings
    from reports.webmap_theme import Theme

MARGIN = 0.02
"""Degrees around the parks that the map may be moved to."""


def webmap(findings: Findings, *, public: bool = False) -> Artifact:
    """Render the map in memory.

    Args:
        findings: what one run found.
        public: without parcels and without figures of enterprises.

    Returns:
        An HTML page whose bytes depend on the findings alone.
    """
    layers = themes(findings, public=public)
    shapes = park_shapes(findings.dataset)
    parcels = findings.dataset.parcels.geometry.sort_index()
    parcels = parcels.iloc[:0] if public else parcels
    drawn = _drawn(findings, shapes)
    page = _page(findings, layers, shapes) | {
        "parks": [_park_facts(findings)[one] for one in drawn.index],
        "parcels": [] if public else _parcel_facts(findings),
    }
    heading = word("map", "heading", title=findings.title)
    city = folium.Map(tiles=None, prefer_canvas=True, **_VIEW)
    for name, each in (("parks", drawn), ("parcels", parcels)):
        layer = folium.GeoJson(collection(each), smooth_factor=0, name=name)
        layer.add_to(city)
        _name(layer, name)
    _name(city, "city")
    figure = folium.Figure(title=html.escape(heading)).add_child(city)
    _name(figure, "page")
    city.default_js, city.default_css = [], []
    for place, parts in _parts(findings, layers, page, public=public).items():
        for name, text in parts.items():
            getattr(figure, place).add_child(_verbatim(text), name=name)
    content = figure.render().encode("utf-8")
    name = word("map", "public_file" if public else "file")
    return Artifact(name=name, media_type="text/html", content=content, confidential=not public)


_VIEW: dict[str, Any] = {"zoom_snap": 0.25, "min_zoom": 6, "max_zoom": 19, "zoom_start": 9}


def _name(element: Any, name: str) -> None:
    """Give an element of folium a name of our own."""
    element._id = name  # noqa: SLF001 - folium draws ids from urandom and offers no other way


def _verbatim(text: str) -> Any:
    """An element of folium that is just this text; nothing in it is taken for a template."""
    element: Any = folium.Element("{{ this.text }}")
    element.text = text
    return element


def _parts(
    findings: Findings, layers: list[Theme], page: dict[str, Any], *, public: bool
) -> dict[str, dict[str, str]]:
    """What stands in the page beside folium's own: head, body and script, by name."""
    body = jinja2.Environment(autoescape=True).from_string(template("map.html"))
    marks = words()["marks"]
    stamps = [marks["example"]] if findings.is_example else []
    stamps.append(marks["public"] if public else marks["internal"])
    told = {
        "heading": word("map", "heading", title=findings.title),
        "dates": word("map", "dates", period=findings.period, date=findings.document_date),
        "stamps": stamps,
        "themes": layers,
        "words": words()["map"],
        "name_head": column("park_name").title,
        "notes": _notes(findings, public=public),
    }
    call = (
        f'document.addEventListener("DOMContentLoaded", () => showPage({_LAYERS}, {_json(page)}));'
    )
    return {
        "header": {
            "charset": '<meta charset="utf-8">',
            "leaflet_css": f"<style>{leaflet_css()}</style>",
            "leaflet_js": f"<script>{leaflet_js()}</script>",
            "map_css": f"<style>{template('map.css')}</style>",
        },
        "html": {"furniture": body.render(told)},
        "script": {"map_js": f"{template('map.js')}\n{call}"},
    }


_LAYERS = "map_city, geo_json_parks, geo_json_parcels"


def _json(value: object) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(mark, code)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _notes(findings: Findings, *, public: bool) -> list[str]:
    """What every reader must be told."""
    told = [word("map", "example_note")] if findings.is_example else []
    told.append(word("map", "public_note" if public else "internal_note"))
    told.append(word("map", "self_note"))
    if ours(findings):
        told.append(word("map", "ours_note", ours=word("marks", "ours")))
    return [*told, word("map", "part_note"), word("map", "badge_note"), word("map", "hint")]


def _page(findings: Findings, layers: list[Theme], shapes: gpd.GeoSeries) -> dict[str, Any]:
    """What the page's program needs beside the shapes and their facts."""
    data = findings.dataset
    above = data.parks["parent_id"]
    return {
        "themes": [_theme(findings, one) for one in layers],
        "parkHeads": list(words()["map"]["park_tooltip"].values()),
        "parcelHeads": list(words()["map"]["parcel_tooltip"].values()),
        "points": label_points(shapes),
        "bounds": bounds(shapes),
        "names": park_names(data),
        "tops": sorted(data.parks.index[above.isna()]),
        "divided": sorted(set(above[above.index.isin(shapes.index)].dropna())),
        "attribution": word("map", "attribution"),
    }


def _theme(findings: Findings, one: Theme) -> dict[str, Any]:
    """One layer: colours of parks by id, of parcels by number."""
    parcels = findings.dataset.parcels.index.sort_values() if one.draws == "parcels" else ()
    return {
        "id": one.id,
        "draws": one.draws,
        "palette": [each.colour for each in one.legend],
        "parks": dict(one.colours) if one.draws == "parks" else {},
        "parcels": [one.colours.get(str(each), UNKNOWN) for each in parcels],
        "badges": dict(one.badges),
        "told": dict(one.told),
    }


def _drawn(findings: Findings, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Parks that are drawn: leaves, and others only where no part of theirs has a shape."""
    parents = findings.dataset.parks["parent_id"]
    covered = set(parents[parents.index.isin(shapes.index)].dropna())
    return shapes[~shapes.index.isin(covered)]


def _park_facts(findings: Findings) -> dict[str, dict[str, Any]]:
    """Tooltip of every park, by id."""
    full = full_names(findings.dataset)
    parks = findings.dataset.parks
    shown = ("park_level", "park_kind", "leading_industries")
    return {
        str(park): {
            "i": str(park),
            "t": full[str(park)],
            "v": [show(parks.at[park, one], "text") if one in parks else "" for one in shown],
        }
        for park in parks.index
    }


def _parcel_facts(findings: Findings) -> list[list[str]]:
    """Tooltip of every parcel in the order of their ids: internal figures."""
    data = findings.dataset
    table = pd.DataFrame(index=data.parcels.index.sort_values())
    table["id"] = table.index
    table["name"] = data.parcels.get("parcel_name")
    parks = park_names(data)
    inside = data.locations.sort_values(["parcel_id", "area_mu"], ascending=[True, False])
    told = inside.assign(told=inside["park_id"].map(parks)).groupby("parcel_id")["told"]
    table["park"] = told.agg(word("marks", "several").join)
    table["area"] = data.parcels["area_mu"].map(lambda one: show(one, "mu"))
    table["firms"] = _firm_names(findings)
    table["tax"] = findings.parcels["tax_per_mu"].map(lambda one: show(one, "number"))
    table["grade"] = _grades(findings)
    table["suspicion"] = findings.parcels["suspicion"]
    rows = table[list(words()["map"]["parcel_tooltip"])].astype(object)
    return [[str(one) for one in row] for row in rows.where(rows.notna(), "").to_numpy()]


def _firm_names(findings: Findings) -> pd.Series[str]:
    """Names of the enterprises on each parcel."""
    firms = findings.dataset.enterprises["enterprise_name"]
    mark = word("marks", "several")
    known = firms.to_dict()
    return findings.parcels["enterprise_ids"].map(
        lambda ids: mark.join(str(known.get(one, one)) for one in ids.split(mark)) if ids else ""
    )


def _grades(findings: Findings) -> pd.Series[str]:
    """Grade of the enterprise that holds most of each parcel, under every standard that grades."""
    held = main_occupant(findings)
    graded = [
        held.map(one.result["grade"])
        for one in findings.evaluations.values()
        if one.standard.subject == "enterprise" and one.result["grade"].ne("").any()
    ]
    told = pd.Series("", index=held.index, dtype="str")
    for one in graded:
        told = told.where(one.isna() | one.eq(""), told + one.fillna(""))
    return told
