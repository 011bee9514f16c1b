"""A batch gradient at a point that does not depend on the batch has the full gradient as its mean (tower)."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\mathbb{E}_D \nabla f_i(x, D) = \nabla f_i(x), \quad x \text{ independent of } D"
SOURCE = "samples are drawn independently of x, with the weights of the data; no Hessian"


def conclude(x: Language, batch: str, index: str, at: Vector) -> tuple[Vector, Vector, bool]:
    """E_D grad f_i(x, D) = grad f_i(x)."""
    if batch in at.depends:
        raise DoesNotApply(f"the point {at} depends on the batch {batch} itself")
    return x.mean_vector(batch, x.gradient(index, at, batch)), x.gradient(index, at), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point."""
    yield index, vocabulary.TASK, u
