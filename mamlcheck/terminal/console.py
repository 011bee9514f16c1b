"""What commands share of the terminal: JSON, tables, progress, errors in one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from rich.console import Console

    from mamlcheck.check.runner import Progress

STOPPED = 130  # exit status after Ctrl-C, as shells have it
UNBOUNDED = 10**6  # columns where no terminal wraps lines
PROSE = 80  # columns of text that mamlcheck wraps itself, where there is no terminal


def wrong_call(message: str) -> NoReturn:
    """Print the message in one line on standard error and leave with exit status 2."""
    click.echo(f"mamlcheck: {message}", err=True)
    raise SystemExit(2)


def given_options(ctx: click.Context, only: Collection[str] | None = None) -> list[str]:
    """The words of the command line, with only the options that were given, and of these only those with a name in
    `only`.
    """
    words: list[str] = []
    for parameter in ctx.command.params:
        name = str(parameter.name)
        given = ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if not given or (only is not None and name not in only):
            continue
        value = ctx.params[name]
        if isinstance(value, bool):
            words.append((parameter.opts if value else parameter.secondary_opts)[0])
            continue
        for one in value if isinstance(value, tuple) else (value,):
            words += [parameter.opts[0], str(one)]
    return words


def json_text(content: Mapping[str, object]) -> str:
    """The text of a JSON document as commands print it."""
    return json.dumps(content, indent=1, allow_nan=False)


def bounds_json(pair: tuple[float, float]) -> dict[str, float | None]:
    """A pair of bounds as JSON has it; what is not finite is null."""
    from mamlcheck.check.verdict import finite_or_none

    return {"lower": finite_or_none(pair[0]), "upper": finite_or_none(pair[1])}


@contextmanager
def progress_bar(total: int | None, doing: str) -> Iterator[Progress]:
    """A progress bar on standard error, where that is a terminal. It is told how many more are done;
    without a total it only moves.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        job = bar.add_task(doing, total=total)
        yield lambda done: bar.advance(job, done)


def console_of(width_of_file: int = UNBOUNDED) -> Console:
    """Standard output. Lines are never cut: a terminal wraps them itself, and a file has no width."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else width_of_file)


def print_grid(console: Console, titles: tuple[str, ...], rows: list[tuple[Any, ...]], right: int = 0) -> None:
    """Rows under titles, the `right` columns after the first to the right; a block for each row where that is
    too wide.

    A row begins with its name. Nothing is shortened: ids can be copied from a terminal of any width.
    """
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for k, title in enumerate(titles):
        grid.add_column(title, justify="right" if 1 <= k <= right else "left", no_wrap=True)
    for row in rows:
        grid.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))  # brackets are no markup
    if Console(width=UNBOUNDED).measure(grid).maximum <= console.width:
        console.print(grid)
        return
    for row in rows:
        console.print(Text.assemble((str(row[0]), "bold")))
        for title, cell in zip(titles[1:], row[1:], strict=True):
            console.print(Text.assemble("  ", title, ": ", cell))


def loud(text: str, bad: Any) -> Any:
    """The text, in bold red where `bad`."""
    from rich.text import Text

    return Text(text, style="bold red" if bad else "")
