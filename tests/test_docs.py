"""What the documents promise is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from parkeval.__main__ import _COMMANDS

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_has_chinese_help(name: str) -> None:
    """`-h` of each command explains it in Chinese."""
    command = [sys.executable, "-m", "parkeval", name, "-h"]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", cwd=ROOT)

    assert re.search(r"[一-鿿]{4}", done.stdout)


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_stands_in_the_readme_and_the_manual(name: str) -> None:
    """A reader finds each command in both."""
    for document in ("README.md", "docs/用户手册.md"):
        text = (ROOT / document).read_text(encoding="utf-8")

        assert re.search(rf"parkeval {name}\b|`{name}`", text), document


@pytest.mark.parametrize("document", ["README.md", *(p.name for p in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(document: str) -> None:
    """Every relative link of a document names a file that is there."""
    base = ROOT if document == "README.md" else ROOT / "docs"
    text = (base / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)

    assert [link for link in links if not (base / link).exists()] == []
