"""The reports that can be rendered (成果目录), by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reports.labels import word

if TYPE_CHECKING:
    from indicators.model import Findings
    from reports.artifact import Artifact


class Render(Protocol):
    """Findings in, a finished file in memory out."""

    def __call__(self, findings: Findings, *, public: bool = False) -> Artifact:
        """Render; `public` leaves out parcels and figures of enterprises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report.

    Attributes:
        name: what the command line calls it.
        title: what it is, in Chinese.
        file_name: name of the file.
        render: makes it; `public=True` gives the version without enterprises' figures.
    """

    name: str
    title: str
    file_name: str
    render: Render


def reports() -> dict[str, Report]:
    """Every report by name, in the order they are rendered."""
    made = {"workbook": _workbook, "map": _map}
    return {
        name: Report(
            name=name, title=word(name, "title"), file_name=word(name, "file"), render=render
        )
        for name, render in made.items()
    }


def _workbook(findings: Findings, *, public: bool = False) -> Artifact:
    from reports.workbook import workbook  # noqa: PLC0415  listing reports stays light

    return workbook(findings, public=public)


def _map(findings: Findings, *, public: bool = False) -> Artifact:
    from reports.webmap import webmap  # noqa: PLC0415  listing reports stays light

    return webmap(findings, public=public)
