"""`mamlcheck sweep`: judge claims on a range of instances of any length, in chunks that are kept."""

from __future__ import annotations

from pathlib import Path

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.options import RANGE, jobs_option, seed_option, source_option
from mamlcheck.terminal.sweeps import sweep_into


@click.command(short_help="Judge claims on a long range of instances; keep it in chunks.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1, shell_complete=completion.claims)
@click.option(
    "--range", "indices", type=RANGE, required=True, metavar="FIRST:END", help="The instances FIRST to END - 1."
)
@click.option(
    "--store", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder for the chunks, one sweep's."
)
@source_option
@seed_option
@jobs_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--dask", metavar="ADDRESS", help="Judge on the workers of this Dask scheduler, tcp://HOST:PORT.")
def sweep(
    claims: tuple[str, ...],
    indices: tuple[int, int],
    store: Path,
    source: str,
    seed: int,
    jobs: int | None,
    dask: str | None,
    as_json: bool,
) -> None:
    """Judge claims on a range of instances, and keep what they gave in a folder, one Parquet file for each chunk.

    A chunk whose file is there is done, and is not done again: after Ctrl-C, a kill or a crash the same command goes
    on. Commands on several machines may do ranges of one sweep into one folder, each its own; FIRST is a multiple of
    512, better of 16384. `mamlcheck merge DIR` makes the results of all chunks.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.record.sources import sweep_of

    sweep_into(store, load_claims(claims), sweep_of(source, seed), *indices, jobs, dask, as_json)
