"""Quadratic tasks: sample losses (w - z_ij)^T Q_ij (w - z_ij) / 2 with symmetric, possibly indefinite Q_ij.

The same three layers and the same names as ridge tasks (`mamlcheck.tasks.ridge`): exact data, numbers of one
arithmetic, and what is known at points w. rho = 0; every quantity but an operator norm is rational.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic
from mamlcheck.arithmetic.exact import Sealed, exact_array, frozen, kept
from mamlcheck.arithmetic.linear import spectral_norm
from mamlcheck.errors import InputError
from mamlcheck.tasks.ridge import (
    EXACT_CONSTANTS,
    carry_constants,
    certified_constant,
    check_probabilities,
    equal_along,
    mean_of_drawn,
    spread_of,
)

Array = Any


@dataclass(frozen=True)
class QuadraticTasks(Sealed):
    """n tasks of m samples in d dimensions: `matrices` (..., n, m, d, d) symmetric, `centres` (..., n, m, d).

    `probabilities` (..., n) sum to exactly 1. All exact numbers, and read-only. Raises `InputError` when shapes or
    values do not fit.
    """

    matrices: np.ndarray
    centres: np.ndarray
    probabilities: np.ndarray

    polynomial = True

    def __post_init__(self) -> None:
        for name in ("matrices", "centres", "probabilities"):
            object.__setattr__(self, name, exact_array(getattr(self, name)))
        shape = self.centres.shape
        if len(shape) < 3 or 0 in shape[-3:]:
            raise InputError(f"centres of shape {shape}: give n >= 1 tasks, m >= 1 samples, d >= 1, (n, m, d)")
        if self.matrices.shape != (*shape, shape[-1]):
            raise InputError(f"matrices have shape {self.matrices.shape}: centres {shape} need {(*shape, shape[-1])}")
        if self.probabilities.shape != shape[:-2]:
            raise InputError(f"probabilities have shape {self.probabilities.shape}: centres {shape} need {shape[:-2]}")
        if not (self.matrices == np.swapaxes(self.matrices, -1, -2)).all():
            raise InputError("a matrix is not symmetric: give (Q + Q^T) / 2, which has the same loss")
        check_probabilities(self.probabilities)

    @property
    def n(self) -> int:
        return int(self.centres.shape[-3])

    @property
    def m(self) -> int:
        return int(self.centres.shape[-2])

    @property
    def d(self) -> int:
        return int(self.centres.shape[-1])

    @property
    def width(self) -> int:
        """How many numbers a point takes at each sample: its d coordinates."""
        return self.d

    @property
    def provenance(self) -> str:
        """Of the constants L and rho."""
        return "certified"

    def __getitem__(self, index: Any) -> QuadraticTasks:
        """One instance out of a block of them; constants certified already are carried over."""
        parts = (self.matrices, self.centres, self.probabilities)
        picked = QuadraticTasks(*(np.asarray(p[index]) for p in parts))
        carry_constants(self, picked, index)
        return picked

    def alone(self, task: int) -> QuadraticTasks:
        """One of the tasks by itself, with probability 1."""
        matrices, centres = self.matrices[..., [task], :, :, :], self.centres[..., [task], :, :]
        return QuadraticTasks(matrices, centres, np.ones((*centres.shape[:-3], 1)))

    @cached_property
    def same_samples(self) -> np.ndarray:
        """Whether all samples of a task are the same data (..., n), and so every batch of it the full data."""
        same = equal_along(self.matrices, -3).all(axis=(-1, -2)) & equal_along(self.centres, -2).all(axis=-1)
        return frozen(np.asarray(same))

    def on(self, ar: Arithmetic) -> QuadraticOn:
        """The same tasks as numbers of an arithmetic."""
        return QuadraticOn(
            ar, ar.exact(self.matrices), ar.exact(self.centres), ar.exact(self.probabilities),
            spread_of(ar, self.same_samples),
        )  # fmt: skip

    @cached_property
    def smoothness(self) -> np.ndarray:
        """L (...): the largest |mean_j Q_ij| in operator norm, as doubles not below it."""

        def bound(ar: Any) -> np.ndarray:
            return np.asarray(np.max(ar.upper(spectral_norm(ar, ar.mean(ar.exact(self.matrices), -3))), axis=-1))

        return certified_constant(bound, exactly=self.d == 1 and self.matrices.size <= EXACT_CONSTANTS)

    @cached_property
    def hessian_lipschitz(self) -> np.ndarray:
        """rho = 0 (...): the Hessians are constant."""
        return frozen(np.zeros(self.centres.shape[:-3]))

    @property
    def global_deviations(self) -> None:
        """None: tasks or samples of different curvature have no bounded variance (theory: Assumption 4.5)."""
        return


@dataclass(frozen=True)
class QuadraticOn:
    """`QuadraticTasks` as numbers of one arithmetic."""

    ar: Arithmetic
    matrices: Array
    centres: Array
    probabilities: Array
    spread: Array | None

    def at(self, w: Array) -> QuadraticAt:
        """What is known of the tasks at points w (..., n or 1, P, d)."""
        return QuadraticAt(self, w)

    def select(self, tasks: list[int]) -> QuadraticOn:
        """Some of the tasks, in the order given, repeats allowed; their probabilities are left as they are."""
        ar = self.ar
        return QuadraticOn(
            ar, ar.take(self.matrices, tasks, -4), ar.take(self.centres, tasks, -3),
            ar.take(self.probabilities, tasks, -1), None if self.spread is None else ar.take(self.spread, tasks, -1),
        )  # fmt: skip

    def product(self, v: Array) -> Array:
        """Q_ij v_j (..., n, P, m, d) for v (..., n, P, m or 1, d)."""
        ar = self.ar
        points = ar.transpose(v, (*range(v.ndim - 3), v.ndim - 2, v.ndim - 3, v.ndim - 1))
        moved = ar.matvec(self.matrices, points)
        return ar.transpose(moved, (*range(moved.ndim - 3), moved.ndim - 2, moved.ndim - 3, moved.ndim - 1))


class QuadraticAt:
    """Quadratic tasks at points w: each quantity is computed when first asked for, and once."""

    def __init__(self, tasks: QuadraticOn, w: Array):
        self.tasks = tasks
        self.w = w
        self.ar = tasks.ar

    @property
    def m(self) -> int:
        return int(self.tasks.centres.shape[-2])

    def with_curvature(self) -> QuadraticAt:
        """The Hessians are constant: there is nothing to prepare."""
        return self

    @kept
    def _gaps(self) -> Array:
        """w - z_ij (..., n, P, m, d)."""
        return self.w[..., None, :] - self.tasks.centres[..., None, :, :]

    @kept
    def _gradients(self) -> Array:
        """Sample gradients Q_ij (w - z_ij) (..., n, P, m, d)."""
        return self.tasks.product(self._gaps)

    def _mean(self, y: Array, q: Array | None) -> Array:
        """sum_j q_j y_j (..., n, P, d) for y (..., n, P, m, d); q = 1/m when None."""
        if q is None:
            return self.ar.mean(y, -2)
        if y.shape[-3] == 1:  # one point, many batches: one product of matrices
            return self.ar.rmatvec(y[..., 0, :, :], q)
        return self.ar.weighted_sum(q[..., None], y, -2)

    def value(self, q: Array | None = None) -> Array:
        """f_i(w, q) (..., n, P)."""
        ar = self.ar
        values = ar.sum(self._gaps * self._gradients, -1) / 2
        return ar.mean(values, -1) if q is None else ar.weighted_sum(q, values, -1)

    def gradient(self, q: Array | None = None) -> Array:
        """grad f_i(w, q) (..., n, P, d)."""
        return self._mean(self._gradients, q)

    def _spread(self, x: Array, axes: int) -> Array:
        """x, exactly 0 for tasks of equal samples; x has `axes` axes after that of the tasks."""
        spread = self.tasks.spread
        return x if spread is None else x * spread[(..., *(None,) * axes)]

    def gradient_of_drawn(self, drawn: np.ndarray) -> Array:
        """grad f_i(w, q) (..., n, K, d) of batches by the samples that they hold, indices (K, D); a single point."""
        return mean_of_drawn(self.ar, self._gradients[..., 0, :, :], drawn)

    def gradient_deviation(self, r: Array) -> Array:
        """grad f_i(w, q) - grad f_i(w) for r = q - 1/m (..., n, P, d)."""
        return self._spread(self._mean(self._gradients, r), 2)

    def hessian_vector(self, v: Array, q: Array | None = None) -> Array:
        """H_i(q) v (..., n, P, d), v (..., n, P, d)."""
        return self._mean(self.tasks.product(v[..., None, :]), q)

    def hessian_vector_deviation(self, v: Array, r: Array) -> Array:
        """(H_i(q) - H_i) v for r = q - 1/m (..., n, P, d)."""
        return self._spread(self.hessian_vector(v, r), 2)

    def hessian(self, q: Array | None = None) -> Array:
        """H_i(q) (..., n, P, d, d)."""
        ar, matrices = self.ar, self.tasks.matrices[..., None, :, :, :]
        return ar.mean(matrices, -3) if q is None else ar.weighted_sum(q[..., None, None], matrices, -3)

    def gradient_change(self, step: Array, q: Array | None = None) -> Array:
        """grad f_i(w + step, q) - grad f_i(w, q) = H_i(q) step (..., n, P, d)."""
        return self.hessian_vector(step, q)

    def gradient_across(self, move: Array, q: Array | None = None) -> Array:
        """grad f_i(w + move, q) - grad f_i(w - move, q) = 2 H_i(q) move (..., n, P, d)."""
        return self.gradient_change(2 * move, q)

    def gradient_bend(self, step: Array) -> Array:
        """grad f_i(w + step) - grad f_i(w) - H_i step (..., n, P, d): exactly 0."""
        return self.ar.exact(np.zeros(self.hessian_vector(step).shape))

    def gradient_variance(self) -> Array:
        """E_j |grad l_ij(w) - grad f_i(w)|^2 over the samples (..., n, P): sigma~_i(w)^2."""
        ar = self.ar
        deviations = self._gradients - self.gradient()[..., None, :]
        return self._spread(ar.mean(ar.squared_norm(deviations), -1), 1)

    def hessian_variance(self) -> Array:
        """E_j |Q_ij - mean_j Q_ij|^2 in operator norm (..., n, 1): sigma_H,i^2."""
        ar, matrices = self.ar, self.tasks.matrices
        deviations = matrices - ar.mean(matrices, -3)[..., None, :, :]
        return self._spread(ar.mean(ar.square(spectral_norm(ar, deviations)), -1)[..., None], 1)
