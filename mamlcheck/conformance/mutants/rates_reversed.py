"""Inner rates that differ from step to step are taken in the reversed order."""

from __future__ import annotations

from dataclasses import replace

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.conformance.rates import rates_of
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
FROM_STEPS = 2
SAYS = "the rates of the inner steps are taken in the reversed order, that of the last step first"
CAUSE = "Most likely the list of rates is popped from its end, or indexed backwards."


def direction(x: Run) -> Numbers:
    rates = x.problem.key.rates
    if rates is None or not rates.by_step:
        raise DoesNotApply("all inner steps have the same rates")
    turned = rates_of(rates.of(k) for k in reversed(range(x.steps)))
    return x.mean(replace(x, problem=x.problem.but(rates=turned)).directions())
