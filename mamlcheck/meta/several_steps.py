"""The meta-objective of N inner steps, F_N(w) = E_i f_i(w_N) with w_{k+1} = w_k - alpha grad f_i(w_k).

F_1 is the F of the theory. The steps themselves, and how gradients are pulled back through them, stand in `algorithms`.
"""

from __future__ import annotations

from typing import Any

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import kept
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import InnerSteps, inner_steps, pulled_back
from mamlcheck.meta.objective import per_point, per_task
from mamlcheck.tasks.family import TasksOn


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
