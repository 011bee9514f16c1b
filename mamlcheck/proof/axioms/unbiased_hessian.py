"""A batch Hessian applied to a vector that does not depend on the batch has the full Hessian as its mean (tower)."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\mathbb{E}_D H_i(x, D) v = H_i(x) v, \quad x, v \text{ independent of } D"
SOURCE = (
    "samples are drawn independently of x and v, with the weights of the data; each sample has a Hessian, as equation "
    "(14) takes for granted, and it is linear"
)
ASSUMES = ("4.6",)


def conclude(x: Language, batch: str, index: str, at: Vector, v: Vector) -> tuple[Vector, Vector, bool]:
    """E_D H_i(x, D) v = H_i(x) v."""
    if batch in at.depends | v.depends:
        raise DoesNotApply(f"the point {at} or the vector {v} depends on the batch {batch} itself")
    return x.mean_vector(batch, x.hessian(index, at, batch)(v)), x.hessian(index, at)(v), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield index, vocabulary.TASK, u, v
