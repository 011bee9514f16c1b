"""A norm is the inner product with the unit vector along."""

from __future__ import annotations

from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\|v\| = \langle u, v \rangle, \quad u \text{ the unit vector along } v"
SOURCE = (
    "the definition of the Euclidean norm; where v = 0 any unit vector serves, which takes a dimension of at least 1"
)


def conclude(x: Language, v: Vector, unit: Vector) -> tuple[Expr, Expr, bool]:
    """|v| = <u, v> for u = `x.direction(v, ...)`."""
    atoms = [word[0] for word, c in unit.terms.items() if len(word) == 1 and c == 1]
    if len(unit.terms) != 1 or not atoms or atoms[0].kind != "direction" or atoms[0].inner != v:
        raise DoesNotApply(f"{unit} is not the unit vector along {v}")
    return x.norm(v), x.inner(unit, v), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A vector, and the unit vector along it."""
    yield u, x.direction(u, f"e{len(x.named)}")
