"""`mamlcheck table1`: the paper's Table 1 with constants, for the tasks at hand."""

from __future__ import annotations

from pathlib import Path

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.tables import Choice, one_loss_table_options


@click.command(short_help="Table 1 with constants: accuracy, T, costs, floors.")
@click.argument("instance", required=False, shell_complete=completion.instances)
@one_loss_table_options
@click.option("--accuracy", metavar="EPS", help="What E|grad F| is to be at most.  [default: 1/10]")
@click.option("--alpha", metavar="NUMBER", help="The inner rate; default: the largest that the theorems allow.")
@click.option("--gap", metavar="DELTA", help="F(w) - inf F, or more; default: a certified bound where there is one.")
@click.option("--shots", type=click.IntRange(1), metavar="K", help="Samples of an inner batch, D_in.  [default: 1]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--chart", type=click.Path(path_type=Path), metavar="FILE", help="Draw the floors into an SVG file.")
def table1(
    instance: str | None,
    choice: Choice,
    accuracy: str | None,
    alpha: str | None,
    gap: str | None,
    shots: int | None,
    as_json: bool,
    chart: Path | None,
) -> None:
    """Print the paper's Table 1 with constants for the tasks at hand.

    The tasks are those of a table, --data grunfeld or a file, or those of an INSTANCE, an id such as random-2/1/123 or
    an instance file. For each algorithm: the accuracy that it reaches, its number of steps T, what a step costs, by a
    formula and counted while a step is made, and the floor with K shots. Then floors that were seen in runs, and
    the powers of 1/eps that exactly known runs need.
    """
    from mamlcheck.terminal.table1 import table1_in_terminal

    numbers = {"accuracy": accuracy, "alpha": alpha, "gap": gap}
    table1_in_terminal(instance, choice, numbers, shots or 1, as_json, chart)
