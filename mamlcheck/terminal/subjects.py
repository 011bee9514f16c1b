"""Implementations in a terminal: options of the commands on them, their checks, and a diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from mamlcheck.display import visible
from mamlcheck.errors import MamlcheckError
from mamlcheck.terminal import completion
from mamlcheck.terminal.console import WRONG_CALL, console_of, loud, print_json, progress_bar, say, stopped_early
from mamlcheck.terminal.grid import fold, print_grid

if TYPE_CHECKING:
    from mamlcheck.conformance import Conformance, Diagnosis
    from mamlcheck.conformance.subjects.observing import Subject

Judged = TypeVar("Judged", "Conformance", "Diagnosis")

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for one problem, after which the subject is stopped.",
)
as_option = click.option(
    "--as",
    "algorithm",
    metavar="ALGORITHM",
    shell_complete=completion.algorithms,
    help="What it is meant to be: MAML, FO-MAML, ...",
)


def held_against(subjects: Sequence[str]) -> list[Conformance]:
    """Each MODULE:MAKE, held against the algorithm that follows its = sign, or the one that it declares."""
    from mamlcheck.report.making import conformance_of

    found = []
    for subject in subjects:
        with progress_bar(None, f"Checking {subject.partition('=')[0]}") as progress:
            found.append(conformance_of(subject, progress))
    return found


def judge(
    subjects: Sequence[str],
    timeout: float,
    judged: Callable[[Subject], Judged],
    print_one: Callable[[Judged], None],
    document: Callable[[tuple[Judged, ...]], object] | None,
) -> NoReturn:
    """Print what is judged of each MODULE:MAKE, and leave with the exit status that tells.

    document: makes what is printed as JSON of all of them, in place of text; None where text is wanted.

    One that there is nothing to be said of, as its name cannot be loaded, takes nothing from the others: its line on
    standard error comes last.
    """
    found, wrong = list[Judged](), list[str]()
    try:
        for name, one in _in_turn(subjects, timeout, judged):
            if isinstance(one, MamlcheckError):
                wrong.append(str(one))
                continue
            found.append(one)
            if document is None:
                _print_heading(name, subjects)
                print_one(one)
    except KeyboardInterrupt as stopped:
        for note in getattr(stopped, "__notes__", ()):
            click.echo(note, err=True)
        count = f"{len(found)} of {len(subjects)} implementations were judged"
        stopped_early(count, all(one.conforms for one in found))
    if document is not None and (found or len(subjects) > 1):
        print_json(document(tuple(found)))
    for message in dict.fromkeys(wrong):  # once, where an option is wrong for each of them
        click.echo(f"mamlcheck: {message}", err=True)
    raise SystemExit(WRONG_CALL if wrong else 0 if all(one.conforms for one in found) else 1)


def _in_turn(
    subjects: Sequence[str], timeout: float, judged: Callable[[Subject], Judged]
) -> Iterator[tuple[str, Judged | MamlcheckError]]:
    """Each MODULE:MAKE with what is judged of it, or why it cannot be, one after the other in one process.

    It imports the first one, and its framework, while this process imports what judges it. If something is wrong with a
    later one, it is asked again in a process of its own, as what an earlier one has changed for the whole process may
    be at fault.
    """
    from mamlcheck.conformance.subjects.process import Workplace, check_reference

    for name in subjects:
        check_reference(name)
    with Workplace() as place:
        place.begin(subjects[0])
        from mamlcheck.conformance import open_subject
        from mamlcheck.conformance.diagnosis.identifying import prepare

        prepare()
        for k, name in enumerate(subjects):
            found: Judged | MamlcheckError
            try:
                with open_subject(name, timeout, place) as subject:
                    found = judged(subject)
                if k and not found.conforms:
                    with open_subject(name, timeout) as subject:
                        found = judged(subject)
            except MamlcheckError as error:
                found = error
            yield name, found


def _print_heading(name: str, subjects: Sequence[str]) -> None:
    """The name of a subject, where there are several, apart from what was printed of the one before."""
    from rich.text import Text

    if len(subjects) > 1:
        gap = "" if name is subjects[0] else "\n"
        console_of().print(Text(f"{gap}{name}", style="bold underline"))


def print_conformance(conformance: Conformance) -> None:
    """Print what the implementation computes, what became of the checks, those that say the same in a line, and how to
    repeat the first failure.
    """
    from rich.text import Text

    from mamlcheck.conformance.checks.folding import folded

    console = console_of()
    if conformance.diagnosis is not None:
        print_diagnosis(conformance.diagnosis)
        console.print()
    rows = [
        (one.label, loud(one.outcome, one.outcome in ("failed", "unexpected pass")), one.message or "-")
        for one in folded(conformance.results)
    ]
    print_grid(console, ("check", "outcome", "what was seen"), rows)
    for pattern in conformance.unmatched:
        say(console, f"The expected failure {pattern!r} matches no check.", bad=True)
    if conformance.failed:
        console.print(Text(f"\nTo repeat the first failure:\n{conformance.paste(conformance.failed[0])}"))
    say(console, f"\n{conformance.summary()}")


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print what an implementation was found to compute, and what that rests on."""
    from rich.text import Text

    console = console_of()
    console.print(Text(fold(visible(diagnosis.sentence), console.width), style="" if diagnosis.conforms else "bold"))
    if diagnosis.rests_on:
        say(console, diagnosis.rests_on)
    for note in diagnosis.notes:
        say(console, f"Note: {note}")
    if diagnosis.traceback:
        console.print(Text(f"\n{diagnosis.traceback.rstrip()}"))
