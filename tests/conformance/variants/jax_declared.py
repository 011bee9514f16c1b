"""JAX: a right algorithm that is declared as another one."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax_parts import adapted, gradient, loss, of_task_loss, of_tasks
from said import FIRST_ORDER, HESSIAN
from variant import wrong

maml_as_first_order = wrong(
    "MAML declared FO-MAML",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, t.inner), t.outer), "FO-MAML", steps=None),
    lambda o: o.maml(),
    (r"this is MAML", HESSIAN),
    (r"hessian term is missing",),
    found="MAML",
)

reptile_as_first_order = wrong(
    "Reptile, divided by the inner rate, declared FO-MAML",
    of_tasks(
        lambda p, w, t: jax.tree.map(lambda a, b: (a - b) / p.alpha, w, adapted(p, w, t.inner)), "FO-MAML", steps=None
    ),
    lambda o: o.reptile() / o.alpha,
    (r"\bReptile\b",),
    found="Reptile",
)


def _adam(p, w, t):
    """MAML through Adam's first steps, as optax has them."""
    m = jax.tree.map(jnp.zeros_like, w)
    s = m
    for k in range(1, p.steps + 1):
        g = gradient(p, w, t.inner)
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        s = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, s, g)
        w = jax.tree.map(
            lambda v, a, b, k=k: v - p.alpha * (a / (1 - 0.9**k)) / (jnp.sqrt(b / (1 - 0.999**k)) + 1e-3), w, m, s
        )
    return loss(p, w, t.outer)


def _adam_truth(o, t, w):
    m = s = 0
    for k in range(1, o.K + 1):
        g = o.grad(w, t.inner)
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        w = w - o.alpha * (m / (1 - 0.9**k)) / (np.sqrt(s / (1 - 0.999**k)) + 1e-3)
    return o.loss(w, t.outer)


adam_inside_maml = wrong(
    "MAML through inner steps of Adam with epsilon 0.001, declared MAML",
    of_task_loss(_adam, steps=(1, 2)),
    lambda o: o.mean(lambda t: o.d(lambda w: _adam_truth(o, t, w))),
    (r"\bAdam\b",),
)

first_order_of_scan_as_maml = wrong(
    "FO-MAML, the gradient at the adapted parameters, declared MAML",
    of_tasks(lambda p, w, t: gradient(p, adapted(p, w, t.inner), t.outer), steps=None),
    lambda o: o.fo(),
    (r"FO-MAML", FIRST_ORDER),
    found="FO-MAML",
)
