"""`mamlcheck run`: runs of MAML, FO-MAML and HF-MAML with the step sizes of the convergence theorems."""

from __future__ import annotations

from pathlib import Path

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.tables import Choice, one_loss_table_options

COUNT = click.IntRange(1)


@click.command(short_help="Run MAML, FO-MAML and HF-MAML as the theorems have it.")
@click.argument("instance", required=False, shell_complete=completion.instances)
@one_loss_table_options
@click.option(
    "--algorithm",
    "algorithms",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.run_algorithms,
    help="maml, fo-maml, hf-maml; default: all.",
)
@click.option("--steps", type=COUNT, metavar="T", help="Steps of each run.  [default: 200]")
@click.option("--seed", type=int, help="Seed of the first run.  [default: 1]")
@click.option("--seeds", type=COUNT, metavar="N", help="Runs, with the seeds that follow.  [default: 8]")
@click.option("--every", type=COUNT, metavar="K", help="Evaluate F and |grad F| at each K-th step.  [default: 1]")
@click.option("--alpha", metavar="NUMBER", help="The inner rate; default: the largest that the theorems allow.")
@click.option("--factor", metavar="NUMBER", help="c of the step size c beta~; default: 1/12, 1/18, 1/25.")
@click.option("--eta", metavar="NUMBER", help="Of HF-MAML's delta = eta / (rho alpha |v|).  [default: 1/6]")
@click.option("--tasks", type=COUNT, metavar="B", help="Tasks of a step.  [default: 20]")
@click.option("--inner", type=COUNT, metavar="D_IN", help="Samples of an inner batch.  [default: 5]")
@click.option("--outer", type=COUNT, metavar="D_O", help="Samples of an outer batch.  [default: 5]")
@click.option("--hessian", type=COUNT, metavar="D_H", help="Samples of a Hessian batch.  [default: 5]")
@click.option("--stepsize-tasks", type=COUNT, metavar="B'", help="Tasks of the step size; default: as Lemma 4.9 asks.")
@click.option("--stepsize", type=COUNT, metavar="D_BETA", help="Samples of their batches; default: likewise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Keep the runs in a new file.")
@click.option("--resume", type=click.Path(path_type=Path), metavar="FILE", help="Go on with the runs in a file.")
@click.option("--plan", type=click.Path(path_type=Path), metavar="FILE", help="Rates, sizes and steps of a plan.")
@click.option("--chart", type=click.Path(path_type=Path), metavar="FILE", help="Draw |grad F| into an SVG file.")
def run(
    instance: str | None,
    choice: Choice,
    as_json: bool,
    save: Path | None,
    resume: Path | None,
    plan: Path | None,
    chart: Path | None,
    **asked: int | str | tuple[str, ...] | None,
) -> None:
    """Run MAML, FO-MAML and HF-MAML with the step sizes of the convergence theorems.

    The tasks are those of a table, --data grunfeld or a file, from w = 0; or those of an INSTANCE, an id such as
    random-2/1/123 or an instance file, from its w. All algorithms run on the same draws. F and |grad F| are computed of
    all tasks and all data.

    With --plan the tasks, rates, sizes and steps are those of a file of `mamlcheck plan --save`: of its cheapest
    algorithm, or of the --algorithm that is named. --steps makes fewer steps.

    Ctrl-C stops early and prints what is done; with --save the runs go on later, `mamlcheck run --resume FILE`, with
    more --steps if you like.
    """
    from mamlcheck.terminal.runs import run_in_terminal

    raise SystemExit(run_in_terminal(instance, choice, asked, as_json, save, resume, plan, chart))
