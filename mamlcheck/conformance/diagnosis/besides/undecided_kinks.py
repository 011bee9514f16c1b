"""More decisions at kinks that a precision may turn than sides that can be tried: right code may be on any of them."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting

ORDER = 92


def beside(e: Explanation, case: Case) -> Explanation:
    """With a note, where nothing is recognised."""
    question = case.question
    if e.found is not None or question.undecided_kinks is None:
        return e
    given, count = question.undecided_kinks
    return noting(
        e,
        f"UNDECIDED: on {given.id} {count} decisions at kinks are within what its precision may turn, too many to try "
        f"their sides, so that this may be {question.fits[0].candidate.algorithm.name} all the same: look at it in "
        "float64.",
    )
