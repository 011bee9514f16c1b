"""A candidate with constants that are rounded to float32, inside float64 code: a note, and nothing wrong."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.explanation import Explanation, allowed, noting, of_match
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.float32 import single_units

ORDER = 20
PLAIN = True


def attempt(question: Question) -> Explanation | None:
    """The best match in float32 that rounded constants explain in float64."""
    units = single_units(question)
    for match in [] if units is None else question.matches(units):
        allows = allowed(match.candidate, match.scale)
        if all(allows(o) for o in question.seen):
            return noting(
                of_match(question, match),
                f"Some of it is rounded to float32 (relative error {match.error:.0e}): a constant, such as the inner "
                "rate or the factor of a mean.",
            )
    return None
