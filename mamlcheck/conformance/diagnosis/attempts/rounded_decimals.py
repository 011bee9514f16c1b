"""A candidate whose numbers are rounded to some decimals, as those of a log or of a printed table are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_candidate
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, relative_error, relative_tolerance, unit_of
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 65
MOST_DECIMALS = 8
ROUNDED = Cause("rounded", "Most likely they went through print, round or a file of text.")


def attempt(question: Question) -> Explanation | None:
    """The best fit, if rounding to decimals, which every number shows, explains what it leaves."""
    decimals = _decimals(question.seen)
    best = question.fits[0]
    if decimals is None or best.residual > TELLING_SHARE:
        return None
    c = best.candidate
    if not _fits(c, decimals, question) or _others(c, decimals, question):
        return None
    return adding(
        replace(
            of_candidate(c),
            error=max(relative_error(c, o, question.wanted_factor(o)) for o in question.seen),
            scale=question.wanted_factor(question.seen[0]),
            allows=lambda o: _allows(c, decimals, question.wanted_factor(o), o),
        ),
        ROUNDED.id,
        f"its numbers are rounded to {decimals} decimals",
        ROUNDED,
    )


def _fits(c: Candidate, decimals: int, question: Question) -> bool:
    return all(_allows(c, decimals, question.wanted_factor(o), o) for o in question.seen)


def _others(c: Candidate, decimals: int, question: Question) -> bool:
    """Whether something else, with other numbers, would round to the same."""
    others = [one.candidate for one in question.shortlist if one.candidate != c]
    return any(
        _fits(other, decimals, question)
        and not all(np.array_equal(other.screened(o.problem), c.screened(o.problem)) for o in question.seen)
        for other in others
    )


def _decimals(seen: Sequence[Observation]) -> int | None:
    """The fewest that all numbers have."""
    numbers = np.concatenate([o.direction for o in seen])
    for decimals in range(MOST_DECIMALS + 1):
        if np.array_equal(numbers, np.round(numbers, decimals)):
            return decimals
    return None


def _allows(c: Candidate, decimals: int, factor: float, o: Observation) -> bool:
    """Whether each component is within half of the last decimal, and what rounding leaves before that."""
    slack = relative_tolerance(c, o, factor, unit_of(o)) * o.size
    off = np.abs(c.enclosed(o.problem).apart(o.direction, factor))
    return bool((off <= 0.5 * 10.0**-decimals + slack).all())
