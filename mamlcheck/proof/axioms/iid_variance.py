"""The variance of the mean of B' independent draws."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"X = \frac{c}{B'} \sum_{k=1}^{B'} N_k \text{ i.i.d.}: \quad "
    r"\mathbb{E} X^2 - (\mathbb{E} X)^2 = \frac{c^2}{B'} \left(\mathbb{E} N^2 - (\mathbb{E} N)^2\right)"
)
SOURCE = "variance of an i.i.d. mean"


def conclude(x: Language, index: str, draws: Expr) -> tuple[Expr, Expr, bool]:
    """E X^2 = (E X)^2 + c^2 / B' (E N^2 - (E N)^2) for X a mean of draws of the language."""
    meaning = x.meanings.get(draws)
    if meaning is None or meaning.kind != "draws" or meaning.depends - {*x.varying.values()} != {index}:
        raise DoesNotApply(f"{draws} is no mean of draws over {index}")
    factor, scalar, over = meaning.parts
    first, second = scalar, scalar**2
    for inner in over:
        first, second = x.mean(inner, first), x.mean(inner, second)
    variance = factor**2 / vocabulary.stepsize_tasks(x) * (second - first**2)
    return x.mean(index, draws**2), x.mean(index, draws) ** 2 + variance, True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """The mean of the step size's draws."""
    yield vocabulary.DRAW, vocabulary.stepsize_draws(x)[0]
