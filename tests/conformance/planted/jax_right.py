"""Right implementations in JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from mamlcheck.conformance import subject


def loss(p, w, batch):
    x, y = batch
    return p.loss(p.apply(w, x), y)


def step(w, g, rate):
    return jax.tree.map(lambda a, b: a - rate * b, w, g)


def adapted(p, w, batch):
    for _ in range(p.steps):
        w = step(w, jax.grad(lambda v: loss(p, v, batch))(w), p.alpha)
    return w


@subject("MAML")
def grad_of_the_mean(problem):
    p = problem.on("jax")

    def meta_loss(w):
        return sum(loss(p, adapted(p, w, task.inner), task.outer) for task in p.tasks) / len(p.tasks)

    return lambda: jax.grad(meta_loss)(p.parameters)


@subject("MAML")
def jitted_and_vmapped(problem):
    p = problem.on("jax")
    inner = tuple(jnp.stack([task.inner[k] for task in p.tasks]) for k in (0, 1))
    outer = tuple(jnp.stack([task.outer[k] for task in p.tasks]) for k in (0, 1))

    @jax.jit
    def direction(w):
        def one(batch, query):
            return jax.grad(lambda v: loss(p, adapted(p, v, batch), query))(w)

        return jax.tree.map(lambda g: g.mean(0), jax.vmap(one)(inner, outer))

    return lambda: direction(p.parameters)


@subject("MAML", steps=(1,))
def forward_over_reverse(problem):
    p = problem.on("jax")

    def direction(task):
        w = p.parameters

        def slope(v):
            return jax.grad(lambda u: loss(p, u, task.inner))(v)

        g = jax.grad(lambda u: loss(p, u, task.outer))(step(w, slope(w), p.alpha))
        return step(g, jax.jvp(slope, (w,), (g,))[1], p.alpha)

    return lambda: [direction(task) for task in p.tasks]


@subject("FO-MAML")
def stopped_on_purpose(problem):
    p = problem.on("jax")

    def meta_loss(w):
        total = 0
        for task in p.tasks:
            fast = w
            for _ in range(p.steps):
                g = jax.lax.stop_gradient(jax.grad(lambda v, t=task: loss(p, v, t.inner))(fast))
                fast = step(fast, g, p.alpha)
            total = total + loss(p, fast, task.outer)
        return total / len(p.tasks)

    return lambda: jax.grad(meta_loss)(p.parameters)


NAMED = {
    make.__name__: make for make in (grad_of_the_mean, jitted_and_vmapped, forward_over_reverse, stopped_on_purpose)
}
