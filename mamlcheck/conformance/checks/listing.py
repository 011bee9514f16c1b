"""The list of checks.

Precondition checks come first; where one fails, the checks that need it are not run and say so, so that failures do
not cascade. The last check is the diagnosis that `identify` gives, of the same observations, so that the two never
disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.checks import judging
from mamlcheck.conformance.checks.assessment import Assessment, expectation
from mamlcheck.conformance.diagnosis.result import Diagnosis
from mamlcheck.conformance.diagnosis.suite import suite
from mamlcheck.conformance.problems.kinds import kinds_with
from mamlcheck.conformance.problems.problem import DTYPES, INNER_STEPS, Problem, catalogue, problem
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation

PRECONDITIONS = ("returns-a-direction", "not-zero", "deterministic", "inputs-untouched")
DIAGNOSIS = "diagnosis"


@dataclass(frozen=True)
class Check:
    """name: unique among the checks of a subject. problems: what the subject is run on. judge: says what it makes of
    the observations, in that order. needs: names of the checks that must have passed. anywhere: the problems may be of
    another kind, where the subject cannot be run on this one.
    """

    name: str
    problems: tuple[Problem, ...]
    judge: Callable[[Sequence[Observation]], Assessment]
    needs: tuple[str, ...] = PRECONDITIONS
    anywhere: bool = True


def any_kind(metadata: Metadata) -> str:
    """The kind of problem of checks that any kind would do for, of those with the loss that is declared."""
    return next(iter(kinds_with(metadata.loss)))


def checks(
    name: str, metadata: Metadata, diagnosis: Callable[[], Diagnosis], own: Sequence[Problem] = ()
) -> Iterator[Check]:
    """Every check of a subject that is declared to be this algorithm, preconditions first. Raises `InputError`.

    diagnosis: gives that of the subject, when its check is judged. own: the problems that it is asked about, in place
    of the built-in ones.
    """
    against = expectation(name, metadata)
    steps = metadata.steps or INNER_STEPS
    base = own[0] if own else problem(any_kind(metadata), steps=min(steps))
    anywhere = not own
    yield Check("returns-a-direction", (base,), lambda seen: judging.returns_a_direction(seen[0]), (), anywhere)
    yield Check("not-zero", (base,), lambda seen: judging.not_zero(seen[0]), PRECONDITIONS[:1], anywhere)
    yield Check(
        "deterministic", (base,), lambda seen: judging.deterministic(seen[0], against), PRECONDITIONS[:2], anywhere
    )
    yield Check(
        "inputs-untouched", (base,), lambda seen: judging.inputs_untouched(seen[0]), PRECONDITIONS[:2], anywhere
    )
    for given in own or catalogue(steps, metadata.loss):
        yield Check(
            _reference(given, own), (given,), lambda seen: judging.as_reference(seen[0], against), anywhere=False
        )
    if not algorithm(name).update:  # an update is 0 at rate 0
        yield Check(
            "alpha-zero", (base.but(alpha=0.0),), lambda seen: judging.as_reference(seen[0], against), anywhere=anywhere
        )
    for check, pair in _pairs(base, own):
        yield Check(check, pair, lambda seen: judging.agree(seen[0], seen[1], against), anywhere=anywhere)
    # What the references say already is not said twice.
    said = own or [given for dtype in DTYPES for given in suite(dtype, metadata)]
    needs = (*PRECONDITIONS, *(_reference(given, own) for given in said))
    yield Check(DIAGNOSIS, (), lambda seen: judging.diagnosed(diagnosis()), needs, anywhere=False)


def _pairs(base: Problem, own: Sequence[Problem]) -> Iterator[tuple[str, tuple[Problem, Problem]]]:
    """Problems on which directions are to agree, by the name of the check."""
    every = base.key.tasks
    if len(every) > 1:
        one = every[1]
        yield "identical-tasks", (base.but(tasks=(one,) * len(every)), base.but(tasks=(one,)))
        yield "task-order", (base, base.but(tasks=(*every[1:], every[0])))
    if not own:
        yield "constant-added-to-the-loss", (base, base.but(offset=1.0))


def _reference(given: Problem, own: Sequence[Problem]) -> str:
    """The name of the check against the reference on a problem; own problems may have one id, and get their number."""
    alike = [p for p in own if p.id == given.id]
    number = f"#{1 + [p.key for p in alike].index(given.key)}" if len(alike) > 1 else ""
    return f"reference[{given.id}{number}]"
