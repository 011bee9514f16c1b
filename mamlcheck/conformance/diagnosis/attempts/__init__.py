"""What can be behind a direction, one file an attempt, found by its place in this folder.

A file says its `ORDER` among those that are tried, and offers `attempt(question)`, which returns an `Explanation`, or
None where it does not fit. `PLAIN` is True where it explains a formula alone, such as code for one kind of problem
would have: these are also tried on the problems of one loss. False, if left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.hessian_term import hessian_coefficient
from mamlcheck.place import modules_in


@dataclass(frozen=True)
class Attempt:
    """What a file of this folder says."""

    explain: Callable[[Question], Explanation | None]
    plain: bool


@cache
def attempts() -> tuple[Attempt, ...]:
    """All attempts, in order."""
    return tuple(Attempt(file.attempt, getattr(file, "PLAIN", False)) for file in modules_in(__name__, __path__))


def explained(question: Question, plain: bool = False) -> Explanation:
    """The first explanation that fits, or one that says nothing. plain: of the plain attempts alone."""
    for attempt in attempts():
        if attempt.plain or not plain:
            found = attempt.explain(question)
            if found is not None:
                return found
    return Explanation(None, coefficient=hessian_coefficient(question))
