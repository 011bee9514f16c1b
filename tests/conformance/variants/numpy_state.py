"""NumPy: arrays that are written to in place and found changed the next time."""

from __future__ import annotations

import numpy as np
from numpy_parts import first_order, path
from said import CARRIED, SECOND_CALL
from variant import wrong

from mamlcheck.conformance import subject


@subject("FO-MAML")
def _view_not_copy(problem):
    """`w = start` is no copy: w -= alpha * g moves the start of the tasks that follow."""
    p = problem.on("numpy")

    def call():
        start, found = p.parameters, []
        for task in p.tasks:
            w = start
            for _ in range(p.steps):
                g = p.gradient(w, task.inner)
                for k in w:
                    w[k] -= p.alpha * g[k]
            found.append(p.gradient(w, task.outer))
        return found

    return call


def _chain(o):
    w, total = o.w, 0
    for t in o.tasks:
        w = o.adapt(w, t.inner)
        total = total + o.grad(w, t.outer)
    return total / 3


no_copy_of_the_start = wrong(
    "the start is not copied: in-place inner steps move it for the tasks that follow",
    _view_not_copy,
    _chain,
    (CARRIED,),
)


@subject("Reptile")
def _decaying_rate(problem):
    """The inner rate is multiplied by 0.9 after each task and never set back."""
    p = problem.on("numpy")

    def call():
        rate, found = p.alpha, []
        for task in p.tasks:
            end = path(p, p.parameters, task.inner, rate)[-1]
            found.append({k: v - end[k] for k, v in p.parameters.items()})
            rate = np.asarray(rate * 0.9, p.dtype)
        return found

    return call


def _decayed(o):
    return sum(o.w - o.adapt(o.w, t.inner, o.alpha * 0.9**i) for i, t in enumerate(o.tasks)) / 3


rate_falls_from_task_to_task = wrong(
    "the inner rate is multiplied by 0.9 after each task",
    _decaying_rate,
    _decayed,
    (r"\brates?\b", r"task", r"0\.9\b|0\.81|differ|\beach\b|falls|decay|\bper\b"),
)


@subject("FO-MAML", steps=(1, 2))
def _moving_average(problem):
    """An exponential average of directions is returned, which lives from call to call."""
    p = problem.on("numpy")
    kept = {}

    def call():
        each = [first_order(p, t.inner, t.outer) for t in p.tasks]
        for k in each[0]:
            g = sum(d[k] for d in each) / len(each)
            kept[k] = g + 0.5 * kept[k] if k in kept else g
        return {k: v.copy() for k, v in kept.items()}

    return call


outer_momentum_kept = wrong(
    "outer momentum of 0.5: the second call returns 1.5 times the first",
    _moving_average,
    lambda o: (o.fo(), 1.5 * o.fo()),
    (rf"{SECOND_CALL}|the second", rf"{CARRIED}|momentum|1\.5"),
)
