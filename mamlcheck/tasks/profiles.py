"""Profiles: the scalar functions psi that ridge sample losses are made of, one for every sample of every task.

A profile evaluates psi, psi' and psi'' on the arguments t of all samples at once, t of shape (..., n, P, m), and
knows the suprema that the constants L and rho are built from. It knows nothing of the vectors a_ij.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic
from mamlcheck.arithmetic.exact import Sealed, double_above, exact_array, fractions_of, frozen
from mamlcheck.errors import InputError
from mamlcheck.tasks.losses import Loss

Array = Any

EXACT_SLOPES = 64  # knots up to which the steepest piece is found in exact fractions

PROVENANCES = ("exact", "certified", "estimated", "declared")  # best first


def weakest(*provenances: str) -> str:
    """The weakest of several provenances: what a constant built from all of them deserves."""
    return max(provenances, key=PROVENANCES.index)


@dataclass(frozen=True)
class Losses(Sealed):
    """One named loss for each task: psi_i, the same for every sample of task i."""

    of_task: tuple[Loss, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "of_task", tuple(self.of_task))

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise `InputError` unless there is one loss for each of the n tasks of data of `shape` (..., n, m, d)."""
        if len(self.of_task) != shape[-3]:
            raise InputError(f"{len(self.of_task)} losses for {shape[-3]} tasks: give one loss for each task")

    @property
    def polynomial(self) -> bool:
        """Whether every psi is a polynomial, so that tasks run in exact fractions whose denominators stay small."""
        return all(loss.polynomial for loss in set(self.of_task))

    @property
    def provenance(self) -> str:
        """The weakest provenance of the suprema."""
        return weakest(*(s.provenance for loss in set(self.of_task) for s in (loss.sup_second, loss.sup_third)))

    @property
    def same_samples(self) -> bool:
        """All samples of a task have its psi."""
        return True

    def __getitem__(self, index: Any) -> Losses:
        """An instance out of a block: all share the losses."""
        return self

    def select(self, tasks: list[int]) -> Losses:
        """The losses of some tasks."""
        return Losses(tuple(self.of_task[i] for i in tasks))

    def on(self, ar: Arithmetic) -> Losses:
        """Losses carry no numbers: the same in every arithmetic."""
        return self

    def value(self, ar: Arithmetic, t: Array) -> Array:
        return self._by_loss(ar, t, lambda loss, part: (loss.value(ar, part),))[0]

    def first(self, ar: Arithmetic, t: Array) -> Array:
        return self._by_loss(ar, t, lambda loss, part: (loss.first(ar, part),))[0]

    def first_and_second(self, ar: Arithmetic, t: Array) -> tuple[Array, Array]:
        first, second = self._by_loss(ar, t, lambda loss, part: loss.first_and_second(ar, part))
        return first, second

    def bend(self, ar: Arithmetic, t: Array, move: Array, at_t: tuple[Array, Array]) -> Array:
        """psi'(t + move) - psi'(t) - psi''(t) move, from psi' and psi'' at t; exactly 0 for a quadratic psi."""
        bend = self.first(ar, t + move) - at_t[0] - at_t[1] * move
        curved = self.sup_third != 0
        return bend if curved.all() else bend * ar.exact(curved.astype(np.float64))[..., None]

    def _by_loss(self, ar: Arithmetic, t: Array, evaluate: Callable[[Loss, Array], tuple[Array, ...]]) -> Any:
        """Evaluate over runs of neighbouring tasks that share a loss, and join the runs along the task axis."""
        runs = [(loss, len(list(group))) for loss, group in groupby(self.of_task)]
        if len(runs) == 1:
            return evaluate(runs[0][0], t)
        results, start = [], 0
        for loss, length in runs:
            results.append(evaluate(loss, t[..., start : start + length, :, :]))
            start += length
        return tuple(ar.concatenate(parts, -3) for parts in zip(*results, strict=True))

    def _suprema(self, order: str) -> Array | None:
        suprema = [getattr(loss, order) for loss in self.of_task]
        if any(s is None for s in suprema):
            return None
        return numbers_above([s.upper for s in suprema], (-1, 1))

    @cached_property
    def sup_first(self) -> Array | None:
        """Exact numbers (n, 1) not below sup|psi_i'|, or None when one of them is infinite."""
        return self._suprema("sup_first")

    @cached_property
    def sup_second(self) -> Array:
        """Exact numbers (n, 1) not below sup|psi_i''|."""
        return self._suprema("sup_second")

    @cached_property
    def sup_third(self) -> Array:
        """Exact numbers (n, 1) not below sup|psi_i'''|."""
        return self._suprema("sup_third")


@dataclass(frozen=True)
class Splines(Sealed):
    """A piecewise-linear second derivative for each sample: exact, and dense in the smooth functions of one variable.

    psi'' takes `values` (..., n, m, K) at the increasing `knots` (..., n, m, K), is linear between them and constant
    outside; psi'(0) = `slope` (..., n, m), psi(0) = 0. K >= 2. All exact numbers.
    """

    knots: np.ndarray
    values: np.ndarray
    slope: np.ndarray
    provenance: str = field(default="certified", init=False)
    polynomial: bool = field(default=True, init=False)
    sup_first: None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for name in ("knots", "values", "slope"):
            object.__setattr__(self, name, exact_array(getattr(self, name)))
        if self.knots.shape != self.values.shape or self.knots.shape[:-1] != self.slope.shape:
            raise InputError(
                f"spline knots {self.knots.shape}, values {self.values.shape} and slopes {self.slope.shape} do not "
                "match: give knots and values (..., n, m, K) and slopes (..., n, m)"
            )
        if self.knots.shape[-1] < 2 or not (self.knots[..., 1:] > self.knots[..., :-1]).all():
            raise InputError("a spline needs two or more knots, strictly increasing")

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise `InputError` unless there is one spline for each sample of data of `shape` (..., n, m, d)."""
        if self.knots.shape[:-1] != shape[:-1]:
            raise InputError(f"splines for samples {self.knots.shape[:-1]}, data for samples {shape[:-1]}")

    @property
    def same_samples(self) -> np.ndarray:
        """Whether all samples of a task have the same spline (..., n)."""
        knots = (self.knots == self.knots[..., :1, :]).all(axis=-1)
        values = (self.values == self.values[..., :1, :]).all(axis=-1)
        return frozen(np.asarray((knots & values & (self.slope == self.slope[..., :1])).all(axis=-1)))

    def __getitem__(self, index: Any) -> Splines:
        """An instance out of a block."""
        return Splines(self.knots[index], self.values[index], self.slope[index])

    def select(self, tasks: list[int]) -> Splines:
        """The splines of some tasks."""
        return Splines(self.knots[..., tasks, :, :], self.values[..., tasks, :, :], self.slope[..., tasks, :])

    def on(self, ar: Arithmetic) -> SplinesOn:
        """The same splines as numbers of an arithmetic."""
        knots, values = ar.exact(self.knots), ar.exact(self.values)
        slopes = (values[..., 1:] - values[..., :-1]) / (knots[..., 1:] - knots[..., :-1])
        kinks = ar.concatenate([slopes[..., :1], slopes[..., 1:] - slopes[..., :-1], -slopes[..., -1:]], -1)
        return SplinesOn(knots, kinks, values[..., 0], ar.exact(self.slope))

    @cached_property
    def sup_second(self) -> np.ndarray:
        """Exact numbers (..., n, m) not below sup|psi''|: the largest |value|."""
        largest = np.max(np.abs(self.values), axis=-1)
        return frozen(largest) if largest.dtype != object else numbers_above(largest.ravel(), largest.shape)

    @cached_property
    def sup_third(self) -> np.ndarray:
        """Exact numbers (..., n, m) not below sup|psi'''|: the steepest piece of psi''."""
        # A fraction divided by a double would be rounded, either way; and few doubles, such as those that a file holds,
        # are worth exact fractions, so that a constant which is a short number stays one.
        if self.knots.dtype == self.values.dtype == np.float64 and self.knots.size > EXACT_SLOPES:
            steepest = self._steepest_in_doubles()
            if np.isfinite(steepest).all():
                return frozen(steepest)
        rise, run = (np.diff(_fractions(x), axis=-1) for x in (self.values, self.knots))
        exactly = np.max(np.abs(rise) / run, axis=-1)
        return numbers_above(exactly.ravel(), exactly.shape)

    def _steepest_in_doubles(self) -> np.ndarray:
        """Doubles not below the steepest slopes; not finite where a difference or a quotient overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            rise, run = np.abs(np.diff(self.values, axis=-1)), np.diff(self.knots, axis=-1)
            # Two differences and a quotient: three roundings, fewer than the factor 1 + 2**-50 makes good; 2**-1060
            # covers the quotient's underflow. A run that overflowed would make a slope of 0 of any rise.
            slopes = np.where(np.isfinite(run), rise / run, np.inf) * (1 + 2.0**-50) + 2.0**-1060
            return np.asarray(np.max(np.where(rise == 0, 0.0, slopes), axis=-1))


@dataclass(frozen=True)
class SplinesOn:
    """`Splines` as numbers of one arithmetic: psi''(t) = base + sum_k kinks_k (t - knots_k)_+ ."""

    knots: Array
    kinks: Array
    base: Array
    slope: Array

    def _beyond(self, ar: Arithmetic, t: Array) -> Array:
        """(t - knots_k)_+ of shape (..., n, P, m, K)."""
        return ar.maximum(t[..., None] - self.knots[..., None, :, :], 0)

    def _kinks(self) -> Array:
        return self.kinks[..., None, :, :]

    def value(self, ar: Arithmetic, t: Array) -> Array:
        beyond, before = self._beyond(ar, t), ar.maximum(-self.knots, 0)[..., None, :, :]
        cubic = ar.sum(self._kinks() * (ar.power(beyond, 3) - ar.power(before, 3)), -1) / 6
        offset = ar.sum(self._kinks() * ar.square(before), -1) / 2
        linear = (self.slope[..., None, :] - offset) * t
        return linear + self.base[..., None, :] * ar.square(t) / 2 + cubic

    def first(self, ar: Arithmetic, t: Array) -> Array:
        return self._first(ar, t, self._beyond(ar, t))

    def _first(self, ar: Arithmetic, t: Array, beyond: Array) -> Array:
        before = ar.maximum(-self.knots, 0)[..., None, :, :]
        bend = ar.sum(self._kinks() * (ar.square(beyond) - ar.square(before)), -1) / 2
        return self.slope[..., None, :] + self.base[..., None, :] * t + bend

    def bend(self, ar: Arithmetic, t: Array, move: Array, at_t: tuple[Array, Array]) -> Array:
        """psi'(t + move) - psi'(t) - psi''(t) move; exactly 0 where there are no kinks. What is at t is not needed."""
        before, after = self._beyond(ar, t), self._beyond(ar, t + move)
        risen = (ar.square(after) - ar.square(before)) / 2 - before * move[..., None]
        return ar.sum(self._kinks() * risen, -1)

    def first_and_second(self, ar: Arithmetic, t: Array) -> tuple[Array, Array]:
        beyond = self._beyond(ar, t)
        second = self.base[..., None, :] + ar.sum(self._kinks() * beyond, -1)
        return self._first(ar, t, beyond), second


Profile = Losses | Splines


def numbers_above(values: Iterable[Fraction], shape: tuple[int, ...]) -> np.ndarray:
    """Exact numbers not below these, read-only: doubles, unless one exceeds them all; then the numbers themselves."""
    exact = [Fraction(v) for v in values]
    doubles = [double_above(v) for v in exact]
    return exact_array(np.array(doubles if np.isfinite(doubles).all() else exact).reshape(shape))


def _fractions(values: np.ndarray) -> np.ndarray:
    out = np.empty(values.shape, dtype=object)
    out.ravel()[:] = list(fractions_of(values))
    return out
