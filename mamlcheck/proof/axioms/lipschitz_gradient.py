"""Each f_i has an L-Lipschitz gradient."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\|\nabla f_i(x) - \nabla f_i(y)\| \le L \|x - y\|"
SOURCE = "Assumption 4.3, of which no second derivative is used"
ASSUMES = ("4.3",)


def conclude(x: Language, index: str, first: Vector, second: Vector) -> tuple[Expr, Expr, bool]:
    """|grad f_i(x) - grad f_i(y)| <= L |x - y|."""
    change = x.gradient(index, first) - x.gradient(index, second)
    return x.norm(change), vocabulary.smoothness(x) * x.norm(first - second), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """Two points."""
    yield vocabulary.TASK, u, v
