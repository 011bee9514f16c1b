"""An algorithm whose inner steps have rates of their own: that decay, that are learnt, or that are 0.

Rates are found for each number of inner steps by itself, as a decay may depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance import reference
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, times
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Match, Question, algorithms_of, rounding, within
from mamlcheck.conformance.diagnosis.made_of.fitting import simplest
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.reference import Direction, Run
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.words import listed

ORDER = 125
MOST_STEPS = 8  # each has a rate to be found
MOST_NEWTON_STEPS = 30
LEAST_STEP = 1e-12  # relative to alpha: once the rates move by less, they are found
TYPED = 1e-5  # a rate that is so near to a fraction is tried as that first: most are typed in
SLOPE_WIDTH = 1e-6  # of the differences, relative to alpha: an error of its square slows the search, no more
OF = ("MAML", "FO-MAML", "MAML++", "FO-MAML++")  # those whose rates people learn, or let decay
Array = np.ndarray

DECAY = Cause(
    "rates_of_steps",
    "Most likely a schedule is applied to the inner rate within the inner loop, or each step's rate is learnt.",
)
OWN_RATES = Cause("rates_of_steps", "Most likely each step's rate is learnt, as in MAML++ (LSLR).")
# Half the rate in the second step leads to the mean of the points after the first and the second.
MEAN_OF_TWO = ", or the outer loss is at the mean of the parameters after each step, which is the same with two"


@dataclass(frozen=True)
class AtRates:
    """A formula with a rate for each inner step, relative to alpha."""

    formula: Direction
    rates: tuple[float, ...]

    def __call__(self, x: Run) -> Numbers:
        """The direction."""
        return self.formula(replace(x, times=self.rates))


def attempt(question: Question) -> Explanation | None:
    """The first algorithm that fits with rates that are not all the same."""
    counts = {o.problem.steps for o in question.seen}
    steps = counts.pop()
    if counts or not 2 <= steps <= MOST_STEPS:
        return None
    for c in algorithms_of(question):
        rates = _searched(question, c, steps) if c.algorithm.name in OF else None
        for tried in [] if rates is None else [tuple(simplest(rate, TYPED) for rate in rates), rates]:
            match = question.match_of(_with(c, tried))
            if match is not None and _moves(question, c, tried):
                return _of_rates(match, tried)
    return None


def _with(c: Candidate, rates: tuple[float, ...]) -> Candidate:
    """The algorithm with these rates."""
    made = Mutant(
        f"rates {rates!r}", (c.algorithm,), "", "", (c.role,), True, len(rates), AtRates(c.algorithm.formula, rates)
    )
    return replace(c, mutant=made)


def _of_rates(match: Match, rates: tuple[float, ...]) -> Explanation:
    c = match.candidate
    shown = listed([f"{rate:.6g}" for rate in rates])
    steps = listed([str(k + 1) for k in range(len(rates))])
    same = MEAN_OF_TWO if rates == (1.0, 0.5) else ""
    falling = all(a > b >= 0 for a, b in pairwise(rates))
    cause = DECAY if falling else OWN_RATES
    falls = ", which falls from step to step" if falling else ""
    clause = f"each inner step has a rate of its own{falls}: {shown} times alpha in steps {steps}{same}"

    def at(o: Observation) -> Candidate:
        return _with(c, rates[: o.problem.steps])

    def allows(o: Observation) -> bool:
        # Twice: the rates come from a rounded direction too.
        return o.problem.steps <= len(rates) and within(at(o), o, match.scale.factor(o.problem), 2)

    e = Explanation(
        c.algorithm,
        (cause.id,),
        (clause,),
        (cause,),
        error=match.error,
        scale=match.factors[0],
        candidate=c,
        allows=allows,
    )
    return times(e, match.scale)


def _moves(question: Question, c: Candidate, rates: tuple[float, ...]) -> bool:
    """Whether it makes a difference that rounding does not explain that the rates are not all their mean."""
    own, same = _with(c, rates), _with(c, (float(np.mean(rates)),) * len(rates))
    return any(
        np.linalg.norm(own.screened(o.problem) - same.screened(o.problem)) > 2 * rounding(own, o, 1.0, unit)
        for o, unit in zip(question.seen, question.units, strict=True)
    )


# -- the search --------------------------------------------------------------------------------------------------------
def _searched(question: Question, c: Candidate, steps: int) -> tuple[float, ...] | None:
    """The rates, relative to alpha, that fit best up to a factor: by Gauss-Newton steps, slopes by differences."""

    def direction(rates: Array) -> Array:
        at = _with(c, tuple(map(float, rates)))
        found = [reference.screened(o.problem, at.direction, c.hessian, c.role) / o.size for o in question.seen]
        return np.concatenate(found)

    right = np.concatenate([o.direction / o.size for o in question.seen])
    for start in (np.ones(steps), 1 / np.arange(1.0, steps + 1)):
        rates = _descended(direction, right, start)
        if rates is not None:
            return tuple(map(float, rates))
    return None


def _descended(direction: Callable[[Array], Array], right: Array, rates: Array) -> Array | None:
    """The rates that a start leads to, where they come near."""
    for _ in range(MOST_NEWTON_STEPS):
        units = SLOPE_WIDTH * np.eye(len(rates))
        slopes = [(direction(rates + unit) - direction(rates - unit)) / (2 * SLOPE_WIDTH) for unit in units]
        columns = np.stack([direction(rates), *slopes], axis=1)
        if not np.isfinite(columns).all():
            return None
        (factor, *changes), *_ = np.linalg.lstsq(columns, right, rcond=None)
        if not factor:
            return None
        step = np.clip(np.array(changes) / factor, -1, 1)
        rates = rates + step
        if float(np.abs(step).max()) < LEAST_STEP:
            break
    here = direction(rates)
    off = float(np.linalg.norm(right - float(right @ here / (here @ here)) * here))
    return rates if off <= TELLING_SHARE**2 * float(np.linalg.norm(right)) else None
