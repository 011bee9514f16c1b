"""HF-MAML's Hessian difference along v is no longer than L |v|."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\|d_i(x; v)\| \le L \|v\|"
SOURCE = "Assumption 4.3 for the gradients at x + delta v and x - delta v, which are 2 delta |v| apart"
ASSUMES = ("4.3",)


def conclude(x: Language, index: str, at: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """|d_i(x; v)| <= L |v|."""
    return x.norm(x.difference(index, at, v)), vocabulary.smoothness(x) * x.norm(v), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield vocabulary.TASK, u, v
