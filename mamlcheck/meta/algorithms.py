"""MAML, FO-MAML and HF-MAML: the directions of equations (5), (8) and (10)-(11), each once, over an arithmetic.

A step draws B tasks and, for each, an inner, an outer and a Hessian batch, held as weights over the m samples.
Directions cost O(m d) a task: Hessians enter through Hessian-vector products; `maml_direction_explicit` forms them,
for reference. Points are (..., P, d), the inner rate (...), directions (..., P, d).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic
from mamlcheck.errors import InputError
from mamlcheck.meta.objective import per_point, per_task

Array = Any


@dataclass(frozen=True)
class TaskBatches:
    """What one step draws: `tasks`, B indices, and for each its batches, weights (..., B, m) summing to 1.

    `hessian` may be left out by algorithms that have no Hessian batch (FO-MAML).
    """

    tasks: list[int]
    inner: Array
    outer: Array
    hessian: Array | None = None

    def __post_init__(self) -> None:
        if not self.tasks:
            raise InputError("a step needs at least one task: give B >= 1 task indices")


def _drawn(ar: Arithmetic, tasks: Any, alpha: Array, w: Array, batches: TaskBatches) -> tuple[Any, Array, Array]:
    """The drawn tasks at w, alpha against points, and the outer gradients grad f_i(w_i, D_o)."""
    drawn = tasks.select(batches.tasks)
    start = drawn.at(per_task(w))
    rate = per_point(alpha)
    adapted = start.w - rate * start.gradient(batches.inner[..., None, :])  # equation (4)
    return start, rate, drawn.at(adapted).gradient(batches.outer[..., None, :])


def maml_direction(ar: Arithmetic, tasks: Any, alpha: Array, w: Array, batches: TaskBatches) -> Array:
    """(1/B) sum_i (I - alpha H_i(w, D_h)) grad f_i(w_i, D_o), equation (5)."""
    start, rate, outer = _drawn(ar, tasks, alpha, w, batches)
    bent = start.hessian_vector(outer, _hessian_batch(batches)[..., None, :])
    return ar.mean(outer - rate * bent, -3)


def maml_direction_explicit(ar: Arithmetic, tasks: Any, alpha: Array, w: Array, batches: TaskBatches) -> Array:
    """Equation (5) with the Hessian matrices formed: the same direction at O(m d^2) a task, for reference."""
    start, rate, outer = _drawn(ar, tasks, alpha, w, batches)
    hessian = start.hessian(_hessian_batch(batches)[..., None, :])
    bent = ar.matvec(hessian, outer[..., None, :])[..., 0, :]
    return ar.mean(outer - rate * bent, -3)


def fo_maml_direction(ar: Arithmetic, tasks: Any, alpha: Array, w: Array, batches: TaskBatches) -> Array:
    """(1/B) sum_i grad f_i(w_i, D_o), equation (8): MAML without the Hessian."""
    return ar.mean(_drawn(ar, tasks, alpha, w, batches)[2], -3)


def hf_maml_direction(ar: Arithmetic, tasks: Any, alpha: Array, w: Array, batches: TaskBatches, delta: Array) -> Array:
    """(1/B) sum_i [grad f_i(w_i, D_o) - alpha d_i], equations (10)-(11); `delta` (..., B, P), all positive.

    d_i = [grad f_i(w + delta_i v_i, D_h) - grad f_i(w - delta_i v_i, D_h)] / (2 delta_i), v_i = grad f_i(w_i, D_o),
    and d_i = 0 where v_i is exactly 0.
    """
    start, rate, v = _drawn(ar, tasks, alpha, w, batches)
    difference = hessian_difference(ar, start, v, delta[..., None], _hessian_batch(batches)[..., None, :])
    return ar.mean(v - rate * difference, -3)


def hessian_difference(ar: Arithmetic, start: Any, v: Array, delta: Array, q: Array | None = None) -> Array:
    """[grad f_i(w + delta v, q) - grad f_i(w - delta v, q)] / (2 delta), equation (9); exactly 0 for v exactly 0."""
    move = delta * v
    return start.tasks.at(start.w - move).gradient_change(2 * move, q) / (2 * delta)


def _hessian_batch(batches: TaskBatches) -> Array:
    if batches.hessian is None:
        raise InputError("this algorithm takes a Hessian batch for each task: give `hessian` weights (..., B, m)")
    return batches.hessian


def printed_delta(ar: Arithmetic, hessian_lipschitz: Array, alpha: Array, v: Array) -> Array:
    """The printed rule delta = 1 / (6 rho alpha |v|) (..., B, P) for v (..., B, P, d); 1 where v is exactly 0.

    The rule is infinite where v = 0, rho = 0 or alpha = 0. Where v = 0 the difference is 0 whatever delta is, and 1
    is returned; for rho = 0 or alpha = 0 there is no such delta and `InputError` says so. Note that this delta keeps
    a relative error of up to 1/12 of |v| however many samples are drawn: it does not meet Theorem 4.17.
    """
    scale = hessian_lipschitz[..., None, None] * alpha[..., None, None]
    if (ar.less_equal(scale, ar.exact(0)) != 0).any():
        raise InputError(
            "delta = 1 / (6 rho alpha |v|) is infinite for rho = 0 or alpha = 0: for rho = 0 any delta > 0 is exact, "
            "for alpha = 0 HF-MAML is FO-MAML; give a delta of your own"
        )
    norms = ar.norm(v)
    zero = (ar.lower(norms) <= 0) & (ar.upper(norms) <= 0)
    undecided = (ar.lower(norms) <= 0) & ~zero
    if undecided.any():
        raise InputError("|v| cannot be told from 0 at this precision: use arb with more bits, or give delta yourself")
    safe = norms + ar.exact(zero.astype(np.float64))
    rule = ar.exact(1) / (6 * scale * safe)
    keep = ar.exact((~zero).astype(np.float64))
    return rule * keep + ar.exact(zero.astype(np.float64))


def next_parameter(ar: Arithmetic, w: Array, direction: Array, beta: Array) -> Array:
    """w+ = w - beta * direction (..., P, d); beta (...)."""
    return w - beta[..., None, None] * direction
