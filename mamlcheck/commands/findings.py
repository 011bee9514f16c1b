"""`mamlcheck findings`: where the printed text needs care, each with an example that is run."""

from __future__ import annotations

import click

from mamlcheck.terminal.console import print_json, progress_bar, stopped_early


@click.command(short_help="List where the printed text needs care, examples executed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def findings(as_json: bool) -> None:
    """List where the printed text of the paper needs care, each with an exact example, executed now.

    Exit status 0: every example shows what its finding says; 1: one does not.
    """
    from mamlcheck.findings import Executed, execute, find, findings_document
    from mamlcheck.terminal.findings import print_findings

    executed: list[Executed] = []
    chosen = find()
    try:
        with progress_bar(len(chosen), "Running examples") as progress:
            for one in chosen:
                executed += execute([one])
                progress(1)
    except KeyboardInterrupt:
        if as_json or not executed:  # a document in part would be taken for the whole
            raise
        found = findings_document(executed)
        print_findings(found)
        stopped_early(f"{len(executed)} of {len(chosen)} examples were run", not found.not_confirmed)
    found = findings_document(executed)
    if as_json:
        print_json(found)
    else:
        print_findings(found)
    raise SystemExit(1 if found.not_confirmed else 0)
