"""The second moment of u + c H_i(x, D) v: its mean's square and its variance."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\mathbb{E}_D \|u + c H_i(x, D) v\|^2 = \|u + c H_i(x) v\|^2 "
    r"+ c^2 \, \mathbb{E}_D \|(H_i(x, D) - H_i(x)) v\|^2, \quad x, u, v \text{ independent of } D"
)
SOURCE = (
    "variance identity; samples are drawn independently of x, u and v, with the weights of the data; each sample has a "
    "Hessian, as equation (14) takes for granted, and it is linear"
)
ASSUMES = ("4.6",)


def conclude(
    x: Language, batch: str, index: str, at: Vector, u: Vector, factor: Expr, v: Vector
) -> tuple[Expr, Expr, bool]:
    """E_D |u + c H_i(x, D) v|^2 = |u + c H_i(x) v|^2 + c^2 E_D |(H_i(x, D) - H_i(x)) v|^2."""
    if batch in at.depends | v.depends | u.depends:
        raise DoesNotApply(f"the point {at}, or one of the vectors {u} and {v}, depends on the batch {batch} itself")
    full, drawn = x.hessian(index, at)(v), x.hessian(index, at, batch)(v)
    noise = x.mean(batch, x.norm(drawn - full) ** 2)
    left = x.mean(batch, x.norm(u + drawn * factor) ** 2)
    return left, x.norm(u + full * factor) ** 2 + factor**2 * noise, True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point, two vectors and a factor."""
    yield index, vocabulary.TASK, u, v, -vocabulary.inner_rate(x), w
