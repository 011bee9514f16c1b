"""Jensen's inequality for the reciprocal of a positive variable."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\frac{1}{\mathbb{E} X} \le \mathbb{E} \frac{1}{X}, \quad X > 0"
SOURCE = "Jensen 1906; 1/x is convex on x > 0"


def conclude(x: Language, index: str, value: Expr) -> tuple[Expr, Expr, bool]:
    """1 / E X <= E (1 / X)."""
    if not value.is_positive:
        raise DoesNotApply(f"{value} is not known to be > 0")
    return 1 / x.mean(index, value), x.mean(index, 1 / value), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A norm, and a number that is always positive."""
    yield index, vocabulary.number(x, "delta") + x.norm(u)
