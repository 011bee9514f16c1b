"""`mamlcheck baseline`: check the reference run that is kept, or renew it on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mamlcheck.terminal.hunting import seconds_of

if TYPE_CHECKING:
    from mamlcheck.claims import Claim
    from mamlcheck.hunt.witness import Witness
    from mamlcheck.record.reference import Drift

SHOWN = 60  # drifts printed at most

_reference = click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A reference run of your own, instead of the one that came with mamlcheck.",
)


@click.group(short_help="Check or renew the reference run.")
def baseline() -> None:
    """Check the reference run, or renew it: certified witnesses, brackets, verdict counts and tightness.

    `pytest --pyargs mamlcheck` checks the same.
    """


@baseline.command(short_help="Prove and measure the reference run again; say what drifted.")
@_reference
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def check(reference: Path | None, as_json: bool) -> None:
    """Certify every witness again, judge every claim on the reference sweep, and say what drifted.

    Exit status 0: nothing; 1: something, with the old and the new figure.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.record.reference import Reference, advice, drifts, reference_folder
    from mamlcheck.terminal.console import json_text

    chosen = load_claims()
    with _measuring() as progress:
        found = drifts(Reference(reference or reference_folder()), chosen, progress)
    if as_json:
        click.echo(json_text({"format": "mamlcheck-drifts", "version": 1, "drifts": [_as_json(d) for d in found]}))
    else:
        nothing = f"{len(chosen)} claims: nothing drifted from the reference run."
        _print(found, nothing, "; --json lists all of them")
        if found:
            click.echo(advice(reference))
    raise SystemExit(1 if found else 0)


@baseline.command(short_help="Renew the reference run on purpose; show what changed.")
@_reference
@click.option("--hunt", "hunted", is_flag=True, help="Search for tighter witnesses, and keep those that are.")
@click.option(
    "--budget", default="60s", show_default=True, metavar="TIME", help="With --hunt: time for each claim, as 90s or 2m."
)
@click.option("--seed", type=int, default=1, show_default=True, help="With --hunt: the seed of the search.")
@click.option("--claim", "claims", multiple=True, metavar="CLAIM", help="With --hunt: only this claim. Repeatable.")
@click.option("--adopt", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
              help="A witness file that may take a kept one's place, if it is tighter. Repeatable.")  # fmt: skip
def update(
    reference: Path | None, hunted: bool, budget: str, seed: int, claims: tuple[str, ...], adopt: tuple[Path, ...]
) -> None:
    """Renew the reference run: certify every witness, judge every claim on the sweep, draw up the brackets.

    What differs is shown, old and new, and then written; what did not drift keeps its digits.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.record.reference import renewed, writable_folder
    from mamlcheck.record.witnesses import read_witness

    folder, seconds = writable_folder(reference), seconds_of(budget)
    chosen = load_claims()
    better: dict[str, Witness] = {}
    for witness in (read_witness(path) for path in adopt):
        better[witness.claim] = _tighter(better.get(witness.claim), witness)
    if hunted:
        for claim in load_claims(claims):
            found = _hunt(claim, seconds, seed)
            if found is not None:
                better[claim.id] = _tighter(better.get(claim.id), found)
    with _measuring() as progress:
        renewal = renewed(folder, chosen, better, progress)
    _print(renewal.drifts, "Nothing changed.")
    written = renewal.write(folder)
    click.echo(f"{folder}: {', '.join(written) or 'every file is as it was'}")


def _tighter(one: Witness | None, other: Witness) -> Witness:
    return other if one is None or other.tightness[0] > one.tightness[0] else one


def _hunt(claim: Claim, seconds: float, seed: int) -> Witness | None:
    from mamlcheck.hunt.search import hunt
    from mamlcheck.terminal.console import progress_bar

    with progress_bar(None, f"Hunting {claim.id}") as bar:
        done = 0

        def progress(evaluations: int, best: Witness | None) -> None:
            nonlocal done
            bar(evaluations - done)
            done = evaluations

        return hunt(claim, seed=seed, seconds=seconds, progress=progress).best


def _measuring() -> Any:
    from mamlcheck.record.reference import RANDOM, TABLE
    from mamlcheck.terminal.console import progress_bar

    return progress_bar(RANDOM + TABLE, "Judging the reference sweep")


def _as_json(drift: Drift) -> dict[str, Any]:
    change = drift.change
    return {"part": drift.part, "claim": change.claim, "figure": change.figure, "old": change.old, "new": change.new}


def _print(drifts: Sequence[Drift], otherwise: str, everywhere: str = "") -> None:
    """Drifts, a line each. otherwise: said where there are none; everywhere: where those beyond `SHOWN` are listed."""
    if not drifts:
        click.echo(otherwise)
    for drift in drifts[:SHOWN]:
        click.echo(str(drift))
    if len(drifts) > SHOWN:
        click.echo(f"and {len(drifts) - SHOWN} more{everywhere}")
