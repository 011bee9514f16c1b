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
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.problem import DTYPES, EVERY_TASK, INNER_STEPS, Problem, catalogue, problem
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


def any_kind() -> str:
    """The kind of problem of checks that any kind would do for."""
    return next(iter(kinds()))


def checks(name: str, metadata: Metadata, diagnosis: Callable[[], Diagnosis]) -> Iterator[Check]:
    """Every check of a subject that is declared to be this algorithm, preconditions first. Raises `InputError`.

    diagnosis: gives that of the subject, when its check is judged.
    """
    against = expectation(name, metadata)
    steps = metadata.steps or INNER_STEPS
    base = problem(any_kind(), steps=min(steps))
    yield Check("returns-a-direction", (base,), lambda seen: judging.returns_a_direction(seen[0]), needs=())
    yield Check("not-zero", (base,), lambda seen: judging.not_zero(seen[0]), PRECONDITIONS[:1])
    yield Check("deterministic", (base,), lambda seen: judging.deterministic(seen[0], against), PRECONDITIONS[:2])
    yield Check("inputs-untouched", (base,), lambda seen: judging.inputs_untouched(seen[0]), PRECONDITIONS[:2])
    for given in catalogue(steps):
        yield Check(_reference(given), (given,), lambda seen: judging.as_reference(seen[0], against), anywhere=False)
    if not algorithm(name).update:  # an update is 0 at rate 0
        yield Check("alpha-zero", (base.but(alpha=0.0),), lambda seen: judging.as_reference(seen[0], against))
    pairs = {
        "identical-tasks": (base.but(tasks=(1,) * len(EVERY_TASK)), base.but(tasks=(1,))),
        "task-order": (base, base.but(tasks=(*EVERY_TASK[1:], EVERY_TASK[0]))),
        "constant-added-to-the-loss": (base, base.but(offset=1.0)),
    }
    for check, pair in pairs.items():
        yield Check(check, pair, lambda seen: judging.agree(seen[0], seen[1], against))
    # What the references say already is not said twice.
    needs = (*PRECONDITIONS, *(_reference(given) for dtype in DTYPES for given in suite(dtype, metadata)))
    yield Check(DIAGNOSIS, (), lambda seen: judging.diagnosed(diagnosis()), needs, anywhere=False)


def _reference(given: Problem) -> str:
    return f"reference[{given.id}]"
