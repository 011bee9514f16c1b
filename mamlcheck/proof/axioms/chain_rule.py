"""The gradient of the meta-objective, by the chain rule."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\nabla F(w) = \mathbb{E}_i\left[(I - \alpha H_i(w)) \nabla f_i(w - \alpha \nabla f_i(w))\right], \quad "
    r"\nabla \hat F(w) = \mathbb{E}_i \mathbb{E}_D\left[(I - \alpha H_i(w, D)) "
    r"\nabla f_i(w - \alpha \nabla f_i(w, D))\right]"
)
SOURCE = (
    "chain rule, and symmetry of the Hessian; each f_i, and for the second form each sample's loss, is twice "
    "continuously differentiable; gradient and expectation are exchanged in finite sums; equations (2) and (3)"
)
ASSUMES = ("4.3", "4.4")  # either: f is twice continuously differentiable


def conclude(x: Language, index: str, at: Vector, batch: str = "") -> tuple[Vector, Vector, bool]:
    """grad F(w), or with a batch grad F^(w), is the mean of what MAML pulls back."""
    if index != vocabulary.TASK:
        raise DoesNotApply(f"the meta-objective is a mean over tasks, {vocabulary.TASK}, not over {index}")
    if {index, batch} & at.depends:
        raise DoesNotApply(f"the point {at} depends on what the mean runs over")
    alpha = vocabulary.inner_rate(x)
    outer = x.gradient(index, at - alpha * x.gradient(index, at, batch))
    mean = outer - alpha * x.hessian(index, at, batch)(outer)
    for drawn in (batch, index) if batch else (index,):
        mean = x.mean_vector(drawn, mean)
    return x.meta_gradient(at, batch), mean, True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """The meta-gradient, and that of the stochastic meta-objective."""
    yield vocabulary.TASK, u
    yield vocabulary.TASK, v, index
