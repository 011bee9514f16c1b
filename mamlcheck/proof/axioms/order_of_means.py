"""Means over two samples that are drawn independently may be taken in either order."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\mathbb{E}_z \mathbb{E}_{z'} X = \mathbb{E}_{z'} \mathbb{E}_z X"
SOURCE = "Fubini 1907; here both are finite sums"


def conclude(x: Language, first: str, second: str, value: Expr) -> tuple[Expr, Expr, bool]:
    """E_z E_z' X = E_z' E_z X."""
    require_two_samples(first, second)
    return x.mean(first, x.mean(second, value)), x.mean(second, x.mean(first, value)), True


def require_two_samples(first: str, second: str) -> None:
    """Raise unless both are samples, and different ones."""
    if {first, second} != set(vocabulary.SAMPLES):
        raise DoesNotApply(f"{first} and {second} are not the two samples {' and '.join(vocabulary.SAMPLES)}")


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A norm that varies with both."""
    first, second = vocabulary.SAMPLES
    noise = [x.gradient(vocabulary.TASK, u, z) - x.gradient(vocabulary.TASK, u) for z in (first, second)]
    yield first, second, x.norm(noise[0] + 2 * noise[1])
