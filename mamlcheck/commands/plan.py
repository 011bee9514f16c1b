"""`mamlcheck plan`: steps and batches that reach an accuracy, by the theorems on whole runs."""

from __future__ import annotations

from pathlib import Path

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.tables import Choice, one_loss_table_options


@click.command(short_help="Plan steps and batches that reach an accuracy.")
@click.argument("instance", required=False, shell_complete=completion.instances)
@one_loss_table_options
@click.option("--accuracy", required=True, metavar="EPS", help="E|grad F| that is to be reached.")
@click.option("--constants", metavar="L=1,..", help="In place of tasks: L, rho, sigma, sigma~, sigma_H, Delta, alpha.")
@click.option(
    "--algorithm",
    "algorithms",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.run_algorithms,
    help="maml, fo-maml, hf-maml; default: all.",
)
@click.option("--alpha", metavar="NUMBER", help="The inner rate; default: the largest that the theorems allow.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Keep the plan in a new file.")
def plan(
    instance: str | None,
    choice: Choice,
    accuracy: str,
    constants: str | None,
    algorithms: tuple[str, ...],
    alpha: str | None,
    as_json: bool,
    save: Path | None,
) -> None:
    """Plan runs of MAML, FO-MAML and HF-MAML that reach an accuracy: E|grad F(w_K)| <= EPS for a random iterate K.

    The tasks are those of a table, --data grunfeld or a file, from w = 0; or those of an INSTANCE, an id or a file,
    from its w. With --constants alone no tasks are needed; beside tasks they stand in place of what is known of them.

    The steps and batches satisfy the condition of Theorems 4.12, 4.15 and 4.17 with numbers, at about the least cost.
    That is decided in exact fractions. A plan is guaranteed where all of its constants are exact or certified.

    mamlcheck run --plan FILE makes the run.
    """
    from mamlcheck.terminal.plans import plan_in_terminal

    raise SystemExit(plan_in_terminal(instance, choice, accuracy, constants, algorithms, alpha, as_json, save))
