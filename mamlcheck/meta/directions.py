"""The direction of one task of one step, over its batches: its mean and second moment, without an enumeration of them.

G_1 is the direction of one random task i ~ p with batches D_in, D_o and D_h, at a fixed w (equations (4), (5), (8) and
(10)). MAML's and FO-MAML's are linear in the outer gradient v = grad f_i(w_i, D_o) and in the Hessian H_i(w, D_h), and
those are means of independent draws once the inner step is known. So D_in alone is enumerated, and D_o and D_h enter by
their sizes: with v_j and H_k of single samples, and v and H of all of them,

    E |(I - alpha H_i(w, D_h)) v_i|^2 = E_in [ |A v|^2 + mean_j |A (v_j - v)|^2 / D_o ] + hessian noise,
    hessian noise = (alpha^2 / D_h) E_in [ mean_k |(H_k - H) v|^2 + mean_jk |(H_k - H) (v_j - v)|^2 / D_o ],

A = I - alpha H. HF-MAML's is not linear in v: D_in and D_o are enumerated together, and D_h enters by its size.

Directions differ from grad F(w) by what the inner noise bends, by the Hessian that FO-MAML leaves out, and by the error
of HF-MAML's differences. Each is computed by itself, so that an error is exactly 0 where nothing makes one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import kept
from mamlcheck.meta.algorithms import hessian_difference
from mamlcheck.meta.expectation import Batches
from mamlcheck.meta.objective import InnerStep
from mamlcheck.tasks.family import TasksAt


@dataclass(frozen=True, eq=False)
class NoisySteps:
    """The inner steps of all tasks from w, the single point of `step`, one for each of all K inner batches.

    differ: 0 for tasks whose samples are all the same, else 1, exactly (..., n).
    """

    ar: Arithmetic
    step: InnerStep
    batches: Batches
    differ: Numbers

    @kept
    def noise(self) -> Numbers:
        """w_i - w_i' = -alpha (grad f_i(w, D_in) - grad f_i(w)) (..., n, K, d)."""
        deviation: Numbers = self.step.start.gradient_deviation(self.batches.deviations(self.ar))
        return -(self.step.alpha * deviation)

    @kept
    def ends(self) -> TasksAt:
        """The tasks at w_i, one point for every inner batch."""
        return self.step.tasks.at(self.step.adapted + self.noise)

    @kept
    def gradient(self) -> Numbers:
        """grad f_i(w_i) (..., n, K, d)."""
        gradient: Numbers = self.ends.gradient()
        return gradient

    @kept
    def mean_bend(self) -> Numbers:
        """E_in grad f_i(w_i) - grad f_i(w_i') (..., n, 1, d).

        The noise has mean 0 exactly, so what is linear in it is left out.
        """
        bend = self.step.end.gradient_bend(self.noise)
        return self.ar.weighted_sum(self.batches.probabilities(self.ar)[:, None], bend, -2)[..., None, :]

    @kept
    def mean_variance(self) -> Numbers:
        """E_i E_in sigma~_i(w_i)^2 (...)."""
        return self.mean(self.ends.gradient_variance())

    def mean_form(self, form: Numbers, outer: int) -> Numbers:
        """E v . Q_i v (...), v = grad f_i(w_i, D_o) with `outer` samples in D_o, Q symmetric (..., n, d, d)."""
        squares = self.ar.sum(self.gradient * self.ar.matvec(form, self.gradient), -1)
        return self.mean(squares + self.ends.gradient_variance_in(form) / outer)

    def mean(self, x: Numbers) -> Numbers:
        """E_i E_in of x (..., n, K): (...)."""
        of_tasks = self.ar.weighted_sum(self.batches.probabilities(self.ar), x, -1)
        return self.ar.weighted_sum(self.step.tasks.probabilities, of_tasks, -1)


class Directions(ABC):
    """The direction G_1 of one random task of one step, over all that it draws."""

    def __init__(self, steps: NoisySteps, outer: int):
        self.steps = steps
        self.step = steps.step
        self.ar = steps.ar
        self.outer = outer

    @property
    def meta_gradient(self) -> Numbers:
        """grad F(w) (..., d)."""
        return self.step.meta_gradient[..., 0, :]

    @property
    @abstractmethod
    def error(self) -> Numbers:
        """E G_1 - grad F(w) (..., d)."""

    @property
    @abstractmethod
    def second_moment(self) -> Numbers:
        """E |G_1|^2 (...)."""

    @kept
    def mean(self) -> Numbers:
        """E G_1 (..., d)."""
        return self.meta_gradient + self.error

    @kept
    def along(self) -> Numbers:
        """<grad F(w), E G_1> (...)."""
        return self.ar.sum(self.meta_gradient * self.mean, -1)

    @kept
    def pulled_bend(self) -> Numbers:
        """E_i (I - alpha H_i(w)) E_in [grad f_i(w_i) - grad f_i(w_i')] (..., d)."""
        bend = self.steps.mean_bend
        return self._over_tasks(bend - self.step.alpha * self.step.start.hessian_vector(bend))

    def _over_tasks(self, x: Numbers) -> Numbers:
        """E_i of x (..., n, 1, d): (..., d)."""
        return self.step.over_tasks(x)[..., 0, :]


class FirstOrder(Directions):
    """FO-MAML: G_1 = grad f_i(w_i, D_o), equation (8)."""

    @kept
    def error(self) -> Numbers:
        """E_i [E_in grad f_i(w_i) - grad f_i(w_i') + alpha H_i(w) grad f_i(w_i')] (..., d)."""
        step = self.step
        left_out = step.alpha * step.start.hessian_vector(step.adapted_gradient)
        return self._over_tasks(self.steps.mean_bend + left_out)

    @kept
    def mean(self) -> Numbers:
        """E_i E_in grad f_i(w_i) (..., d)."""
        return self._over_tasks(self.step.adapted_gradient + self.steps.mean_bend)

    @kept
    def second_moment(self) -> Numbers:
        """E |v|^2 = E_i E_in [|grad f_i(w_i)|^2 + sigma~_i(w_i)^2 / D_o] (...)."""
        squares = self.steps.mean(self.ar.squared_norm(self.steps.gradient))
        return squares + self.steps.mean_variance / self.outer


class SecondOrder(Directions):
    """MAML: G_1 = (I - alpha H_i(w, D_h)) grad f_i(w_i, D_o), equation (5)."""

    def __init__(self, steps: NoisySteps, outer: int, hessian: int):
        super().__init__(steps, outer)
        self.hessian = hessian

    @property
    def error(self) -> Numbers:
        """E G_1 - grad F(w) (..., d): D_h and D_o are independent of w_i and unbiased, so the mean bend is left."""
        return self.pulled_bend

    @kept
    def second_moment(self) -> Numbers:
        """E |A v|^2 + hessian noise (...), v = grad f_i(w_i, D_o), A = I - alpha H_i(w): one form in v."""
        noise = self.ar.square(self.step.alpha) / self.hessian * self._hessian_spread
        return self.steps.mean_form(self._squared_factor + noise, self.outer)

    @kept
    def by_full_hessian(self) -> Numbers:
        """E |A v|^2 (...): the second moment as D_h grows."""
        return self.steps.mean_form(self._squared_factor, self.outer)

    @kept
    def hessian_noise(self) -> Numbers:
        """alpha^2 E |(H_i(w, D_h) - H_i(w)) v|^2 (...), v = grad f_i(w_i, D_o)."""
        rate = self.ar.square(self.step.alpha[..., 0, 0, 0])
        return rate * self.steps.mean_form(self._hessian_spread, self.outer) / self.hessian

    @kept
    def _squared_factor(self) -> Numbers:
        """(I - alpha H_i(w))^2 (..., n, d, d)."""
        factor = self.ar.exact(np.eye(int(self._hessian.shape[-1]))) - self.step.alpha * self._hessian
        return self.ar.rmatvec(factor, factor)

    @kept
    def _hessian(self) -> Numbers:
        """H_i(w) (..., n, d, d)."""
        hessian: Numbers = self.step.start.hessian()
        return hessian[..., 0, :, :]

    @kept
    def _hessian_spread(self) -> Numbers:
        """mean_k (H_k - H_i)^2 over the samples at w (..., n, d, d)."""
        spread: Numbers = self.step.start.hessian_spread()
        return spread[..., 0, :, :]


@dataclass(frozen=True, eq=False)
class DifferenceRule:
    """HF-MAML's rule delta = eta / (rho alpha |v|), and what bounds a difference where |v| is not known to be positive.

    scale: rho alpha (...). factor: eta (...). Where rho alpha = 0 the rule is infinite and every delta gives the same
    direction, since gradients are linear then, or nothing is subtracted: delta is eta.

    smoothness: doubles (...) not below L of the tasks. deviation: doubles (...) that E_k |Hess l_ik - H_i|^2 does not
    exceed at any point, infinite where that is not known.
    """

    scale: Numbers
    factor: Numbers
    smoothness: np.ndarray
    deviation: np.ndarray


class HessianFree(Directions):
    """HF-MAML: G_1 = v - alpha d_i, v = grad f_i(w_i, D_o), equations (10) and (11), over all pairs of D_in and D_o.

    With d the difference of all samples and d_k of one, E |d_i|^2 over D_h is |d|^2 + mean_k |d_k - d|^2 / D_h.
    """

    def __init__(self, steps: NoisySteps, outer: Batches, hessian: int, rule: DifferenceRule):
        super().__init__(steps, outer.size)
        self.outer_batches = outer
        self.hessian = hessian
        self.rule = rule

    @kept
    def error(self) -> Numbers:
        """E G_1 - grad F(w) (..., d): MAML's, and alpha E [H_i(w) v - d]."""
        missed = self._over_pairs(self._missed_product)[..., None, :]
        return self.pulled_bend + self._over_tasks(self.step.alpha * missed)

    @kept
    def second_moment(self) -> Numbers:
        """E |v - alpha d|^2 + hessian noise (...)."""
        direction = self._outer_gradient - self.step.alpha * self._difference
        return self._mean(self.ar.squared_norm(direction)) + self.hessian_noise

    @kept
    def hessian_noise(self) -> Numbers:
        """alpha^2 E |d_i(D_h) - d_i|^2 = (alpha^2 / D_h) E mean_k |d_k - d|^2 (...)."""
        rate = self.ar.square(self.step.alpha[..., 0, 0, 0])
        return rate * self._mean(self._difference_variance) / self.hessian

    # -- over the pairs of inner and outer batches, an axis of P = K_in K_o points --------------------------------
    def _over_pairs(self, x: Numbers) -> Numbers:
        """E_in E_o of x (..., n, P, k): (..., n, k)."""
        inner, outer = self.steps.batches.probabilities(self.ar), self.outer_batches.probabilities(self.ar)
        return self.ar.weighted_sum((inner[:, None] * outer).reshape(-1, 1), x, -2)

    def _mean(self, x: Numbers) -> Numbers:
        """E_i E_in E_o of x (..., n, P): (...)."""
        return self.ar.weighted_sum(self.step.tasks.probabilities, self._over_pairs(x[..., None])[..., 0], -1)

    @kept
    def _outer_gradient(self) -> Numbers:
        """v (..., n, P, d): all samples' gradient at w_i, and what the samples of D_o add to it."""
        ar, ends, gradient = self.ar, self.steps.ends, self.steps.gradient
        m, counted = ends.m, self.outer_batches.weights(ar)
        apart = _apart(ar, m)
        of_samples = ar.stack([ends.gradient_deviation(apart[j : j + 1]) for j in range(m)], -2)
        pairs = gradient[..., None, :] + ar.rmatvec(of_samples, counted)
        return pairs.reshape(*gradient.shape[:-2], -1, gradient.shape[-1])

    @kept
    def _length(self) -> Numbers:
        """|v| (..., n, P)."""
        return self.ar.norm(self._outer_gradient)

    @kept
    def _linear(self) -> np.ndarray:
        """Where rho alpha is exactly 0 (..., 1, 1)."""
        scale = self.rule.scale[..., None, None]
        return np.asarray((self.ar.lower(scale) == 0) & (self.ar.upper(scale) == 0))

    @kept
    def _unclear(self) -> np.ndarray:
        """Where the rule needs |v| and it is not known to be positive (..., n, P)."""
        if self._linear.all():
            return np.zeros(self._outer_gradient.shape[:-1], dtype=bool)
        return np.asarray(~(self.ar.lower(self._length) > 0) & ~self._linear)

    @kept
    def _delta(self) -> Numbers:
        """delta (..., n, P, 1); as if |v| were 1 where it may be 0, and the difference is known by its bound."""
        ar, factor, linear = self.ar, self.rule.factor[..., None, None], _flags(self.ar, self._linear)
        if self._linear.all():
            return (factor + 0 * self._outer_gradient[..., 0])[..., None]
        unclear = _flags(ar, self._unclear)
        length = self._length * (1 - unclear) + unclear
        scale = self.rule.scale[..., None, None]
        return (factor / (scale * length * (1 - linear) + linear))[..., None]

    @kept
    def _plain_difference(self) -> Numbers:
        """d (..., n, P, d), and whatever `_delta` gives where |v| is not known to be positive."""
        return hessian_difference(self.ar, self.step.start, self._outer_gradient, self._delta)

    @kept
    def _difference(self) -> Numbers:
        """d (..., n, P, d): no longer than L |v|."""
        most = self._bound(self.rule.smoothness, self._length) if self._unclear.any() else None
        return self._or_between(self._plain_difference, None if most is None else -most, most)

    @kept
    def _difference_variance(self) -> Numbers:
        """mean_k |d_k - d|^2 (..., n, P), exactly 0 for tasks of equal samples.

        d_k - d is a mean of (H_k - H_i) v along a line, so that its mean square is at most `deviation` |v|^2 (Jensen).
        """
        ar, start, whole = self.ar, self.step.start, self._plain_difference
        alone = _alone(ar, start.m)
        of_samples = [
            hessian_difference(ar, start, self._outer_gradient, self._delta, alone[k : k + 1]) for k in range(start.m)
        ]
        squares = [ar.squared_norm(difference - whole) for difference in of_samples]
        variance = ar.mean(ar.stack(squares, -1), -1) * self.steps.differ[..., None]
        if not self._unclear.any():
            return variance
        same = ar.upper(self.steps.differ)[..., None] == 0
        most = np.where(same, 0.0, self._bound(self.rule.deviation, ar.square(self._length)))
        return self._or_between(variance, np.zeros(most.shape), most)

    @kept
    def _missed_product(self) -> Numbers:
        """H_i v - d (..., n, P, d), exactly 0 where H_i is constant; no longer than 2 L |v|.

        With B(s) = grad f_i(w + s) - grad f_i(w) - H_i s it is (B(-delta v) - B(delta v)) / (2 delta).
        """
        start, move = self.step.start, self._delta * self._outer_gradient
        missed = (start.gradient_bend(-move) - start.gradient_bend(move)) / (2 * self._delta)
        most = self._bound(2 * self.rule.smoothness, self._length) if self._unclear.any() else None
        return self._or_between(missed, None if most is None else -most, most)

    def _bound(self, factor: np.ndarray, x: Numbers) -> np.ndarray:
        """Doubles (..., n, P) not below a factor (...) times x."""
        finite = np.isfinite(factor)
        bound = self.ar.upper(x * self.ar.exact(np.where(finite, factor, 0.0))[..., None, None])
        return np.where(finite[..., None, None], bound, np.inf)

    def _or_between(self, x: Numbers, low: np.ndarray | None, high: np.ndarray | None) -> Numbers:
        """x, but all that lies between bounds (..., n, P) where |v| is not known to be positive; None: it is."""
        if low is None or high is None:
            return x
        ar, axes = self.ar, (None,) * (x.ndim - self._unclear.ndim)
        known = x * _flags(ar, ~self._unclear)[(..., *axes)]
        low, high = (np.where(self._unclear, bound, 0.0) for bound in (low, high))
        return known + ar.between(low, high)[(..., *axes)] if low.any() or high.any() else known


class FullHessianFree(HessianFree):
    """HF-MAML with all data in every batch: G_1 = g - alpha d_i along g = grad f_i(w_i'); P = 1 pair of batches."""

    def __init__(self, step: InnerStep, rule: DifferenceRule):
        self.step, self.ar, self.rule = step, step.ar, rule

    @kept
    def error(self) -> Numbers:
        """Alpha E_i [H_i(w) g - d_i] (..., d)."""
        return self._over_tasks(self.step.alpha * self._missed_product)

    @kept
    def _outer_gradient(self) -> Numbers:
        """g (..., n, 1, d)."""
        return self.step.adapted_gradient


class AtRest(Directions):
    """The direction of an algorithm that goes nowhere: G_1 = 0 for whatever is drawn."""

    @kept
    def error(self) -> Numbers:
        """-grad F(w) (..., d)."""
        return -self.meta_gradient

    @kept
    def mean(self) -> Numbers:
        """0 (..., d)."""
        return self.ar.exact(np.zeros(self.meta_gradient.shape))

    @kept
    def second_moment(self) -> Numbers:
        """0 (...)."""
        return self.ar.exact(np.zeros(self.meta_gradient.shape[:-1]))

    @property
    def hessian_noise(self) -> Numbers:
        """0 (...)."""
        return self.second_moment


def _flags(ar: Arithmetic, answers: np.ndarray) -> Numbers:
    """1 where it is so, else 0."""
    return ar.exact(answers.astype(np.float64))


def _alone(ar: Arithmetic, m: int) -> Numbers:
    """The batches that hold one sample each, as weights (m, m)."""
    return ar.exact(np.eye(m))


def _apart(ar: Arithmetic, m: int) -> Numbers:
    """The same as deviations from the full data (m, m), each taken before it is rounded."""
    whole = np.array([Fraction(int(j == k)) - Fraction(1, m) for j in range(m) for k in range(m)], dtype=object)
    return ar.exact(whole).reshape(m, m)


__all__ = ["DifferenceRule", "Directions", "FirstOrder", "FullHessianFree", "HessianFree", "NoisySteps", "SecondOrder"]
