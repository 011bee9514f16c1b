"""The norm is homogeneous, for a factor that is shown to be non-negative."""

from __future__ import annotations

import sympy

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector, is_zero
from mamlcheck.proof.axioms import Bound, Trials

STATEMENT = r"\|c v\| = c \|v\|, \quad c \ge 0"
SOURCE = "the definition of a norm"


def conclude(x: Language, factor: Expr, v: Vector, sign: Bound) -> tuple[Expr, Expr, bool]:
    """|c v| = c |v|; `sign` is a fact a <= b with b - a = c."""
    if not is_zero(sign.right - sign.left - factor):
        raise DoesNotApply(f"the fact given says {sign.left} <= {sign.right}, not {factor} >= 0")
    return x.norm(v * factor), factor * x.norm(v), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """L, which is never negative."""
    smooth = vocabulary.smoothness(x)
    yield smooth, u, Bound(sympy.Integer(0), smooth)
