"""Quantities over batches that are too many to enumerate: by their moments, and by samples.

By moments, enclosures are certified, and as wide as the little that L and rho say of what bends. By samples, they hold
at the confidence of a `Sample`. Claims run on either unchanged. Where the batches of a role can be enumerated they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.ball import from_bounds
from mamlcheck.arithmetic.clouds import Cloud, ball_of_clouds, widened
from mamlcheck.arithmetic.exact import kept
from mamlcheck.errors import TooManyBatches
from mamlcheck.meta.directions import AtRest, Directions, FirstOrder, HessianFree, SecondOrder
from mamlcheck.meta.evaluation import OF_THE_FIXED_TASK, Evaluation
from mamlcheck.meta.expectation import Batches
from mamlcheck.meta.given import Given
from mamlcheck.meta.noise import BatchStep
from mamlcheck.meta.objective import InnerStep
from mamlcheck.meta.reach import MOST_POINT_NUMBERS, merged_in_reach
from mamlcheck.meta.reciprocal import reciprocal_moments
from mamlcheck.meta.sampling import MeanAtConfidence, Sample, key_of
from mamlcheck.tasks.constants import mean_of_drawn
from mamlcheck.tasks.equals import first_equals
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.samples import ConstantHessians

EXPECTATIONS = 4  # that one claim may take of samples: of a bend, an excess and a variance, and over D_test
NUMBERS_AT_ONCE = 2**18  # of the samples at the points of sampled batches: small enough for memory and for the cache
Balls = Any
"""The numbers of formulas that are written over any arithmetic: balls, since the arithmetic is `ball` here."""
ball: Any = ball_of_clouds
INNER_STREAM, VARIANCE_STREAM, TEST_STREAM = range(3)


def _bound(doubles: Doubles) -> Balls:
    """Bounds as balls without a radius, unbounded where they are infinite."""
    return ball.between(doubles, doubles)


class BeyondEnumeration(Evaluation):
    """Instances whose batches are too many, in balls: by moments, and one alone by a sample where one is given."""

    def __init__(self, instance: Given, sample: Sample | None = None):
        super().__init__(instance, ball)
        self.sample = sample
        self._merged: dict[tuple[str, bool], Batches | None] = {}

    def batches(self, role: str, of_every_task: bool = False) -> Batches:
        """All batches of a role, those that differ in equal samples alone as one where there are too many else."""
        try:
            return super().batches(role, of_every_task)
        except TooManyBatches:
            of_one = role in OF_THE_FIXED_TASK and not of_every_task
            if (role, of_one) not in self._merged:
                tasks = self.given.tasks.alone(self.given.task) if of_one else self.given.tasks
                size = getattr(self.sizes, role)
                merged = merged_in_reach(tasks.n, first_equals(tasks), tasks.width, size, MOST_POINT_NUMBERS)
                self._merged[role, of_one] = merged
            found = self._merged[role, of_one]
            if found is None:
                raise
            return found

    def _listed(self, role: str) -> bool:
        try:
            self.batches(role)
        except TooManyBatches:
            return False
        return True

    # -- steps of batches ------------------------------------------------------------------------------------------
    def _step(self, tasks: Tasks, step: InnerStep, size: int) -> BatchStep:
        differ = ball.exact((~tasks.same_samples).astype(np.float64))
        return BatchStep(ball, step, size, _bound(tasks.smoothness), _bound(tasks.hessian_lipschitz), differ)

    @kept
    def _inner(self) -> BatchStep:
        """The step of D_in in the fixed task (n = 1)."""
        return self._step(self.given.tasks.alone(self.given.task), self.fixed_task, self.sizes.inner)

    @kept
    def _test(self) -> BatchStep:
        """The step of D_test in every task."""
        return self._step(self.given.tasks, self.at_w, self.sizes.test)

    def _steps(self, batch: BatchStep, stream: int) -> Iterator[Balls]:
        """Sampled steps (..., n, K, d), those of different tasks independent of each other."""
        x, sample = batch.of_samples, self.sample
        n, m = x.shape[-3:-1]
        at_once = max(1, NUMBERS_AT_ONCE // (n * m * self.given.tasks.width))
        for drawn in sample.drawn(stream, m, n * batch.size, at_once) if sample else ():
            of_tasks = np.split(drawn, n, axis=1)
            yield ball.stack([mean_of_drawn(ball, x[..., i, :, :], of_tasks[i]) for i in range(n)], -3)

    def _mean(self, second_moment: Balls) -> MeanAtConfidence | None:
        """A mean over the sample (...), None where there is none to take: no sample, or nothing that varies."""
        most = ball.upper(second_moment)
        if self.sample is None or not (np.isfinite(most) & (most > 0)).all():
            return None
        return MeanAtConfidence(most, self.sample.draws, self.sample.risk)

    @kept
    def _hessian_deviation(self) -> Doubles | None:
        """What `Tasks.hessian_deviation` says (...); where it says nothing, and Hessians are constant, what they
        are at w: a matrix's Frobenius norm is at most d^(1/2) times its operator norm.
        """
        said, start = self.given.tasks.hessian_deviation, self.at_w.start
        if said is not None or not isinstance(start, ConstantHessians):
            return said
        most: Doubles = ball.upper(start.hessian_variance()[..., 0] * self.given.tasks.d).max(axis=-1)
        return most

    # -- the adapted gradient of the fixed task ----------------------------------------------------------------------
    @kept
    def _bend_and_excess(self) -> tuple[Cloud, Balls]:
        """E bend (..., d), and E (|e|^2 - |H h|^2) (...), of one sample; e = H h + bend, h the inner noise."""
        batch, end = self._inner, self.fixed_task.end
        bends, excesses = (self._mean(most[..., 0]) for most in (batch.squared_bend, batch.squared_excess))
        if bends is not None or excesses is not None:
            for h in self._steps(batch, INNER_STREAM):
                bend: Balls = end.gradient_bend(h)
                if bends is not None:
                    bends.add(bend[..., 0, :, :])
                if excesses is not None:
                    linear = ball.matvec(batch.curvature, h)
                    excesses.add(ball.sum(bend * (2 * linear + bend), -1)[..., 0, :, None])
        still = ball.exact(np.zeros(self.w.shape))
        bias = _nearer(still, ball.upper(batch.mean_bend[..., 0]), bends)
        excess = _nearer(still[..., :1], ball.upper(batch.mean_excess[..., 0]), excesses)
        return bias, widened(excess.centre[..., 0], excess.error)

    @kept
    def noisy_gradient_bias(self) -> Balls:
        """E grad f_i(w_i, D_o) - grad f_i(w_i') (..., d): the mean of the bend, since the noise has mean 0."""
        return super().noisy_gradient_bias if self._listed("inner") else self._bend_and_excess[0]

    @kept
    def noisy_gradient_excess(self) -> Balls:
        """2 g . E e + E |e|^2 (...): see `Evaluation`. Of E |e|^2 all but what bends is exact."""
        if self._listed("inner"):
            return super().noisy_gradient_excess
        bias, excess = self._bend_and_excess
        g = self.fixed_task.adapted_gradient[..., 0, 0, :]
        along = widened(ball.sum(g * bias.centre, -1), ball.upper(ball.norm(g) * _bound(bias.error)))
        linear: Balls = self._inner.linear_spread[..., 0]
        return 2 * along + linear + excess

    @kept
    def noisy_gradient_variance(self) -> Balls:
        """E sigma~_i(w_i)^2 (...): sigma~_i is Lipschitz, with the root of `hessian_deviation` for a constant.

        So sigma~_i(w_i)^2 differs from its value s^2 at w_i' by at most 2 s K |h| + K^2 |h|^2.
        """
        if self._listed("inner"):
            return super().noisy_gradient_variance
        batch, end = self._inner, self.fixed_task.end
        bound = self._hessian_deviation
        if bound is None:
            raise TooManyBatches("these tasks have no bound of how far the Hessians of their samples are apart")
        settled = end.gradient_variance()[..., 0, 0]
        stretch, second, fourth = ball.sqrt(_bound(bound)), batch.second[..., 0], batch.fourth[..., 0]
        slope, square = 2 * ball.sqrt(settled) * stretch, ball.square(stretch)
        varies = self._mean(ball.square(slope * ball.sqrt(second) + square * ball.sqrt(fourth)))
        if varies is not None:
            for h in self._steps(batch, VARIANCE_STREAM):
                there: Balls = self.fixed_task.tasks.at(self.fixed_task.adapted + h).gradient_variance()
                varies.add((there[..., 0, :] - settled[..., None])[..., None])
        still = ball.exact(np.zeros((*self.given.shape, 1)))
        change = _nearer(still, ball.upper(slope * ball.sqrt(second) + square * second), varies)
        mean = settled + widened(change.centre[..., 0], change.error)
        return from_bounds(np.maximum(ball.lower(mean), 0.0), ball.upper(mean))

    @kept
    def noisy_gradient_second_moment(self) -> Balls:
        """E |grad f_i(w_i, D_o)|^2 (...) = |g|^2 + excess + E sigma~_i(w_i)^2 / D_o."""
        if self._listed("inner"):
            return super().noisy_gradient_second_moment
        g = self.fixed_task.adapted_gradient[..., 0, 0, :]
        return ball.squared_norm(g) + self.noisy_gradient_excess + self.noisy_gradient_variance / self.sizes.outer

    # -- the stochastic meta-objective -------------------------------------------------------------------------------
    @kept
    def stochastic_meta_gradient_error(self) -> Balls:
        """grad F^(w) - grad F(w) (..., d): E_i of E (I - alpha H^) (H' h + bend), H' the Hessian at w_i'.

        H h has mean 0, and E (H^ - H) H' h = -(alpha / D) E_j H_j H' (grad l_j - grad f) exactly, since both factors
        are means over the same batch. E (H^ - H) bend is at most (E |H^ - H|^2 E |bend|^2)^(1/2), where the Frobenius
        norm of H^ - H has the mean square E_j |H_j - H|^2 / D. What is left is the mean of (I - alpha H) bend.
        """
        if self._listed("test"):
            return super().stochastic_meta_gradient_error
        batch, start, rate = self._test, self.at_w.start, self.alpha[..., None]
        size = ball.abs(rate)  # a claim need not ask that alpha be positive
        moved = ball.matvec(batch.curvature, batch.of_samples)
        together = start.mean_of_products(moved) / batch.size  # (..., n, d); of_samples has the factor -alpha
        hessian = start.hessian()[..., 0, :, :]
        stretch = 1 + size * _bound(self.given.tasks.smoothness)[..., None]
        over_tasks = self.tasks.probabilities
        varies = self._mean(ball.square(ball.weighted_sum(over_tasks, stretch * ball.sqrt(batch.squared_bend), -1)))
        if varies is not None:
            for h in self._steps(batch, TEST_STREAM):
                bend = self.at_w.end.gradient_bend(h)
                pulled = bend - self.at_w.alpha * ball.matvec(hessian, bend)
                varies.add(ball.weighted_sum(over_tasks[..., None, None], pulled, -3))
        most = ball.weighted_sum(over_tasks, stretch * batch.mean_bend, -1)
        bent = _nearer(ball.exact(np.zeros(self.w.shape)), ball.upper(most), varies)
        drift = size * ball.sqrt(self._mean_squared_hessian_error(batch.size) * batch.squared_bend)
        left_over = ball.upper(ball.weighted_sum(over_tasks, drift, -1) + _bound(bent.error))
        exact = -(rate * ball.weighted_sum(over_tasks[..., None], together, -2))
        return Cloud(bent.centre + exact, left_over)

    def _mean_squared_hessian_error(self, size: int) -> Balls:
        """At least E |H^_i(w) - H_i(w)|^2 in Frobenius norm, for batches of a size (..., n or 1)."""
        bound = self._hessian_deviation
        if bound is not None:
            return _bound(bound)[..., None] / size
        of_points = self.at_w.start.hessian_variance()  # in operator norm: its square is at least 1/d of Frobenius'
        return of_points[..., 0] * self.given.tasks.d / size

    # -- directions of one step --------------------------------------------------------------------------------------
    @kept
    def hf_maml(self) -> HessianFree | AtRest | HessianFreeByMoments:  # type: ignore[override]
        """HF-MAML's direction, by L and rho where the pairs of D_in and D_o are too many. D_in is to be listed.

        Raises `TooManyBatches` of a block where some go nowhere: by itself, each of these is known exactly.
        """
        try:
            return super().hf_maml
        except TooManyBatches:
            if np.any(ball.upper(self.fo_maml.second_moment) == 0):
                raise
            tasks, deviation = self.given.tasks, self._hessian_deviation
            scatter = np.where(tasks.same_samples.all(axis=-1), 0.0, np.inf if deviation is None else deviation)
            return HessianFreeByMoments(self.maml, self.fo_maml, self._missed_by_differences, scatter)

    @property
    def _missed_by_differences(self) -> Doubles:
        """Doubles k (...) with |alpha| |H_i v - d| <= k |v|, for delta = eta / (rho alpha |v|).

        d is the mean of H_i(w + tau v) v over |tau| <= delta, so that |H_i v - d| is at most rho' delta |v|^2 / 2, rho'
        the certified constant, and at most 2 L |v|.
        """
        tasks, rho = self.given.tasks, self.hessian_lipschitz
        by_rho = ball.upper(self.difference_factor * _bound(tasks.hessian_lipschitz) / (2 * rho))
        by_rho = np.where(tasks.hessian_lipschitz == 0, 0.0, np.where(ball.lower(rho) > 0, by_rho, np.inf))
        most: Doubles = np.minimum(by_rho, ball.upper(2 * ball.abs(self.alpha) * _bound(tasks.smoothness)))
        return most

    # -- the step size -----------------------------------------------------------------------------------------------
    @kept
    def stepsize_moments(self) -> tuple[Balls, Balls]:
        """(E beta~, E beta~^2) (...), beta~ = 1 / (c + X), X the mean of B' norms of batch gradients, scaled.

        Let X0 be the same with the full gradients' norms: of the tasks drawn, the mean of X is at least X0 (Jensen), at
        most X1, with (|grad f_i|^2 + sigma~_i^2 / D)^(1/2) in place of the norms, and E (X - X0)^2 <= t, the largest
        scaled sigma~_i^2 / D, since | |a| - |b| | <= |a - b|. Both moments are convex and falling in X: they are at
        least those of X1. Above, 1/(c+X) = 1/(c+X0) - (X-X0)/(c+X0)^2 + (X-X0)^2/((c+X0)^2 (c+X)) and (theory: step 7
        of Lemma 4.9) (c+X0)^2/(c+X)^2 <= 1 + 2 (X0-X)/(c+X0) + (X-X0)^2 (2/(c (c+X0)) + 1/c^2).
        """
        if self._listed("stepsize"):
            return super().stepsize_moments
        start, draws, probabilities = self.at_w.start, self.sizes.stepsize_tasks, self.tasks.probabilities
        squares, c = ball.squared_norm(start.gradient())[..., 0], 4 * self.smoothness
        noise = start.gradient_variance()[..., 0] / self.sizes.stepsize
        scale = (2 * self.hessian_lipschitz * self.alpha)[..., None]
        least = reciprocal_moments(ball, c, scale * ball.sqrt(squares + noise), probabilities, draws)
        still = reciprocal_moments(ball, c, scale * ball.sqrt(squares), probabilities, draws)
        shift = _bound(ball.upper(ball.square(scale) * noise).max(axis=-1))
        most = still[0] + shift / c * still[1], still[1] * (1 + 3 * shift / ball.square(c))
        first, second = (from_bounds(ball.lower(a), ball.upper(b)) for a, b in zip(least, most, strict=True))
        return first, second


class HessianFreeByMoments(Directions):
    """HF-MAML's direction as MAML's and what differences miss, over batches D_o of any size.

    missed: doubles k (...) with |alpha| |H_i v - d| <= k |v|. scatter: doubles (...) that E_k |Hess l_ik - H_i|^2 does
    not exceed at any point.
    """

    def __init__(self, maml: SecondOrder, first_order: FirstOrder, missed: Doubles, scatter: Doubles):
        super().__init__(maml.steps, maml.outer)
        self.maml: Any = maml  # its numbers are balls here
        self.outer_squares = first_order.second_moment
        self.missed = missed
        self.scatter = scatter

    @kept
    def error(self) -> Balls:
        """E G_1 - grad F(w) (..., d): MAML's, and no more than k E |v| from it."""
        return Cloud(self.maml.error, ball.upper(self._missed_length))

    @kept
    def mean(self) -> Balls:
        """E G_1 (..., d)."""
        return Cloud(self.maml.mean, self.error.error)

    @kept
    def along(self) -> Balls:
        """<grad F(w), E G_1> (...)."""
        return widened(self.maml.along, ball.upper(ball.norm(self.meta_gradient) * self._missed_length))

    @kept
    def second_moment(self) -> Balls:
        """E |v - alpha d|^2 + hessian noise (...).

        By Minkowski's inequality the root of the first is within k (E |v|^2)^(1/2) of that of E |A v|^2.
        """
        root = widened(ball.sqrt(self.maml.by_full_hessian), ball.upper(self._missed_length))
        least, most = (ball.square(_bound(end)) for end in (np.maximum(ball.lower(root), 0.0), ball.upper(root)))
        return from_bounds(ball.lower(least), ball.upper(most)) + self.hessian_noise

    @kept
    def hessian_noise(self) -> Balls:
        """alpha^2 E |d_i(D_h) - d_i|^2 (...): d_k - d is a mean of (H_k - H_i) v along a line, and Jensen bounds it."""
        alpha = self.step.alpha[..., 0, 0, 0]
        most = ball.square(alpha) * _bound(self.scatter) * self.outer_squares / self.maml.hessian
        return from_bounds(np.zeros(self.scatter.shape), ball.upper(most))

    @kept
    def _missed_length(self) -> Balls:
        """k (E |v|^2)^(1/2) (...), at least k E |v|."""
        return _bound(self.missed) * ball.sqrt(self.outer_squares)


def _nearer(centre: Balls, error: Doubles, sampled: MeanAtConfidence | None) -> Cloud:
    """A vector within `error` of a centre, or the mean of a sample where that is nearer, rounding errors included."""
    if sampled is None:
        return Cloud(centre, error)
    drawn = Cloud(sampled.mean, sampled.distance)
    rounding = np.linalg.norm(ball.upper(drawn.centre) - ball.lower(drawn.centre), axis=-1)
    return drawn if (drawn.error + rounding < error).all() else Cloud(centre, error)  # either is right


def key_of_instance(instance: Given) -> int:
    """A key of random bits made of the numbers of an instance, constants where they are given by hand."""
    tasks = instance.tasks.numbers()
    given = (getattr(instance, variable.name) for variable in instance.FIELDS if variable.is_array)
    sizes = np.array(list(vars(instance.sizes).values()), dtype=object)
    return key_of([*(tasks[name] for name in sorted(tasks)), *(np.asarray(x) for x in given if x is not None), sizes])


__all__ = ["EXPECTATIONS", "BeyondEnumeration", "key_of_instance"]
