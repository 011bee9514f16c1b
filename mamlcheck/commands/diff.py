"""`mamlcheck diff`: what differs between two files that mamlcheck wrote."""

from __future__ import annotations

from pathlib import Path

import click

SHOWN = 100  # changes printed at most
WIDEST = 60  # characters of a figure printed; --json has them all


@click.command(short_help="Say what differs between two result files.")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def diff(a: Path, b: Path, as_json: bool) -> None:
    """Say what differs between two result files A and B, claim by claim: the figure in A, and in B.

    They are results.json of `mamlcheck report`, what `check --json` or `brackets --json` prints, or files of a
    reference run, two of one kind. Times and versions do not count. Two enclosures that overlap are taken for the same
    number. Exit status 0: no difference; 1: some; 2: the call is wrong.
    """
    from mamlcheck.record.documents import compared, read_document, shown
    from mamlcheck.terminal.console import console_of, json_text, print_grid

    found = compared(read_document(a), read_document(b))
    if as_json:
        rows = [{"claim": c.claim, "figure": c.figure, "old": c.old, "new": c.new} for c in found]
        click.echo(json_text({"format": "mamlcheck-diff", "version": 1, "equal": not found, "changes": rows}))
    elif found:
        lines = [(c.claim, c.figure, _cut(shown(c.old)), _cut(shown(c.new))) for c in found[:SHOWN]]
        print_grid(console_of(), ("claim", "figure", str(a), str(b)), lines)
        if len(found) > SHOWN:
            click.echo(f"and {len(found) - SHOWN} more; --json lists all of them")
    else:
        click.echo("No difference.")
    raise SystemExit(1 if found else 0)


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
