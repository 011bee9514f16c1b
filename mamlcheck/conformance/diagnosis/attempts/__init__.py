"""What can be behind a direction, one file an attempt, found by its place in this folder.

A file says its `ORDER` among those that are tried, and offers `attempt(question)`, which returns an `Explanation`, or
None where it does not fit. `PLAIN` is True where it explains a formula alone, such as code for one kind of problem
would have: these are also tried on the problems of one loss. False, if left out. `SEARCHES` is True where it tries
hundreds of directions, to find a number: these are left out where a single direction takes long, and where decisions
at kinks are not decided, so that no number would be found; that is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.hessian_term import hessian_coefficient
from mamlcheck.place import modules_in

MOST_SECONDS = 0.5  # of one direction in doubles, on one core, for a search of hundreds to end within minutes
LEFT_OUT = (
    "At this size no search was made for numbers that nobody declared: another inner rate, a delta, a momentum. Give a "
    "smaller model, or fewer tasks and samples, and these are tried as well."
)


@dataclass(frozen=True)
class Attempt:
    """What a file of this folder says."""

    explain: Callable[[Question], Explanation | None]
    plain: bool
    searches: bool


@cache
def attempts() -> tuple[Attempt, ...]:
    """All attempts, in order."""
    files = modules_in(__name__, __path__)
    return tuple(Attempt(f.attempt, getattr(f, "PLAIN", False), getattr(f, "SEARCHES", False)) for f in files)


def explained(question: Question, plain: bool = False) -> Explanation:
    """The first explanation that fits, or one that says nothing. plain: of the plain attempts alone."""
    large = any(o.problem.kind.seconds > MOST_SECONDS for o in question.seen)
    for attempt in attempts():
        in_vain = attempt.searches and (large or question.undecided_kinks is not None)
        if (attempt.plain or not plain) and not in_vain:
            found = attempt.explain(question)
            if found is not None:
                return found
    return Explanation(None, coefficient=hessian_coefficient(question), notes=(LEFT_OUT,) if large else ())
