"""Whole runs that are known exactly: quadratic tasks that all have the curvature h I, of every sample, and rho = 0.

There L(w) = 4L, so that beta = c / (4L) is not random; grad F(w) = Q (w - w*), Q = (1 - alpha h)^2 h, and the mean
direction is s grad F with s = 1, or s = 1 / (1 - alpha h) for FO-MAML, which leaves the factor of the Hessian out. The
covariance C of a direction is the same at all points. So the mean of w_k - w* shrinks by r = 1 - beta s Q a step, the
trace of its covariance grows to (beta^2 tr C / B) (1 - r^(2k)) / (1 - r^2), and

    E|grad F(w_k)|^2 = r^(2k) |grad F(w_0)|^2 + Q^2 times that.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import kept
from mamlcheck.meta.directions import Directions
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.family import Tasks

FACTORS = {"maml": Fraction(1, 12), "fo_maml": Fraction(1, 18), "hf_maml": Fraction(1, 25)}
"""c of the step size beta = c beta~ in Theorems 4.12, 4.15 and 4.17."""


def common_curvatures(tasks: Tasks) -> np.ndarray | None:
    """The h of each set of tasks (...), exact numbers, 0 where there is no common h > 0; None for another kind."""
    if not isinstance(tasks, QuadraticTasks):
        return None
    curvature = tasks.matrices[..., 0, 0, 0, 0]
    isotropic = np.eye(tasks.d, dtype=int) * curvature[..., None, None, None, None]
    same = (tasks.matrices == isotropic).all(axis=(-4, -3, -2, -1)) & (curvature > 0)
    return np.where(same, curvature, 0)


@dataclass(frozen=True, eq=False)
class ExactRun:
    """A run of `steps` steps from w, in one arithmetic (...), with the batches of its instances.

    factor: c. curvature: h. stretch: by how much the mean direction exceeds grad F. direction: of one task at w.
    """

    ar: Arithmetic
    factor: Numbers
    curvature: Numbers
    alpha: Numbers
    smoothness: Numbers
    stretch: Numbers
    direction: Directions
    tasks: int
    steps: int

    @kept
    def mean_square(self) -> Numbers:
        """E |grad F(w_K)|^2, K uniform on 0, ..., T - 1 (...)."""
        ar, steps = self.ar, self.steps
        shrunk = self._shrunk_squares  # the mean of r^(2k) over k
        beta = self.factor / (4 * self.smoothness)
        trace = self.direction.second_moment - ar.squared_norm(self.direction.mean)
        left = 2 * self._pull - ar.square(self._pull)  # 1 - r^2, without cancellation
        noise = ar.square(self._meta_curvature * beta) * trace / self.tasks * (1 - shrunk) / left
        return self.square_of_means + (noise if steps > 1 else 0 * noise)

    @kept
    def square_of_means(self) -> Numbers:
        """The mean of |E grad F(w_k)|^2 over k < T (...): what is left of the start, whatever the batches."""
        return self.ar.squared_norm(self.direction.meta_gradient) * self._shrunk_squares

    @kept
    def weighted_square(self) -> Numbers:
        """E [|grad F(w_K)|^2 / L(w_K)] (...)."""
        return self.mean_square / (4 * self.smoothness)

    @kept
    def mean_size(self) -> Numbers:
        """E |grad F(w_K)| (...), between the mean of |E grad F(w_k)| and the root mean square."""
        ar = self.ar
        most = ar.sqrt(self.mean_square)
        least = ar.norm(self.direction.meta_gradient) * self._mean_power(ar.abs(1 - self._pull))
        return ar.between(ar.lower(least), ar.upper(most))

    @property
    def mean_test_size(self) -> Numbers:
        """E |grad F^(w_K)| (...): F^ has the gradient of F here, since gradients are linear in w."""
        return self.mean_size

    @kept
    def _meta_curvature(self) -> Numbers:
        """Q."""
        return self.ar.square(1 - self.alpha * self.curvature) * self.curvature

    @kept
    def _pull(self) -> Numbers:
        """1 - r = beta s Q."""
        return self.factor * self.stretch * self._meta_curvature / (4 * self.smoothness)

    @kept
    def _shrunk_squares(self) -> Numbers:
        return self._mean_power(self.ar.square(1 - self._pull))

    def _mean_power(self, ratio: Numbers) -> Numbers:
        """(1 / T) sum_{k < T} ratio^k, summed by doubling, so that nothing cancels."""
        total, power, done = ratio * 0 + 1, ratio, 1
        for bit in bin(self.steps)[3:]:
            total, power, done = total + power * total, self.ar.square(power), 2 * done
            if bit == "1":
                total, power, done = total + power, power * ratio, done + 1
        return total / self.steps


__all__ = ["FACTORS", "ExactRun", "common_curvatures"]
