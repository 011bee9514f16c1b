"""`mamlcheck check`: check claims on random tasks."""

from __future__ import annotations

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.console import print_json
from mamlcheck.terminal.options import COUNT, jobs_option, seed_option, source_option
from mamlcheck.terminal.sweeps import finish, print_table, run_sweeps

CHECK_INSTANCES = 1000


@click.command(short_help="Check claims, all or by id, on random tasks.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1, shell_complete=completion.claims)
@click.option("--instances", type=COUNT, default=CHECK_INSTANCES, show_default=True, help="Random instances.")
@source_option
@seed_option
@jobs_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def check(claims: tuple[str, ...], instances: int, source: str, seed: int, jobs: int | None, as_json: bool) -> None:
    """Check claims on random smooth tasks: all of them, or those named by id or family.

    A source is the first part of the ids of its instances: random-2, family-NAME-2 for each family of tasks, or a
    built-in table's.
    Ids are lemma_4_8, lemma_4_9.first_moment, ...; the family lemma_4_9 stands for its parts, ours for the
    sharper forms that are ours. Ctrl-C stops early and prints what is done.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.record.sources import sweep_of

    results = run_sweeps(load_claims(claims), [(sweep_of(source, seed), instances)], seed, jobs)
    if as_json:
        print_json(results.in_brief())
    else:
        print_table(results)
    finish(results)
