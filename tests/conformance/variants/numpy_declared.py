"""NumPy: a right algorithm that is declared as another one."""

from __future__ import annotations

from numpy_parts import first_order, of_all, of_tasks, path, step, times
from said import SERIAL
from variant import wrong

DELTA = 0.01


def _hessian_free(p, t):
    w, g = p.parameters, first_order(p, t.inner, t.outer)
    ahead, behind = p.gradient(step(w, g, -DELTA), t.inner), p.gradient(step(w, g, DELTA), t.inner)
    return step(g, times(1 / (2 * DELTA), step(ahead, behind, 1)), p.alpha)


hessian_free_as_maml = wrong(
    "HF-MAML with delta = 0.01, declared MAML",
    of_tasks(_hessian_free),
    lambda o: o.hf(DELTA),
    (r"HF-MAML",),
    found="HF-MAML",
)


def _serial(p):
    w = p.parameters
    for t in p.tasks:
        w = path(p, w, t.inner)[-1]
    return step(p.parameters, w, 1)


def _serial_truth(o):
    w = o.w
    for t in o.tasks:
        w = o.adapt(w, t.inner)
    return o.w - w


serial_reptile_as_maml = wrong(
    "serial Reptile declared MAML",
    of_all(_serial, steps=None),
    _serial_truth,
    (r"Reptile", SERIAL),
)
