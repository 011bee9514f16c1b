"""The inner product with a vector that is not drawn goes under the mean."""

from __future__ import annotations

from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\langle u, \mathbb{E} v \rangle = \mathbb{E} \langle u, v \rangle, \quad u \text{ fixed}"
SOURCE = "linearity of the inner product and of the mean"


def conclude(x: Language, index: str, u: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """<u, E v> = E <u, v>."""
    if index in u.depends:
        raise DoesNotApply(f"the vector {u} depends on {index}: it is not fixed under the mean")
    return x.inner(u, x.mean_vector(index, v)), x.mean(index, x.inner(u, v)), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """Two vectors."""
    yield index, u, v
