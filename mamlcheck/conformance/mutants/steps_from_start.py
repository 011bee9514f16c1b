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
    for _ in range(x.steps):
        points.append(x.tasks.at(x.w - x.alpha * points[-1].gradient("inner")))
    term = found = points[-1].gradient("outer")
    if x.hessian != "none":
        for start in reversed(points[:-1]):
            term = -x.alpha * x.curvature(start, term)
            found = found + term
    return x.mean(found)
