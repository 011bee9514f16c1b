"""What the theorem of an algorithm guarantees of a run: the one place where a theorem's bound enters results.

A guarantee is of the algorithm, in the mean over all draws and over a uniformly random iterate of the steps made. It
speaks of exact numbers: what float64 rounds in a step is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mamlcheck.formats.runs import RunGuarantee
from mamlcheck.meta.instance import BatchSizes
from mamlcheck.runs.theorems import THEOREMS

if TYPE_CHECKING:
    from mamlcheck.runs.algorithms import Algorithm
    from mamlcheck.runs.plan import Plan


def guarantee(plan: Plan, algorithm: Algorithm, steps: int) -> RunGuarantee:
    """The accuracy that the theorem guarantees for so many steps, or why it gives none."""
    constants, theorem = plan.known, THEOREMS[algorithm.name]

    def none(why: str) -> RunGuarantee:
        return RunGuarantee(None, why, constants.provenance, False)

    if steps < 1:
        return none("no step was made")
    if plan.factor(algorithm) != algorithm.factor:
        return none(f"{theorem.name} is for c = {algorithm.factor}")
    sizes = BatchSizes(**{**vars(plan.instance.sizes), "step_tasks": plan.sizes.tasks, "run_steps": steps})
    numbers = constants.numbers(plan.alpha, eta=plan.eta, sizes=sizes)
    if numbers is None:
        return none("; ".join(constants.missing))
    failing = theorem.failing(numbers)
    if failing:
        return none(f"{theorem.name} needs {' and '.join(one.text for one in failing)}")
    accuracy = theorem.accuracy(numbers)
    if accuracy is None:
        return none("the bound exceeds the largest double")
    return RunGuarantee(accuracy, None, constants.provenance, constants.provenance in ("exact", "certified"))


__all__ = ["guarantee"]
