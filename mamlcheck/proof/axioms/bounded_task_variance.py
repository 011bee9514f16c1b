"""The variance of gradients among tasks, at a point that no task changes, is at most that of Assumption 4.5."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\mathbb{E}_i \|\nabla f_i(x) - \nabla f(x)\|^2 \le \sigma^2"
SOURCE = "Assumption 4.5"
ASSUMES = ("4.5",)


def conclude(x: Language, at: Vector) -> tuple[Expr, Expr, bool]:
    """E_i |grad f_i(x) - grad f(x)|^2 <= sigma^2."""
    if vocabulary.TASK in at.depends:
        raise DoesNotApply(f"the point {at} is another one for each task")
    return vocabulary.task_variance(x, at), vocabulary.task_deviation_bound(x) ** 2, False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point."""
    yield (u,)
