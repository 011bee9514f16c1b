"""What commands share of sweeps: their options, running them with a progress bar, and the table of what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import click

from mamlcheck.terminal.console import STOPPED, console_of, loud, print_grid, progress_bar

if TYPE_CHECKING:
    from rich.console import Console

MOST_INSTANCES = 10**9
INSTANCES = click.IntRange(1, MOST_INSTANCES)
seed_option = click.option("--seed", type=int, default=1, show_default=True, help="Seed of every random instance.")


def run_sweeps(claims: tuple[Any, ...], sweeps: list[tuple[Any, int]], seed: int) -> dict[str, Any]:
    """Judge the claims on the sweeps with a progress bar, and return the results."""
    from mamlcheck.check.runner import run

    with progress_bar(sum(count for _, count in sweeps), "Checking instances") as progress:
        return run(claims, sweeps, seed, progress)


def finish(results: dict[str, Any], others: bool = True) -> NoReturn:
    """Leave with the exit status of the results; `others`: whether all else that was checked holds."""
    from mamlcheck.check.runner import all_hold

    status = 0 if all_hold(results) and others else 1
    if results["partial"]:
        done, planned = results["completed"], results["planned"]
        so_far = f"{done:,} of {planned:,} instances were checked" if done else "nothing was judged yet"
        click.echo(f"Stopped early: {so_far}.", err=True)
        raise SystemExit(status or STOPPED)
    raise SystemExit(status)


def print_table(results: dict[str, Any]) -> None:
    """Print the results claim by claim, and the outcome in a sentence."""
    from rich.text import Text

    from mamlcheck.report.decimals import certain_digits
    from mamlcheck.report.page import headline

    titles = ("claim", "holds", "violated", "undecided", "vacuous", "max tightness", "worst instance")
    rows = [
        (
            name + ("" if claim["guaranteed"] else "  NOT GUARANTEED"),
            str(claim["holds"]),
            loud(str(claim["violated"]), claim["violated"]),
            loud(str(claim["undecided"]), claim["undecided"]),
            str(claim["vacuous"]),
            certain_digits(claim["tightness"]["max"]) or "-",
            claim["worst_instance"] or "-",
        )
        for name, claim in results["claims"].items()
    ]
    console = console_of()
    print_grid(console, titles, rows, right=5)
    _print_printed_form(console, results)
    console.print(Text(f"{headline(results)}."))
    console.print(Text(f"{results['completed']:,} instances, seed {results['seed']}, {results['seconds']:.1f} s"))


def _print_printed_form(console: Console, results: dict[str, Any]) -> None:
    """What fails in the printed form of a claim, with deviations bounded everywhere: it counts too."""
    from rich.text import Text

    for name, claim in results["claims"].items():
        form = claim["printed_form"] or {}
        bad = [f"{form[verdict]} {verdict}" for verdict in ("violated", "undecided") if form.get(verdict)]
        if bad:
            form_name = "with global deviations" if claim.get("sharpens") else "as printed"
            console.print(Text(f"{name}, {form_name}: {', '.join(bad)}", style="bold red"))
