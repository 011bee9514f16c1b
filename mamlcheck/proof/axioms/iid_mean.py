"""The mean of B' independent draws has the mean of one."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"X = \frac{c}{B'} \sum_{k=1}^{B'} N_k \text{ i.i.d.}: \quad \mathbb{E} X = c \, \mathbb{E} N"
SOURCE = "linearity of the mean"


def conclude(x: Language, index: str, draws: Expr) -> tuple[Expr, Expr, bool]:
    """E X = c E N for X a mean of draws of the language."""
    meaning = x.meanings.get(draws)
    if meaning is None or meaning.kind != "draws" or meaning.depends - {*x.varying.values()} != {index}:
        raise DoesNotApply(f"{draws} is no mean of draws over {index}")
    factor, scalar, over = meaning.parts
    for inner in over:
        scalar = x.mean(inner, scalar)
    return x.mean(index, draws), factor * scalar, True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """The mean of the step size's draws."""
    yield vocabulary.DRAW, vocabulary.stepsize_draws(x)[0]
