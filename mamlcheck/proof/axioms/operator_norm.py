"""The Hessian of an L-smooth function has norm at most L."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\|H_i(x) v\| \le L \|v\|"
SOURCE = "Assumption 4.3: f_i is twice continuously differentiable and its gradient L-Lipschitz"
ASSUMES = ("4.3",)


def conclude(x: Language, index: str, at: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """|H_i(x) v| <= L |v|."""
    return x.norm(x.hessian(index, at)(v)), vocabulary.smoothness(x) * x.norm(v), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield vocabulary.TASK, u, v
