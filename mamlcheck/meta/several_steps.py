"""The meta-objective of N inner steps, F_N(w) = E_i f_i(w_N) with w_{k+1} = w_k - alpha grad f_i(w_k), and its bound.

F_1 is the F of the theory. The steps themselves, and how gradients are pulled back through them, stand in `algorithms`.
What claims share of their sides is straight-line code, so that proofs read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import kept
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import InnerSteps, inner_steps, pulled_back
from mamlcheck.meta.objective import per_point, per_task
from mamlcheck.tasks.family import TasksOn

if TYPE_CHECKING:
    from mamlcheck.meta.instance import InstanceOn


class SeveralSteps:
    """N inner steps by the full gradient from points w (..., P, d), and what MAML makes of them.

    Raises `InputError` for fewer than one step.
    """

    def __init__(self, ar: Arithmetic, tasks: TasksOn, alpha: Numbers, w: Numbers, steps: int):
        if type(steps) is not int or steps < 1:
            raise InputError(f"{steps!r} inner steps: give a whole number of at least 1")
        self.ar = ar
        self.tasks = tasks
        self.alpha = per_point(alpha)
        self.w = per_task(w)
        self.steps = steps

    @kept
    def path(self) -> InnerSteps:
        """The tasks at w_0, ..., w_N."""
        return inner_steps(self.tasks, self.w, self.alpha, None, self.steps)

    @kept
    def meta_gradient(self) -> Numbers:
        """grad F_N(w) = E_i (I - alpha H_i(w_0)) ... (I - alpha H_i(w_{N-1})) grad f_i(w_N) (..., P, d)."""
        gradient = pulled_back(self.path, self.path.end.gradient(), self.alpha, _hessian_vector)
        return self.ar.weighted_sum(self.tasks.probabilities[..., None, None], gradient, -3)


def _hessian_vector(start: Any, v: Numbers) -> Numbers:
    product: Numbers = start.hessian_vector(v)
    return product


# -- what the claims share -------------------------------------------------------------------------------------------
def meta_gradient_change(x: InstanceOn, steps: int) -> Numbers:
    """|grad F_N(w) - grad F_N(u)| (...)."""
    gradients = x.inner_steps(steps).meta_gradient
    return x.ar.norm(gradients[..., 0, :] - gradients[..., 1, :])


def steps_bound(x: InstanceOn, steps: int, growth: Numbers | int) -> Numbers:
    """The smaller of M_N(w) and M_N(u), times |w - u| (...), with a = alpha L.

    M_N(w) = (1 + a)^(2N) L + alpha rho (1 + a)^(2N - 1) G E_i |grad f_i(w)|, G = `growth` = sum_{k < N} (1 + a)^k.
    """
    stretch = 1 + x.alpha * x.smoothness
    flat = x.ar.power(stretch, 2 * steps) * x.smoothness
    slope = x.alpha * x.hessian_lipschitz * x.ar.power(stretch, 2 * steps - 1) * growth
    bounds = flat[..., None] + slope[..., None] * x.at_both.mean_gradient_norm
    return x.ar.minimum(bounds[..., 0], bounds[..., 1]) * x.ar.norm(x.w - x.u)
