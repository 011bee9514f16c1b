"""What commands share of the terminal: JSON, tables, progress, errors in one line."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from mamlcheck.disk import nowhere
from mamlcheck.display import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn
    from rich.text import Text

    from mamlcheck.check.runner import Progress

WRONG_CALL = 2  # exit status
STOPPED = 130  # exit status after Ctrl-C, as shells have it
READER_GONE = 141  # exit status where nobody reads on, as after `| head`: that of what SIGPIPE ends
UNBOUNDED_COLUMNS = 10**6  # the width of what is no terminal: nothing wraps its lines
LEAST_BAR_COLUMNS = 10  # below which a bar of progress tells nothing
PROSE_COLUMNS = 80  # of text that mamlcheck wraps itself if there is no terminal


def wrong_call(message: str) -> NoReturn:
    """Print the message in one line on standard error and leave with exit status 2."""
    click.echo(f"mamlcheck: {message}", err=True)
    raise SystemExit(WRONG_CALL)


def is_of_writing(error: OSError) -> bool:
    """Whether a place took no more of what was written to it: a full disk, a device that fails, a file that is shut."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EBADF, errno.EPIPE)


def not_printed(error: OSError) -> NoReturn:
    """Say that standard output, or a file, could not be written, and leave as after a wrong call.

    What waits to be printed would fail once more when Python ends: it goes nowhere.
    """
    place = "standard output" if error.filename is None else str(error.filename)
    with contextlib.suppress(OSError):  # where standard error is full as well
        click.echo(f"mamlcheck: {place} cannot be written ({error.strerror}): give a place that takes it", err=True)
        for note in getattr(error, "__notes__", ()):
            click.echo(note, err=True)
    _print_nothing_more()
    raise SystemExit(WRONG_CALL)


@contextmanager
def reader_may_go() -> Iterator[None]:
    """Leave without a word when nobody reads on. By themselves, click and rich leave with 1: that something fails."""
    try:
        yield
    except BrokenPipeError:
        _print_nothing_more()
        raise SystemExit(READER_GONE) from None
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # as rich leaves
            raise SystemExit(READER_GONE) from None
        raise


def _print_nothing_more() -> None:
    # Standard output may be missing, or no file of the system's.
    with contextlib.suppress(OSError, ValueError, AttributeError), nowhere() as file:
        os.dup2(file.fileno(), sys.stdout.fileno())


def stopped_early(so_far: str, well: bool) -> NoReturn:
    """Say what was done until Ctrl-C, and leave with its exit status, or with 1 if something fails already."""
    click.echo(f"Stopped early: {so_far}.", err=True)
    raise SystemExit(STOPPED if well else 1)


def given_options(ctx: click.Context, only: Collection[str] | None = None) -> list[str]:
    """The words of the command line that give options, without defaults. only: the names of the options wanted."""
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


def open_page(page: Path) -> None:
    """Open a page in the user's browser; where there is none, say so."""
    import webbrowser

    try:
        opened = webbrowser.open(page.resolve().as_uri())
    except (webbrowser.Error, OSError):
        opened = False
    if not opened:
        click.echo(f"No browser could be started here: open {page} in one.", err=True)


def json_text(content: Mapping[str, object] | Sequence[object]) -> str:
    """The text of a JSON object, or of a list of such, as commands print it."""
    return json.dumps(content, indent=1, allow_nan=False)


def print_json(record: object) -> None:
    """Print a record as one JSON object."""
    from mamlcheck.formats.codec import plain

    click.echo(json_text(plain(record)))


@contextmanager
def progress_bar(total: int | None, doing: str) -> Iterator[Progress]:
    """Progress on standard error, if that is a terminal. It is told how many more are done.

    The time that has passed moves by itself, each second, within one long step too. total: None where it is not known.
    Ctrl-C takes the line away and leaves the terminal as it was; the exception is told how far it came.
    """
    from rich.console import Console
    from rich.progress import Progress

    console, done = Console(stderr=True), 0
    with Progress(
        *_columns(doing, total, console.width),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
    ) as bar:
        job = bar.add_task(doing, total=total)

        def advance(more: int) -> None:
            nonlocal done
            done += more
            bar.advance(job, more)

        try:
            yield advance
        except KeyboardInterrupt as stopped:
            if done:
                stopped.add_note(f"{doing}: {done:,}{'' if total is None else f' of {total:,}'} were done.")
            raise


def _columns(doing: str, total: int | None, width: int) -> list[ProgressColumn]:
    """What fits into a line: how far it is and for how long, then what is done, and only then time to go and a bar."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    time_columns = len("0:00:00")
    named = TextColumn("{task.description}")
    known: list[tuple[int, int, ProgressColumn]] = [  # place in the line, columns, what stands there; by importance
        (3, time_columns, TimeElapsedColumn()), (1, len(doing), named),
    ]  # fmt: skip
    if total is None:
        known.append((0, 1, SpinnerColumn()))
    else:
        known.insert(0, (2, 2 * len(str(total)) + 1, MofNCompleteColumn()))
        known += [(4, time_columns, TimeRemainingColumn()), (1, LEAST_BAR_COLUMNS, BarColumn())]
    found: list[tuple[int, ProgressColumn]] = []
    taken = 0
    for place, columns, shown in known:
        if taken + columns < width:
            found.append((place, shown))
            taken += columns + 1  # and a blank
    return [shown for _, shown in sorted(found, key=lambda each: each[0])]


def console_of(width_of_file: int = UNBOUNDED_COLUMNS) -> Console:
    """Standard output. Lines are never cut: a terminal wraps them itself. A file has no width, but for `COLUMNS`."""
    from rich.console import Console

    given = os.environ.get("COLUMNS", "")
    width = int(given) if given.isdecimal() and int(given) else width_of_file
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else width)


def say(console: Console, text: str, bad: bool = False) -> None:
    """Print text in lines that the terminal need not break, loud where it tells of something bad.

    Words stay whole. A pipe gets lines as they are.
    """
    from mamlcheck.terminal.grid import fold

    console.print(loud(fold(visible(text), console.width), bad))


def loud(text: str, bad: bool | int) -> Text:
    """The text, in bold red if it tells of something bad."""
    from rich.text import Text

    return Text(visible(text), style="bold red" if bad else "")
