"""Jensen's inequality for the square."""

from __future__ import annotations

from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"(\mathbb{E} X)^2 \le \mathbb{E} X^2"
SOURCE = "Jensen 1906; the square is convex"


def conclude(x: Language, index: str, value: Expr) -> tuple[Expr, Expr, bool]:
    """(E X)^2 <= E X^2."""
    return x.mean(index, value) ** 2, x.mean(index, value**2), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A norm."""
    yield index, x.norm(u)
