"""Brackets as a table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mamlcheck.terminal.console import console_of, loud, say
from mamlcheck.terminal.grid import Column, print_columns

if TYPE_CHECKING:
    from mamlcheck.formats.brackets import BracketRecord, Brackets

ARITHMETICS = {"rational": "exact fractions", "arb": "Arb"}


def print_brackets(brackets: Brackets, without: int) -> None:
    """Print a row for each claim: what an instance reaches, what is proved, and how far apart they are.

    without: how many claims have none, as they are about whole runs.
    """
    from mamlcheck.limits import MEMBERS_TEXT
    from mamlcheck.report.decimals import certain_digits, outward

    rows = brackets.claims
    states = tuple(loud(_state(row), row.state == "contradicted") for row in rows.values())
    gaps = tuple("" if not row.gap else outward(Decimal(0), Decimal(row.gap), 3)[1] for row in rows.values())
    certified = {ARITHMETICS.get(row.arithmetic, row.arithmetic) for row in rows.values() if row.arithmetic}
    nothing = ("",) * len(rows)
    columns = (
        Column("claim", tuple(rows)),
        Column("reached", tuple(certain_digits(row.exact or row.tightness) or "-" for row in rows.values())),
        Column("proved", tuple(certain_digits(row.proved) or "-" for row in rows.values())),
        Column("bracket", states),
        Column("gap at most", gaps, zeros_go=True),
        Column("reached, exactly", tuple(_fraction(row.exact) for row in rows.values()), zeros_go=True),
        Column("proved, exactly", tuple(_fraction(row.proved) for row in rows.values()), zeros_go=True),
        Column("a limit", tuple(row.limit or "" for row in rows.values()), zeros_go=True),
        Column("proved by", tuple(_other(name, row) for name, row in rows.items()), zeros_go=True),
        Column("certified by", tuple(map(_certified, rows.values())) if len(certified) > 1 else nothing, zeros_go=True),
    )
    console = console_of()
    print_columns(console, columns)
    say(console, "Shares of the bound itself: no constant below what is reached is true; the other is proved.")
    if len(certified) == 1:
        say(console, f"Each instance is certified by {certified.pop()}.")
    if any(row.limit for row in rows.values()):
        say(console, f"A limit: what tasks with a number t reach, computed in exact fractions at {MEMBERS_TEXT}.")
    if without:
        say(
            console, f"Claims about whole runs, {without} here, have none: mamlcheck prove says what is proved of them."
        )


def _state(row: BracketRecord) -> str:
    return "CONTRADICTED" if row.state == "contradicted" else row.state


def _fraction(text: str | None) -> str:
    """A number that its digits do not tell, as it is where that is short."""
    from mamlcheck.report.brackets import LONGEST_FRACTION_CHARACTERS

    return text if text is not None and "/" in text and len(text) <= LONGEST_FRACTION_CHARACTERS else ""


def _other(name: str, row: BracketRecord) -> str:
    """The claim whose proof says more than the claim's own."""
    return "" if row.proved_by in (None, name) else str(row.proved_by)


def _certified(row: BracketRecord) -> str:
    return ARITHMETICS.get(row.arithmetic or "", row.arithmetic or "")
