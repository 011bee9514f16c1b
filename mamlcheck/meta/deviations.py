"""Deviations of gradients and Hessians, from two sources: at the points where a claim uses them, or everywhere."""

from __future__ import annotations

import numpy as np

from mamlcheck.arithmetic import Numbers
from mamlcheck.arithmetic.exact import kept
from mamlcheck.errors import InputError
from mamlcheck.meta.evaluation import Evaluation


class AtThePoints:
    """The deviations of Assumptions 4.5 and 4.6 at the points where a claim uses them: its strong form."""

    everywhere = False

    def __init__(self, evaluation: Evaluation):
        self.evaluation = evaluation

    @kept
    def task_variance(self) -> Numbers:
        """sigma^2 (...): E_i |grad f_i(w) - grad f(w)|^2, Assumption 4.5."""
        return self.evaluation.spread_over_tasks(self.evaluation.at_w.gradient)

    @kept
    def step_task_variance(self) -> Numbers:
        """(a sigma(w)^2 + sigma(x)^2) / (1 + a) (...), a = alpha L: what sigma^2 is at the two points of one step.

        sigma(y)^2 is `task_variance` at y, and x = w - alpha grad f(w) is the point that no task changes.
        """
        x, step = self.evaluation, self.evaluation.at_w
        rate = x.alpha * x.smoothness
        middle = step.w - step.alpha * step.over_tasks(step.gradient)[..., None, :, :]
        there = x.spread_over_tasks(x.tasks.at(middle).gradient())
        return (rate * self.task_variance + there) / (1 + rate)

    @kept
    def gradient_variances(self) -> Numbers:
        """sigma~_i(w)^2 of every task (..., n), equation (13)."""
        of_points: Numbers = self.evaluation.at_w.start.gradient_variance()
        return of_points[..., 0]

    @kept
    def mean_gradient_variance(self) -> Numbers:
        """E_i sigma~_i(w)^2 (...)."""
        x = self.evaluation
        return x.ar.weighted_sum(x.tasks.probabilities, self.gradient_variances, -1)

    @kept
    def hessian_variances(self) -> Numbers:
        """sigma_H,i(w)^2 of every task (..., n), equation (14)."""
        of_points: Numbers = self.evaluation.at_w.start.hessian_variance()
        return of_points[..., 0]

    @kept
    def fixed_task_variance(self) -> Numbers:
        """sigma~_i(w)^2 of the fixed task (...)."""
        of_points: Numbers = self.evaluation.fixed_task.start.gradient_variance()
        return of_points[..., 0, 0]

    @property
    def noisy_fixed_task_variance(self) -> Numbers:
        """E sigma~_i(w_i)^2 over the inner batches, the variance where D_o is drawn (...)."""
        return self.evaluation.noisy_gradient_variance

    @property
    def noisy_mean_gradient_variance(self) -> Numbers:
        """E_i E sigma~_i(w_i)^2 over the inner batches (...): the variance where D_o is drawn, for a random task."""
        return self.evaluation.noisy_steps.mean_variance

    @property
    def spare_outer_variance(self) -> Numbers:
        """How much the bound of the variance of the outer gradient exceeds it (...): exactly 0 at the points used."""
        return self.evaluation.ar.exact(np.zeros(self.evaluation.given.shape))


class BoundedEverywhere:
    """Bounds of the same deviations that hold at all points: the printed form of a claim.

    Raises `InputError` for tasks that have no such bounds. Names are those of `AtThePoints`.
    """

    everywhere = True

    def __init__(self, evaluation: Evaluation):
        self.evaluation = evaluation

    def _bound(self, name: str) -> Numbers:
        bounds = self.evaluation.given.tasks.global_deviations
        if bounds is None:
            raise InputError(
                "these tasks have no bounds of their deviations that hold everywhere and that doubles hold: use the "
                "strong form"
            )
        return self.evaluation.ar.exact(bounds[name])

    @kept
    def task_variance(self) -> Numbers:
        """A bound of sigma^2 (...)."""
        return self._bound("sigma")

    @kept
    def gradient_variances(self) -> Numbers:
        """A bound of sigma~_i^2, the same for every task (..., 1)."""
        return self._bound("sigma_tilde")[..., None]

    @kept
    def mean_gradient_variance(self) -> Numbers:
        """A bound of E_i sigma~_i^2 (...)."""
        return self._bound("sigma_tilde")

    @kept
    def hessian_variances(self) -> Numbers:
        """A bound of sigma_H,i^2, the same for every task (..., 1)."""
        return self._bound("sigma_hessian")[..., None]

    @kept
    def fixed_task_variance(self) -> Numbers:
        """A bound of sigma~_i^2 of the fixed task (...)."""
        return self._bound("sigma_tilde")

    @kept
    def noisy_fixed_task_variance(self) -> Numbers:
        """A bound of sigma~_i^2 where D_o is drawn (...)."""
        return self._bound("sigma_tilde")

    @kept
    def step_task_variance(self) -> Numbers:
        """A bound of sigma^2 (...), at the two points of one step and everywhere else."""
        return self._bound("sigma")

    @kept
    def noisy_mean_gradient_variance(self) -> Numbers:
        """A bound of E_i sigma~_i^2 where D_o is drawn (...)."""
        return self._bound("sigma_tilde")

    @kept
    def spare_outer_variance(self) -> Numbers:
        """How much the bound of the variance of the outer gradient exceeds it (...)."""
        x = self.evaluation
        return (self._bound("sigma_tilde") - x.noisy_gradient_variance) / x.sizes.outer
