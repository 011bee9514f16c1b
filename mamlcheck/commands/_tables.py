"""What commands share of tasks from tables: their options, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mamlcheck.commands._terminal import wrong_call

if TYPE_CHECKING:
    from mamlcheck.tasks.tables import Table

data_option = click.option(
    "--data", metavar="NAME_OR_FILE", help="A built-in table (grunfeld), a CSV or a Parquet file."
)
task_option = click.option("--task", metavar="COL", help="The column that names the task of a row.")
target_option = click.option("--target", metavar="COL", help="The column to predict.")
unequal_option = click.option(
    "--unequal",
    type=click.Choice(["error", "first"]),
    default="error",
    show_default=True,
    help="Tasks with unequal row counts: refuse, or keep the first rows of each.",
)


def table_of(data: str, task: str | None, target: str | None, unequal: str) -> Table:
    from mamlcheck.tasks.tables import builtin_tables, read_table

    if data not in builtin_tables() and (task is None or target is None):
        missing = " and ".join(name for name, value in (("--task", task), ("--target", target)) if value is None)
        wrong_call(f"--data {data} also needs {missing}: the names of its columns")
    return read_table(data, **table_arguments(data, task, target, unequal))


def table_arguments(data: str, task: str | None, target: str | None, unequal: str) -> dict[str, Any]:
    """What `read_table` is given beside the source; only what differs from its defaults."""
    from mamlcheck.check.sweeps import RandomSweep
    from mamlcheck.tasks.tables import builtin_tables

    arguments: dict[str, Any] = {
        "task": task,
        "target": target,
        "unequal": None if unequal == "error" else unequal,
    }
    taken = (*builtin_tables(), RandomSweep.name.removesuffix("-1"))
    if data not in builtin_tables() and Path(data).stem in taken:
        arguments["name"] = f"{Path(data).stem}-file"  # its ids must not be those of another source
    elif data in builtin_tables() and (task or target):
        arguments["name"] = f"{data}-{task or ''}-{target or ''}"  # nor those of the same table read another way
    return {name: value for name, value in arguments.items() if value is not None}


def print_notes(table: Table) -> None:
    for note in table.notes:
        click.echo(f"Table {table.name}: {note}.", err=True)
