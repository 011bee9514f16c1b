"""`mamlcheck reference`: check the reference run that is kept, or renew it on purpose."""

from __future__ import annotations

from pathlib import Path

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.options import reference_option, seconds_of


@click.group(short_help="Check or renew the reference run.")
def reference() -> None:
    """Check the reference run, or renew it: certified witnesses, brackets, verdict counts and tightness.

    `pytest --pyargs mamlcheck` checks the same.
    """


@reference.command(short_help="Prove and measure the reference run again; say what drifted.")
@reference_option("Check this reference run instead of the one that came with mamlcheck.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def check(folder: Path | None, as_json: bool) -> None:
    """Certify every witness again, judge every claim on the reference sweep, and say what drifted.

    A claim that the reference run does not know is judged and named. Exit status 0: nothing drifted; 1: something did,
    with the old and the new measure.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.formats.differences import Drifts
    from mamlcheck.record.drifts import drifts, not_kept
    from mamlcheck.record.reference import ReferenceRun, advice, advice_on_new, reference_folder
    from mamlcheck.terminal.console import print_json
    from mamlcheck.terminal.reference_run import measuring, print_drifts

    chosen, run = load_claims(), ReferenceRun(folder or reference_folder())
    with measuring() as progress:
        found = drifts(run, chosen, progress)
    new = not_kept(run, chosen)
    if as_json:
        print_json(Drifts(found, new))
    else:
        nothing = f"{len(chosen) - len(new)} claims: nothing drifted from the reference run."
        print_drifts(found, nothing, "; --json lists all of them", advice(folder))
        for claim in new:
            click.echo(advice_on_new(claim, folder))
    raise SystemExit(1 if found else 0)


@reference.command(short_help="Renew the reference run on purpose; show what changed.")
@reference_option("Renew this reference run instead of the one of a checkout of mamlcheck; make it if need be.")
@click.option("--hunt", "hunted", is_flag=True, help="Search for tighter witnesses, and keep those that are.")
@click.option(
    "--budget", default="60s", show_default=True, metavar="TIME", help="With --hunt: time for each claim, as 90s or 2m."
)
@click.option("--seed", type=int, default=1, show_default=True, help="With --hunt: the seed of the search.")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="CLAIM",
    shell_complete=completion.claims,
    help="With --hunt: only this claim. Repeatable.",
)
@click.option("--adopt", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
              help="A witness file that may take a kept one's place, if it is tighter. Repeatable.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def update(
    folder: Path | None,
    hunted: bool,
    budget: str,
    seed: int,
    claims: tuple[str, ...],
    adopt: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Renew the reference run: certify every witness, judge every claim on the sweep, draw up the brackets.

    What differs is shown, old and new, and then written; what did not drift keeps its digits.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.formats.differences import Renewed
    from mamlcheck.record.reference import writable_folder
    from mamlcheck.record.renewal import renewed, tightest
    from mamlcheck.record.witnesses import read_witness
    from mamlcheck.terminal.console import print_json
    from mamlcheck.terminal.reference_run import hunt_for, measuring, print_drifts, print_written

    target, seconds = writable_folder(folder), seconds_of(budget)
    chosen, hunting = load_claims(), load_claims(claims) if hunted else ()
    candidates = [read_witness(path) for path in adopt]
    candidates += [witness for claim in hunting if (witness := hunt_for(claim, seconds, seed))]
    with measuring() as progress:
        renewal = renewed(target, chosen, tightest(candidates), progress)
    written = renewal.write(target)
    if as_json:
        print_json(Renewed(str(target), renewal.drifts, written))
        return
    print_drifts(renewal.drifts, "Nothing changed.")
    print_written(target, written)
