"""A batch's Hessian difference along a vector independent of the batch has the full one as its mean (tower)."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\mathbb{E}_D \, d_i(x; v, D) = d_i(x; v), \quad x, v \text{ independent of } D"
SOURCE = (
    "samples are drawn independently of x and v, and so of delta = eta / (rho alpha |v|), with the weights of the "
    "data; a difference of batch gradients is linear in them"
)


def conclude(x: Language, batch: str, index: str, at: Vector, v: Vector) -> tuple[Vector, Vector, bool]:
    """E_D d_i(x; v, D) = d_i(x; v)."""
    if batch in at.depends | v.depends:
        raise DoesNotApply(f"the point {at} or the vector {v} depends on the batch {batch} itself")
    return x.mean_vector(batch, x.difference(index, at, v, batch)), x.difference(index, at, v), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield index, vocabulary.TASK, u, v
