"""JAX: right implementations in unusual styles."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax_parts import adapted, gradient, is_head, loss, of_direction, of_loss, of_task_loss, of_tasks, step
from variant import right

from mamlcheck.conformance import subject


def _maml(o):
    return o.maml()


def _scan(p, w, t):
    def body(v, _):
        return step(v, gradient(p, v, t.inner), p.alpha), None

    return loss(p, jax.lax.scan(body, w, None, length=p.steps)[0], t.outer)


scanned = right(of_task_loss(_scan, steps=None), _maml)


def _fori(p, w, t):
    return loss(p, jax.lax.fori_loop(0, p.steps, lambda _, v: step(v, gradient(p, v, t.inner), p.alpha), w), t.outer)


fori_loop = right(of_task_loss(_fori, steps=None), _maml)


def _remat(p, w, t):
    inner = jax.checkpoint(lambda v: step(v, gradient(p, v, t.inner), p.alpha))
    for _ in range(p.steps):
        w = inner(w)
    return loss(p, w, t.outer)


checkpointed = right(of_task_loss(_remat, steps=None), _maml)


def _by_vjp(p, w, t):
    """The map w -> w' is pulled back by jax.vjp, step by step."""
    backs = []
    for _ in range(p.steps):
        w, back = jax.vjp(lambda v: step(v, gradient(p, v, t.inner), p.alpha), w)
        backs.append(back)
    g = gradient(p, w, t.outer)
    for back in reversed(backs):
        (g,) = back(g)
    return g


by_vjp = right(of_tasks(_by_vjp, steps=None), _maml)


def _by_linearize(p, w, t):
    """(I - alpha H) is symmetric: its product by jax.linearize of the gradient, forward over reverse."""
    pushes = []
    for _ in range(p.steps):
        g, push = jax.linearize(lambda v: gradient(p, v, t.inner), w)
        pushes.append(push)
        w = step(w, g, p.alpha)
    g = gradient(p, w, t.outer)
    for push in reversed(pushes):
        g = step(g, push(g), p.alpha)
    return g


by_linearize = right(of_tasks(_by_linearize, steps=None), _maml)


def _forward_mode(p, w):
    """The whole meta-gradient in forward mode: jax.jacfwd of a flat vector."""
    flat, unravel = ravel_pytree(w)

    def meta_loss(v):
        return sum(loss(p, adapted(p, unravel(v), t.inner), t.outer) for t in p.tasks) / len(p.tasks)

    return unravel(jax.jacfwd(meta_loss)(flat))


forward_mode = right(of_direction(_forward_mode, steps=(1, 2)), _maml)


@subject("MAML")
def _vmapped(problem):
    """vmap over tasks, value_and_grad, and the leading axis handed over as it is."""
    p = problem.on("jax")
    sets = [jnp.stack([getattr(t, role)[k] for t in p.tasks]) for role in ("inner", "outer") for k in (0, 1)]

    @jax.jit
    def each(w):
        def one(x, y, x_outer, y_outer):
            return jax.value_and_grad(lambda v: loss(p, adapted(p, v, (x, y)), (x_outer, y_outer)))(w)

        return jax.vmap(one)(*sets)

    return lambda: each(p.parameters)[1]


vmapped_per_task = right(_vmapped, _maml)

rate_in_float32 = right(
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner, rate=jnp.float32(p.alpha).astype(p.dtype)), t.outer), steps=None
    ),
    _maml,
    within=1e-6,
)

added_up = right(
    of_loss(lambda p, w: sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks), steps=None, reduction="sum"),
    lambda o: 3 * o.maml(),
)

first_order_stopped = right(
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner, seen=jax.lax.stop_gradient), t.outer), "FO-MAML", steps=None
    ),
    lambda o: o.fo(),
)


def _straight_through(p, w, t):
    """w + stop_gradient(w' - w)."""
    fast = adapted(p, w, t.inner)
    return loss(p, jax.tree.map(lambda a, b: a + jax.lax.stop_gradient(b - a), w, fast), t.outer)


first_order_straight_through = right(of_task_loss(_straight_through, "FO-MAML", steps=None), lambda o: o.fo())

anil_partitioned = right(
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, t.inner, moved=is_head), t.outer), "ANIL", steps=None),
    lambda o: o.maml(on=o.on("head")),
)

DELTA = 0.02


def _difference(p, w, t):
    g = gradient(p, step(w, gradient(p, w, t.inner), p.alpha), t.outer)
    across = jax.tree.map(jnp.subtract, *(gradient(p, step(w, g, sign * DELTA), t.inner) for sign in (-1, 1)))
    return step(g, across, p.alpha / (2 * DELTA))


hessian_free = right(of_tasks(_difference, "HF-MAML", delta=DELTA), lambda o: o.hf(DELTA), within=1e-11)

reptile = right(
    of_tasks(lambda p, w, t: jax.tree.map(jnp.subtract, w, adapted(p, w, t.inner)), "Reptile", steps=None),
    lambda o: o.reptile(),
)
