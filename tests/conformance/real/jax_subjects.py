"""MAML as JAX's users write it: grad through the inner steps, vmapped over tasks, jitted with the rate as argument."""

import jax
import jax.numpy as jnp

from mamlcheck.conformance import subject

compiled = {}  # compiling takes far longer than running: once for all problems that differ in their numbers alone


def meta_gradient(p):
    def task_loss(w, alpha, inner, outer):
        for _ in range(p.steps):
            g = jax.grad(lambda v: p.loss(p.apply(v, inner[0]), inner[1]))(w)
            w = jax.tree.map(lambda a, b: a - alpha * b, w, g)
        return p.loss(p.apply(w, outer[0]), outer[1])

    over_tasks = jax.vmap(task_loss, in_axes=(None, None, 0, 0))
    return jax.jit(jax.grad(lambda w, alpha, tasks: over_tasks(w, alpha, *tasks).mean()))


@subject("MAML")
def maml(problem):
    p = problem.on("jax")
    key = problem.name, problem.steps, problem.dtype, problem.offset
    meta = compiled.setdefault(key, meta_gradient(p))
    tasks = jax.tree.map(lambda *arrays: jnp.stack(arrays), *[(task.inner, task.outer) for task in p.tasks])
    return lambda: meta(p.parameters, jnp.asarray(p.alpha, p.dtype), tasks)
