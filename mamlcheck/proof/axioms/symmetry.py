"""Hessians, of each sample too, are symmetric and linear."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Operator, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\langle u, A v \rangle = \langle A u, v \rangle, "
    r"\quad A \text{ a combination of } I, H_i(x), H_i(x, D)"
)
SOURCE = (
    "Schwarz's theorem on second derivatives; each sample's loss is twice continuously differentiable, as Assumption "
    "4.3 says of f_i and equation (14) takes for granted of samples; a batch Hessian is a mean of sample Hessians"
)
ASSUMES = ("4.3", "4.4")  # either: f is twice continuously differentiable


def conclude(x: Language, u: Vector, operator: Operator, v: Vector) -> tuple[Expr, Expr, bool]:
    """<u, A v> = <A u, v> for A a combination of the identity and Hessians."""
    if any(len(word) > 1 or any(a.kind != "hessian" for a in word) for word in operator.terms):
        raise DoesNotApply("the operator is not a combination of the identity and Hessians: it need not be symmetric")
    return x.inner(u, operator(v)), x.inner(operator(u), v), True


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """The operator of the adapted gradient, on all samples and on a batch."""
    yield u, vocabulary.pull_back(x, v), w
    yield u, vocabulary.pull_back(x, v, index), w
