"""`mamlcheck hunt`: the instances on which a claim is tightest, or fails."""

from __future__ import annotations

from pathlib import Path

import click

from mamlcheck.terminal import completion


@click.command(short_help="Hunt for the instances on which a claim is tightest, or fails.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1, shell_complete=completion.claims_or_files)
@click.option("--budget", metavar="TIME", help="When to stop: 60s, 2m, 1h.  [default: 60s]")
@click.option(
    "--evaluations",
    type=click.IntRange(1, 10**9),
    help="Stop after so many instances instead: then the same seed gives the same witness anywhere.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the search.")
@click.option("--dim", "dimension", type=click.IntRange(1, 64), default=1, show_default=True, help="Dimension of w.")
@click.option(
    "--family",
    "families",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.hunted_families,
    help="Hunt in this family only. Repeatable.",
)
@click.option(
    "--shave",
    multiple=True,
    metavar="CLAIM=FACTOR",
    shell_complete=completion.shaved,
    help="Multiply the right side of a claim, exactly: it is refuted, or survives. Repeatable.",
)
@click.option(
    "--keep",
    type=click.FloatRange(0, 1),
    default=0.9999,
    show_default=True,
    help="The share of its tightness that a simplified witness keeps; 1 leaves it as it was found.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the witness to a file; if shaved, the instance.")
def hunt(
    claims: tuple[str, ...],
    budget: str | None,
    evaluations: int | None,
    seed: int,
    dimension: int,
    families: tuple[str, ...],
    shave: tuple[str, ...],
    keep: float,
    as_json: bool,
    save: Path | None,
) -> None:
    """Hunt for the instances on which a CLAIM is tightest, certify the best, and make it simple.

    CLAIM is an id, a family of ids, or the path of a claim file of your own, ./my_claim.py, which is run. Ctrl-C ends
    the hunt and keeps the best. Exit status 1: a claim is refuted.
    """
    from mamlcheck.terminal.hunting import Asked, run_hunts

    asked = Asked(claims, budget, evaluations, seed, dimension, families, shave, keep)
    raise SystemExit(run_hunts(asked, as_json, save))
