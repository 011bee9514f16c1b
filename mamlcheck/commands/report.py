"""`mamlcheck report`: check every claim on random tasks and a table, and write a page."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mamlcheck.report.defaults import FOLDER, INSTANCES, TABLE
from mamlcheck.report.formats import DEFAULT, format_names
from mamlcheck.terminal.console import console_of, given_options, open_page, print_json, progress_bar, say, wrong_call
from mamlcheck.terminal.options import COUNT, jobs_option, seed_option
from mamlcheck.terminal.subjects import held_against
from mamlcheck.terminal.sweeps import finish, print_table, run_sweeps
from mamlcheck.terminal.tables import Choice, print_notes, print_plan, table_options

if TYPE_CHECKING:
    from mamlcheck.check.results import Results


@click.command(short_help="Check every claim on random tasks and a table; write a page.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path(FOLDER),
    show_default=True,
    help="Folder for index.html and results.json, or what --format says.",
)
@click.option(
    "--instances",
    type=COUNT,
    default=INSTANCES,
    show_default=True,
    help="Random instances; a table adds a quarter as many.",
)
@seed_option
@jobs_option
@table_options
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="MODULE:MAKE[=ALGORITHM]",
    help="Also hold this implementation against its algorithm. Repeatable.",
)
@click.option(
    "--format",
    "forms",
    type=click.Choice(format_names()),
    multiple=True,
    default=(DEFAULT,),
    show_default=True,
    help="What is written: the page with its data, the data alone, a text to paste, XML for CI. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--open", "show_page", is_flag=True, help="Open the page in the browser when it is written.")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="OLD.json",
    help="Also say what changed since these results. Repeatable, the oldest first.",
)
def report(
    out: Path,
    instances: int,
    seed: int,
    jobs: int | None,
    choice: Choice,
    subjects: tuple[str, ...],
    forms: tuple[str, ...],
    show_page: bool,
    as_json: bool,
    against: tuple[Path, ...],
) -> None:
    """Check every claim on random tasks and on a table; write a page and the data behind it.

    Without --data the table is Grunfeld's investment panel: 11 firms, 20 years each. Ctrl-C stops early and
    writes the page with what is done, marked partial.
    """
    from mamlcheck.check.plan import plan
    from mamlcheck.claims import load_claims
    from mamlcheck.report import making
    from mamlcheck.report.findings import outcome_line
    from mamlcheck.report.formats import require_places, write

    def tell(results: Results) -> None:
        if as_json:
            print_json(results.in_brief())
        else:
            print_table(results)

    table = choice.table_of(choice.data or TABLE)
    sweeps = making.sweeps_of(instances, seed, table, choice.losses)
    if show_page and DEFAULT not in forms:
        wrong_call(f"--open shows the page, which is not written: give --format {DEFAULT}, too")
    kinds = tuple(dict.fromkeys(forms))
    require_places(kinds, out, f"--out {out}")
    olds = making.olds_of(against)
    print_notes(table)
    claims = load_claims()
    print_plan(table, plan(claims, *sweeps[1]))  # beforehand: it changes what the report can be used for
    conformances = held_against(subjects)  # first: a wrong reference must be known before the long part
    with progress_bar(None, "Checking proofs and witnesses") as progress:
        bounds = making.certified_brackets(progress)
    results = run_sweeps(claims, sweeps, seed, jobs)
    random, of_table = results.sources
    results = replace(
        results,
        command=shlex.join(["mamlcheck", "report", *given_options(click.get_current_context())]),
        sources=(random, replace(of_table, options=choice.words)),  # `mamlcheck show` makes its instances with them
    )
    try:
        own = choice.data is not None
        results = making.completed(
            results, table, choice.losses, bounds, conformances, own=own, olds=olds, bar=progress_bar
        )
    except KeyboardInterrupt:  # what was checked until then is not lost
        tell(results)
        raise
    written: list[Path] = []
    try:
        with progress_bar(None, f"Writing {' and '.join(kinds)}"):
            written = write(results, out, kinds)  # before anything is printed: standard output can be closed by now
    finally:
        try:
            tell(results)  # should the disk be full by now, this much is not lost
        except OSError as error:
            for path in written:
                error.add_note(f"The report is written: {path}")
            raise
    if show_page:
        open_page(written[kinds.index(DEFAULT)])
    if as_json:
        finish(results)
    console = console_of()
    for conformance in conformances:
        say(console, conformance.summary())
    if results.findings is not None:
        say(console, outcome_line(results.findings))
    for path in written:
        click.echo(f"Report: {path}")  # in one line, however long, so that it can be copied
    finish(results)
