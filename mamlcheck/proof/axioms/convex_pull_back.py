"""A convex and L-smooth function's A = I - alpha H has norm at most 1, for alpha in [0, 1/L].

mu is the number of which v . H_i(x) v >= mu |v|^2 holds for every task, x and v (`vocabulary.least_curvature`), and of
unknown sign in the language, but for claims that assume mu >= 0. That every f_i is convex, mu >= 0, and that
alpha <= 1/L have to be handed over as facts. A fact is of the kernel's making; that mu >= 0 follows from nothing but a
hypothesis that says so, and whatever rests on a link that does not hold is open, as this axiom's conclusion then is.
"""

from __future__ import annotations

import sympy

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector, is_zero
from mamlcheck.proof.axioms import Bound, Trials

STATEMENT = r"\|(I - \alpha H_i(x)) v\| \le \|v\|, \quad 0 \preceq H_i(x), \; 0 \le \alpha \le 1/L"
SOURCE = (
    "Assumption 4.3: f_i is twice continuously differentiable and its gradient L-Lipschitz; f_i is convex, so that the "
    "eigenvalues of H_i(x) lie in [0, L], and those of I - alpha H_i(x) in [0, 1]"
)
ASSUMES = ("4.3",)


def conclude(x: Language, index: str, at: Vector, v: Vector, convex: Bound, rate: Bound) -> tuple[Expr, Expr, bool]:
    """|(I - alpha H_i(x)) v| <= |v|; `convex` is the fact 0 <= mu, and `rate` the fact alpha L <= 1."""
    require_convex(x, convex, rate)
    alpha = vocabulary.inner_rate(x)
    return x.norm(v - alpha * x.hessian(index, at)(v)), x.norm(v), False


def require_convex(x: Language, convex: Bound, rate: Bound) -> None:
    """Raise unless the facts given say that every f_i is convex and that alpha is in [0, 1/L]."""
    alpha, mu = vocabulary.inner_rate(x), vocabulary.least_curvature(x)
    if not (is_zero(convex.left) and is_zero(convex.right - mu)):
        raise DoesNotApply(f"the fact given says {convex.left} <= {convex.right}, not 0 <= mu")
    if not (is_zero(rate.left - alpha * vocabulary.smoothness(x)) and is_zero(rate.right - 1)):
        raise DoesNotApply(f"the fact given says {rate.left} <= {rate.right}, not alpha L <= 1")
    if not alpha.is_nonnegative:
        raise DoesNotApply("alpha is not known to be >= 0 by the hypotheses")


def facts(x: Language) -> tuple[Bound, Bound]:
    """What trials hand over, on whichever instances it is so."""
    rate = vocabulary.inner_rate(x) * vocabulary.smoothness(x)
    return Bound(sympy.Integer(0), vocabulary.least_curvature(x)), Bound(rate, sympy.Integer(1))


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield vocabulary.TASK, u, v, *facts(x)
