"""The meta-objective and what surrounds it, each formula once, over an arithmetic (equations (1)-(3) of the theory).

Tasks come as numbers of an arithmetic (`tasks.on(ar)`), points w as (..., P, d), the inner rate alpha as (...).
"""

from __future__ import annotations

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import kept
from mamlcheck.meta.expectation import Batches
from mamlcheck.tasks.family import TasksAt, TasksOn


def per_task(x: Numbers) -> Numbers:
    """Points (..., P, d) as the tasks take them, (..., 1, P, d)."""
    return x[..., None, :, :]


def per_point(x: Numbers) -> Numbers:
    """A number for each instance (...) against points (..., n, P, d)."""
    return x[..., None, None, None]


class InnerStep:
    """One inner step from points w by the full gradient: w_i' = w - alpha grad f_i(w), and what MAML makes of it.

    Each quantity is computed when first asked for, and once.
    """

    def __init__(self, ar: Arithmetic, tasks: TasksOn, alpha: Numbers, w: Numbers):
        self.ar = ar
        self.tasks = tasks
        self.alpha = per_point(alpha)
        self.w = per_task(w)
        self.start = tasks.at(self.w)

    @kept
    def gradient(self) -> Numbers:
        """grad f_i(w) (..., n, P, d)."""
        gradient: Numbers = self.start.gradient()
        return gradient

    @kept
    def adapted(self) -> Numbers:
        """w_i' (..., n, P, d)."""
        return self.w - self.alpha * self.gradient

    @kept
    def end(self) -> TasksAt:
        """The tasks at the adapted parameters."""
        return self.tasks.at(self.adapted)

    @kept
    def adapted_gradient(self) -> Numbers:
        """g_i = grad f_i(w_i') (..., n, P, d)."""
        gradient: Numbers = self.end.gradient()
        return gradient

    def over_tasks(self, x: Numbers) -> Numbers:
        """E_i of x (..., n, P, k): (..., P, k)."""
        return self.ar.weighted_sum(self.tasks.probabilities[..., None, None], x, -3)

    @kept
    def value(self) -> Numbers:
        """F(w) = E_i f_i(w_i') (..., P), equation (2)."""
        return self.ar.weighted_sum(self.tasks.probabilities[..., None], self.end.value(), -2)

    @kept
    def meta_gradient(self) -> Numbers:
        """grad F(w) = E_i (I - alpha H_i(w)) grad f_i(w_i') (..., P, d)."""
        self.start.with_curvature()
        pulled_back = self.adapted_gradient - self.alpha * self.start.hessian_vector(self.adapted_gradient)
        return self.over_tasks(pulled_back)

    @kept
    def mean_gradient_norm(self) -> Numbers:
        """E_i |grad f_i(w)| (..., P)."""
        norms = self.ar.norm(self.gradient)
        return self.ar.weighted_sum(self.tasks.probabilities[..., None], norms, -2)

    def smoothness_bound(self, smoothness: Numbers, hessian_lipschitz: Numbers) -> Numbers:
        """L(w) = 4L + 2 rho alpha E_i |grad f_i(w)| (..., P), Lemma 4.8; L and rho (...)."""
        slope = 2 * hessian_lipschitz[..., None] * self.alpha[..., 0, 0]
        return 4 * smoothness[..., None] + slope * self.mean_gradient_norm

    # -- over batches D_test, the same one for the inner gradient and the Hessian (equation (3)) --------------------
    def _batch_steps(self, batches: Batches) -> Numbers:
        """-alpha (grad f_i(w, D) - grad f_i(w)) (..., n, K, d) at a single point."""
        deviations = batches.deviations(self.ar)
        noise: Numbers = self.start.gradient_deviation(deviations)
        return -(self.alpha * noise)

    def stochastic_value(self, batches: Batches) -> Numbers:
        """F^(w) = E_i E_D f_i(w - alpha grad f_i(w, D)) (...), equation (3); w a single point (P = 1)."""
        ar = self.ar
        values = self.tasks.at(self.adapted + self._batch_steps(batches)).value()
        over_batches = ar.weighted_sum(batches.probabilities(ar), values, -1)
        return ar.weighted_sum(self.tasks.probabilities, over_batches, -1)

    def stochastic_meta_gradient(self, batches: Batches) -> Numbers:
        """grad F^(w) = E_i E_D (I - alpha H_i(w, D)) grad f_i(w - alpha grad f_i(w, D)) (..., 1, d); P = 1."""
        ar = self.ar
        inner = self.tasks.at(self.adapted + self._batch_steps(batches)).gradient()
        pulled_back = inner - self.alpha * self.start.hessian_vector(inner, batches.weights(ar))
        over_batches = ar.weighted_sum(batches.probabilities(ar)[:, None], pulled_back, -2)
        return self.over_tasks(over_batches[..., None, :])

    def stochastic_meta_gradient_error(self, batches: Batches) -> Numbers:
        """grad F^(w) - grad F(w) (..., 1, d), exactly 0 where the batches cannot differ; P = 1.

        With g^ the gradient at the batch's adapted parameter and H^ the batch's Hessian, the summand of a batch is
        (I - alpha H^) g^ - (I - alpha H) g = (I - alpha H^)(g^ - g) - alpha (H^ - H) g, and the last term has mean 0
        exactly, since H^ is unbiased: what is left vanishes with the noise.
        """
        ar = self.ar
        change = self.end.gradient_change(self._batch_steps(batches))
        bent = self.start.hessian_vector(change, batches.weights(ar))
        over_batches = ar.weighted_sum(batches.probabilities(ar)[:, None], change - self.alpha * bent, -2)
        return self.over_tasks(over_batches[..., None, :])


def stochastic_smoothness(
    smoothness: Numbers, hessian_lipschitz: Numbers, alpha: Numbers, mean_of_batch_norms: Numbers
) -> Numbers:
    """L~(w) = 4L + 2 rho alpha (1/B') sum_j |grad f_j(w, D_beta)| (Lemma 4.9); beta~ = 1 / L~."""
    return 4 * smoothness + 2 * hessian_lipschitz * alpha * mean_of_batch_norms
