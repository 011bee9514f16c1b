"""The noise of a batch of two is half the sum of the noise of two samples."""

from __future__ import annotations

import sympy

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector, is_zero
from mamlcheck.proof.axioms import Bound, Trials

STATEMENT = (
    r"\mathbb{E}_D \|\nabla f_i(x, D) - \nabla f_i(x)\| = "
    r"\tfrac{1}{2} \, \mathbb{E}_z \mathbb{E}_{z'} \|N_z + N_{z'}\|, "
    r"\quad N_z = \nabla f_i(x, z) - \nabla f_i(x), \; D = 2, \; x \text{ independent of } D, z, z'"
)
SOURCE = "the samples of a batch are drawn independently, with replacement; its gradient is the mean of theirs"


def conclude(x: Language, batch: str, index: str, at: Vector, least: Bound, most: Bound) -> tuple[Expr, Expr, bool]:
    """E_D |grad f_i(x, D) - grad f_i(x)| = E_z E_z' |N_z + N_z'| / 2; the facts say that 2 <= D and D <= 2."""
    first, second = vocabulary.SAMPLES
    if batch not in vocabulary.ROLES:
        raise DoesNotApply(f"{batch} is no batch")
    if at.depends & {batch, first, second}:
        raise DoesNotApply(f"the point {at} depends on {batch}, or on a sample")
    size = vocabulary.size_root(x, batch) ** 2
    for fact, (left, right) in ((least, (2, size)), (most, (size, 2))):
        if not (is_zero(fact.left - left) and is_zero(fact.right - right)):
            raise DoesNotApply(f"the fact given says {fact.left} <= {fact.right}, not {left} <= {right}")
    slope = x.gradient(index, at)
    both = noise(x, index, at, first) + noise(x, index, at, second)
    return (
        x.mean(batch, x.norm(x.gradient(index, at, batch) - slope)),
        x.mean(first, x.mean(second, x.norm(both))) / 2,
        True,
    )


def noise(x: Language, index: str, at: Vector, sample: str) -> Vector:
    """N_z = grad f_i(x, z) - grad f_i(x)."""
    return x.gradient(index, at, sample) - x.gradient(index, at)


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A batch that has two samples on some instances."""
    size, two = vocabulary.size_root(x, "D_in") ** 2, sympy.Integer(2)
    yield "D_in", vocabulary.TASK, u, Bound(two, size), Bound(size, two)
