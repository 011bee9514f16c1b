"""The differences between two documents, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mamlcheck.terminal.console import console_of
from mamlcheck.terminal.grid import print_grid

if TYPE_CHECKING:
    from mamlcheck.formats.differences import Difference

DIFFERENCES_SHOWN = 100  # at most
SHOWN_CHARACTERS = 60  # of a measure; --json has them all


def print_differences(found: Sequence[Difference], first: Path, second: Path) -> None:
    """Print what differs between two files, a row each: the measure in the first, and in the second."""
    from mamlcheck.formats.measures import shown

    if not found:
        click.echo("No difference.")
        return
    rows = [(d.claim, d.measure, _cut(shown(d.old)), _cut(shown(d.new))) for d in found[:DIFFERENCES_SHOWN]]
    print_grid(console_of(), ("claim", "measure", str(first), str(second)), rows)
    if len(found) > DIFFERENCES_SHOWN:
        click.echo(f"and {len(found) - DIFFERENCES_SHOWN} more; --json lists all of them")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
