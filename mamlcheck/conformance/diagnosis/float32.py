"""Constants that are rounded to float32 inside float64 code, and how much of an error they explain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.fits import Question, relative_error, relative_tolerance, unit_of, within
from mamlcheck.conformance.diagnosis.scales import samples
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.rates import rates_of
from mamlcheck.conformance.subjects.observing import Observation

# A rate of an elementary function of float32 is off by up to 4 units in the last place, see `arithmetic.rounding`.
COMPUTED_UNITS = 4
FLOAT32_ROUNDOFF = UNIT_ROUNDOFF["float32"]


def single_units(question: Question) -> list[float] | None:
    """The unit roundoffs of the observations if they were of float32; None where they are no finer than that."""
    units = [max(u, FLOAT32_ROUNDOFF) for u in question.units]
    return None if units == question.units else units


def rounded_constant(c: Candidate, o: Observation, factor: float) -> bool:
    """Whether an error in float64 is that of constants rounded to float32: a rate, or the factor of a mean.

    The direction is to be the candidate's at the rate, and times the factor, that the rounded constants make, within
    the rounding of float64: on any number of inner steps, and with nothing typed in.
    """
    p = o.problem
    if unit_of(o) >= FLOAT32_ROUNDOFF or not within(c, o, factor, unit=FLOAT32_ROUNDOFF):
        return False
    allowed = relative_tolerance(c, o, factor, unit_of(o))  # there as here: the rates differ in the eighth digit
    means = _rounded(1 / len(p.tasks), 1 / samples(p, "outer"))
    over_rate = {1.0, p.alpha / float(np.float32(p.alpha))} if p.alpha else {1.0}  # an update over the rate
    for there in _problems(p):
        at = replace(o, problem=there)
        if any(relative_error(c, at, factor * mean * over) <= allowed for mean in means for over in over_rate):
            return True
    return False


def _problems(p: Problem) -> Iterator[Problem]:
    """The problem at the inner rates that constants rounded to float32 make."""
    for share in [*_rounded(p.alpha, 1 / samples(p, "inner")), *_computed(p.alpha)]:
        yield p.but(alpha=p.alpha * share)
    rates = p.key.rates
    if rates is not None:
        yield p.but(rates=rates_of(step.astype(np.float32) for step in rates.steps))


def _computed(rate: float) -> Iterator[float]:
    """What float32 multiplies a rate by that it has computed, as the exp of a learnt logarithm: some units off."""
    near = np.float32(rate)
    for towards in (np.float32(0), np.float32(np.inf)):
        at = near
        for _ in range(COMPUTED_UNITS if rate else 0):
            at = np.nextafter(at, towards)
            yield float(at) / rate


def _rounded(first: float, second: float) -> set[float]:
    """What float32 multiplies a product of two constants by: either, both, or their product is rounded.

    second: NaN where there is no such constant, as for sets of different sizes.
    """
    if not first:
        return {1.0}
    if math.isnan(second):
        return {1.0, float(np.float32(first)) / first}
    a, b, product = (float(np.float32(x)) / x for x in (first, second, first * second))
    return {1.0, a, b, a * b, product}
