"""Algorithms that are the same where a gradient was seen, to within rounding: at a tiny rate most of them are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.conformance.algorithms import algorithms
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting
from mamlcheck.conformance.diagnosis.fits import Fit, Question, rounding
from mamlcheck.conformance.words import listed

ORDER = 75
LARGE, TIMES = 1.0, 16  # the rate at which it is looked whether they differ, or so many times the one that is given
MOST_TIMES = 10  # of the rounding of one algorithm, which that of another that comes so near is like


def _as_near(one: Fit, c: Candidate, question: Question) -> bool:
    """Whether what it leaves is little beside the rounding of what was found: spares working tolerances out."""
    there = zip(question.seen, one.factors, one.residuals, question.units, strict=True)
    return all(left * o.size <= MOST_TIMES * rounding(c, o, factor, unit) for o, factor, left, unit in there)


def _fits(other: Candidate, c: Candidate, question: Question) -> bool:
    if other.algorithm.rare or other.algorithm == c.algorithm:
        return False
    match = question.match_of(other)
    return match is not None and not match.scale.defects


def _same_further(c: Candidate, others: Sequence[Candidate], question: Question) -> bool:
    """Whether they are the same at a large rate as well, as where the last layer has all parameters that are learnt."""
    further = [o.problem.but(alpha=max(LARGE, TIMES * o.problem.alpha)) for o in question.seen]
    return all(np.array_equal(c.screened(p), other.screened(p)) for p in further for other in others)


def beside(e: Explanation, case: Case) -> Explanation:
    """With the usual algorithms that a gradient that was handed over could be as well, if nothing is wrong with it."""
    c, question = e.candidate, case.question
    if c is None or c.mutant is not None or e.defects or not all(o.handed for o in case.seen):
        return e
    near = [f for f in question.fits if f.candidate.mutant is None and _as_near(f, c, question)]
    fitting = {f.candidate.algorithm.name for f in near if _fits(f.candidate, c, question)}
    others = [name for name in algorithms() if name in fitting]
    if not others:
        return e
    near_at_any_rate = [f.candidate for f in near if f.candidate.algorithm.name in fitting]
    advice = "at a larger alpha, too" if _same_further(c, near_at_any_rate, question) else "take a larger alpha"
    return noting(
        e,
        f"To within rounding {listed(others)} {'is' if len(others) == 1 else 'are'} the same there, so that which of "
        f"them it is cannot be told: {advice}.",
    )
