"""Right implementations whose inner steps are optax's."""

from __future__ import annotations

import jax
import optax
from jax_parts import gradient, loss, of_task_loss, of_tasks
from variant import right


def _adapted(p, w, t):
    inner = optax.sgd(p.alpha)
    state = inner.init(w)
    for _ in range(p.steps):
        updates, state = inner.update(gradient(p, w, t.inner), state, w)
        w = optax.apply_updates(w, updates)
    return w


through_optax = right(of_task_loss(lambda p, w, t: loss(p, _adapted(p, w, t), t.outer), steps=None), lambda o: o.maml())

reptile_by_optax = right(
    of_tasks(lambda p, w, t: jax.tree.map(lambda a, b: a - b, w, _adapted(p, w, t)), "Reptile", steps=None),
    lambda o: o.reptile(),
)
