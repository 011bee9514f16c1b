"""`mamlcheck conform`: run every check of an implementation of MAML."""

from __future__ import annotations

import click

from mamlcheck.errors import InputError
from mamlcheck.terminal.console import print_json, progress_bar
from mamlcheck.terminal.subjects import as_option, print_conformance, timeout_option

delta_option = click.option("--delta", type=float, help="The step of HF-MAML's difference, if it is not declared.")


@click.command(short_help="Run every check of an implementation of MAML.")
@click.argument("subject", metavar="MODULE:MAKE")
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
    subject: str,
    algorithm: str | None,
    delta: float | None,
    expected: tuple[str, ...],
    only: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Hold the subject MODULE:MAKE against certified references and the properties of its algorithm.

    Checks that others depend on come first. Exit status 0: it conforms; 1: it does not.
    """
    from mamlcheck.conformance import conform as conform_subject

    with progress_bar(None, "Running checks") as progress:
        conformance = conform_subject(
            subject,
            algorithm,
            delta=delta,
            expected_failures=_expected_failures(expected),
            only=only,
            timeout=timeout,
            progress=progress,
        )
    if as_json:
        print_json(conformance.record)
    else:
        print_conformance(conformance)
    raise SystemExit(0 if conformance.conforms else 1)


def _expected_failures(given: tuple[str, ...]) -> dict[str, str]:
    """CHECK=REASON, where a check's own name may hold = signs within its brackets."""
    found = {}
    for text in given:
        check, separator, reason = text.partition("]=") if "]=" in text else text.partition("=")
        if not separator or not reason:
            raise InputError(f"--expect-failure {text}: write CHECK=REASON, such as 'task-order=batch norm'")
        found[f"{check}]" if separator == "]=" else check] = reason
    return found
