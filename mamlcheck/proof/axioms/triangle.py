"""The triangle inequality."""

from __future__ import annotations

from mamlcheck.language.terms import Expr, Language, Vector

STATEMENT = r"\|u + v\| \le \|u\| + \|v\|"
SOURCE = "the definition of a norm"


def conclude(x: Language, u: Vector, v: Vector) -> tuple[Expr, Expr, bool]:
    """|u + v| <= |u| + |v|."""
    return x.norm(u + v), x.norm(u) + x.norm(v), False
