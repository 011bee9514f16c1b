"""`mamlcheck identify`: say what an implementation of MAML really computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mamlcheck.formats.conformance import Diagnoses
from mamlcheck.terminal.console import progress_bar
from mamlcheck.terminal.subjects import (
    as_option,
    judge,
    print_diagnosis,
    timeout_option,
)

if TYPE_CHECKING:
    from mamlcheck.conformance import Diagnosis
    from mamlcheck.conformance.subjects.observing import Subject


@click.command(short_help="Say what an implementation of MAML really computes.")
@click.argument("subjects", metavar="MODULE:MAKE...", nargs=-1, required=True)
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
def identify(subjects: tuple[str, ...], algorithm: str | None, dtype: str, timeout: float, as_json: bool) -> None:
    """Say what the subject MODULE:MAKE really computes: which algorithm it is, or what is wrong with it.

    MODULE:MAKE is pkg.module:make or path/to/file.py:make, a function make(problem) that returns call(), which
    returns the direction. It is run in a process of its own, and problems that it cannot be run on are left out
    and named. Several subjects share that process, one after the other. Exit status 0: nothing is wrong with any, on
    two inner rates or more; 1: something is; 2: one cannot be loaded, which is said after the others.
    """

    def judged(subject: Subject) -> Diagnosis:
        from mamlcheck.conformance import identify as identify_subject

        with progress_bar(None, "Asking it about problems"):
            return identify_subject(subject, algorithm, dtype=dtype)

    def document(found: tuple[Diagnosis, ...]) -> Diagnoses:
        return Diagnoses(tuple(one.record for one in found))

    judge(subjects, timeout, judged, print_diagnosis, document if as_json else None)
