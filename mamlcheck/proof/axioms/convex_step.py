"""A gradient step of a convex and L-smooth function, with alpha in [0, 1/L], takes two points no farther apart.

The facts that it rests on are handed over, as to `convex_pull_back`, where it is said why none can be had without the
hypothesis.
"""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Bound, Trials
from mamlcheck.proof.axioms.convex_pull_back import facts, require_convex

STATEMENT = (
    r"\|x - \alpha \nabla f_i(x) - (y - \alpha \nabla f_i(y))\| \le \|x - y\|, \quad "
    r"f_i \text{ convex}, \; 0 \le \alpha \le 1/L"
)
SOURCE = (
    "Assumption 4.3; Baillon and Haddad 1977: of a convex f with an L-Lipschitz gradient, "
    "<grad f(x) - grad f(y), x - y> >= |grad f(x) - grad f(y)|^2 / L; the square of the left side is |x - y|^2 less "
    "alpha (2/L - alpha) |grad f(x) - grad f(y)|^2, and more"
)
ASSUMES = ("4.3",)


def conclude(
    x: Language, index: str, first: Vector, second: Vector, convex: Bound, rate: Bound
) -> tuple[Expr, Expr, bool]:
    """|x - alpha grad f_i(x) - (y - alpha grad f_i(y))| <= |x - y|, with the facts of `convex_pull_back`."""
    require_convex(x, convex, rate)
    change = x.gradient(index, first) - x.gradient(index, second)
    return x.norm(first - second - vocabulary.inner_rate(x) * change), x.norm(first - second), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """Two points."""
    yield vocabulary.TASK, u, v, *facts(x)
