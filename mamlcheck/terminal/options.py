"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What gives a command an option."""

MOST_INSTANCES = 10**9
INSTANCES = click.IntRange(1, MOST_INSTANCES)
seed_option = click.option("--seed", type=int, default=1, show_default=True, help="Seed of every random instance.")


def reference_option(does: str) -> Option:
    """--reference DIR, which a command takes as `folder`. does: what it is for, in a sentence."""
    return click.option("--reference", "folder", type=click.Path(path_type=Path), metavar="DIR", help=does)


__all__ = ["INSTANCES", "Option", "reference_option", "seed_option"]
