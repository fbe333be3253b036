"""The layers of the web map in the order of its switch (图层目录)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.assets import words
from reports.webmap_parcels import parcel_grade, parcel_tax
from reports.webmap_parks import cluster, park_score, quadrant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from indicators.model import Findings
    from reports.webmap_theme import Theme


def themes(findings: Findings, *, public: bool) -> list[Theme]:
    """Every layer that these findings can fill, in the order of labels.toml.

    Args:
        findings: what one run found.
        public: without layers that draw parcels.
    """
    made = [_MAKERS[entry["draws"]](findings, name, entry) for name, entry in _wanted(findings)]
    return [one for one in made if one and not (public and one.draws == "parcels")]


def _wanted(findings: Findings) -> list[tuple[str, dict[str, Any]]]:
    """Layers of labels.toml, then one for each standard that has none there."""
    listed = words()["themes"]
    drawn = ("park_score", "parcel_grade")
    placed = {entry["standard"] for entry in listed.values() if entry["draws"] in drawn}
    more = {
        name: {
            "title": one.standard.title.zh,
            "draws": "park_score" if one.standard.subject == "park" else "parcel_grade",
            "standard": name,
        }
        for name, one in findings.evaluations.items()
        if name not in placed and one.standard.subject != "parcel"
    }
    return [*listed.items(), *more.items()]


_MAKERS: Mapping[str, Callable[[Findings, str, Mapping[str, Any]], Theme | None]] = {
    "park_score": park_score,
    "parcel_tax": parcel_tax,
    "parcel_grade": parcel_grade,
    "quadrant": quadrant,
    "cluster": cluster,
}
