"""A finished file in memory (成果文件)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A rendered file, not yet written.

    Attributes:
        name: file name, with its suffix, as the user will see it.
        media_type: such as `text/html`.
        content: the bytes.
        confidential: holds enterprises' figures; never part of a public report.
    """

    name: str
    media_type: str
    content: bytes
    confidential: bool = True
