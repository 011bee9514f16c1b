"""The inner gradients are added to the outer one. With one step and the Hessian it is MLDG, and called so."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("FO-MAML", "MAML", "HF-MAML")
SAYS = "the inner gradient is added to the outer one"
CAUSE = "Most likely the sum of both losses is differentiated, or both gradients are added up."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = x.pull_back(path, path.end.gradient("outer"))
    for start in path.points[:-1]:
        g = g + start.gradient("inner")
    return x.mean(g)
