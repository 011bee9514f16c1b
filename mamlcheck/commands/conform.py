"""`mamlcheck conform`: run every check of an implementation of MAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mamlcheck.errors import InputError
from mamlcheck.formats.conformance import Conformances
from mamlcheck.terminal.console import progress_bar
from mamlcheck.terminal.subjects import (
    as_option,
    judge,
    print_conformance,
    timeout_option,
)

if TYPE_CHECKING:
    from mamlcheck.conformance import Conformance
    from mamlcheck.conformance.subjects.observing import Subject

delta_option = click.option("--delta", type=float, help="The step of HF-MAML's difference, if it is not declared.")


@click.command(short_help="Run every check of an implementation of MAML.")
@click.argument("subjects", metavar="MODULE:MAKE...", nargs=-1, required=True)
@as_option
@delta_option
@click.option(
    "--expect-failure",
    "expected",
    multiple=True,
    metavar="CHECK=REASON",
    help="A check that is known to fail, and why; * stands for anything. Repeatable. An error if it passes.",
)
@click.option("--only", metavar="CHECK", help="Run this check and those it needs; * stands for anything.")
@timeout_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def conform(
    subjects: tuple[str, ...],
    algorithm: str | None,
    delta: float | None,
    expected: tuple[str, ...],
    only: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Hold the subject MODULE:MAKE against certified references and the properties of its algorithm.

    Checks that others depend on come first. Several subjects share a process, one after the other, and the options are
    for each of them. Exit status 0: all of them conform; 1: one does not; 2: one cannot be loaded, which is said
    after the others.
    """

    def judged(subject: Subject) -> Conformance:
        from mamlcheck.conformance import conform as conform_subject

        with progress_bar(None, "Running checks") as progress:
            return conform_subject(
                subject,
                algorithm,
                delta=delta,
                expected_failures=_expected_failures(expected),
                only=only,
                progress=progress,
            )

    def document(found: tuple[Conformance, ...]) -> Conformances:
        return Conformances(tuple(one.record for one in found))

    judge(subjects, timeout, judged, print_conformance, document if as_json else None)


def _expected_failures(given: tuple[str, ...]) -> dict[str, str]:
    """CHECK=REASON, where a check's own name may hold = signs within its brackets."""
    found = {}
    for text in given:
        check, separator, reason = text.partition("]=") if "]=" in text else text.partition("=")
        if not separator or not reason:
            raise InputError(f"--expect-failure {text}: write CHECK=REASON, such as 'task-order=batch norm'")
        found[f"{check}]" if separator == "]=" else check] = reason
    return found
