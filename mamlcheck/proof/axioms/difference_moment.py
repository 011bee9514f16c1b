"""The second moment of a fixed vector and a batch's Hessian difference: its mean's square and its variance."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\mathbb{E}_D \|r + c \, d_i(x; v, D)\|^2 = \|r + c \, d_i(x; v)\|^2 "
    r"+ c^2 \, \mathbb{E}_D \|d_i(x; v, D) - d_i(x; v)\|^2, \quad x, v, r \text{ independent of } D"
)
SOURCE = "variance identity; samples are drawn independently of x, v and r, with the weights of the data"


def conclude(
    x: Language, batch: str, index: str, at: Vector, v: Vector, factor: Expr, rest: Vector
) -> tuple[Expr, Expr, bool]:
    """E_D |r + c d(D)|^2 = |r + c d|^2 + c^2 E_D |d(D) - d|^2."""
    if batch in at.depends | v.depends | rest.depends:
        raise DoesNotApply(f"the point {at}, or the vector {v} or {rest}, depends on the batch {batch} itself")
    x.require_number(factor)
    full, drawn = x.difference(index, at, v), x.difference(index, at, v, batch)
    left = x.mean(batch, x.norm(rest + factor * drawn) ** 2)
    spread = x.mean(batch, x.norm(drawn - full) ** 2)
    return left, x.norm(rest + factor * full) ** 2 + factor**2 * spread, True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point, a vector, and what is added."""
    yield index, vocabulary.TASK, u, v, vocabulary.smoothness(x), w
