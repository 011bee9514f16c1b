"""What commands share of tasks from tables: their options, and how they are read."""

from __future__ import annotations

import csv
import functools
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.console import given_options, wrong_call
from mamlcheck.terminal.options import Option

if TYPE_CHECKING:
    from mamlcheck.check.plan import Part
    from mamlcheck.tasks.loss import Loss
    from mamlcheck.tasks.tables import Table

OPTIONS = (
    click.option(
        "--data",
        metavar="NAME_OR_FILE",
        shell_complete=completion.tables,
        help="A built-in table (grunfeld), a CSV file, .csv.gz too, or Parquet.",
    ),
    click.option(
        "--task", metavar="COL", shell_complete=completion.column, help="The column that names the task of a row."
    ),
    click.option("--target", metavar="COL", shell_complete=completion.column, help="The column to predict."),
    click.option(
        "--features",
        metavar="COL,COL",
        shell_complete=completion.several_columns,
        help="The columns to predict from; by default all with numbers.",
    ),
    click.option("--delimiter", metavar="MARK", help="Between the cells of a CSV file; by default as in its header."),
    click.option("--decimal", metavar="MARK", help="The decimal mark of a CSV file, . or , (1,234.5 or 1.234,5)."),
    click.option("--na", metavar="MARK,MARK", help="What else marks a missing value, such as -999."),
    click.option("--drop-missing", is_flag=True, help="Leave out rows with a missing value, and say how many."),
    click.option("--max-rows", type=int, metavar="N", help="Keep at most the first N rows of each task."),
    click.option(
        "--unequal",
        type=click.Choice(["error", "first"]),
        default="error",
        show_default=True,
        help="Tasks with unequal row counts: refuse, or keep the first rows of each.",
    ),
    click.option(
        "--standardise/--no-standardise", default=True, show_default=True, help="Shift and scale columns to order one."
    ),
    click.option("--intercept", is_flag=True, help="Add a feature that is 1 in every row."),
)


def loss_option(more: str) -> Option:
    """--loss LOSS, which a command takes several of. more: what is said of several, and of none."""
    about = f"A loss for the table's tasks: a name or an expression in t. {more}"
    return click.option("--loss", multiple=True, metavar="LOSS", shell_complete=completion.losses, help=about)


DELIMITERS = {"tab": "\t", "\\t": "\t"}  # what a shell makes hard to give


@dataclass(frozen=True)
class Choice:
    """The options above, as they were given: `words` repeats them on a command line."""

    data: str | None
    task: str | None
    target: str | None
    features: str | None
    delimiter: str | None
    decimal: str | None
    na: str | None
    drop_missing: bool
    max_rows: int | None
    unequal: str
    standardise: bool
    intercept: bool
    loss: tuple[str, ...]
    words: str

    def table(self) -> Table | None:
        """The table of --data, and None without it. Raises `InputError`."""
        if self.data is None and self.words:
            wrong_call(f"{self.words}: give --data, too; without it no table is read")
        return None if self.data is None else self.table_of(self.data)

    def table_of(self, data: str) -> Table:
        """The table `data`, read as the options say. Raises `InputError`."""
        from mamlcheck.tasks.tables import builtin_tables, read_table

        if data not in builtin_tables() and (self.task is None or self.target is None):
            given = (("--task", self.task), ("--target", self.target))
            missing = " and ".join(name for name, value in given if value is None)
            wrong_call(f"--data {data} also needs {missing}: the names of its columns")
        return read_table(data, **self.arguments, say=as_option)

    @property
    def arguments(self) -> dict[str, Any]:
        """What `read_table` is given beside the source; only what differs from its defaults."""
        given: dict[str, Any] = {
            "task": self.task,
            "target": self.target,
            "features": _names(self.features),
            "delimiter": DELIMITERS.get(self.delimiter or "", self.delimiter),
            "decimal": self.decimal,
            "na": _names(self.na),
            "drop_missing": self.drop_missing or None,
            "max_rows": self.max_rows,
            "unequal": None if self.unequal == "error" else self.unequal,
            "standardise": None if self.standardise else False,
            "intercept": self.intercept or None,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def losses(self) -> tuple[Loss, ...]:
        """The losses given, else the usual ones. Raises `InputError`."""
        from mamlcheck.check.sweeps import table_losses

        return table_losses(self.loss)


NAMES = tuple(field.name for field in fields(Choice) if field.name != "words")


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options above, which it takes as one argument, `choice`, with several losses in turn."""
    return options_of(command, loss_option("Repeatable, then in turn; by default four."))


def one_loss_table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a command that takes one loss."""
    return options_of(command, loss_option("By default log_cosh."))


def options_of(command: Callable[..., Any], loss: Option) -> Callable[..., Any]:
    """A command with the options above, and its own for losses."""

    @functools.wraps(command)
    def with_choice(**arguments: Any) -> Any:
        words = shlex.join(given_options(click.get_current_context(), NAMES))
        return command(choice=Choice(**{name: arguments.pop(name) for name in NAMES}, words=words), **arguments)

    made: Callable[..., Any] = with_choice
    for option in reversed((*OPTIONS, loss)):
        made = option(made)
    return made


def as_option(name: str, value: object = None) -> str:
    """An argument of `read_table` as an option of the command line: `--unequal first`, or `--delimiter` alone."""
    option = name.replace("_", "-")
    if value is None or value is True:
        return f"--{option}"
    return f"--no-{option}" if value is False else f"--{option} {shlex.quote(str(value))}"


def _names(text: str | None) -> list[str] | None:
    """Names between commas; one that holds a comma stands in quotes."""
    return None if text is None else next(csv.reader([text], skipinitialspace=True), [])


def print_plan(table: Table, parts: Sequence[Part]) -> None:
    """Print on standard error which claims are judged on fewer instances of a table than were asked for."""
    for part in parts:
        if part.why:
            click.echo(f"Table {table.name}: {part.why}.", err=True)


def print_notes(table: Table) -> None:
    """Print on standard error what was noticed while the table was read."""
    for note in table.notes:
        click.echo(f"Table {table.name}: {note}.", err=True)
