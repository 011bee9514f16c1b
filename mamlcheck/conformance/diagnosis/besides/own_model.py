"""What is worth knowing of the model that observations are of, such as the state that a forward pass changes."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting
from mamlcheck.conformance.diagnosis.fits import hopeless

ORDER = 90


def beside(e: Explanation, case: Case) -> Explanation:
    """With the notes of its problems, each once, and why what fits best could not be proved."""
    e = noting(e, *dict.fromkeys(note for o in case.judged for note in o.problem.kind.notes))
    best = case.question.fits[0]
    if hopeless(best):
        return e
    whys = dict.fromkeys(best.candidate.enclosed(o.problem).why for o in case.question.seen)
    return noting(e, *(f"The best fit is {best.candidate.algorithm.name}, but {why}." for why in whys if why))
