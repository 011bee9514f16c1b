"""HF-MAML's Hessian difference is within eta |v| / 2 of the product that it stands for."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\alpha \, \|H_i(x) v - d_i(x; v)\| \le \frac{\eta}{2} \|v\|, \quad \delta = \frac{\eta}{\rho \alpha \|v\|}"
)
SOURCE = (
    "the claim ours.hf_error.half, |H v - d| <= rho delta |v|^2 / 2, at this delta; where v = 0 both sides are 0; "
    "alpha > 0 and rho > 0"
)
ASSUMES = ("4.4",)


def conclude(x: Language, index: str, at: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """Alpha |H_i(x) v - d_i(x; v)| <= eta |v| / 2."""
    require_delta(x)
    alpha, eta = vocabulary.inner_rate(x), vocabulary.difference_factor(x)
    error = x.hessian(index, at)(v) - x.difference(index, at, v)
    return alpha * x.norm(error), eta / 2 * x.norm(v), False


def require_delta(x: Language) -> None:
    """Raise unless delta = eta / (rho alpha |v|) is a number wherever v is not 0."""
    if not (vocabulary.inner_rate(x).is_positive and vocabulary.hessian_lipschitz(x).is_positive):
        raise DoesNotApply("delta = eta / (rho alpha |v|) needs alpha > 0 and rho > 0 among the hypotheses")


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point and a vector."""
    yield vocabulary.TASK, u, v
