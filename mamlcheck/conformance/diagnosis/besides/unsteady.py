"""Two calls on the same problem that differ by more than rounding."""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance.diagnosis.attempts.annealed import CAUSE as ANNEALED
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, relative_tolerance, unit_of

ORDER = 20
ADDS_UP = Cause("stale_gradients", "Most likely an accumulator is not set to zero at the start of a call.")
RANDOM = Cause(
    "not_deterministic", "Most likely batches are drawn at random, dropout is on, or a state is carried over."
)


def beside(e: Explanation, case: Case) -> Explanation:
    """With how far the calls are apart, where their inputs did not change, and no order of Hessians explains it."""
    if "inputs_mutated" in e.defects or ANNEALED.id in e.defects:
        return e
    question = case.question
    worst, stale = 0.0, True
    c = e.candidate or question.fits[0].candidate
    for o in case.judged:
        if o.handed:
            continue
        first, second = o.directions[0], o.directions[1]
        allowed = 2 * relative_tolerance(c, o, 1.0, unit_of(o))
        apart = float(np.linalg.norm(second - first)) / o.size
        if apart > allowed:
            worst = max(worst, apart)
            stale = stale and float(np.linalg.norm(second - 2 * first)) / o.size <= 2 * allowed
    if not worst:
        return e
    if stale:
        return adding(
            e, ADDS_UP.id, "a second call returns twice the first: gradients add up from call to call", ADDS_UP
        )
    far = worst > TELLING_SHARE
    clause = f"two calls on the same problem differ by {worst:.0%}" if far else f"two calls differ by {worst:.0e}"
    return adding(e, RANDOM.id, clause, RANDOM)
