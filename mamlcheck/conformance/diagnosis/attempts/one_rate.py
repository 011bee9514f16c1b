"""An algorithm with one inner rate, where rates were given that differ by step or by parameter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_candidate, times
from mamlcheck.conformance.diagnosis.fits import Question, algorithms_of, fit, named, within
from mamlcheck.conformance.diagnosis.scales import Scale
from mamlcheck.conformance.diagnosis.searching import HOPELESS_RESIDUAL, refined
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.rates import Rates
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 25
MOST_GIVEN = 8  # so few rates that were given are tried as they are: of more, one for all is no likely mistake
STARTS = 2.0 ** np.arange(-10, 5)  # times alpha
CAUSE = Cause(
    "one_rate", "Most likely the rates of single steps or parameters do not reach the inner update, which takes one."
)


def attempt(question: Question) -> Explanation | None:
    """The first algorithm that fits so: at a rate that is among those given, or at another."""
    if any(o.problem.key.rates is None for o in question.seen):
        return None
    for c in algorithms_of(question):
        for rate in _tried(question, c):
            seen = [_moved(o, rate) for o in question.seen]
            match = named(fit(c, seen), seen, question.units, question.scales)
            if match is not None:
                times_alpha = "" if all(o.problem.alpha == 1 for o in question.seen) else " times alpha"
                clause = f"its inner rate is {rate:.4g}{times_alpha} throughout, and not the rates that were given"
                e = replace(
                    adding(of_candidate(c), CAUSE.id, clause, CAUSE),
                    error=match.error,
                    scale=match.factors[0],
                    allows=partial(_allows, c, match.scale, rate),
                )
                return times(e, match.scale)
    return None


def _tried(question: Question, c: Candidate) -> Iterator[float]:
    """The rates that were given, if these are few, then the one that fits best, if any comes near."""
    given = sorted({rate for o in question.seen for rate in _of(o.problem.key.rates)})
    yield from given if len(given) <= MOST_GIVEN else ()
    left = [fit(c, [_moved(question.widest, float(rate))]).residual for rate in STARTS]
    if min(left) <= HOPELESS_RESIDUAL:
        start = float(STARTS[int(np.argmin(left))])
        yield refined(lambda rate, given: c.screened(_at(given, rate)), question, start)


def _of(rates: Rates | None) -> list[float]:
    """The positive numbers among rates."""
    found = [] if rates is None else [np.unique(step) for step in rates.steps]
    return [float(rate) for step in found for rate in step if rate > 0]


def _at(given: Problem, rate: float) -> Problem:
    """The problem at one rate, times alpha."""
    return given.but(rates=None).but(alpha=given.alpha * rate)


def _moved(o: Observation, rate: float) -> Observation:
    return replace(o, problem=_at(o.problem, rate))


def _allows(c: Candidate, scale: Scale, rate: float, o: Observation) -> bool:
    if o.problem.key.rates is None:
        return False
    return within(c, _moved(o, rate), scale.factor(o.problem), 2)  # twice: the rate may come of a rounded direction
