"""`mamlcheck brackets`: how far each printed bound is from the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mamlcheck.record.brackets import Bracket


@click.command(short_help="Say how far each printed bound is from the truth.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Take the witnesses of this reference run instead of those that came with mamlcheck.",
)
def brackets(claims: tuple[str, ...], as_json: bool, reference: Path | None) -> None:
    """Say how far each printed bound is from the truth: all of them, or those named by id or family.

    Every witness that is kept is certified again. A bracket runs from the tightness that it reaches, below which no
    constant is true, to the best constant that is proved; 1 stands for the bound itself. It is closed where the
    two are the same number, exactly. What is proved is what the kernel of `mamlcheck prove` accepts. Exit status 1: an
    instance goes beyond it.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.record import brackets as kept
    from mamlcheck.record.reference import Reference, reference_folder
    from mamlcheck.terminal.console import json_text, progress_bar

    chosen = load_claims(claims)
    with progress_bar(len(chosen), "Checking proofs and witnesses") as progress:
        rows = kept.brackets(Reference(reference or reference_folder()).witnesses, chosen, progress)
    if as_json:
        click.echo(json_text(kept.brackets_document(rows).as_json()))
    else:
        _print(rows)
    raise SystemExit(1 if any(row.state == "contradicted" for row in rows) else 0)


def _print(rows: tuple[Bracket, ...]) -> None:
    from mamlcheck.report.brackets import gap_text, proved_text, reached_text
    from mamlcheck.terminal.console import console_of, print_grid

    titles = ("claim", "an instance reaches", "proved", "bracket", "certified by", "proved by")
    console = console_of()
    named = [(bracket.claim.id, bracket.record()) for bracket in rows]
    print_grid(
        console,
        titles,
        [
            (
                claim,
                reached_text(row),
                proved_text(row),
                gap_text(row),
                row.arithmetic or "-",
                row.proved_by or "-",
            )
            for claim, row in named
        ],
    )
    console.print("Shares of the bound itself: no constant below the first is true, the second is proved.")
