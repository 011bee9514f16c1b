"""The few vectors whose sum explains all observations, with one coefficient each: screened in doubles, then certified.

Nothing is found where several sets of as few vectors explain the observations, nor where rounding leaves a coefficient
open: what cannot be told apart is not named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations

import numpy as np

from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, lost, unit_of
from mamlcheck.conformance.diagnosis.made_of.vectors import Vector, screened
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Hessian
from mamlcheck.conformance.subjects.observing import Observation

Array = np.ndarray

MOST_TERMS = 3
MOST_CERTIFIED = 4  # sets of vectors whose tolerances are worked out: the best few
# Of a sum's residual in doubles, relative: above it, sums are not held against enclosures. Far above what rounding
# leaves in float32, far below what a wrong vector leaves.
NEAR = 1e-3
# Relative, of normalised vectors: below it doubles do not tell what a sum of them is made of.
LEAST_SINGULAR = 1e-6
LARGEST_DENOMINATOR = 32  # of a coefficient that is taken for a fraction


@dataclass(frozen=True)
class Sum:
    """coefficients: of the vectors, in the order of the dictionary. hessian: how their products are taken."""

    vectors: tuple[Vector, ...]
    coefficients: tuple[float, ...]
    hessian: Hessian = "exact"

    @property
    def terms(self) -> Iterator[tuple[Vector, float]]:
        """Each vector with its coefficient."""
        return zip(self.vectors, self.coefficients, strict=True)

    def enclosed(self, given: Problem) -> tuple[Array, float]:
        """The direction (n,) on a problem, and what its enclosure may be off by, as a norm."""
        held = [(c, v.enclosed(given, self.hessian)) for v, c in self.terms]
        middle = np.sum([c * e.midpoint for c, e in held], axis=0)
        return middle, sum(abs(c) * float(np.linalg.norm(e.radius)) for c, e in held)

    def allowed(self, o: Observation, given: Problem) -> float:
        """What rounding may be off by, as a norm: twice, as the coefficients come from rounded directions too."""
        unit = unit_of(o)
        # One more rounding for each product with its coefficient, and for each sum.
        held = [(c, v.tolerance(given, self.hessian), v.enclosed(given, self.hessian)) for v, c in self.terms]
        rounded = sum(abs(c) * (t + 2 * float(np.linalg.norm(e.midpoint))) for c, t, e in held)
        return 2 * (unit * rounded + lost(o, unit))

    def error(self, o: Observation, given: Problem) -> float:
        """How far an observation is from it, relative."""
        return float(np.linalg.norm(o.direction - self.enclosed(given)[0])) / o.size

    def holds(self, o: Observation, given: Problem) -> bool:
        """Whether rounding explains how far the observation is from it, and leaves something to tell it by."""
        middle, radius = self.enclosed(given)
        off = float(np.linalg.norm(o.direction - middle))
        return off <= self.allowed(o, given) + radius <= TELLING_SHARE * o.size

    def with_coefficients(self, coefficients: Sequence[float]) -> Sum:
        """The same vectors with others."""
        return Sum(self.vectors, tuple(coefficients), self.hessian)


@dataclass(frozen=True)
class Seen:
    """Observations, and the problems (or parts of them) whose vectors they are held against."""

    observations: Sequence[Observation]
    problems: Sequence[Problem]
    hessian: Hessian

    @cached_property
    def dictionary(self) -> tuple[Vector, ...]:
        """The vectors that apply to every problem, the first of those that are the same there, as where no set of its
        own was given for the Hessian; of powers of alpha the first where all problems have one alpha.
        """
        found = [screened(p, self.hessian) for p in self.problems]
        common = [v for v in found[0] if all(v in others for others in found[1:])]
        there = list({tuple(one[v].tobytes() for one in found): v for v in reversed(common)}.values())[::-1]
        if len({p.alpha for p in self.problems}) == 1:
            there = list({v.says: v for v in reversed(there)}.values())[::-1]
        return tuple(there)

    @cached_property
    def columns(self) -> Array:
        """The vectors (rows, vectors), each observation's rows over the size of its direction."""
        return np.concatenate(
            [
                np.stack([screened(p, self.hessian)[v] for v in self.dictionary], axis=1) / o.size
                for o, p in zip(self.observations, self.problems, strict=True)
            ]
        )

    @cached_property
    def right(self) -> Array:
        """The directions, each over its size."""
        return np.concatenate([o.direction / o.size for o in self.observations])

    # -- screening -----------------------------------------------------------------------------------------------------
    def nearest(self, terms: int) -> list[tuple[int, ...]]:
        """The sets of so many vectors whose sums come nearest, if any comes near: the nearest first."""
        size = np.linalg.norm(self.columns, axis=0)
        unit = self.columns / size
        gram, along, square = unit.T @ unit, unit.T @ self.right, float(self.right @ self.right)
        sets = np.array(list(combinations(range(len(size)), terms)), dtype=np.intp).reshape(-1, terms)
        if not len(sets):
            return []
        blocks, sides = gram[sets[:, :, None], sets[:, None, :]], along[sets]
        values, bases = np.linalg.eigh(blocks)
        apart = values[:, 0] > LEAST_SINGULAR**2
        turned = np.einsum("kij,ki->kj", bases, sides)
        explained = np.sum(turned**2 / np.where(apart[:, None], values, 1), axis=1)
        # Squares are known to the resolution of doubles alone: what is near is measured again, by itself.
        left = np.where(apart, np.maximum(square - explained, 0) / square, np.inf)
        near = [tuple(int(i) for i in sets[k]) for k in np.flatnonzero(left <= NEAR**2)]
        residuals = {chosen: self._residual(chosen) for chosen in near}
        return sorted((chosen for chosen in near if residuals[chosen] <= NEAR), key=residuals.__getitem__)

    def fitted(self, chosen: tuple[int, ...]) -> Sum:
        """The best coefficients."""
        found, *_ = np.linalg.lstsq(self.columns[:, chosen], self.right, rcond=None)
        return Sum(tuple(self.dictionary[i] for i in chosen), tuple(map(float, found)), self.hessian)

    def _residual(self, chosen: tuple[int, ...]) -> float:
        found = self.fitted(chosen)
        return float(np.linalg.norm(self.right - self.columns[:, chosen] @ found.coefficients))

    # -- certifying ----------------------------------------------------------------------------------------------------
    def holds(self, found: Sum) -> bool:
        """Whether a sum explains every observation."""
        return all(found.holds(o, p) for o, p in zip(self.observations, self.problems, strict=True))

    def uncertainty(self, chosen: tuple[int, ...], found: Sum) -> Array:
        """How far rounding may turn each coefficient."""
        allowed = [found.allowed(o, p) / o.size for o, p in zip(self.observations, self.problems, strict=True)]
        found_by: Array = np.linalg.pinv(self.columns[:, chosen])
        return np.asarray(np.linalg.norm(found_by, axis=1) * np.linalg.norm(allowed))

    def told(self, chosen: tuple[int, ...]) -> Sum | None:
        """The sum of vectors with coefficients that rounding does not leave open, as fractions where they can be."""
        found = self.fitted(chosen)
        if not self.holds(found):
            return None
        off = self.uncertainty(chosen, found)
        if any(o > TELLING_SHARE * abs(c) for o, c in zip(off, found.coefficients, strict=True)):
            return None
        simple = found.with_coefficients([simplest(c, o) for c, o in zip(found.coefficients, off, strict=True)])
        return simple if self.holds(simple) else found


def simplest(value: float, off: float) -> float:
    """A fraction with a small denominator, if it is within reach; the number itself, if none is."""
    near = float(Fraction(value).limit_denominator(LARGEST_DENOMINATOR))
    return near if near and abs(near - value) <= off else value


def sum_of(seen: Seen, most: int = MOST_TERMS) -> Sum | None:
    """The sum of the fewest vectors that explains the observations; None where there is none, or more than one."""
    for terms in range(1, most + 1):
        near = seen.nearest(terms)[:MOST_CERTIFIED]
        holding = [chosen for chosen in near if seen.holds(seen.fitted(chosen))]
        if holding:
            return seen.told(holding[0]) if len(holding) == 1 else None
    return None
