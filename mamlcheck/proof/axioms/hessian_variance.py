"""The variance of the mean of D independent sample Hessians along a FIXED vector; in operator norm this is false."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\mathbb{E}_D \|(H_i(x, D) - H_i(x)) v\|^2 \le \frac{\sigma_{H,i}(x)^2}{D} \|v\|^2, "
    r"\quad x, v \text{ independent of } D"
)
SOURCE = (
    "variance of an i.i.d. mean in a Hilbert space; equation (14) at a point, whose operator norm bounds what a "
    "Hessian of a sample does to v"
)
ASSUMES = ("4.6",)


def conclude(x: Language, batch: str, index: str, at: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """E_D |(H_i(x, D) - H_i(x)) v|^2 <= sigma_H,i(x)^2 / D |v|^2."""
    if batch in at.depends | v.depends:
        raise DoesNotApply(f"the point {at} or the vector {v} depends on the batch {batch} itself")
    noise = x.hessian(index, at, batch)(v) - x.hessian(index, at)(v)
    bound = x.hessian_deviation(index, at) ** 2 / vocabulary.size_root(x, batch) ** 2
    return x.mean(batch, x.norm(noise) ** 2), bound * x.norm(v) ** 2, False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield index, vocabulary.TASK, u, v
