"""JAX: what is left over in closures from the task or the call before."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax_parts import adapted, gradient, loss
from said import CARRIED, SECOND_CALL
from variant import wrong

from mamlcheck.conformance import subject


@subject("FO-MAML")
def _state_in_a_closure(problem):
    """The momentum of the inner optimiser lives in a dict of the closure, and is not set back for the next task."""
    p = problem.on("jax")
    slope = jax.jit(lambda w, x, y: gradient(p, w, (x, y)))

    def call():
        velocity = jax.tree.map(jnp.zeros_like, p.parameters)
        found = []
        for t in p.tasks:
            w = p.parameters
            for _ in range(p.steps):
                velocity = jax.tree.map(lambda a, b: 0.5 * a + b, velocity, slope(w, *t.inner))
                w = jax.tree.map(lambda a, b: a - p.alpha * b, w, velocity)
            found.append(slope(w, *t.outer))
        return found

    return call


def _velocity_kept(o):
    velocity, total = 0, 0
    for t in o.tasks:
        w = o.w
        for _ in range(o.K):
            velocity = 0.5 * velocity + o.grad(w, t.inner)
            w = w - o.alpha * velocity
        total = total + o.grad(w, t.outer)
    return total / 3


optimiser_state_in_a_closure = wrong(
    "FO-MAML with momentum 0.5 inside, whose state is carried from task to task",
    _state_in_a_closure,
    _velocity_kept,
    (r"momentum|velocity|optimi[sz]er", CARRIED),
)


@subject("MAML", steps=(1, 2))
def _stepped(problem):
    """The parameters of the training state are those after the last call's meta-step."""
    p = problem.on("jax")
    state = {"w": p.parameters}
    direction = jax.jit(
        jax.grad(lambda w: sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks))
    )

    def call():
        g = direction(state["w"])
        state["w"] = jax.tree.map(lambda a, b: a - p.beta * b, state["w"], g)
        return g

    return call


def _second_call(o):
    first = o.maml()
    w = o.w - o.beta * first
    second = o.mean(lambda t: o.d(lambda v: o.loss(o.adapt(v, t.inner), t.outer), w))
    return first, second


meta_step_kept = wrong(
    "each call takes its meta-step and keeps it: the second call starts from other parameters",
    _stepped,
    _second_call,
    (rf"{SECOND_CALL}|the second|{CARRIED}",),
)
