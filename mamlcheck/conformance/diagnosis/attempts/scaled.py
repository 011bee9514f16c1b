"""A candidate times a number that has no name."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question

ORDER = 30
PLAIN = True


def attempt(question: Question) -> Explanation | None:
    """The best match with the same number throughout."""
    match = next(iter(question.unnamed_matches()), None)
    return None if match is None else of_match(question, match)
