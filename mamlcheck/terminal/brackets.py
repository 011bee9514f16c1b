"""Brackets as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mamlcheck.terminal.console import console_of, print_grid

if TYPE_CHECKING:
    from mamlcheck.formats.brackets import Brackets


def print_brackets(brackets: Brackets, without: int) -> None:
    """Print a row for each claim: what an instance reaches, what is proved, and how far apart they are.

    without: how many claims have none, as they are about whole runs.
    """
    from mamlcheck.limits import MEMBERS_TEXT
    from mamlcheck.report.brackets import gap_text, proved_text, reached_text

    titles = ("claim", "an instance reaches", "proved", "bracket", "certified by", "proved by")
    rows = [
        (name, reached_text(row), proved_text(row), gap_text(row), row.arithmetic or "-", row.proved_by or "-")
        for name, row in brackets.claims.items()
    ]
    console = console_of()
    print_grid(console, titles, rows)
    console.print("Shares of the bound itself: no constant below the first is true, the second is proved.")
    if any(row.limit for row in brackets.claims.values()):
        console.print(f"A limit: what tasks with a number t reach, computed in exact fractions at {MEMBERS_TEXT}.")
    if without:
        console.print(
            f"Claims about whole runs, {without} here, have none: mamlcheck prove says what is proved of them."
        )
