"""The second moment of a batch gradient plus a fixed vector: its mean's square and its variance."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\mathbb{E}_D \|\nabla f_i(x, D) + r\|^2 = \|\nabla f_i(x) + r\|^2 "
    r"+ \mathbb{E}_D \|\nabla f_i(x, D) - \nabla f_i(x)\|^2, \quad x, r \text{ independent of } D"
)
SOURCE = "variance identity; samples are drawn independently of x and r, with the weights of the data; no Hessian"


def conclude(x: Language, batch: str, index: str, at: Vector, rest: Vector) -> tuple[Expr, Expr, bool]:
    """E_D |grad f_i(x, D) + r|^2 = |grad f_i(x) + r|^2 + E_D |grad f_i(x, D) - grad f_i(x)|^2."""
    if batch in at.depends | rest.depends:
        raise DoesNotApply(f"the point {at} or the vector {rest} depends on the batch {batch} itself")
    full, drawn = x.gradient(index, at), x.gradient(index, at, batch)
    left = x.mean(batch, x.norm(drawn + rest) ** 2)
    return left, x.norm(full + rest) ** 2 + x.mean(batch, x.norm(drawn - full) ** 2), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield index, vocabulary.TASK, u, v
