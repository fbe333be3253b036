"""The reports by name."""

from __future__ import annotations

import pytest

from reports.catalog import reports
from tests.reports.findings import build, without_standards


@pytest.mark.parametrize("name", list(reports()))
def test_every_report_renders_under_its_name(name: str) -> None:
    """The catalogue's file name is the artifact's, whatever could be judged."""
    one = reports()[name]

    assert one.file_name == one.render(build()).name
    assert one.file_name == one.render(without_standards()).name


@pytest.mark.parametrize("name", list(reports()))
def test_every_report_has_a_public_version(name: str) -> None:
    """It bears another name, so that it never replaces the internal file, and says it is public."""
    one = reports()[name]
    made = one.render(build(), public=True)

    assert one.file_name != made.name
    assert not made.confidential
    assert one.render(build()).confidential
