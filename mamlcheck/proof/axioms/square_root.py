"""A root, squared."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = r"\left(\sqrt{x}\right)^2 = x, \quad x \ge 0"
SOURCE = "the definition of the root"


def conclude(x: Language, root: Expr) -> tuple[Expr, Expr, bool]:
    """(sqrt x)^2 = x for a root of the language."""
    meaning = x.meanings.get(root)
    if meaning is None or meaning.kind != "root":
        raise DoesNotApply(f"{root} is no root")
    return root**2, meaning.parts[0], True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """The root of a number and a square."""
    yield (x.root(vocabulary.smoothness(x) + x.norm(u) ** 2),)
