"""What a subject really computes, in one sentence with figures.

A subject is observed on a few problems, its directions are fitted by every candidate up to a factor, and the fit that
is within its rounding tolerance on every one of them, against the certified reference, is what the subject computes.
Where none is, the sentence says so and gives the best fit. Nothing is guessed from the code, only from what it returns,
and what is said names the observations that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mamlcheck.conformance import combinations, explanations
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.besides import BESIDES, Case, on_one_loss
from mamlcheck.conformance.evidence import cannot_run, evidence, has_direction
from mamlcheck.conformance.explanations import Explanation
from mamlcheck.conformance.fits import SHARE, Question, lost, size_of, unit_of
from mamlcheck.conformance.problems import ALPHAS, KINDS, STEPS, Problem, problem
from mamlcheck.conformance.subjects import TIMEOUT, Failure, Make, Metadata, Observation, Subject, opened
from mamlcheck.conformance.wording import Diagnosis, no_direction, told, too_coarse

__all__ = ["Diagnosis", "diagnose", "identify", "observations", "suite"]


def identify(
    source: str | Make | Subject, declared: str | None = None, *, dtype: str = "float64", timeout: float = TIMEOUT
) -> Diagnosis:
    """Say what a subject computes.

    source: 'pkg.module:make', 'path/to/file.py:make', the callable, or an open `Subject`. declared: the algorithm it is
    meant to be; what the subject says of itself otherwise. dtype: the precision it is asked to work in. Raises
    `InputError` for a source that names no subject.
    """
    expected = None if declared is None else algorithm(declared).name
    with opened(source, timeout) as subject:
        seen = observations(subject.observe, dtype, subject.metadata)
        return diagnose(subject.name, seen, subject.metadata, expected)


_OTHER = {"float64": "float32", "float32": "float64"}


def suite(dtype: str, metadata: Metadata) -> Iterator[Problem]:
    """The problems that tell candidates apart: three models, two inner rates, and more inner steps where there are.

    They are among those of the checks' catalogue, so that a subject that passes these is called by its name.
    """
    least, *more = sorted(metadata.steps or STEPS)
    places = [(ALPHAS[0], least), (ALPHAS[1], least), *((ALPHAS[0], count) for count in more[:1])]
    for alpha, steps in places:
        for name in KINDS:
            yield problem(name, alpha=alpha, steps=steps, dtype=dtype)


def observations(observe: Callable[[Problem], Observation], dtype: str, metadata: Metadata) -> list[Observation]:
    """What is seen on the suite, and on one problem in the other precision; up to the first that does not end."""
    seen: list[Observation] = []
    for given in suite(dtype, metadata):
        seen.append(observe(given))
        failure = seen[-1].failure
        if failure is not None and failure.kind in ("timeout", "import"):
            return seen
    first = next((o for o in seen if has_direction(o)), None)
    if first is not None:
        seen.append(observe(problem(**{**first.problem.key, "dtype": _OTHER[dtype]})))
    return seen


def diagnose(
    name: str, everything: Sequence[Observation], metadata: Metadata, declared: str | None = None
) -> Diagnosis:
    """What observations of a subject say; those in another precision than the first's are held against the others."""
    declared = declared or metadata.algorithm
    dtype = everything[0].problem.dtype
    seen = [o for o in everything if o.problem.dtype == dtype]
    other = next((o for o in everything if o.problem.dtype != dtype), None)
    usable = [o for o in seen if has_direction(o)]
    if not usable:
        failure = next((o.failure for o in seen if o.failure is not None), None)
        failure = failure or Failure("zeros", "every component of the direction is 0")
        return no_direction(name, declared, failure, seen[0].frameworks)
    share = max(lost(o, unit_of(o)) / size_of(o) for o in usable)
    if share > SHARE:
        return too_coarse(name, declared, share, evidence(usable))
    least = min(o.problem.steps for o in usable)
    question = Question([o for o in usable if o.problem.steps == least], metadata, declared)
    explained = _explained(question, other)
    if explained.found is None:
        explained = on_one_loss(question, _plainly) or explained
    case = Case(question, seen, other, cannot_run(everything), _explained)
    for beside in BESIDES:
        explained = beside(explained, case)
    return told(name, declared, explained, question, case.evidence(explained))


def _first(question: Question, tried: Sequence[Callable[[Question], Explanation | None]]) -> Explanation:
    """The first explanation that fits, or one that says nothing."""
    for attempt in tried:
        explained = attempt(question)
        if explained is not None:
            return explained
    return Explanation(None, coefficient=explanations.hessian_coefficient(question))


def _plainly(question: Question) -> Explanation:
    """A formula, with a factor or a rate: what code for one kind of problem would have."""
    return _first(question, (explanations.matched, explanations.rounded, explanations.scaled, combinations.other_rate))


def _explained(question: Question, other: Observation | None = None) -> Explanation:
    """The first explanation that fits. other: an observation in the other precision."""
    tried = (
        explanations.matched,
        explanations.rounded,
        explanations.scaled,
        explanations.finite_difference,
        explanations.clipped,
        explanations.other_coefficient,
        explanations.coarse,
        lambda q: explanations.lost_digits(q, other),
        combinations.other_length,
        combinations.weighed,
        combinations.decayed,
        combinations.other_rate,
    )
    return _first(question, tried)
