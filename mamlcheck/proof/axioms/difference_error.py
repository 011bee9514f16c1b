"""HF-MAML's Hessian difference is within eta |v| / 2 of the product that it stands for."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\alpha \, \|H_i(x) v - d_i(x; v)\| \le \frac{\eta}{2} \|v\|, \quad \delta = \frac{\eta}{\rho \alpha \|v\|}"
)
SOURCE = (
    "the claim ours.hf_error.half, |H v - d| <= rho delta |v|^2 / 2, at this delta; where v = 0 both sides are 0, and "
    "where rho alpha = 0 the left side is 0 for any delta: gradients are linear then, or alpha is 0"
)
ASSUMES = ("4.4",)


def conclude(x: Language, index: str, at: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """Alpha |H_i(x) v - d_i(x; v)| <= eta |v| / 2."""
    alpha, eta = vocabulary.inner_rate(x), vocabulary.difference_factor(x)
    error = x.hessian(index, at)(v) - x.difference(index, at, v)
    return alpha * x.norm(error), eta / 2 * x.norm(v), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield vocabulary.TASK, u, v
