"""The triangle inequality."""

from __future__ import annotations

from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\|u + v\| \le \|u\| + \|v\|"
SOURCE = "the definition of a norm"


def conclude(x: Language, u: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """|u + v| <= |u| + |v|."""
    return x.norm(u + v), x.norm(u) + x.norm(v), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """Two vectors."""
    yield u, v
