"""Options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mamlcheck.errors import InputError
from mamlcheck.terminal import completion

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What gives a command an option."""

MOST_INSTANCES = 10**9
COUNT = click.IntRange(1, MOST_INSTANCES)
seed_option = click.option("--seed", type=int, default=1, show_default=True, help="Seed of every random instance.")
source_option = click.option(
    "--source",
    default="random-2",
    show_default=True,
    shell_complete=completion.sources,
    help="Of instances, such as family-spline-2.",
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="Processes that judge instances, by default one for each core."
)


class _Range(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Two indices as FIRST:END."""

    name = "FIRST:END"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = re.fullmatch(r"([0-9]{1,13}):([0-9]{1,13})", value)
        if match is None:
            self.fail(f"{value!r} is no range: give FIRST:END, such as 0:1000000")
        return int(match[1]), int(match[2])


RANGE = _Range()


def reference_option(does: str) -> Option:
    """--reference DIR, which a command takes as `folder`. does: what it is for, in a sentence."""
    return click.option("--reference", "folder", type=click.Path(path_type=Path), metavar="DIR", help=does)


SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(text: str) -> float:
    """A budget such as 60s, 2m, 1.5h or plain seconds. Raises `InputError` for anything else."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)([smh]?)", text.strip())
    if match is None or float(match[1]) == 0:
        raise InputError(f"--budget {text}: give a time such as 60s, 2m or 1h")
    return float(match[1]) * SECONDS[match[2] or "s"]


__all__ = ["COUNT", "RANGE", "Option", "jobs_option", "reference_option", "seconds_of", "seed_option", "source_option"]
