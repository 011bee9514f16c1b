"""`mamlcheck diff`: what differs between two files that mamlcheck wrote."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Say what differs between two result files.")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def diff(a: Path, b: Path, as_json: bool) -> None:
    """Say what differs between two result files A and B, claim by claim: the measure in A, and in B.

    They are results.json of `mamlcheck report`, what `check --json` or `brackets --json` prints, or files of a
    reference run, two of one kind. Times and versions do not count. Two enclosures that overlap are taken for the same
    number. Exit status 0: no difference; 1: some; 2: the call is wrong.
    """
    from mamlcheck.formats.differences import Differences
    from mamlcheck.record.documents import differences, read_document
    from mamlcheck.terminal.console import print_json, progress_bar
    from mamlcheck.terminal.differences import print_differences

    with progress_bar(None, "Comparing"):
        found = differences(read_document(a), read_document(b))
    if as_json:
        print_json(Differences(not found, found))
    else:
        print_differences(found, a, b)
    raise SystemExit(1 if found else 0)
