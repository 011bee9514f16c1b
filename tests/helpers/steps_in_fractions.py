"""One step of MAML, FO-MAML or HF-MAML on a line by all its ordered draws, in Python's fractions: an oracle.

Written from equations (1)-(11) and Lemma 4.9, one number at a time. It shares nothing with the package but the plain
data of its tasks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any


@dataclass(frozen=True)
class Parabola:
    """The loss curvature (t - centre)^2 / 2."""

    curvature: Fraction
    centre: Fraction

    def value(self, t: Fraction) -> Fraction:
        return self.curvature * (t - self.centre) ** 2 / 2

    def slope(self, t: Fraction) -> Fraction:
        return self.curvature * (t - self.centre)

    def bend(self, t: Fraction) -> Fraction:
        return self.curvature


@dataclass(frozen=True)
class Curve:
    """A loss with value 0 and slope `start` at 0; its second derivative is `values[0]`, and rises from knot to knot.

    Between two knots a and b it rises by m (clip(t, a, b) - a), whose integrals are polynomials on three pieces.
    """

    knots: tuple[Fraction, ...]
    values: tuple[Fraction, ...]
    start: Fraction

    @cached_property
    def rises(self) -> list[tuple[Fraction, Fraction, Fraction]]:
        ends = zip(itertools.pairwise(self.knots), itertools.pairwise(self.values), strict=True)
        return [(a, b, (high - low) / (b - a)) for (a, b), (low, high) in ends]

    def bend(self, t: Fraction) -> Fraction:
        return self.values[0] + sum(m * (min(max(t, a), b) - a) for a, b, m in self.rises)

    def slope(self, t: Fraction) -> Fraction:
        risen = sum(m * (_once(t, a, b) - _once(Fraction(0), a, b)) for a, b, m in self.rises)
        return self.start + self.values[0] * t + risen

    def value(self, t: Fraction) -> Fraction:
        zero = Fraction(0)
        risen = sum(
            m * (_twice(t, a, b) - _twice(zero, a, b) - t * _once(zero, a, b)) for a, b, m in self.rises
        )  # fmt: skip
        return self.start * t + self.values[0] * t * t / 2 + risen


def _once(t: Fraction, a: Fraction, b: Fraction) -> Fraction:
    """The integral of clip(t, a, b) - a up to t."""
    if t <= a:
        return Fraction(0)
    return (t - a) ** 2 / 2 if t <= b else (b - a) ** 2 / 2 + (b - a) * (t - b)


def _twice(t: Fraction, a: Fraction, b: Fraction) -> Fraction:
    """The integral of that."""
    if t <= a:
        return Fraction(0)
    if t <= b:
        return (t - a) ** 3 / 6
    return (b - a) ** 3 / 6 + (b - a) ** 2 * (t - b) / 2 + (b - a) * (t - b) ** 2 / 2


def losses_of(tasks: Any) -> list[list[Any]]:
    """The sample losses of each task of a block of one: splines on a line, or quadratics in one dimension."""
    shape = tasks.n, tasks.m
    if tasks.kind == "quadratic":
        return _each(shape, lambda i, j: Parabola(
            Fraction(tasks.matrices[0, i, j, 0, 0]), Fraction(tasks.centres[0, i, j, 0])
        ))  # fmt: skip
    return _each(shape, lambda i, j: Curve(
        tuple(map(Fraction, tasks.knots[0, i, j])), tuple(map(Fraction, tasks.values[0, i, j])),
        Fraction(tasks.slope[0, i, j]),
    ))  # fmt: skip


def _each(shape: tuple[int, int], make: Callable[[int, int], Any]) -> list[list[Any]]:
    return [[make(i, j) for j in range(shape[1])] for i in range(shape[0])]


def mean(numbers: Iterator[Fraction] | Sequence[Fraction]) -> Fraction:
    """The mean of equally likely numbers."""
    listed = list(numbers)
    return sum(listed, Fraction(0)) / len(listed)


@dataclass(frozen=True, eq=False)
class Step:
    """A step from w: tasks as lists of sample losses, with all its numbers as fractions."""

    losses: list[list[Any]]
    shares: list[Fraction]
    w: Fraction
    alpha: Fraction
    smoothness: Fraction
    rho: Fraction
    factor: Fraction
    eta: Fraction
    sizes: Any

    @classmethod
    def of(cls, given: Any) -> Step:
        """The step of a block of one instance."""
        numbers = (given.alpha, given.smoothness_constant, given.hessian_lipschitz_constant)
        alpha, smoothness, rho = (Fraction(part[0]) for part in numbers)
        factor, eta = Fraction(given.step_factor[0]), Fraction(given.difference_factor[0])
        shares = list(map(Fraction, given.tasks.probabilities[0]))
        w = Fraction(given.w[0, 0])
        return cls(losses_of(given.tasks), shares, w, alpha, smoothness, rho, factor, eta, given.sizes)

    # -- tasks -------------------------------------------------------------------------------------------------------
    def batches(self, i: int, size: int) -> list[tuple[Any, ...]]:
        """All ordered draws of so many samples of a task, equally likely."""
        return list(itertools.product(self.losses[i], repeat=size))

    def over_tasks(self, of_task: Callable[[int], Fraction]) -> Fraction:
        """E_i."""
        return sum((p * of_task(i) for i, p in enumerate(self.shares)), Fraction(0))

    def slope(self, i: int, t: Fraction) -> Fraction:
        """grad f_i."""
        return mean([loss.slope(t) for loss in self.losses[i]])

    def objective(self, t: Fraction) -> Fraction:
        """F, equation (2)."""
        return self.over_tasks(
            lambda i: mean([loss.value(t - self.alpha * self.slope(i, t)) for loss in self.losses[i]])
        )

    def meta_gradient(self) -> Fraction:
        """grad F(w)."""
        return self.over_tasks(
            lambda i: (
                (1 - self.alpha * mean([loss.bend(self.w) for loss in self.losses[i]]))
                * self.slope(i, self.w - self.alpha * self.slope(i, self.w))
            )
        )

    def growing_smoothness(self) -> Fraction:
        """L(w) of Lemma 4.8."""
        return 4 * self.smoothness + 2 * self.rho * self.alpha * self.over_tasks(lambda i: abs(self.slope(i, self.w)))

    # -- what a step draws -------------------------------------------------------------------------------------------
    def direction(self, algorithm: str, inner: Any, outer: Any, hessian: Any) -> Fraction:
        """A summand of equation (5), (8) or (10)."""
        adapted = self.w - self.alpha * mean([loss.slope(self.w) for loss in inner])
        v = mean([loss.slope(adapted) for loss in outer])
        if algorithm == "fo_maml" or v == 0:
            return v
        if algorithm == "maml":
            return v - self.alpha * mean([loss.bend(self.w) for loss in hessian]) * v
        delta = self.eta / (self.rho * self.alpha * abs(v))
        up, down = (mean([loss.slope(self.w + sign * delta * v) for loss in hessian]) for sign in (1, -1))
        return v - self.alpha * (up - down) / (2 * delta)

    def directions(self, algorithm: str) -> list[tuple[Fraction, Fraction]]:
        """Each way to draw a task and its batches: its probability, and the direction."""
        found = []
        for i, share in enumerate(self.shares):
            last = self.sizes.hessian if algorithm != "fo_maml" else 0
            drawn = [self.batches(i, size) for size in (self.sizes.inner, self.sizes.outer, last)]
            ways = list(itertools.product(*drawn))
            found += [(share / len(ways), self.direction(algorithm, *way)) for way in ways]
        return found

    def stepsizes(self) -> list[tuple[Fraction, Fraction]]:
        """Each way to draw B' tasks and their batches D_beta: its probability, and beta~."""
        one = []
        for i, share in enumerate(self.shares):
            ways = self.batches(i, self.sizes.stepsize)
            one += [(share / len(ways), abs(mean([loss.slope(self.w) for loss in way]))) for way in ways]
        found = []
        for drawn in itertools.product(one, repeat=self.sizes.stepsize_tasks):
            chance = Fraction(1)
            for p, _ in drawn:
                chance *= p
            norm = mean([length for _, length in drawn])
            found.append((chance, 1 / (4 * self.smoothness + 2 * self.rho * self.alpha * norm)))
        return found

    def expected(self, algorithm: str) -> Fraction:
        """E F(w+), over the ordered draws of B tasks and, independently, of all that beta~ is made of."""
        objective = cache(self.objective)
        total, mass = Fraction(0), Fraction(0)
        sizes = self.stepsizes()
        for drawn in itertools.product(self.directions(algorithm), repeat=self.sizes.step_tasks):
            chance = Fraction(1)
            for p, _ in drawn:
                chance *= p
            move = mean([g for _, g in drawn])
            for p, beta in sizes:
                total += chance * p * objective(self.w - self.factor * beta * move)
                mass += chance * p
        assert mass == 1
        return total
