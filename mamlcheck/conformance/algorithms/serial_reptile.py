"""Serial Reptile: (w - w_B) / meta_rate, where each task starts where the one before it left the parameters.

A task moves them by meta_rate times the way that its inner steps lead, so that there are B meta-steps, one a task. The
direction is that of all of them: to the first order in the meta rate a sum over tasks. With a meta rate of 1 a task
starts from the adapted parameters of the one before it. Batched Reptile, with one meta-step for all tasks, is Reptile.

Source: Nichol, Achiam, Schulman, "On First-Order Meta-Learning Algorithms", 2018, Algorithm 1.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.problem import META_RATE
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Tried

NAME = "Serial Reptile"
ORDER = 16
RARE = True
IN_TURN = True
HESSIAN = "none"
UPDATE = True
NUMBERS = {"meta_rate": Tried((META_RATE, 0.1, 1.0, 0.01, 0.5), searched=True)}
SAYS = "each task starts where the meta-step of the one before it has led"
CAUSE = "Most likely the meta-step is taken within the loop over tasks."


def direction(x: Run) -> Numbers:
    rate, w = x.number(x.own["meta_rate"]), x.only(0).w
    for i in range(x.count):
        w = w - rate * (w - x.only(i).adapt(w).end.w)
    return x.mean(x.only(0).w - w) / rate[0]
