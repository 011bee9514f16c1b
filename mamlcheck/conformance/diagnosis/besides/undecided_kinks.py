"""More decisions at kinks that a precision may turn than sides that can be tried: right code may be on any of them."""

from __future__ import annotations

from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting
from mamlcheck.conformance.diagnosis.fits import hopeless, unit_of

ORDER = 92


def beside(e: Explanation, case: Case) -> Explanation:
    """With a note, where nothing is recognised."""
    best = case.question.fits[0]
    if e.found is not None or hopeless(best):
        return e
    c = best.candidate
    for o in case.question.seen:
        unit = unit_of(o)
        count = o.problem.kind.too_many_sides(o.problem, c.direction, unit, c.hessian, c.role)
        if count and unit > UNIT_ROUNDOFF["float64"]:
            return noting(
                e,
                f"UNDECIDED: on {o.problem.id} {count} decisions at kinks are within what its precision may turn, too "
                f"many to try their sides, so that this may be {c.algorithm.name} all the same: look at it in float64.",
            )
    return e
