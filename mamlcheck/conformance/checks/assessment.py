"""What a check makes of observations, and the reference that it holds them against."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, of_algorithm, with_numbers
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, relative_error, relative_tolerance, unit_of
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Difference
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.errors import InputError


@dataclass(frozen=True)
class Assessment:
    """passed, and in words why not; or, where it passed, what is worth knowing."""

    passed: bool
    message: str = ""
    traceback: str = ""


PASSED = Assessment(True)


@dataclass(frozen=True)
class Expectation:
    """What a subject is held against: an algorithm by its candidates, and the factor that its reduction brings.

    over_rate: the direction may be over the inner rate, which turns an update into a gradient. computes: the reduced
    precision that the subject declares.
    """

    candidates: tuple[Candidate, ...]
    summed: bool
    over_rate: bool = False
    computes: str | None = None

    def factor(self, given: Problem) -> float:
        """Factor to the mean over tasks."""
        return float(len(given.tasks)) if self.summed else 1.0

    def nearest(self, seen: Observation) -> tuple[Candidate, float]:
        """The candidate that comes nearest, and its factor."""
        factors = [self.factor(seen.problem)]
        if self.over_rate and seen.problem.alpha:
            factors.append(factors[0] / seen.problem.alpha)
        return min(product(self.candidates, factors), key=lambda pair: relative_error(pair[0], seen, pair[1]))

    def tolerance(self, seen: Observation) -> float:
        """Relative tolerance of the nearest candidate; of a reduced precision that was declared at most what still
        tells something.
        """
        c, factor = self.nearest(seen)
        allowed = relative_tolerance(c, seen, factor, unit_of(seen))
        return min(allowed, TELLING_SHARE) if seen.dtype == self.computes else allowed


def expectation(name: str, metadata: Metadata) -> Expectation:
    """The references that a subject declared to be this algorithm is held against. Raises `InputError`."""
    known = algorithm(name)
    if known.hessian != "difference":
        held = tuple(with_numbers(c, metadata.numbers) for c in of_algorithm(known))
        return Expectation(held, metadata.summed, known.update, metadata.computes)
    if metadata.delta is None:
        raise InputError(
            f"{known.name} depends on its delta: declare it, such as @subject({known.name!r}, delta=0.01), or give it "
            "(delta=0.01 in Python, --delta 0.01 to mamlcheck conform, --mamlcheck-delta=0.01 to pytest)"
        )
    steps = (Difference(metadata.delta), Difference(metadata.delta, over_norm=True))
    return Expectation(
        tuple(c for step in steps for c in of_algorithm(known, step)), metadata.summed, computes=metadata.computes
    )
