"""Wrong implementations in JAX; `WRONG` says what each must be called."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from mamlcheck.conformance import subject


def loss(p, w, batch):
    x, y = batch
    return p.loss(p.apply(w, x), y)


def step(w, g, rate):
    return jax.tree.map(lambda a, b: a - rate * b, w, g)


def inner_gradient(p, w, batch):
    return jax.grad(lambda v: loss(p, v, batch))(w)


def of_loss(meta_loss, algorithm="MAML"):
    @subject(algorithm, steps=(1,))
    def make(problem):
        p = problem.on("jax")
        return lambda: jax.grad(lambda w: meta_loss(p, w))(p.parameters)

    return make


def mean(task_loss):
    return lambda p, w: sum(task_loss(p, w, task) for task in p.tasks) / len(p.tasks)


def right(p, w, task):
    return loss(p, step(w, inner_gradient(p, w, task.inner), p.alpha), task.outer)


stop_gradient_left_in = of_loss(
    mean(lambda p, w, t: loss(p, step(w, jax.lax.stop_gradient(inner_gradient(p, w, t.inner)), p.alpha), t.outer))
)
losses_summed = of_loss(lambda p, w: sum(right(p, w, task) for task in p.tasks))
query_in_both = of_loss(mean(lambda p, w, t: loss(p, step(w, inner_gradient(p, w, t.outer), p.alpha), t.outer)))
uphill = of_loss(mean(lambda p, w, t: loss(p, step(w, inner_gradient(p, w, t.inner), -p.alpha), t.outer)))
last_of_the_scan = of_loss(lambda p, w: right(p, w, p.tasks[-1]))
meta_rate_inside = of_loss(mean(lambda p, w, t: loss(p, step(w, inner_gradient(p, w, t.inner), p.beta), t.outer)))


@subject("MAML", steps=(1,))
def gradient_at_the_adapted_parameters(problem):
    p = problem.on("jax")

    def direction(task):
        w = p.parameters
        return inner_gradient(p, step(w, inner_gradient(p, w, task.inner), p.alpha), task.outer)

    return lambda: [direction(task) for task in p.tasks]


@subject("MAML", steps=(1,))
def carried_through_the_loop(problem):
    p = problem.on("jax")

    def meta_loss(w):
        total = 0
        for task in p.tasks:
            w = step(w, inner_gradient(p, w, task.inner), p.alpha)
            total = total + loss(p, w, task.outer)
        return total / len(p.tasks)

    return lambda: jax.grad(meta_loss)(p.parameters)


@subject("MAML", steps=(1,))
def rounded_rate(problem):
    """Right but for the inner rate, which is held in float32."""
    p = problem.on("jax")
    rate = jnp.float32(p.alpha).astype(p.dtype)

    def task_loss(p, w, t):
        return loss(p, step(w, inner_gradient(p, w, t.inner), rate), t.outer)

    return lambda: jax.grad(lambda w: mean(task_loss)(p, w))(p.parameters)


@subject("MAML", steps=(1,))
def new_key_every_call(problem):
    p = problem.on("jax")
    random = np.random.default_rng(1)

    def call():
        task = p.tasks[random.integers(len(p.tasks))]
        key = jax.random.PRNGKey(int(random.integers(2**31)))
        noise = 0.1 * jax.random.normal(key, task.inner[0].shape, dtype=p.dtype)
        batch = (task.inner[0] + noise, task.inner[1])
        return jax.grad(lambda w: loss(p, step(w, inner_gradient(p, w, batch), p.alpha), task.outer))(p.parameters)

    return call


WRONG = {
    "stop_gradient_left_in": ("FO-MAML", ("hessian_missing",)),
    "gradient_at_the_adapted_parameters": ("FO-MAML", ("hessian_missing",)),
    "losses_summed": ("MAML", ("sum_over_tasks",)),
    "query_in_both": ("MAML", ("query_as_support",)),
    "uphill": ("MAML", ("inner_sign_flipped",)),
    "last_of_the_scan": ("MAML", ("last_task_only",)),
    "meta_rate_inside": ("MAML", ("alpha_beta_swapped",)),
    "carried_through_the_loop": ("MAML", ("drift_through_graph",)),
    "rounded_rate": ("MAML", ()),  # a note, not a defect
    "new_key_every_call": (None, ("not_deterministic",)),
}
