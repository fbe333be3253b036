"""What ends a command: input that cannot be used as a whole (输入错误)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geodata.issues import Issue


class InputError(Exception):
    """The input as a whole cannot be used; raised once, with every problem found.

    Doubts about single cells or rows are not errors: they are `geodata.issues.Issue` values
    that travel with the data. The command line shows this error as one Chinese message and
    exits with 1; nothing has been written.

    Attributes:
        issues: every problem, in the order found, never empty.
    """

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues: tuple[Issue, ...] = tuple(issues)
        if not self.issues:
            raise ValueError("an InputError names at least one problem")
        super().__init__("\n".join(issue.text() for issue in self.issues))
