"""Jensen's inequality for the norm."""

from __future__ import annotations

from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\|\mathbb{E} v\| \le \mathbb{E} \|v\|"
SOURCE = "Jensen 1906; the norm is convex"


def conclude(x: Language, index: str, v: Vector) -> tuple[Expr, Expr, bool]:
    """|E v| <= E |v|."""
    return x.norm(x.mean_vector(index, v)), x.mean(index, x.norm(v)), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A vector."""
    yield index, u
