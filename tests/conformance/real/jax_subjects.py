"""MAML as JAX's users write it: grad through the inner steps, vmapped over tasks, jitted."""

import jax
import jax.numpy as jnp

from mamlcheck.conformance import subject


@subject("MAML")
def maml(problem):
    p = problem.on("jax")
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *[(task.inner, task.outer) for task in p.tasks])

    def task_loss(w, inner, outer):
        for _ in range(p.steps):
            g = jax.grad(lambda v: p.loss(p.apply(v, inner[0]), inner[1]))(w)
            w = jax.tree.map(lambda a, b: a - p.alpha * b, w, g)
        return p.loss(p.apply(w, outer[0]), outer[1])

    meta = jax.jit(jax.grad(lambda w: jax.vmap(task_loss, in_axes=(None, 0, 0))(w, *stacked).mean()))
    return lambda: meta(p.parameters)
