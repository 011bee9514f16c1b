"""Inner rates that differ from parameter to parameter multiply the Hessian-vector product, not its vector."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
SAYS = "the inner rates multiply the Hessian-vector product H g, where H is to be multiplied by the rates times g"
CAUSE = "Most likely a hand-written pull-back is that of one rate: the transpose of I - diag(rates) H is needed."


def direction(x: Run) -> Numbers:
    if not x.rates:
        raise DoesNotApply("there is one inner rate")
    path = x.path()
    g = path.end.gradient("outer")
    for k in reversed(range(x.steps)):
        g = g - x.alpha * x.along(x.curvature(path.points[k], g), k)
    return x.mean(g)
