"""An algorithm, or a known defect, with another inner rate: alpha times a number, or the same whatever alpha is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_candidate, times
from mamlcheck.conformance.diagnosis.fits import Match, Question, algorithms_of, fit, named, rounding, within
from mamlcheck.conformance.diagnosis.scales import Scale
from mamlcheck.conformance.diagnosis.searching import HOPELESS_RESIDUAL, NEAR, refined, zoomed
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 120
PLAIN = True
MOST_DEFECTS = 16  # of the known ones, those that come nearest
SEARCHES = True
RATES_OF_A_DEFECT = np.array([0.25, 0.5, 2, 4])  # times alpha: a defect of its rate besides
HOPELESS_OF_A_DEFECT = 0.2  # relative: there are many, and each that is searched costs as much as an algorithm
STARTING_RATES = 2.0 ** np.arange(-10, 5)
# Where directions jump at kinks, what is a seventh off in its rate may leave half of the direction.
CLOSE = 2.0**0.25
SHARED_OUT = Cause("inner_rate", "Most likely alpha is meant for all of the inner steps together.")
SHARED = 1e-6  # relative: a rate that is found is rounded, and alpha / K is taken for it where it is as near
CLOSE_RATES = CLOSE ** np.arange(-40, 17)


def attempt(question: Question) -> Explanation | None:
    """The first algorithm that fits so; what takes differences is left out, as it has a delta to be found already."""
    wanted = [s for s in question.scales if not any("alpha" in defect for defect in s.defects)]
    widest = question.widest
    for c in _tried(question):
        if not isinstance(c.hessian, str):
            continue
        rate = _best_rate(c, question)
        if rate is None:
            continue
        for fixed in (False, True) if widest.problem.alpha else (True,):
            ratio = rate / widest.problem.alpha if widest.problem.alpha else math.inf
            seen = [_moved(o, rate if fixed else ratio * o.problem.alpha) for o in question.seen]
            match = named(fit(c, seen), seen, question.units, wanted)
            if match is not None and _moves(c, question, seen):
                return _of_rate(match, widest.problem, rate if fixed else ratio, fixed)
    return None


def _best_rate(c: Candidate, question: Question) -> float | None:
    """The rate with the best fit on the longest direction; None where none comes near it."""
    widest = question.widest

    def residual_at(rate: float) -> float:
        return fit(c, [_moved(widest, rate)]).residual

    jumps = c.mutant is None and widest.problem.kind.jumps
    starts = STARTING_RATES if c.mutant is None else widest.problem.alpha * RATES_OF_A_DEFECT
    starts = CLOSE_RATES if jumps else starts
    coarsely = [residual_at(float(rate)) for rate in starts]
    start = float(starts[int(np.argmin(coarsely))])
    if min(coarsely) > (HOPELESS_RESIDUAL if c.mutant is None else HOPELESS_OF_A_DEFECT):
        return None
    if not jumps:
        return refined(partial(_at_rate, c), question, start)
    return refined(partial(_at_rate, c), question, zoomed(residual_at, start, CLOSE), NEAR)


def _tried(question: Question) -> Iterator[Candidate]:
    """The algorithms, those with an optimiser inside, then the defects that come nearest at the rate asked for."""
    usual = list(algorithms_of(question))
    yield from usual
    plain = [one.candidate for one in question.fits if one.candidate.mutant is None]
    yield from (c for c in plain if c.algorithm.inside is not None and c not in usual)
    mutants = (one.candidate for one in question.fits if one.candidate.mutant is not None)
    yield from islice((c for c in mutants if not c.algorithm.rare and not c.algorithm.in_turn), MOST_DEFECTS)


def _of_rate(match: Match, given: Problem, rate: float, fixed: bool) -> Explanation:
    """rate: over alpha, if it is not fixed."""
    c = match.candidate
    clause = f"its inner rate is {rate:.4g} times alpha"
    cause = "Most likely the inner loss, or its gradient, has its own factor."
    if fixed:
        times_given = " times the rates that were given" if given.key.rates is not None else ""
        clause = f"its inner rate is {rate:.4g}{times_given}, whatever problem.alpha says"
        cause = "Most likely the rate is a constant in the code."
    known = of_candidate(c)
    e = replace(
        adding(known, "inner_rate", clause, Cause("inner_rate", cause)),
        error=match.error,
        scale=match.factors[0],
        allows=partial(_allows, c, match.scale, rate, fixed),
        predicts=partial(_predicts, c, match.scale, rate, fixed),
    )
    return times(replace(e, otherwise=None if fixed else _of_shared_rate(match, given.steps, rate)), match.scale)


def _of_shared_rate(match: Match, steps: int, ratio: float) -> Explanation | None:
    """The rate as alpha over the number of inner steps, where it is that."""
    c = match.candidate
    if steps < 2 or abs(ratio * steps - 1) > SHARED:
        return None
    clause = "its inner rate is alpha divided by the number of inner steps"
    e = replace(
        adding(of_candidate(c), SHARED_OUT.id, clause, SHARED_OUT),
        error=match.error,
        scale=match.factors[0],
        allows=lambda o: _allows(c, match.scale, 1 / o.problem.steps, False, o),
        predicts=lambda o: _predicts(c, match.scale, 1 / o.problem.steps, False, o),
    )
    return times(e, match.scale)


def _allows(c: Candidate, scale: Scale, rate: float, fixed: bool, o: Observation) -> bool:
    """Whether the rate that was found, or so many times alpha, explains another observation."""
    there = _moved(o, rate if fixed else rate * o.problem.alpha)
    return within(c, there, scale.factor(o.problem), 2)  # twice: the rate comes from a rounded direction too


def _predicts(c: Candidate, scale: Scale, rate: float, fixed: bool, o: Observation) -> np.ndarray:
    there = _moved(o, rate if fixed else rate * o.problem.alpha)
    return scale.factor(o.problem) * c.enclosed(there.problem).midpoint


def _moves(c: Candidate, question: Question, moved: list[Observation]) -> bool:
    """Whether the rate makes a difference that rounding does not explain."""
    return any(
        np.linalg.norm(c.screened(a.problem) - c.screened(b.problem)) > 2 * rounding(c, a, 1.0, unit)
        for a, b, unit in zip(question.seen, moved, question.units, strict=True)
    )


def _at_rate(c: Candidate, rate: float, given: Problem) -> np.ndarray:
    return c.screened(given.but(alpha=rate))


def _moved(o: Observation, rate: float) -> Observation:
    """The observation as if it had been asked for with this inner rate."""
    return replace(o, problem=o.problem.but(alpha=rate))
