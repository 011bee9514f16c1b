"""`mamlcheck identify`: say what an implementation of MAML really computes."""

from __future__ import annotations

import click

from mamlcheck.terminal.console import print_json
from mamlcheck.terminal.subjects import as_option, print_diagnosis, timeout_option


@click.command(short_help="Say what an implementation of MAML really computes.")
@click.argument("subject", metavar="MODULE:MAKE")
@as_option
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="The precision that it is asked to work in.",
)
@timeout_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a sentence.")
def identify(subject: str, algorithm: str | None, dtype: str, timeout: float, as_json: bool) -> None:
    """Say what the subject MODULE:MAKE really computes: which algorithm it is, or what is wrong with it.

    MODULE:MAKE is pkg.module:make or path/to/file.py:make, a function make(problem) that returns call(), which
    returns the direction. It is run in a process of its own, and problems that it cannot be run on are left out
    and named. Exit status 0: nothing is wrong with it, on two inner rates or more; 1: something is.
    """
    from mamlcheck.conformance import identify as identify_subject

    diagnosis = identify_subject(subject, algorithm, dtype=dtype, timeout=timeout)
    if as_json:
        print_json(diagnosis.record)
    else:
        print_diagnosis(diagnosis)
    raise SystemExit(0 if diagnosis.conforms else 1)
