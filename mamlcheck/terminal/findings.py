"""Findings in a terminal, with hanging indents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mamlcheck.report.findings import LABELS, cases, comparison, number_text, outcome_line
from mamlcheck.report.plaintext import plain_prose
from mamlcheck.terminal.console import PROSE_COLUMNS, console_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from mamlcheck.formats.findings import FindingRecord, Findings

WIDEST_PROSE_COLUMNS = 100  # that prose is set in at most


def print_findings(findings: Findings) -> None:
    """Print all findings."""
    click.echo(findings_text(console_of(PROSE_COLUMNS), findings), nl=False)


def findings_text(console: Console, findings: Findings) -> str:
    """All findings, in the width of the console and at most `WIDEST_PROSE_COLUMNS` columns."""
    with console.capture() as capture:
        _print_findings(console, findings, min(console.width, WIDEST_PROSE_COLUMNS))
    return re.sub(" +$", "", capture.get(), flags=re.MULTILINE)  # rich fills lines with blanks


def _print_findings(console: Console, findings: Findings, width: int) -> None:
    from rich.text import Text

    for number, finding in enumerate(findings.findings, start=1):
        title = f"{number}. {plain_prose(finding.title)}"
        style = "green" if finding.confirmed else "bold red"
        console.print(Text.assemble((title, "bold"), "  ", (finding.status, style)), width=width)
        _print_finding(console, finding, width)
        console.print()
    console.print(Text(outcome_line(findings), style="bold red" if findings.not_confirmed else "bold"), width=width)


def _print_finding(console: Console, finding: FindingRecord, width: int) -> None:
    from rich.padding import Padding
    from rich.text import Text

    texts = [(Text("Place"), Text(plain_prose(finding.place)))]
    texts += [(Text(label), Text(plain_prose(text(finding)))) for label, text in LABELS]
    texts += [(Text(""), Text(name, style="dim")) for name in finding.see]
    texts += [(Text("Example"), Text(plain_prose(finding.setting)))] if finding.setting else []
    texts += [(Text("Error", style="bold red"), Text(finding.error))] if finding.error else []
    _print_rows(console, texts, 3, width)
    for case, quantities, facts in cases(finding):
        if case:
            console.print(Padding(Text(f"{plain_prose(case)}:"), (0, 0, 0, 6)), width=width)
        numbers = [(Text(plain_prose(each.name)), Text(number_text(each.value))) for each in quantities]
        _print_rows(console, numbers, 8, width)
        shown = [
            (
                Text("holds" if fact.holds else "FAILS", style="green" if fact.holds else "bold red"),
                Text(comparison(fact), style="bold"),
                Text(plain_prose(fact.text)),
            )
            for fact in facts
        ]
        _print_rows(console, shown, 8, width)


def _print_rows(console: Console, rows: Sequence[tuple[Text, ...]], indent: int, width: int) -> None:
    """Rows of cells, each column as wide as it must be, `indent` columns from the left."""
    from rich.padding import Padding
    from rich.table import Column, Table

    if not rows:
        return
    grid = Table.grid(*[Column(overflow="fold") for _ in rows[0]], padding=(0, 2, 0, 0))
    for row in rows:
        grid.add_row(*row)
    console.print(Padding(grid, (0, 0, 0, indent)), width=width)
