"""Sweeps in a terminal: running them with a progress bar, the table of what was found, and the exit status."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from mamlcheck.terminal.console import STOPPED, console_of, loud, print_json, progress_bar, say
from mamlcheck.terminal.grid import Column, print_columns

if TYPE_CHECKING:
    from rich.console import Console

    from mamlcheck.check.engines import InProcess, Workers
    from mamlcheck.check.results import Results, Tallied
    from mamlcheck.check.sweeps import Sweep
    from mamlcheck.claims import Claim


FEW_INSTANCES = 128  # for each process: below, starting another one takes longer than it saves


def run_sweeps(
    claims: tuple[Claim, ...], sweeps: list[tuple[Sweep, int]], seed: int, jobs: int | None = None
) -> Results:
    """Judge the claims on the sweeps with a progress bar, and return the results.

    jobs: how many processes do it; by default one for each core, as far as there is enough to do.
    """
    from mamlcheck.check.runner import run

    planned = sum(count for _, count in sweeps)
    with engine_for(planned, jobs) as engine, progress_bar(planned, "Checking instances") as progress:
        return run(claims, sweeps, seed, progress, engine)


def engine_for(instances: int, jobs: int | None) -> InProcess | Workers:
    """Who judges so many instances."""
    from mamlcheck.check.engines import local, usable_cores

    return local(jobs or max(1, min(usable_cores(), instances // FEW_INSTANCES)), _told)


def sweep_into(
    folder: Path,
    claims: tuple[Claim, ...],
    sweep: Sweep,
    first: int,
    end: int,
    jobs: int | None,
    dask: str | None,
    as_json: bool = False,
) -> NoReturn:
    """Do the chunks of a range that a store lacks, say what it has then, and leave with the exit status."""
    from mamlcheck.check.engines import on_dask
    from mamlcheck.check.store import Store, chunks_of, missing, sweep_chunks
    from mamlcheck.disk import require_writable
    from mamlcheck.formats.sweeps import SweptRange

    store, wanted = Store(folder), chunks_of(sweep, first, end)
    require_writable(folder, f"--store {folder}")
    lacking = missing(store, claims, wanted)
    instances = sum(chunk.end - chunk.first for chunk in lacking)
    there = len(wanted) - len(lacking)

    def swept(done: int, partial: bool) -> SweptRange:
        return SweptRange(sweep.name, sweep.seed, first, end, str(folder), len(wanted), there, done, partial)

    engine = on_dask(dask, _told) if dask else engine_for(instances, jobs)
    try:
        with engine, progress_bar(instances, "Judging instances") as progress:
            sweep_chunks(store, claims, sweep, lacking, engine, progress)
    except KeyboardInterrupt:
        left = len(missing(store, claims, wanted))
        if as_json:
            print_json(swept(len(lacking) - left, partial=True))
        click.echo(f"Stopped early: {len(wanted) - left} of {len(wanted)} chunks are in {folder}.", err=True)
        click.echo("The same command goes on from there.", err=True)
        raise SystemExit(STOPPED) from None
    if as_json:
        print_json(swept(len(lacking), partial=False))
        raise SystemExit(0)
    click.echo(f"Chunks of {sweep.name}, seed {sweep.seed}, instances {first:,} to {end - 1:,} in {folder}:")
    click.echo(f"{there} were there, {len(lacking)} done now. Results: mamlcheck merge {shlex.quote(str(folder))}")
    raise SystemExit(0)


def merge_store(folder: Path, jobs: int | None) -> Results:
    """The results of all chunks in a store, with a progress bar."""
    from mamlcheck.check.runner import results_of_store
    from mamlcheck.check.store import Store

    with (
        engine_for(FEW_INSTANCES, jobs) as engine,
        progress_bar(len(Store(folder).files()), "Merging chunks") as progress,
    ):
        return results_of_store(folder, engine, progress)


def _told(sentence: str) -> None:
    click.echo(sentence, err=True)


def finish(results: Results) -> NoReturn:
    """Leave with the exit status of the results."""
    status = 0 if results.nothing_fails else 1
    if results.partial:
        so_far = "nothing was judged yet"
        if results.completed:
            so_far = f"{results.completed:,} of {results.planned:,} instances were checked"
        click.echo(f"Stopped early: {so_far}.", err=True)
        raise SystemExit(status or STOPPED)
    raise SystemExit(status)


def print_table(results: Results) -> None:
    """Print the results claim by claim, each source of instances by itself, and the outcome in a sentence."""
    from mamlcheck.meta.confidence import at_confidence, together
    from mamlcheck.report.page import headline

    console = console_of()
    _print_tables(console, results)
    _print_printed_form(console, results)
    sampled = sum(claim.at_confidence for claim in results.claims.values())
    if sampled:
        say(console, f"HOLDS at confidence: by sampled batches, {at_confidence()} each, {together(sampled)}.")
    say(console, f"{headline(results)}.")
    say(console, f"{results.completed:,} instances, seed {results.seed}, {results.seconds:.1f} s")


def _print_tables(console: Console, results: Results) -> None:
    """A table for each source: what random instances say is not mixed with what a table of one's own says."""
    if len(results.sources) < 2:
        left_out = _print_tally(console, results.claims)
    else:
        left_out = tuple[str, ...]()
        for k, source in enumerate(results.sources):
            heading = f"{source.title or source.name} ({source.name}), {source.instances:,} instances"
            say(console, ("\n" if k else "") + f"{heading}:")
            found = {name: claim.by_source[source.name] for name, claim in results.claims.items() if claim.by_source}
            left_out += _print_tally(console, found)
        console.print()
    everywhere = [title for title, count in Counter(left_out).items() if count == max(1, len(results.sources))]
    if everywhere:
        say(console, f"0 throughout: {', '.join(everywhere)}.")


def _print_tally(console: Console, found: Mapping[str, Tallied]) -> tuple[str, ...]:
    """A row for each claim; returns the titles of what is 0 for each of them, which is left out."""
    from mamlcheck.report.decimals import certain_digits

    counted = list(found.values())
    counts = [claim.counts for claim in counted]

    def failing(title: str, numbers: Iterable[int]) -> Column:
        return Column(title, tuple(loud(str(number), number) for number in numbers), right=True, zeros_go=True)

    columns = (
        Column("claim", tuple(found)),
        Column("holds", tuple(str(one.holds) for one in counts), right=True),
        failing("violated", (one.violated for one in counts)),
        failing("undecided", (one.undecided for one in counts)),
        Column("vacuous", tuple(str(one.vacuous) for one in counts), right=True, zeros_go=True),
        Column("at confidence", tuple(str(one.at_confidence) for one in counts), right=True, zeros_go=True),
        Column("max tightness", tuple(certain_digits(claim.tightness.max) or "-" for claim in counted), right=True),
        Column("worst instance", tuple(claim.worst_instance or "-" for claim in counted)),
        Column("", tuple(loud(_mark(claim), not claim.guaranteed) for claim in counted), zeros_go=True),
    )
    return tuple(title for title in print_columns(console, columns) if title)


def _mark(claim: Tallied) -> str:
    return "" if claim.guaranteed else "NOT GUARANTEED"


def _print_printed_form(console: Console, results: Results) -> None:
    """What fails in the printed form of a claim, or holds there at confidence only: it counts too."""
    for name, claim in results.claims.items():
        form = claim.printed_form
        if form is None or (form.all_hold and not form.at_confidence):
            continue
        counted = ((form.violated, "violated"), (form.undecided, "undecided"), (form.at_confidence, "at confidence"))
        bad = [f"{count} {word}" for count, word in counted if count]
        form_name = "with global deviations" if claim.sharpens else "as printed"
        say(console, f"{name}, {form_name}: {', '.join(bad)}", bad=not form.all_hold)
