"""`mamlcheck report`: check every claim on random tasks and a table, and write a page."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mamlcheck.terminal.console import given_options, progress_bar, writable
from mamlcheck.terminal.sweeps import INSTANCES, finish, print_table, run_sweeps, seed_option
from mamlcheck.terminal.tables import Choice, print_notes, table_options

if TYPE_CHECKING:
    from mamlcheck.check.sweeps import Sweep
    from mamlcheck.conformance import Conformance

REPORT_INSTANCES = 2000
TABLE_SHARE = 4  # of the random instances, one in so many on the table beside them


@click.command(short_help="Check every claim on random tasks and a table; write a page.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("mamlcheck-report"),
    show_default=True,
    help="Folder for index.html and results.json.",
)
@click.option(
    "--instances",
    type=INSTANCES,
    default=REPORT_INSTANCES,
    show_default=True,
    help="Random instances; a table adds a quarter as many.",
)
@seed_option
@table_options
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="MODULE:MAKE[=ALGORITHM]",
    help="Also hold this implementation against its algorithm. Repeatable.",
)
def report(out: Path, instances: int, seed: int, choice: Choice, subjects: tuple[str, ...]) -> None:
    """Check every claim on random tasks and on a table; write a page and the data behind it.

    Without --data the table is Grunfeld's investment panel: 11 firms, 20 years each. Ctrl-C stops early and
    writes the page with what is done, marked partial.
    """
    from mamlcheck.check.plan import plan
    from mamlcheck.check.sweeps import RandomSweep, TableSweep
    from mamlcheck.claims import load_claims
    from mamlcheck.findings import execute, findings_as_json
    from mamlcheck.formats.findings import Findings
    from mamlcheck.proof.records import with_proofs
    from mamlcheck.record.brackets import brackets as kept_brackets
    from mamlcheck.record.brackets import brackets_document
    from mamlcheck.record.reference import Reference, reference_folder
    from mamlcheck.record.sources import instance
    from mamlcheck.report.findings import outcome_line
    from mamlcheck.report.page import write_report

    table = choice.table_of(choice.data or "grunfeld")
    sweeps: list[tuple[Sweep, int]] = [
        (RandomSweep(seed), instances),
        (TableSweep(table, seed, choice.losses), max(1, instances // TABLE_SHARE)),
    ]
    writable(out)
    print_notes(table)
    claims = load_claims()
    for part in plan(claims, *sweeps[1]):  # beforehand: it changes what the report can be used for
        if part.why:
            click.echo(f"Table {table.name}: {part.why}.", err=True)
    conform_all = _conformances(subjects)  # first: a wrong reference must be known before the long part
    with progress_bar(None, "Checking proofs and witnesses") as progress:
        bounds = brackets_document(kept_brackets(Reference(reference_folder()).witnesses, progress=progress))
    results = run_sweeps(claims, sweeps, seed)
    random, of_table = results.sources
    results = replace(
        results,
        command=shlex.join(["mamlcheck", "report", *given_options(click.get_current_context())]),
        sources=(random, replace(of_table, options=choice.words)),  # `mamlcheck show` makes its instances with them
        brackets=bounds,
        conformance=tuple(conformance.record for conformance in conform_all),
    )
    try:
        results = with_proofs(results, lambda name: instance(name, table, choice.losses))
        results = replace(results, findings=Findings.from_json(findings_as_json(execute())))
    except KeyboardInterrupt:  # what was checked until then is not lost
        print_table(results)
        raise
    print_table(results)  # before the page: should the disk be full by now, this much is not lost
    for conformance in conform_all:
        click.echo(conformance.summary())
    if results.findings is not None:
        click.echo(outcome_line(results.findings))
    click.echo(f"Report: {write_report(results, out)}")
    finish(results)


def _conformances(subjects: tuple[str, ...]) -> list[Conformance]:
    """Each MODULE:MAKE, held against what follows its = sign or what it declares."""
    from mamlcheck.conformance import conform

    found = []
    for text in subjects:
        reference, _, algorithm = text.partition("=")
        with progress_bar(None, f"Checking {reference}") as progress:
            found.append(conform(reference, algorithm or None, progress=progress))
    return found
