"""Deviations at a point are at most the constants of Assumption 4.6."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\tilde\sigma_i(x) \le \tilde\sigma, \quad \sigma_{H,i}(x) \le \sigma_H"
SOURCE = "Assumption 4.6, equations (13) and (14)"
ASSUMES = ("4.6",)


def conclude(x: Language, deviation: Expr) -> tuple[Expr, Expr, bool]:
    """sigma~_i(x) <= sigma~, or sigma_H,i(x) <= sigma_H."""
    kind = x.meanings[deviation].kind if deviation in x.meanings else ""
    if kind == "gradient deviation":
        return deviation, vocabulary.gradient_deviation_bound(x), False
    if kind == "hessian deviation":
        return deviation, vocabulary.hessian_deviation_bound(x), False
    raise DoesNotApply(f"{deviation} is no deviation at a point")


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """The deviation of gradients, and that of Hessians."""
    yield (x.gradient_deviation(vocabulary.TASK, u),)
    yield (x.hessian_deviation(vocabulary.TASK, v),)
