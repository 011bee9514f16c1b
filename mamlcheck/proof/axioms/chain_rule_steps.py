"""The gradient of the meta-objective of N inner steps, by the chain rule."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\nabla F_N(w) = \mathbb{E}_i\left[(I - \alpha H_i(w_0)) \cdots (I - \alpha H_i(w_{N-1})) \nabla f_i(w_N)\right], "
    r"\quad w_0 = w, \quad w_{k+1} = w_k - \alpha \nabla f_i(w_k)"
)
SOURCE = (
    "chain rule, N times, and symmetry of the Hessian; each f_i is twice continuously differentiable; gradient and "
    "expectation are exchanged in finite sums; F_N(w) = E_i f_i(w_N), of which N = 1 is equation (2)"
)
ASSUMES = ("4.3", "4.4")  # either: f is twice continuously differentiable


def conclude(x: Language, index: str, at: Vector, steps: int) -> tuple[Vector, Vector, bool]:
    """grad F_N(w) is the mean of what is pulled back through N inner steps, all by the full gradient."""
    if index != vocabulary.TASK:
        raise DoesNotApply(f"the meta-objective is a mean over tasks, {vocabulary.TASK}, not over {index}")
    if index in at.depends:
        raise DoesNotApply(f"the point {at} depends on what the mean runs over")
    objective = x.meta_gradient(at, steps=steps)  # which refuses what is no number of steps
    points = vocabulary.inner_points(x, at, steps)
    gradient = x.gradient(index, points[-1])
    for point in reversed(points[:-1]):
        gradient = vocabulary.pull_back(x, point)(gradient)
    return objective, x.mean_vector(index, gradient), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """One step, as the theory has it, and more."""
    for steps in (1, 2, 3):
        yield vocabulary.TASK, u, steps
