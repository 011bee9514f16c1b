"""JAX: coarser precisions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax_parts import adapted, gradient, loss, of_loss, of_task_loss, step
from said import FIRST_ORDER, PRECISION
from variant import wrong


def _in(dtype, seen=lambda g: g):
    """Parameters and data are cast down before anything is computed."""

    def cast(batch):
        x, y = batch
        return x.astype(dtype), y.astype(dtype) if y.dtype.kind == "f" else y

    def task_loss(p, w, t):
        coarse = {k: v.astype(dtype) for k, v in w.items()}
        return loss(p, adapted(p, coarse, cast(t.inner), seen=seen), cast(t.outer))

    return of_task_loss(task_loss, steps=(1, 2))


all_in_bfloat16 = wrong(
    "everything is computed in bfloat16, the direction is handed over in float64",
    _in(jnp.bfloat16),
    lambda o: o.maml(),
    (r"\bMAML\b", PRECISION),
    within=0.2,
)

float16_and_first_order = wrong(
    "everything is computed in float16, and first order",
    _in(jnp.float16, jax.lax.stop_gradient),
    lambda o: o.fo(),
    (FIRST_ORDER, PRECISION),
    within=0.02,
)


def _gradients_in_bfloat16(p, w):
    def seen(g):
        return jax.tree.map(lambda a: a.astype(jnp.bfloat16).astype(a.dtype), g)

    return sum(loss(p, step(w, seen(gradient(p, w, t.inner)), p.alpha), t.outer) for t in p.tasks) / len(p.tasks)


inner_gradients_in_bfloat16 = wrong(
    "the inner gradients are rounded to bfloat16",
    of_loss(_gradients_in_bfloat16),
    lambda o: o.maml(),
    (r"\bMAML\b", PRECISION),
    within=0.05,
)
