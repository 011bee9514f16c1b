"""Arrays that come back in a coarser precision than was asked for."""

from __future__ import annotations

from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, relative_tolerance, unit_of

ORDER = 50


def beside(e: Explanation, case: Case) -> Explanation:
    """With a note on the precision."""
    o = case.question.seen[0]
    asked = o.problem.dtype
    if UNIT_ROUNDOFF.get(o.dtype, 0.0) <= UNIT_ROUNDOFF[asked]:
        return e
    c = e.candidate or case.question.fits[0].candidate
    if any(relative_tolerance(c, one, 1.0, unit_of(one)) > TELLING_SHARE for one in case.question.seen):
        return noting(e, f"It returns {o.dtype}, which is too coarse to tell what it is: return {asked}.")
    return noting(e, f"It returns {o.dtype} for a problem in {asked}, and is held to the tolerance of {o.dtype}.")
