"""Tasks out of what single samples are, for families that have no cheaper way to their sums.

A family derives its own class from `SamplesAt` and gives the values, gradients and Hessians of single samples; batches,
deviations and variances follow. It costs d numbers for each sample at each point, and d^2 where Hessians are formed.
`SamplesOn` holds the arrays of a family in one arithmetic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import kept
from mamlcheck.arithmetic.linear import spectral_norm
from mamlcheck.tasks.constants import mean_of_drawn, spread_of, spread_out
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.gathering import Gathering


@dataclass(frozen=True)
class SamplesOn:
    """The arrays of tasks as numbers of one arithmetic, by name, with their axes; `points` is the class at points."""

    ar: Arithmetic
    arrays: Mapping[str, Numbers]
    axes: Mapping[str, tuple[str, ...]]
    points: type[SamplesAt]
    spread: Numbers | None

    @classmethod
    def of(cls, ar: Arithmetic, tasks: Tasks, points: type[SamplesAt]) -> SamplesOn:
        """The same tasks as numbers of an arithmetic."""
        arrays = {name: ar.exact(array) for name, array in tasks.numbers().items()}
        axes = {name: entry.axes for name, entry in tasks.declared().items()}
        return cls(ar, arrays, axes, points, spread_of(ar, tasks.same_samples))

    def __getitem__(self, name: str) -> Numbers:
        return self.arrays[name]

    @property
    def probabilities(self) -> Numbers:
        """p_i (..., n)."""
        return self.arrays["probabilities"]

    def at(self, w: Numbers) -> SamplesAt:
        """What is known of the tasks at points w (..., n or 1, P, d)."""
        return self.points(self, w)

    def select(self, tasks: list[int]) -> SamplesOn:
        """Some of the tasks, in the order given, repeats allowed; their probabilities are left as they are."""
        chosen = {
            name: self.ar.take(array, tasks, self.axes[name].index("task") - len(self.axes[name]))
            if "task" in self.axes[name]
            else array
            for name, array in self.arrays.items()
        }
        spread = None if self.spread is None else self.ar.take(self.spread, tasks, -1)
        return SamplesOn(self.ar, chosen, self.axes, self.points, spread)

    def drawn(self, rows: Gathering) -> SamplesOn:
        """Tasks (S, B) drawn with batches of their samples, as `TasksOn` says."""
        ar = self.ar
        arrays = {name: rows.of(ar, array, self.axes[name]) for name, array in self.arrays.items()}
        spread = None if self.spread is None else rows.of(ar, self.spread, ("task",))
        return SamplesOn(ar, arrays, self.axes, self.points, spread)

    def breaks(self, origin: Numbers, direction: Numbers) -> np.ndarray | None:
        """Where second derivatives along a line have a kink, as `TasksOn` says."""
        return self.points.breaks(self, origin, direction)


class SamplesAt(ABC):
    """Tasks at points w (..., n or 1, P, d): each quantity is computed when first asked for, and once.

    `self.tasks` holds the arrays in the arithmetic `self.ar`, by name. A family defines the first four methods; P may
    be 1 in what they return for what is the same everywhere.
    """

    def __init__(self, tasks: SamplesOn, w: Numbers):
        self.tasks = tasks
        self.w = w
        self.ar = tasks.ar

    # -- what a family defines ---------------------------------------------------------------------------------
    @abstractmethod
    def sample_values(self) -> Numbers:
        """l_ij(w) (..., n, P, m)."""

    @abstractmethod
    def sample_gradients(self) -> Numbers:
        """grad l_ij(w) (..., n, P, m, d)."""

    @abstractmethod
    def sample_products(self, v: Numbers) -> Numbers:
        """Hess l_ij(w) v (..., n, P, m, d), v (..., n, P, d)."""

    @abstractmethod
    def sample_hessians(self) -> Numbers:
        """Hess l_ij(w) (..., n, P or 1, m, d, d)."""

    @classmethod
    def breaks(cls, tasks: SamplesOn, origin: Numbers, direction: Numbers) -> np.ndarray | None:
        """Where second derivatives along a line have a kink, as `TasksOn` says; None: they are smooth curves."""
        return None

    # -- what follows ------------------------------------------------------------------------------------------
    @property
    def m(self) -> int:
        """How many samples each task has."""
        return int(self._gradients.shape[-2])

    @kept
    def _gradients(self) -> Numbers:
        return self.sample_gradients()

    @kept
    def _apart(self) -> Numbers:
        """grad l_ij(w) - grad f_i(w) (..., n, P, m, d)."""
        return self._gradients - self.gradient()[..., None, :]

    def _mean(self, y: Numbers, q: Numbers | None) -> Numbers:
        """sum_j q_j y_j (..., n, P, d) for y (..., n, P, m, d); q = 1/m when None."""
        if q is None:
            return self.ar.mean(y, -2)
        if y.shape[-3] == 1:  # one point, many batches: one product of matrices
            return self.ar.rmatvec(y[..., 0, :, :], q)
        return self.ar.weighted_sum(q[..., None], y, -2)

    def _spread(self, x: Numbers, axes: int) -> Numbers:
        return spread_out(self.tasks.spread, x, axes)

    def with_curvature(self) -> Self:
        """There is nothing to prepare: what Hessians need is not shared with gradients."""
        return self

    def value(self, q: Numbers | None = None) -> Numbers:
        """f_i(w, q) (..., n, P)."""
        values = self.sample_values()
        return self.ar.mean(values, -1) if q is None else self.ar.weighted_sum(q, values, -1)

    def gradient(self, q: Numbers | None = None) -> Numbers:
        """grad f_i(w, q) (..., n, P, d)."""
        return self._mean(self._gradients, q)

    def gradient_of_drawn(self, drawn: np.ndarray) -> Numbers:
        """grad f_i(w, q) (..., n, K, d) of batches by the samples that they hold, indices (K, D); a single point."""
        return mean_of_drawn(self.ar, self._gradients[..., 0, :, :], drawn)

    def gradient_deviation(self, r: Numbers) -> Numbers:
        """grad f_i(w, q) - grad f_i(w) for r = q - 1/m (..., n, P, d)."""
        return self._spread(self._mean(self._gradients, r), 2)

    def hessian_vector(self, v: Numbers, q: Numbers | None = None) -> Numbers:
        """H_i(w, q) v (..., n, P, d), v (..., n, P, d)."""
        return self._mean(self.sample_products(v), q)

    def hessian_vector_deviation(self, v: Numbers, r: Numbers) -> Numbers:
        """(H_i(w, q) - H_i(w)) v for r = q - 1/m (..., n, P, d)."""
        return self._spread(self.hessian_vector(v, r), 2)

    def mean_of_products(self, v: Numbers) -> Numbers:
        """E_j Hess l_ij(w) v_j over the samples (..., n, d), v (..., n, m, d); a single point (P = 1)."""
        products = self.ar.matvec(self.sample_hessians()[..., 0, :, :, :], v[..., None, :])
        return self.ar.mean(products[..., 0, :], -2)

    def hessian(self, q: Numbers | None = None) -> Numbers:
        """H_i(w, q) (..., n, P or 1, d, d)."""
        hessians = self.sample_hessians()
        return self.ar.mean(hessians, -3) if q is None else self.ar.weighted_sum(q[..., None, None], hessians, -3)

    def gradient_change(self, step: Numbers, q: Numbers | None = None) -> Numbers:
        """grad f_i(w + step, q) - grad f_i(w, q) (..., n, P, d); exactly 0 for a step that is exactly 0."""
        moved = self.tasks.at(self.w + step)
        change = self._mean(moved.sample_gradients() - self._gradients, q)
        return self.ar.vanishing_with(change, self.ar.squared_norm(step)[..., None])

    def gradient_across(self, move: Numbers, q: Numbers | None = None) -> Numbers:
        """grad f_i(w + move, q) - grad f_i(w - move, q) (..., n, P, d); exactly 0 for a move that is exactly 0."""
        change: Numbers = self.tasks.at(self.w - move).gradient_change(2 * move, q)
        return change

    def gradient_bend(self, step: Numbers) -> Numbers:
        """grad f_i(w + step) - grad f_i(w) - H_i(w) step (..., n, P, d); exactly 0 for a step that is exactly 0."""
        bend = self.gradient_change(step) - self.hessian_vector(step)
        return self.ar.vanishing_with(bend, self.ar.squared_norm(step)[..., None])

    def gradient_variance(self) -> Numbers:
        """E_j |grad l_ij(w) - grad f_i(w)|^2 over the samples (..., n, P): sigma~_i(w)^2."""
        return self._spread(self.ar.mean(self.ar.squared_norm(self._apart), -1), 1)

    def gradient_variance_in(self, form: Numbers) -> Numbers:
        """E_j x_j . Q_i x_j (..., n, P), x_j = grad l_ij(w) - grad f_i(w) of a sample, Q symmetric (..., n, d, d)."""
        products = self.ar.sum(self._apart * self.ar.matvec(form[..., None, :, :], self._apart), -1)
        return self._spread(self.ar.mean(products, -1), 1)

    def hessian_spread(self) -> Numbers:
        """E_j (Hess l_ij(w) - H_i(w))^2 (..., n, P or 1, d, d).

        The deviations, symmetric and one below the other, are a matrix B, and B^T B is m times that.
        """
        deviations = self.sample_hessians() - self.hessian()[..., None, :, :]
        m, d = deviations.shape[-3], deviations.shape[-1]
        rows = deviations.reshape(*deviations.shape[:-3], m * d, d)
        columns = self.ar.transpose(rows, (*range(rows.ndim - 2), rows.ndim - 1, rows.ndim - 2))
        return self._spread(self.ar.rmatvec(rows, columns) / m, 3)

    def hessian_variance(self) -> Numbers:
        """E_j |Hess l_ij(w) - H_i(w)|^2 over the samples, in operator norm (..., n, P or 1): sigma_H,i(w)^2."""
        deviations = self.sample_hessians() - self.hessian()[..., None, :, :]
        return self._spread(self.ar.mean(self.ar.square(spectral_norm(self.ar, deviations)), -1), 1)


class ConstantHessians(SamplesAt):
    """The same for samples whose Hessians are constant: what is linear in a step is computed from it alone."""

    @classmethod
    def breaks(cls, tasks: SamplesOn, origin: Numbers, direction: Numbers) -> np.ndarray:
        """No places: second derivatives are constant."""
        return np.zeros(0)

    def gradient_change(self, step: Numbers, q: Numbers | None = None) -> Numbers:
        """grad f_i(w + step, q) - grad f_i(w, q) = H_i(q) step (..., n, P, d)."""
        return self.hessian_vector(step, q)

    def gradient_across(self, move: Numbers, q: Numbers | None = None) -> Numbers:
        """grad f_i(w + move, q) - grad f_i(w - move, q) = 2 H_i(q) move (..., n, P, d)."""
        return self.gradient_change(2 * move, q)

    def gradient_bend(self, step: Numbers) -> Numbers:
        """grad f_i(w + step) - grad f_i(w) - H_i step (..., n, P, d): exactly 0."""
        return self.ar.exact(np.zeros(self.hessian_vector(step).shape))
