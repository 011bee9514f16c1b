"""JAX: scans over the wrong number of inner steps, with rates that decay, or stopped in some steps."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax_parts import adapted, gradient, loss, of_task_loss, step
from said import DECAY, FIRST_ORDER, MORE, NOT_MAML_ALONE, RATE, STEPS
from variant import wrong


def _scanned(p, w, t, count):
    def body(v, _):
        return step(v, gradient(p, v, t.inner), p.alpha), None

    return loss(p, jax.lax.scan(body, w, None, length=count)[0], t.outer)


one_step_more = wrong(
    "a scan of length K + 1",
    of_task_loss(lambda p, w, t: _scanned(p, w, t, p.steps + 1), steps=(1, 2)),
    lambda o: o.maml(steps=o.K + 1),
    (MORE,),
    NOT_MAML_ALONE,
)


def _cosine(p, w, t):
    """The rate falls by a half cosine to 0 at step K."""

    def body(v, k):
        rate = p.alpha * (1 + jnp.cos(jnp.pi * k / p.steps)) / 2
        return step(v, gradient(p, v, t.inner), rate.astype(p.dtype)), None

    return loss(p, jax.lax.scan(body, w, jnp.arange(p.steps))[0], t.outer)


def _cosine_truth(o, t, w):
    for k in range(o.K):
        w = o.adapt(w, t.inner, o.alpha * (1 + math.cos(math.pi * k / o.K)) / 2, 1)
    return o.loss(w, t.outer)


cosine_rate = wrong(
    "the inner rate falls from alpha along a half cosine over the inner steps",
    of_task_loss(_cosine, steps=(1, 2, 3)),
    lambda o: o.mean(lambda t: o.d(lambda w: _cosine_truth(o, t, w))),
    (RATE, DECAY, STEPS),
    NOT_MAML_ALONE,
)


def _first_stopped(p, w, t):
    for k in range(p.steps):
        g = gradient(p, w, t.inner)
        w = step(w, jax.lax.stop_gradient(g) if k == 0 else g, p.alpha)
    return loss(p, w, t.outer)


def _first_stopped_truth(o, t):
    points = o.path(o.w, t.inner)
    v = o.grad(points[-1], t.outer)
    for w in reversed(points[1:-1]):
        v = v - o.alpha * o.hv(w, v, t.inner)
    return v


first_step_of_first_order = wrong(
    "the gradient of the first inner step goes through stop_gradient, the others do not",
    of_task_loss(_first_stopped, steps=(2, 3)),
    lambda o: o.mean(lambda t: _first_stopped_truth(o, t)),
    (r"first (inner )?step|step 1\b|(from|after) the second|(all|every) .*but", FIRST_ORDER),
    (*NOT_MAML_ALONE, r"this is fo-maml"),
)


def _stepped_back(p, w, t):
    """The adapted parameters are averaged half and half with the initial ones."""
    fast = adapted(p, w, t.inner)
    return loss(p, jax.tree.map(lambda a, b: (a + b) / 2, w, fast), t.outer)


half_the_way = wrong(
    "the outer loss is taken half the way between the initial and the adapted parameters",
    of_task_loss(_stepped_back, steps=(1, 2)),
    lambda o: o.mean(lambda t: o.d(lambda w: o.loss((w + o.adapt(w, t.inner)) / 2, t.outer))),
    (r"half|halfway|0\.5\b|averag|interpolat|between",),
    NOT_MAML_ALONE,
)
