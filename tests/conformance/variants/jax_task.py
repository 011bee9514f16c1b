"""JAX: tasks weighted, mixed up, or only some of them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax_parts import adapted, joined, loss, of_loss
from said import NEXT_TASK, NOT_MAML_ALONE, POOLED, SERIAL, WEIGHTS
from variant import wrong


def _softmax_weighted(p, w):
    values = jnp.stack([loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks])
    return jax.lax.stop_gradient(jax.nn.softmax(values)) @ values


def _softmax_truth(o):
    values = np.array([o.loss(o.adapt(o.w, t.inner), t.outer) for t in o.tasks])
    shares = np.exp(values) / np.exp(values).sum()
    return sum(c * o.maml(tasks=[t]) for c, t in zip(shares, o.tasks, strict=True))


hard_tasks_weigh_more = wrong(
    "the tasks are weighted by a softmax of their losses",
    of_loss(_softmax_weighted, steps=(1, 2)),
    _softmax_truth,
    (WEIGHTS, r"task"),
    NOT_MAML_ALONE,
)

queries_of_the_task_before = wrong(
    "jnp.roll over the tasks: the query set is that of the task before",
    of_loss(
        lambda p, w: (
            sum(loss(p, adapted(p, w, t.inner), p.tasks[(i - 1) % len(p.tasks)].outer) for i, t in enumerate(p.tasks))
            / len(p.tasks)
        ),
        steps=(1, 2),
    ),
    lambda o: sum(o.maml(tasks=[t], outer=lambda t, i=i: o.tasks[i - 1].outer) for i, t in enumerate(o.tasks)) / 3,
    (NEXT_TASK,),
    NOT_MAML_ALONE,
)

support_pooled = wrong(
    "the support samples of all tasks are pooled, the query sets are not",
    of_loss(
        lambda p, w: (
            sum(loss(p, adapted(p, w, joined(*(t.inner for t in p.tasks))), t.outer) for t in p.tasks) / len(p.tasks)
        ),
        steps=(1, 2),
    ),
    lambda o: o.maml(inner=lambda t: tuple(np.concatenate(a) for a in zip(*(s.inner for s in o.tasks), strict=True))),
    (POOLED, r"support|inner|adapt"),
    NOT_MAML_ALONE,
)


def _scan_over_tasks(p, w):
    """The carry of a scan over tasks holds the parameters: the outer loss is taken once, at the end."""
    for t in p.tasks:
        w = adapted(p, w, t.inner)
    return sum(loss(p, w, t.outer) for t in p.tasks) / len(p.tasks)


def _scan_truth(o, w):
    for t in o.tasks:
        w = o.adapt(w, t.inner)
    return sum(o.loss(w, t.outer) for t in o.tasks) / 3


adapted_to_all_in_turn = wrong(
    "the parameters are adapted to all tasks in turn, and all query losses are taken at the end",
    of_loss(_scan_over_tasks, steps=(1, 2)),
    lambda o: o.d(lambda w: _scan_truth(o, w)),
    (SERIAL,),
    NOT_MAML_ALONE,
)
