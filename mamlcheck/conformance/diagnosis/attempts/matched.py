"""A candidate, times a factor with a name."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question

ORDER = 10
PLAIN = True


def attempt(question: Question) -> Explanation | None:
    """The best match."""
    match = next(iter(question.matches()), None)
    return None if match is None else of_match(question, match)
