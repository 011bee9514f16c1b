"""What variants in JAX share: losses, gradients and steps over pytrees. Directions are compiled once a problem."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from mamlcheck.conformance import subject


def loss(p, w, batch):
    x, y = batch
    return p.loss(p.apply(w, x), y)


def gradient(p, w, batch):
    return jax.grad(lambda v: loss(p, v, batch))(w)


def step(w, g, rate):
    return jax.tree.map(lambda a, b: a - rate * b, w, g)


def times(factor, g):
    return jax.tree.map(lambda a: factor * a, g)


def adapted(p, w, batch, rate=None, steps=None, moved=lambda name: True, seen=lambda g: g):
    """Inner steps on the parameters whose names are `moved`. seen: what becomes of each inner gradient."""
    rate = p.alpha if rate is None else rate
    for _ in range(p.steps if steps is None else steps):
        g = seen(gradient(p, w, batch))
        w = {k: v - rate * g[k] if moved(k) else v for k, v in w.items()}
    return w


def hessian_vector(p, w, v, batch):
    """Forward over reverse."""
    return jax.jvp(lambda u: gradient(p, u, batch), (w,), (v,))[1]


def joined(*batches):
    return tuple(jnp.concatenate(part) for part in zip(*batches, strict=True))


def is_head(name):
    return name.startswith("head") or "." not in name


def of_direction(direction, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns `direction(p, w)`."""

    @subject(algorithm, steps=steps, **declared)
    def make(problem):
        p = problem.on("jax")
        compiled = jax.jit(lambda w: direction(p, w))
        return lambda: compiled(p.parameters)

    return make


def of_loss(meta_loss, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns the gradient of `meta_loss(p, w)`."""
    return of_direction(lambda p, w: jax.grad(lambda v: meta_loss(p, v))(w), algorithm, steps, **declared)


def of_task_loss(task_loss, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns the gradient of the mean of `task_loss(p, w, task)` over tasks."""
    return of_loss(lambda p, w: sum(task_loss(p, w, t) for t in p.tasks) / len(p.tasks), algorithm, steps, **declared)


def of_tasks(direction, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns `direction(p, w, task)` of each task."""
    return of_direction(lambda p, w: [direction(p, w, t) for t in p.tasks], algorithm, steps, **declared)


def one_step(p, w, task, product):
    """With one inner step: the outer gradient g at w', less alpha times `product(w', g)`."""
    fast = step(w, gradient(p, w, task.inner), p.alpha)
    g = gradient(p, fast, task.outer)
    return step(g, product(fast, g), p.alpha)
