"""Each inner step starts from the initial parameters, with the gradient at the last ones."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
RARE = True
FROM_STEPS = 2
SAYS = "each inner step starts again from the initial parameters, with the gradient where the step before has led"
CAUSE = "Most likely the update is of the model's own parameters, not of the adapted ones."


def direction(x: Run) -> Numbers:
    points = [x.start]
    for k in range(x.steps):
        points.append(x.tasks.at(x.w - x.alpha * x.along(points[-1].gradient("inner"), k)))
    term = found = points[-1].gradient("outer")
    if x.hessian != "none":
        for k in reversed(range(x.steps)):
            term = -x.alpha * x.curvature(points[k], x.along(term, k))
            found = found + term
    return x.mean(found)
