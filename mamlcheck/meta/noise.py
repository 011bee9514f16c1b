"""The step of a batch, h = -alpha (grad f_i(w, D) - grad f_i(w)), for batches of any size: its moments, and its bend.

h is a mean of D independent draws from m vectors of mean 0, so that its moments are sums over the samples, whatever D.
What a step does to a gradient is H h, linear and so known by the moments, and a *bend*, which is known by bounds that
follow from L and rho: no more than |h| times 2 L, nor than |h|^2 times rho / 2. All shapes are (..., n), one number for
each task, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import kept
from mamlcheck.meta.objective import InnerStep


@dataclass(frozen=True, eq=False)
class BatchStep:
    """The steps that batches of `size` samples take from the point of `step`, a single one.

    smoothness, hessian_lipschitz: certified L and rho of the tasks (...). differ: 0 for tasks whose samples are all the
    same, else 1, exactly (..., n).
    """

    ar: Arithmetic
    step: InnerStep
    size: int
    smoothness: Numbers
    hessian_lipschitz: Numbers
    differ: Numbers

    @kept
    def of_samples(self) -> Numbers:
        """-alpha (grad l_ij(w) - grad f_i(w)) (..., n, m, d): the step is the mean of `size` of them, at random."""
        start = self.step.start
        gradients = start.gradient_of_drawn(np.arange(start.m)[:, None])
        return -(self.step.alpha * (gradients - self.step.gradient)) * self.differ[..., None, None]

    @kept
    def curvature(self) -> Numbers:
        """H_i (..., n, d, d) where the full inner step ends."""
        hessian: Numbers = self.step.end.hessian()
        return hessian[..., 0, :, :]

    # -- moments of h --------------------------------------------------------------------------------------------
    @kept
    def second(self) -> Numbers:
        """E |h|^2 = alpha^2 sigma~_i^2 / D."""
        alpha = self.step.alpha[..., 0, 0]
        variance: Numbers = self.step.start.gradient_variance()
        return self.ar.square(alpha) * variance[..., 0] / self.size

    @kept
    def fourth(self) -> Numbers:
        """E |h|^4 = (E |x|^4 + (D - 1) ((E |x|^2)^2 + 2 |E x x^T|^2)) / D^3, Frobenius norm, x one of `of_samples`.

        Of the D^4 products of two inner products, those have a mean that have equal indices in pairs: D with all equal,
        D (D - 1) for each of the three pairings.
        """
        ar, x, d = self.ar, self.of_samples, self.size
        squares = ar.squared_norm(x)
        swapped = ar.transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))
        covariance = ar.rmatvec(x, swapped) / int(x.shape[-2])
        pairs = ar.square(ar.mean(squares, -1))
        pairs = pairs + 2 * ar.squared_norm(covariance.reshape(*covariance.shape[:-2], -1))
        return (ar.mean(ar.square(squares), -1) + (d - 1) * pairs) / d**3

    @kept
    def longest_squared(self) -> np.ndarray:
        """Doubles not below |h|^2, whatever the batch."""
        upper: np.ndarray = self.ar.upper(self.ar.squared_norm(self.of_samples)).max(axis=-1)
        return upper

    # -- what a step does to the gradient ------------------------------------------------------------------------
    @kept
    def linear_spread(self) -> Numbers:
        """E |H_i h|^2 = E_j |H_i x_j|^2 / D: exact, as is what linear gradients do."""
        ar = self.ar
        return ar.mean(ar.squared_norm(ar.matvec(self.curvature, self.of_samples)), -1) / self.size

    @kept
    def mean_bend(self) -> Numbers:
        """At least |E bend|: E min(rho |h|^2 / 2, 2 L |h|)."""
        bent = self._rho * self.second / 2
        return self.ar.minimum(bent, 2 * self._l * self.ar.sqrt(self.second))

    @kept
    def squared_bend(self) -> Numbers:
        """At least E |bend|^2: E min(rho^2 |h|^4 / 4, 4 L^2 |h|^2)."""
        ar = self.ar
        return ar.minimum(ar.square(self._rho) * self.fourth / 4, 4 * ar.square(self._l) * self.second)

    @kept
    def mean_excess(self) -> Numbers:
        """At least |E (|e|^2 - |H h|^2)| for e = H h + bend, the change of the gradient.

        Both lengths are at most L |h|, so that it is at most L^2 |h|^2; and |bend . (2 H h + bend)| <= rho L |h|^3,
        whose mean is at most rho L (E |h|^2 E |h|^4)^(1/2).
        """
        ar = self.ar
        cubic = self._rho * self._l * ar.sqrt(self.second * self.fourth)
        return ar.minimum(ar.square(self._l) * self.second, cubic)

    @kept
    def squared_excess(self) -> Numbers:
        """At least E (|e|^2 - |H h|^2)^2: of L^4 |h|^4, and of rho^2 L^2 |h|^6 with the longest step for one square."""
        ar = self.ar
        longest = ar.between(self.longest_squared, self.longest_squared)
        rough = ar.minimum(ar.square(self._l), ar.square(self._rho) * longest)
        return ar.square(self._l) * rough * self.fourth

    @property
    def _l(self) -> Numbers:
        return self.smoothness[..., None]

    @property
    def _rho(self) -> Numbers:
        return self.hessian_lipschitz[..., None]


__all__ = ["BatchStep"]
