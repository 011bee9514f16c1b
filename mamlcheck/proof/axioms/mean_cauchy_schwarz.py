"""The Cauchy-Schwarz inequality for expectations."""

from __future__ import annotations

from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"(\mathbb{E} X Y)^2 \le \mathbb{E} X^2 \, \mathbb{E} Y^2"
SOURCE = "Cauchy 1821, Schwarz 1888, in L^2"


def conclude(x: Language, index: str, first: Expr, second: Expr) -> tuple[Expr, Expr, bool]:
    """(E XY)^2 <= E X^2 E Y^2."""
    return x.mean(index, first * second) ** 2, x.mean(index, first**2) * x.mean(index, second**2), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """Two norms."""
    yield index, x.norm(u), x.norm(v)
