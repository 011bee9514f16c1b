"""The reference run in a terminal: measuring and hunting with a progress bar, and drifts line by line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mamlcheck.terminal.console import progress_bar

if TYPE_CHECKING:
    from mamlcheck.check.runner import Progress
    from mamlcheck.claims import Claim
    from mamlcheck.formats.differences import Drift
    from mamlcheck.hunt.witness import Witness

DRIFTS_SHOWN = 60  # at most


def measuring() -> AbstractContextManager[Progress]:
    """The progress bar of the reference sweep."""
    from mamlcheck.record.reference_sweep import RANDOM_INSTANCES, TABLE_INSTANCES

    return progress_bar(RANDOM_INSTANCES + TABLE_INSTANCES, "Judging the reference sweep")


def hunt_for(claim: Claim, seconds: float, seed: int) -> Witness | None:
    """The best witness that a hunt finds within some seconds; None where it certifies nothing."""
    from mamlcheck.hunt.search import hunt

    with progress_bar(None, f"Hunting {claim.id}") as bar:
        done = 0

        def progress(evaluations: int, best: Witness | None) -> None:
            nonlocal done
            bar(evaluations - done)
            done = evaluations

        return hunt(claim, seed=seed, seconds=seconds, progress=progress).best


def print_drifts(drifts: Sequence[Drift], otherwise: str, all_of_them: str = "", advice: str = "") -> None:
    """Print drifts, a line each, and what to do about them.

    otherwise: said where there are none. all_of_them: where those are listed that are too many to print.
    """
    if not drifts:
        click.echo(otherwise)
        return
    for drift in drifts[:DRIFTS_SHOWN]:
        click.echo(str(drift))
    if len(drifts) > DRIFTS_SHOWN:
        click.echo(f"and {len(drifts) - DRIFTS_SHOWN} more{all_of_them}")
    if advice:
        click.echo(advice)


def print_written(folder: Path, names: Sequence[str]) -> None:
    """Print which files of a folder were written."""
    click.echo(f"{folder}: {', '.join(names) or 'every file is as it was'}")
