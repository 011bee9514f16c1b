"""`mamlcheck merge`: the results of all chunks that `mamlcheck sweep` has kept in a folder."""

from __future__ import annotations

from pathlib import Path

import click

from mamlcheck.terminal.console import print_json
from mamlcheck.terminal.options import jobs_option
from mamlcheck.terminal.sweeps import finish, merge_store, print_table


@click.command(short_help="The results of a sweep that was kept in chunks.")
@click.argument("store", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Also write index.html and results.json.")
@jobs_option
def merge(store: Path, as_json: bool, out: Path | None, jobs: int | None) -> None:
    """The results of all chunks in the folder DIR: those of `mamlcheck check` on the same instances.

    Chunks that are missing between others, overlap, or are of different sweeps, claims or versions are refused, and
    named. The digest is the same for the same instances, however they were cut, and whoever judged them, on machines
    of one kind: another processor or BLAS may move last digits of bounds.
    """
    from mamlcheck.report.page import require_report_place, write_report

    if out is not None:
        require_report_place(out, f"--out {out}")
    results = merge_store(store, jobs)
    if out is not None:
        write_report(results, out)
    if as_json:
        print_json(results.in_brief())
    else:
        print_table(results)
        click.echo(f"Digest: {results.digest}")
    finish(results)
