"""The parallelogram law."""

from __future__ import annotations

from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\|u + v\|^2 + \|u - v\|^2 = 2 \|u\|^2 + 2 \|v\|^2"
SOURCE = "bilinearity of the inner product"


def conclude(x: Language, u: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """|u + v|^2 + |u - v|^2 = 2 |u|^2 + 2 |v|^2."""
    return x.norm(u + v) ** 2 + x.norm(u - v) ** 2, 2 * x.norm(u) ** 2 + 2 * x.norm(v) ** 2, True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """Two vectors."""
    yield u, v
