"""iMAML: (1/B) sum_i u_i with (I + H_i(w_i) / penalty) u_i = grad f_i(w_i, outer), by conjugate gradients.

The inner steps are on f_i(w) + (penalty / 2) |w - w_0|^2, whose last term is without effect in the first step; H_i is
that of the inner set at the adapted parameters. The solution is that after `solver_steps` steps from 0, or after n, the
number of parameters, where it is exact. Where I + H_i / penalty is not positive definite, as the method presupposes,
many steps amplify rounding by more than its analysis sees; where eigenvalues coincide, it can be solved before n steps,
and the steps after that are 0 / 0: then there is no enclosure, and nothing is claimed.

Source: Rajeswaran, Finn, Kakade, Levine, "Meta-Learning with Implicit Gradients", NeurIPS 2019, equations (5) and (6),
Algorithm 2.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import TasksAt
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Tried

NAME = "iMAML"
ORDER = 10
RARE = True
HESSIAN = "exact"
NUMBERS = {
    "penalty": Tried((2.0, 0.1, 0.5, 1.0, 10.0, 100.0), searched=True),
    "solver_steps": Tried((5, 1, 2, 3, 10, 20)),
}


def direction(x: Run) -> Numbers:
    penalty = x.number(x.own["penalty"])
    here = x.start
    for k in range(x.steps):
        here = x.tasks.at(here.w - x.alpha * x.along(here.gradient("inner") + penalty * (here.w - x.w), k))
    return x.mean(solved(x, here))


def solved(x: Run, here: TasksAt) -> Numbers:
    """The outer gradient at the adapted parameters through the implicit derivative (B, n)."""
    penalty = x.number(x.own["penalty"])
    left = along = here.gradient("outer")
    square = x.ar.sum(x.ar.square(left), -1)[..., None]
    solution = None
    for _ in range(min(int(x.own["solver_steps"]), left.shape[-1])):
        bent = along + x.curvature(here, along) / penalty
        length = square / x.ar.sum(along * bent, -1)[..., None]
        solution = length * along if solution is None else solution + length * along
        left = left - length * bent
        before, square = square, x.ar.sum(x.ar.square(left), -1)[..., None]
        along = left + square / before * along
    assert solution is not None
    return solution
