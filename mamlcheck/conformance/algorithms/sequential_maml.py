"""Sequential MAML: (w - w_B) / meta_rate, where each task has a meta-step of MAML of its own.

A task starts where the meta-step of the one before it has led, so that there are B meta-steps with one task each, not
one with B tasks. The direction is that of all of them: to the first order in the meta rate a sum over tasks.

Source: MAML's Algorithm 1 with batches of one task; code that steps the outer optimiser within the loop over tasks.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.problem import META_RATE
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Tried

NAME = "Sequential MAML"
ORDER = 17
RARE = True
IN_TURN = True
HESSIAN = "exact"
NUMBERS = {"meta_rate": Tried((META_RATE, 0.1, 0.01, 0.001, 0.5, 1.0), searched=True)}
SAYS = "each task has a meta-step of its own, and starts where the one before it has led"
CAUSE = "Most likely the outer optimiser steps within the loop over tasks."


def direction(x: Run) -> Numbers:
    rate, w = x.number(x.own["meta_rate"]), x.only(0).w
    for i in range(x.count):
        task = x.only(i)
        path = task.adapt(w)
        w = w - rate * task.pull_back(path, path.end.gradient("outer"))
    return x.mean(x.only(0).w - w) / rate[0]
