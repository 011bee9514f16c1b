"""JAX: right implementations as people write them, each in another unusual style."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jax_parts import gradient, hessian_vector, is_head, loss, of_direction, of_task_loss, step, times
from variant import right

from mamlcheck.conformance import subject


class TrainState(NamedTuple):
    """Parameters with the state of their optimiser."""

    params: dict
    opt_state: object


def _train_state(p, w, t):
    """A train state scanned over its steps, with optax."""
    tx = optax.chain(optax.identity(), optax.scale(-p.alpha))

    def update(state, _):
        value, g = jax.value_and_grad(lambda v: loss(p, v, t.inner))(state.params)
        updates, opt_state = tx.update(g, state.opt_state, state.params)
        return TrainState(optax.apply_updates(state.params, updates), opt_state), value

    state, _ = jax.lax.scan(update, TrainState(w, tx.init(w)), None, length=p.steps)
    return loss(p, state.params, t.outer)


scanned_train_state = right(of_task_loss(_train_state, steps=None), lambda o: o.maml())


def _stacked_tasks(p, w):
    """vmap over tasks with fori_loop of static bounds inside, loss has auxiliary outputs."""
    data = [jnp.stack([getattr(t, r)[i] for t in p.tasks]) for r in ("inner", "outer") for i in (0, 1)]

    def one(w, x, y, u, v):
        fast = jax.lax.fori_loop(0, p.steps, lambda i, a: step(a, gradient(p, a, (x, y)), p.alpha), w)
        out = p.apply(fast, u)
        return p.loss(out, v), {"outputs": out}

    def meta(w):
        values, aux = jax.vmap(one, in_axes=(None, 0, 0, 0, 0))(w, *data)
        return values.mean(), aux

    return jax.grad(meta, has_aux=True)(w)[0]


vmapped_with_auxiliary_outputs = right(of_direction(_stacked_tasks, steps=None), lambda o: o.maml())


def _flat_pytree(p, w):
    """ravel_pytree at the entry, jacobian of the adaptation, and a vector-Jacobian product by @."""
    flat, back = ravel_pytree(w)

    def adapt(v, t):
        for _ in range(p.steps):
            v = v - p.alpha * jax.grad(lambda u: loss(p, back(u), t.inner))(v)
        return v

    def one(t):
        outer = jax.grad(lambda u: loss(p, back(u), t.outer))(adapt(flat, t))
        return outer @ jax.jacfwd(adapt)(flat, t)

    return back(sum(one(t) for t in p.tasks) / len(p.tasks))


forward_jacobian = right(of_direction(_flat_pytree, steps=(1, 2)), lambda o: o.maml())


def _linearized(p, w):
    """jax.linearize of the adaptation and its transpose."""

    def one(t):
        def adapt(v):
            for _ in range(p.steps):
                v = step(v, gradient(p, v, t.inner), p.alpha)
            return v

        fast, push = jax.linearize(adapt, w)
        (pulled,) = jax.linear_transpose(push, w)(gradient(p, fast, t.outer))
        return pulled

    return [one(t) for t in p.tasks]


linearized_and_transposed = right(of_direction(_linearized, steps=None), lambda o: o.maml())


def _checkpointed(p, w, t):
    """Each step under jax.checkpoint, the loss in a named call."""

    @jax.checkpoint
    def inner(v):
        return step(v, gradient(p, v, t.inner), p.alpha)

    for _ in range(p.steps):
        w = inner(w)
    return jax.named_call(loss, name="outer")(p, w, t.outer)


steps_under_checkpoint = right(of_task_loss(_checkpointed, steps=None), lambda o: o.maml())


def _custom_vjp(p, w):
    """The inner step has a backward rule of its own, with forward-over-reverse products."""

    @partial(jax.custom_vjp, nondiff_argnums=(1,))
    def inner(v, i):
        return step(v, gradient(p, v, p.tasks[i].inner), p.alpha)

    def forward(v, i):
        return inner(v, i), v

    def backward(i, v, u):
        return (step(u, hessian_vector(p, v, u, p.tasks[i].inner), p.alpha),)

    inner.defvjp(forward, backward)

    def meta(v):
        total = 0.0
        for i, t in enumerate(p.tasks):
            fast = v
            for _ in range(p.steps):
                fast = inner(fast, i)
            total += loss(p, fast, t.outer)
        return total / len(p.tasks)

    return jax.grad(meta)(w)


step_with_a_custom_vjp = right(of_direction(_custom_vjp, steps=None), lambda o: o.maml())


def _offsets(p, w):
    """The gradient by offsets at zero, with the weights closed over."""

    def meta(offset):
        total = []
        for t in p.tasks:
            fast = jax.tree.map(jnp.add, w, offset)
            for _ in range(p.steps):
                fast = step(fast, gradient(p, fast, t.inner), p.alpha)
            total.append(loss(p, fast, t.outer))
        return jnp.mean(jnp.array(total))

    return jax.grad(meta)(jax.tree.map(jnp.zeros_like, w))


offsets_at_zero = right(of_direction(_offsets, steps=None), lambda o: o.maml())


def _frozen_tasks(p, w):
    """lax.map over stacked tasks, gradients averaged afterwards, tuples for parameters."""
    names = tuple(w)
    data = tuple(jnp.stack([getattr(t, r)[i] for t in p.tasks]) for r in ("inner", "outer") for i in (0, 1))

    def value(values, batch):
        return loss(p, dict(zip(names, values, strict=True)), batch)

    def one(d):
        def meta(values):
            for _ in range(p.steps):
                g = jax.grad(value)(values, d[:2])
                values = tuple(a - p.alpha * b for a, b in zip(values, g, strict=True))
            return value(values, d[2:])

        return jax.grad(meta)(tuple(w.values()))

    return {k: v.mean(0) for k, v in zip(names, jax.lax.map(one, data), strict=True)}


mapped_one_after_the_other = right(of_direction(_frozen_tasks, steps=None), lambda o: o.maml())


@subject("MAML", steps=(1, 2))
def _not_compiled(problem):
    """jax.grad of grad without jit, one task at a time; the results are added in NumPy."""
    p = problem.on("jax")

    def value(w, t):
        for _ in range(p.steps):
            w = jax.tree.map(lambda a, g: a - p.alpha * g, w, jax.grad(loss, argnums=1)(p, w, t.inner))
        return loss(p, w, t.outer)

    def call():
        each = [jax.device_get(jax.grad(value)(p.parameters, t)) for t in p.tasks]
        return {k: sum(g[k] for g in each) / len(each) for k in each[0]}

    return call


not_compiled = right(_not_compiled, lambda o: o.maml())


def _cut_parameters(p, w):
    """FO-MAML: the adapted parameters are w plus a constant offset."""

    def meta(v):
        total = 0.0
        for t in p.tasks:
            fast = v
            for _ in range(p.steps):
                fast = step(fast, gradient(p, fast, t.inner), p.alpha)
            offset = jax.lax.stop_gradient(jax.tree.map(jnp.subtract, fast, v))
            total += loss(p, jax.tree.map(jnp.add, v, offset), t.outer)
        return total / len(p.tasks)

    return jax.grad(meta)(w)


first_order_by_a_constant_offset = right(of_direction(_cut_parameters, "FO-MAML", steps=None), lambda o: o.fo())


def _incremental(p, w):
    """Reptile by optax.incremental_update, read back as the difference."""
    ends = []
    for t in p.tasks:
        fast = jax.lax.fori_loop(0, p.steps, lambda i, v, t=t: step(v, gradient(p, v, t.inner), p.alpha), w)
        ends.append(optax.incremental_update(fast, w, 1.0))
    mean = jax.tree.map(lambda *v: jnp.mean(jnp.stack(v), 0), *ends)
    return jax.tree.map(jnp.subtract, w, mean)


reptile_by_incremental_update = right(of_direction(_incremental, "Reptile", steps=None), lambda o: o.reptile())


def _partitioned(p, w):
    """ANIL: trees are partitioned into head and body, the head is adapted by a closure over the body."""

    def meta(tree):
        body = {k: v for k, v in tree.items() if not is_head(k)}
        total = 0.0
        for t in p.tasks:
            head = {k: v for k, v in tree.items() if is_head(k)}
            for _ in range(p.steps):
                head = step(head, jax.grad(lambda h, t=t: loss(p, body | h, t.inner))(head), p.alpha)
            total += loss(p, body | head, t.outer)
        return total / len(p.tasks)

    return jax.grad(meta)(w)


partitioned_head = right(of_direction(_partitioned, "ANIL", steps=None), lambda o: o.maml(on=o.on("head")))

DELTA = 0.01


def _hessian_free(p, w):
    """HF-MAML as a vmap over the two sides of the difference."""

    def one(t):
        g = gradient(p, step(w, gradient(p, w, t.inner), p.alpha), t.outer)
        sides = jax.vmap(lambda s: gradient(p, step(w, g, -s), t.inner))(jnp.array([DELTA, -DELTA]))
        return jax.tree.map(lambda v, d: v - p.alpha * (d[0] - d[1]) / (2 * DELTA), g, sides)

    return [one(t) for t in p.tasks]


both_sides_by_vmap = right(of_direction(_hessian_free, "HF-MAML", delta=DELTA), lambda o: o.hf(DELTA))


def _gradient_of_gradients(p, w):
    """The Hessian term as the gradient of <inner gradient, outer gradient>, tasks summed as declared."""

    def one(t):
        g = gradient(p, step(w, gradient(p, w, t.inner), p.alpha), t.outer)
        dot = lambda v: optax.tree_utils.tree_vdot(gradient(p, v, t.inner), jax.lax.stop_gradient(g))  # noqa: E731
        return jax.tree.map(jnp.subtract, g, times(p.alpha, jax.grad(dot)(w)))

    each = [one(t) for t in p.tasks]
    return jax.tree.map(lambda *v: sum(v), *each)


gradient_of_an_inner_product = right(
    of_direction(_gradient_of_gradients, steps=(1,), reduction="sum"), lambda o: 3 * o.maml()
)
