"""`mamlcheck findings`: where the printed text needs care, each with an example that is run."""

from __future__ import annotations

import click

from mamlcheck.terminal.console import PROSE, console_of, json_text


@click.command(short_help="List where the printed text needs care, examples executed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def findings(as_json: bool) -> None:
    """List where the printed text of the paper needs care, each with an exact example, executed now.

    Exit status 0: every example shows what its finding says; 1: one does not.
    """
    from mamlcheck.findings import execute, findings_as_json
    from mamlcheck.formats.findings import Findings
    from mamlcheck.terminal.findings import findings_text

    content = findings_as_json(execute())
    found = Findings.from_json(content)
    if as_json:
        click.echo(json_text(content))
    else:
        click.echo(findings_text(console_of(PROSE), found), nl=False)
    raise SystemExit(1 if found.not_confirmed else 0)
