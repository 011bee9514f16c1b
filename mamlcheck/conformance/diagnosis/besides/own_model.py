"""What is worth knowing of the model that observations are of, such as the state that a forward pass changes."""

from __future__ import annotations

from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting
from mamlcheck.conformance.diagnosis.fits import hopeless

ORDER = 90


def beside(e: Explanation, case: Case) -> Explanation:
    """With the notes of its problems, each once, and why what fits best could not be proved."""
    e = noting(e, *dict.fromkeys(note for o in case.judged for note in o.problem.kind.notes))
    coarse = {UNIT_ROUNDOFF["float32"]} & {o.problem.kind.unit_roundoff for o in case.judged}
    if coarse and any(o.problem.dtype == "float64" for o in case.judged):
        e = noting(e, "As the model computes in float32 in part, gradients are held to the tolerance of float32.")
    best = case.question.fits[0]
    if hopeless(best):
        return e
    whys = dict.fromkeys(best.candidate.enclosed(o.problem).why for o in case.question.seen)
    return noting(e, *(f"The best fit is {best.candidate.algorithm.name}, but {why}." for why in whys if why))
