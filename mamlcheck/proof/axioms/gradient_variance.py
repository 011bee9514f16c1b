"""The variance of the mean of D independent sample gradients."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\mathbb{E}_D \|\nabla f_i(x, D) - \nabla f_i(x)\|^2 = \frac{\tilde\sigma_i(x)^2}{D}, "
    r"\quad x \text{ independent of } D"
)
SOURCE = "variance of an i.i.d. mean in a Hilbert space; equation (13) at a point; no Hessian"


def conclude(x: Language, batch: str, index: str, at: Vector) -> tuple[Expr, Expr, bool]:
    """E_D |grad f_i(x, D) - grad f_i(x)|^2 = sigma~_i(x)^2 / D."""
    if batch in at.depends:
        raise DoesNotApply(f"the point {at} depends on the batch {batch} itself")
    noise = x.gradient(index, at, batch) - x.gradient(index, at)
    size = vocabulary.size_root(x, batch) ** 2
    return x.mean(batch, x.norm(noise) ** 2), x.gradient_deviation(index, at) ** 2 / size, True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point."""
    yield index, vocabulary.TASK, u
