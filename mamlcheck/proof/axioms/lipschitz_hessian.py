"""The Hessian of each f_i is rho-Lipschitz."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\|(H_i(x) - H_i(y)) v\| \le \rho \|x - y\| \, \|v\|"
SOURCE = "Assumption 4.4"
ASSUMES = ("4.4",)


def conclude(x: Language, index: str, first: Vector, second: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """|(H_i(x) - H_i(y)) v| <= rho |x - y| |v|."""
    change = x.hessian(index, first)(v) - x.hessian(index, second)(v)
    return x.norm(change), vocabulary.hessian_lipschitz(x) * x.norm(first - second) * x.norm(v), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """Two points and a vector."""
    yield vocabulary.TASK, u, v, w
