"""The variance of a batch's Hessian difference along a vector."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\mathbb{E}_D \|d_i(x; v, D) - d_i(x; v)\|^2 \le \frac{\sigma_H^2}{D} \|v\|^2, "
    r"\quad x, v \text{ independent of } D"
)
SOURCE = (
    "d is the mean of H_i(x + tau v) v over tau in [-delta, delta]; Jensen over tau, and at each tau the variance of "
    "an i.i.d. mean with Assumption 4.6, equation (14), which holds at all points"
)
ASSUMES = ("4.6",)


def conclude(x: Language, batch: str, index: str, at: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """E_D |d_i(x; v, D) - d_i(x; v)|^2 <= sigma_H^2 / D |v|^2."""
    if batch in at.depends | v.depends:
        raise DoesNotApply(f"the point {at} or the vector {v} depends on the batch {batch} itself")
    noise = x.difference(index, at, v, batch) - x.difference(index, at, v)
    bound = vocabulary.hessian_deviation_bound(x) ** 2 / vocabulary.size_root(x, batch) ** 2
    return x.mean(batch, x.norm(noise) ** 2), bound * x.norm(v) ** 2, False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield index, vocabulary.TASK, u, v
