"""The Cauchy-Schwarz inequality."""

from __future__ import annotations

from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\langle u, v \rangle \le \|u\| \, \|v\|"
SOURCE = "Cauchy 1821, Schwarz 1888"


def conclude(x: Language, u: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """<u, v> <= |u| |v|."""
    return x.inner(u, v), x.norm(u) * x.norm(v), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """Two vectors."""
    yield u, v
