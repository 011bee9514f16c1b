"""JAX: fresh errors of steps, algorithms, precision and state, to measure how far the diagnosis reaches."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
from blind_truths import (
    CLIP,
    CUT_ANYHOW,
    DECAYS,
    FIRST_ORDER,
    INNER_ONLY,
    MOMENTUM,
    NESTEROV,
    NOT_ADAPTED,
    ROUNDED,
    at,
    stepping,
    through,
    with_state,
)
from complex_steps import chosen
from jax_parts import (
    gradient,
    is_head,
    loss,
    of_direction,
    of_task_loss,
    of_tasks,
    step,
)
from said import (
    CARRIED,
    EACH,
    HEAD,
    HIDDEN,
    MORE,
    PRECISION,
    QUERY,
    RATE,
    SECOND_CALL,
    STEPS,
)
from variant import wrong

from mamlcheck.conformance import subject

# -- steps ------------------------------------------------------------------------------------------------------------


def _warming(p, w, t):
    """A schedule that rises to alpha."""

    def body(v, k):
        return step(v, gradient(p, v, t.inner), p.alpha * (k + 1) / p.steps), None

    return loss(p, jax.lax.scan(body, w, jnp.arange(p.steps))[0], t.outer)


rate_rises_to_alpha = wrong(
    "the inner rate rises from alpha / K to alpha",
    of_task_loss(_warming, steps=(3,)),
    lambda o: through(o, stepping(o, lambda w, t, k: w - o.alpha * (k + 1) / o.K * o.grad(w, t.inner))),
    (RATE + "|alpha", r"ris|grow|increas|warm|larger|" + EACH + "|" + DECAYS),
)


def _always_five(p, w, t):
    body = lambda i, v: step(v, gradient(p, v, t.inner), p.alpha)  # noqa: E731
    return loss(p, jax.lax.fori_loop(0, 5, body, w), t.outer)


five_steps_whatever_is_asked = wrong(
    "five inner steps are written into the code",
    of_task_loss(_always_five, steps=None),
    lambda o: o.maml(steps=5),
    (STEPS, r"\b5\b|five"),
)


def _rate_of_the_paper(p, w, t):
    for _ in range(p.steps):
        w = step(w, gradient(p, w, t.inner), 0.1)
    return loss(p, w, t.outer)


rate_of_the_paper = wrong(
    "the inner rate 0.1 is written into the code",
    of_task_loss(_rate_of_the_paper, steps=(1, 2)),
    lambda o: o.maml(rate=0.1),
    (RATE + "|alpha", r"0\.1\b"),
)


def _annealed_middle(p, w, t):
    """Every other step is of first order, to save memory."""
    for k in range(p.steps):
        g = gradient(p, w, t.inner)
        w = step(w, jax.lax.stop_gradient(g) if k % 2 else g, p.alpha)
    return loss(p, w, t.outer)


def _odd_steps_cut(o, w, c, t):
    for k in range(o.K):
        at_c = o.grad(c, t.inner)
        w, c = w - o.alpha * (at_c if k % 2 else o.grad(w, t.inner)), c - o.alpha * at_c
    return o.loss(w, t.outer)


middle_step_of_first_order = wrong(
    "the second of three inner steps is of first order",
    of_task_loss(_annealed_middle, steps=(3,)),
    lambda o: o.detached(lambda w, c: sum(_odd_steps_cut(o, w, c, t) for t in o.tasks) / len(o.tasks)),
    (CUT_ANYHOW, r"second (inner )?step|step 2|middle|inner step 2|from the second on"),
)

# -- algorithms under another name, or done wrong ----------------------------------------------------------------------


def _with_optax(tx):
    def task_loss(p, w, t):
        made = tx(p.alpha)
        state = made.init(w)
        for _ in range(p.steps):
            updates, state = made.update(gradient(p, w, t.inner), state, w)
            w = optax.apply_updates(w, updates)
        return loss(p, w, t.outer)

    return task_loss


def _adam(o, w, memory, t, k):
    m, v = memory
    g = o.grad(w, t.inner)
    m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
    hat, second = m / (1 - 0.9 ** (k + 1)), v / (1 - 0.99 ** (k + 1))
    return w - o.alpha * hat / (second**0.5 + 1e-8), (m, v)


adam_inside = wrong(
    "Adam with b2 = 0.99 makes the inner steps, and MAML was declared",
    of_task_loss(_with_optax(lambda a: optax.adam(a, b2=0.99)), steps=(2, 3)),
    lambda o: through(o, with_state(o, lambda w, s, t, k: _adam(o, w, s, t, k), (0.0, 0.0))),
    (r"\bAdam\b",),
)


def _rms(o, w, v, t):
    g = o.grad(w, t.inner)
    v = 0.9 * v + 0.1 * g * g
    return w - o.alpha * g / (v + 1e-8) ** 0.5, v


def _stopped(tx):
    def direction(p, w, t):
        made, fast = tx(p.alpha), w
        state = made.init(w)
        for _ in range(p.steps):
            updates, state = made.update(gradient(p, fast, t.inner), state)
            fast = optax.apply_updates(fast, updates)
        return gradient(p, fast, t.outer)

    return direction


rmsprop_inside = wrong(
    "RMSprop makes the inner steps of a first-order loop",
    of_tasks(_stopped(lambda a: optax.rmsprop(a)), "FO-MAML", steps=(1, 2)),
    lambda o: at(o, with_state(o, lambda w, s, t, k: _rms(o, w, s, t))),
    (r"RMS-?prop",),
)


def _nesterov(o, w, m, t):
    g = o.grad(w, t.inner)
    m = 0.9 * m + g
    return w - o.alpha * (0.9 * m + g), m


nesterov_inside = wrong(
    "the inner steps have Nesterov momentum 0.9",
    of_task_loss(_with_optax(lambda a: optax.sgd(a, momentum=0.9, nesterov=True)), steps=(1, 2)),
    lambda o: through(o, with_state(o, lambda w, s, t, k: _nesterov(o, w, s, t))),
    (MOMENTUM + "|" + NESTEROV,),
)


def _clipped_by_value(p, w, t):
    tx = optax.chain(optax.clip(0.1), optax.sgd(p.alpha))
    updates, _ = tx.update(gradient(p, w, t.inner), tx.init(w))
    return gradient(p, optax.apply_updates(w, updates), t.outer)


inner_gradient_clipped_by_value = wrong(
    "the components of the inner gradient are clipped to 0.1",
    of_tasks(_clipped_by_value, "FO-MAML"),
    lambda o: at(o, lambda w, t: w - o.alpha * np.clip(o.grad(w, t.inner), -0.1, 0.1)),
    (CLIP, r"inner|support"),
)


def _domain(p, w, t):
    """MLDG with beta = 0.5: F(w) + beta G(w - alpha grad F(w))"""
    return loss(p, w, t.inner) + 0.5 * loss(p, step(w, gradient(p, w, t.inner), p.alpha), t.outer)


mldg_with_half = wrong(
    "MLDG: the inner loss at the start, and half the outer loss",
    of_task_loss(_domain),
    lambda o: 0.5 * o.maml() + o.mean(lambda t: o.grad(o.w, t.inner)),
    (rf"MLDG|{INNER_ONLY}", r"0\.5\b|half|1/2|2\b"),
)

reptile_of_the_last_step = wrong(
    "Reptile's difference is over the last inner step only",
    of_tasks(
        lambda p, w, t: (lambda trail: jax.tree.map(jnp.subtract, trail[-2], trail[-1]))(_trail(p, w, t)),
        "Reptile",
        steps=(2, 3),
    ),
    lambda o: o.mean(lambda t: (lambda path: path[-2] - path[-1])(o.path(o.w, t.inner))),
    (r"last (inner )?step|last two|one (inner )?step|last (inner )?gradient|(inner|support) gradient at",),
)


def _trail(p, w, t):
    trail = [w]
    for _ in range(p.steps):
        trail.append(step(trail[-1], gradient(p, trail[-1], t.inner), p.alpha))
    return trail


reptile_on_queries = wrong(
    "Reptile adapts on the query set",
    of_tasks(
        lambda p, w, t: jax.tree.map(jnp.subtract, w, step(w, gradient(p, w, t.outer), p.alpha)),
        "Reptile",
    ),
    lambda o: o.mean(lambda t: o.alpha * o.grad(o.w, t.outer)),
    (QUERY,),
)

# -- two defects at once ----------------------------------------------------------------------------------------------


def _one_more_on_the_head(p, w, t):
    for _ in range(p.steps + 1):
        g = gradient(p, w, t.inner)
        w = {k: v - p.alpha * g[k] if is_head(k) else v for k, v in w.items()}
    return loss(p, w, t.outer)


head_alone_and_a_step_more = wrong(
    "only the head is adapted, and with one step more",
    of_task_loss(_one_more_on_the_head, steps=(1, 2)),
    lambda o: o.maml(steps=o.K + 1, on=o.on("head")),
    (rf"ANIL|{HEAD}|{HIDDEN}.*({NOT_ADAPTED})", MORE + r"|\b2 (inner )?steps"),
)


def _summed_and_cut(p, w, t):
    total = lambda v: loss(p, v, t.inner) * len(t.inner[0])  # noqa: E731
    fast = step(w, jax.lax.stop_gradient(jax.grad(total)(w)), p.alpha)
    return loss(p, fast, t.outer)


first_order_with_a_summed_inner_loss = wrong(
    "first order, and the inner loss is a sum over samples",
    of_task_loss(_summed_and_cut),
    lambda o: o.fo(rate=5 * o.alpha),
    (FIRST_ORDER, r"\bsum|\b5\b|number of (support |inner )?samples"),
)

# -- precision --------------------------------------------------------------------------------------------------------


def _compressed(p, w):
    """Meta-gradients are sent as float16 by each worker."""
    each = [jax.grad(lambda v, t=t: loss(p, step(v, gradient(p, v, t.inner), p.alpha), t.outer))(w) for t in p.tasks]
    each = [jax.tree.map(lambda v: v.astype(jnp.float16).astype(v.dtype), g) for g in each]
    return jax.tree.map(lambda *v: sum(v) / len(v), *each)


gradients_sent_in_half = wrong(
    "meta-gradients of tasks are rounded to float16",
    of_direction(_compressed),
    lambda o: o.maml(),
    (ROUNDED,),
    within=1e-2,
)


def _single_inside(p, w, t):
    """The inner loop runs in float32, the outer one in the precision of the problem."""
    low = lambda tree: jax.tree.map(lambda v: v.astype(jnp.float32) if v.dtype.kind == "f" else v, tree)  # noqa: E731
    fast = low(w)
    for _ in range(p.steps):
        fast = step(fast, gradient(p, fast, low(t.inner)), p.alpha)
    return loss(p, jax.tree.map(lambda v, like: v.astype(like.dtype), fast, w), t.outer)


inner_loop_in_float32 = wrong(
    "the inner loop runs in float32 in a float64 problem",
    of_task_loss(_single_inside, steps=(1, 2)),
    lambda o: o.maml(),
    (r"float32|single|" + PRECISION,),
    within=1e-5,
)

# -- state ------------------------------------------------------------------------------------------------------------


@subject("MAML", steps=(1,))
def _cycling(problem):
    """A loader that goes on from call to call: another part of the support set each time."""
    p = problem.on("jax")
    calls = [0]

    def meta(w, part):
        def one(t):
            x, y = t.inner
            keep = slice(0, 3) if part == 0 else slice(3, 5)
            return loss(p, step(w, gradient(p, w, (x[keep], y[keep])), p.alpha), t.outer)

        return sum(one(t) for t in p.tasks) / len(p.tasks)

    run = jax.jit(jax.grad(meta), static_argnums=1)

    def call():
        calls[0] += 1
        return run(p.parameters, (calls[0] - 1) % 2)

    return call


another_part_each_call = wrong(
    "each call takes another part of the support sets",
    _cycling,
    lambda o: (
        o.maml(inner=lambda t: chosen(t.inner, slice(0, 3))),
        o.maml(inner=lambda t: chosen(t.inner, slice(3, 5))),
    ),
    (SECOND_CALL,),
)


@subject("MAML", steps=(1, 2))
def _traced(problem):
    """The outer optimiser's momentum lives on between calls, and its update is returned."""
    p = problem.on("jax")
    tx = optax.trace(0.9)
    state = [tx.init(p.parameters)]

    def meta(w):
        return sum(loss(p, _trail(p, w, t)[-1], t.outer) for t in p.tasks) / len(p.tasks)

    run = jax.jit(jax.grad(meta))

    def call():
        updates, state[0] = tx.update(run(p.parameters), state[0])
        return updates

    return call


outer_momentum_lives_on = wrong(
    "the outer momentum is carried from call to call",
    _traced,
    lambda o: (o.maml(), 1.9 * o.maml()),
    (SECOND_CALL, rf"{CARRIED}|momentum|1\.9|accumulat"),
)
