"""The norm is homogeneous, for a factor that is shown to be non-negative."""

from __future__ import annotations

from typing import Protocol

from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector, is_zero

STATEMENT = r"\|c v\| = c \|v\|, \quad c \ge 0"
SOURCE = "the definition of a norm"


class Bound(Protocol):
    """A proved inequality, as the kernel makes it."""

    left: Expr
    right: Expr


def conclude(x: Language, factor: Expr, v: Vector, sign: Bound) -> tuple[Expr, Expr, bool]:
    """|c v| = c |v|; `sign` is a fact a <= b with b - a = c."""
    if not is_zero(sign.right - sign.left - factor):
        raise DoesNotApply(f"the fact given says {sign.left} <= {sign.right}, not {factor} >= 0")
    return x.norm(v * factor), factor * x.norm(v), True
