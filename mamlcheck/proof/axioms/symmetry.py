"""Hessians are symmetric."""

from __future__ import annotations

from mamlcheck.language.terms import DoesNotApply, Expr, Language, Operator, Vector

STATEMENT = r"\langle u, A v \rangle = \langle A u, v \rangle, \quad A = A^T"
SOURCE = "Schwarz's theorem on second derivatives; each f_i is twice continuously differentiable (Assumption 4.3)"
ASSUMES = ("4.3", "4.4")  # either: f is twice continuously differentiable


def conclude(x: Language, u: Vector, operator: Operator, v: Vector) -> tuple[Expr, Expr, bool]:
    """<u, A v> = <A u, v> for A a combination of the identity and Hessians."""
    if any(len(word) > 1 or any(a.kind != "hessian" for a in word) for word in operator.terms):
        raise DoesNotApply("the operator is not a combination of the identity and Hessians: it need not be symmetric")
    return x.inner(u, operator(v)), x.inner(operator(u), v), True
