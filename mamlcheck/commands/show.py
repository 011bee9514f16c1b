"""`mamlcheck show`: check every claim on one instance, and say where each bound loses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.tables import Choice, print_notes, table_options


@click.command(short_help="Check every claim on one instance, and say how to repeat it.")
@click.argument("instance", shell_complete=completion.instances)
@table_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--save", type=click.Path(path_type=Path), help="Also write the instance to a file, exactly.")
@click.option(
    "--waterfall/--no-waterfall", default=True, show_default=True, help="Where each bound loses, step by step."
)
def show(instance: str, choice: Choice, as_json: bool, save: Path | None, waterfall: bool) -> None:
    """Check every claim on one INSTANCE: an id such as random-2/1/123, an instance file, or a witness file.

    Prints both sides as enclosures, the steps of each claim's proof with the share of the loss that each has, and
    Python that repeats it. The ids of a table of your own need --data and the other options of the table that they
    were made with.
    """
    from mamlcheck.claims import claim_ids
    from mamlcheck.disk import write_text
    from mamlcheck.meta.files import instance_text
    from mamlcheck.proof.shown import shown_instance
    from mamlcheck.record.sources import instance as instance_of
    from mamlcheck.terminal.console import print_json, progress_bar, stopped_early
    from mamlcheck.terminal.instance import print_shown, snippet_of

    table = choice.table()
    block = instance_of(Path(instance) if instance.lstrip().startswith("{") else instance, table, choice.loss)
    if save is not None:
        write_text(save, instance_text(block))
    claims = claim_ids()
    shown = shown_instance(instance, block, waterfall, ())
    early = False
    try:
        with progress_bar(len(claims), "Judging all claims") as progress:
            for claim in claims:
                one = shown_instance(instance, block, waterfall, [claim])
                shown = replace(shown, claims={**shown.claims, **one.claims})
                progress(1)
    except KeyboardInterrupt:
        if as_json or not shown.claims:  # a document in part would be taken for the whole
            raise
        early = True
    if as_json:
        print_json(shown)
    else:
        if table is not None:
            print_notes(table)
        print_shown(shown, block, snippet_of(instance, choice))
    if early:
        stopped_early(f"{len(shown.claims)} of {len(claims)} claims were judged", not shown.failed)
    raise SystemExit(1 if shown.failed else 0)
