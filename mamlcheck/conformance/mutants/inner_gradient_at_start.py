"""Each inner step uses the gradient at the initial parameters."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
FROM_STEPS = 2
SAYS = "every inner step uses the gradient at the initial parameters"
CAUSE = "Most likely the inner loss is computed once, or with the model's own parameters, not with the adapted ones."


def direction(x: Run) -> Numbers:
    if x.problem.key.rates is not None and x.problem.key.rates.by_step:
        raise DoesNotApply("the steps have rates of their own: there is no rate of all of them together")
    rate = x.alpha * x.steps
    path = x.adapt(rate=rate, steps=1)
    return x.mean(x.pull_back(path, path.end.gradient("outer"), rate=rate))
