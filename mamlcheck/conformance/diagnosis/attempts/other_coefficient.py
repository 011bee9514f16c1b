"""An algorithm with another coefficient before its Hessian term."""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import (
    TELLING_SHARE,
    UNNAMED,
    Fit,
    Question,
    beyond_rounding,
    relative_tolerance,
    unit_of,
)
from mamlcheck.conformance.diagnosis.hessian_term import combination, decisive, exact_and_term, first_and_second_order
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 60
HESSIAN_COEFFICIENT = Cause(
    "hessian_coefficient", "Most likely the rate before the Hessian-vector product is not the inner rate."
)


def attempt(question: Question) -> Explanation | None:
    """The first algorithm with a first-order variant whose Hessian term, times a number, fits."""
    for first, second in first_and_second_order():
        found = _of_pair(question, first, second)
        if found is not None:
            return found
    return None


def _of_pair(question: Question, first: Candidate, second: Candidate) -> Explanation | None:
    a, b, left = combination(question.seen, first, second)
    if not a or beyond_rounding(Fit(second, (a,) * len(left), tuple(left)), question.seen, question.units):
        return None
    allowed = [2 * relative_tolerance(second, o, a, u) for o, u in zip(question.seen, question.units, strict=True)]
    if any(not r <= t <= TELLING_SHARE for r, t in zip(left, allowed, strict=True)):
        return None
    if not decisive(second, question):
        return None
    # The coefficients 1 and 0 are those of the two algorithms, which did not fit: something else is off, then.
    for known in (a, 0.0):
        moves = [abs(b - known) * exact_and_term(second, o)[1] / np.linalg.norm(o.direction) for o in question.seen]
        if all(move <= t for move, t in zip(moves, allowed, strict=True)):
            return None

    def allows(o: Observation) -> bool:
        terms = ((a - b, first.enclosed(o.problem)), (b, second.enclosed(o.problem)))
        off = float(np.linalg.norm(o.direction - sum(factor * e.midpoint for factor, e in terms))) / o.size
        radius = sum(abs(factor) * float(np.linalg.norm(e.radius)) for factor, e in terms) / o.size
        return off <= 2 * relative_tolerance(second, o, a, unit_of(o)) + radius <= TELLING_SHARE

    scaled = abs(a - 1) > max(allowed)
    return Explanation(
        found=second.algorithm,
        defects=(HESSIAN_COEFFICIENT.id, UNNAMED) if scaled else (HESSIAN_COEFFICIENT.id,),
        clauses=(f"the Hessian term is multiplied by {b / a:.6g}", *([f"the whole by {a:.6g}"] if scaled else [])),
        causes=(HESSIAN_COEFFICIENT,),
        error=max(left),
        scale=a,
        coefficient=b / a,
        candidate=second,
        allows=allows,
    )
