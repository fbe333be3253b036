"""The phrase book of the method holds what the code says, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from indicators.shipped import shipped

ROOT = Path(__file__).parents[2]
SAID = re.compile(r'say\(\s*"(\w+)",\s*"(\w+)"')


def test_every_phrase_said_is_in_the_book() -> None:
    """No phrase is missing when a rare mistake needs it."""
    files = [*(ROOT / "indicators").glob("*.py"), *(ROOT / "parkeval").rglob("*.py")]
    said = {found for file in files for found in SAID.findall(file.read_text(encoding="utf-8"))}
    book = shipped("judging")

    assert said
    assert [] == sorted(one for one in said if one[1] not in book[one[0]])


def test_no_phrase_is_left_over() -> None:
    """Every phrase of the book is named somewhere in the code."""
    files = [*(ROOT / "indicators").glob("*.py"), *(ROOT / "parkeval").rglob("*.py")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    names = [name for section in shipped("judging").values() for name in section]

    assert [] == [name for name in names if f'"{name}"' not in text]
