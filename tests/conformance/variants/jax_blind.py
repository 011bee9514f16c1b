"""JAX: fresh errors of Hessian, tensors, samples and tasks, to measure how far the diagnosis reaches."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
from blind_truths import (
    LAYOUT,
    norm,
    through,
)
from complex_steps import chosen
from jax.flatten_util import ravel_pytree
from jax_parts import (
    gradient,
    hessian_vector,
    is_head,
    loss,
    of_direction,
    of_loss,
    of_task_loss,
    of_tasks,
    one_step,
    step,
    times,
)
from said import (
    BIAS,
    CUT,
    HEAD,
    HESSIAN,
    HIDDEN,
    NEXT_TASK,
    NO_MISSING_HESSIAN,
    NORMAL,
    POOLED,
    RATE,
    SUPPORT,
    ZERO,
)
from variant import wrong

from mamlcheck.conformance import subject

# -- Hessian term -----------------------------------------------------------------------------------------------------


def _without_alpha(p, w, t):
    """The pull-back g - H g, the learning rate forgotten."""
    inner = lambda v: gradient(p, v, t.inner)  # noqa: E731
    slope, pull = jax.vjp(inner, w)
    g = gradient(p, step(w, slope, p.alpha), t.outer)
    return jax.tree.map(jnp.subtract, g, pull(g)[0])


rate_missing_in_the_hessian_term = wrong(
    "the Hessian term is not multiplied by alpha",
    of_tasks(_without_alpha),
    lambda o: o.mean(lambda t: (lambda g: g - o.hv(o.w, g, t.inner))(o.outer(t))),
    (
        HESSIAN,
        r"without (the )?(factor )?(alpha|rate|inner rate)|(alpha|rate) (is )?(missing|forgotten|left out)|1 ?/ ?alpha|"
        r"not (multiplied|scaled) by|divided by (alpha|the (inner )?rate)|lacks",
    ),
    NO_MISSING_HESSIAN,
)


def _empirical_fisher(p, w, t):
    """Mean over samples of grad grad^T, which natural-gradient code calls a Hessian."""
    x, y = t.inner

    def product(fast, g):
        each = jax.vmap(lambda a, b: gradient(p, w, (a[None], b[None])))(x, y)
        dots = sum(jnp.tensordot(each[k], g[k], g[k].ndim) for k in g)
        return {k: jnp.tensordot(dots, each[k], 1) / len(x) for k in g}

    return one_step(p, w, t, product)


def _fisher(o, t, g):
    each = [o.grad(o.w, chosen(t.inner, slice(i, i + 1))) for i in range(len(t.inner[0]))]
    return sum(s * (s @ g) for s in each) / len(each)


empirical_fisher = wrong(
    "the empirical Fisher matrix, the mean of outer products of the samples' gradients, in place of the Hessian",
    of_tasks(_empirical_fisher),
    lambda o: o.mean(lambda t: o.one(t, lambda g: _fisher(o, t, g))),
    (r"Fisher|outer products?|per-sample gradients?|gradients? of (each|the) samples?",),
    NO_MISSING_HESSIAN,
)


def _layer_blocks(p, w, t):
    """Second derivatives are taken tensor by tensor, others held: a block-diagonal Hessian."""

    def product(fast, g):
        def block(name):
            alone = lambda v: gradient(p, {**w, name: v}, t.inner)[name]  # noqa: E731
            return jax.jvp(alone, (w[name],), (g[name],))[1]

        return {name: block(name) for name in w}

    return one_step(p, w, t, product)


def _blocks(o, t, g):
    marks = [o.on(name) if "." in name else o.on(f"head.{name}") for name in o.shapes]
    return sum(m * o.hv(o.w, m * g, t.inner) for m in marks)


block_diagonal_hessian = wrong(
    "the Hessian's blocks between different tensors are left out",
    of_tasks(_layer_blocks),
    lambda o: o.mean(lambda t: o.one(t, lambda g: _blocks(o, t, g))),
    (r"block|between (different )?(tensors|layers)|cross|each tensor|per[- ]tensor|tensor by tensor",),
    NO_MISSING_HESSIAN,
)


def _sum_of_terms(p, w, t):
    """A reverse loop that always multiplies the same outer gradient: products of Hessians are dropped."""
    trail = [w]
    for _ in range(p.steps):
        trail.append(step(trail[-1], gradient(p, trail[-1], t.inner), p.alpha))
    g = gradient(p, trail[-1], t.outer)
    out = g
    for v in reversed(trail[:-1]):
        out = step(out, hessian_vector(p, v, g, t.inner), p.alpha)
    return out


def _sum_of_terms_truth(o, t):
    *points, last = o.path(o.w, t.inner)
    g = o.grad(last, t.outer)
    return g - o.alpha * sum(o.hv(w, g, t.inner) for w in points)


products_of_hessians_dropped = wrong(
    "the Hessian terms of the steps are added, their products are left out",
    of_tasks(_sum_of_terms, steps=(2, 3)),
    lambda o: o.mean(lambda t: _sum_of_terms_truth(o, t)),
    (HESSIAN, r"product|cross|higher|added|sum\b|linear|second power|each applied to the outer gradient|same vector"),
    NO_MISSING_HESSIAN,
)


def _conjugate_gradients(p, w, t):
    """iMAML's solver, two iterations from zero, (I + H(w') / lambda) x = g with lambda = 2."""
    fast = w
    for _ in range(p.steps):
        fast = step(fast, gradient(p, fast, t.inner), p.alpha)
    g, back = ravel_pytree(gradient(p, fast, t.outer))

    def matvec(v):
        return v + ravel_pytree(hessian_vector(p, fast, back(v), t.inner))[0] / 2.0

    return back(jax.scipy.sparse.linalg.cg(matvec, g, maxiter=2, tol=0.0)[0])


def _two_iterations(o, t):
    last = o.adapt(o.w, t.inner)
    g = o.grad(last, t.outer)
    x, r = np.zeros_like(g), g
    d = r
    for _ in range(2):
        a = d + o.hv(last, d, t.inner) / 2
        rate = (r @ r) / (d @ a)
        x, rest = x + rate * d, r - rate * a
        d, r = rest + (rest @ rest) / (r @ r) * d, rest
    return x


implicit_gradient = wrong(
    "the implicit gradient of iMAML with two iterations of its solver, without a proximal term in the inner steps",
    of_tasks(_conjugate_gradients, steps=(1, 2)),
    lambda o: o.mean(lambda t: _two_iterations(o, t)),
    (r"iMAML|implicit|conjugate|inverse|solve",),
    NO_MISSING_HESSIAN,
)

# -- tensors ----------------------------------------------------------------------------------------------------------


def _held(o, w, c, t, on):
    fast, kept = o.adapt(w, t.inner), o.adapt(c, t.inner)
    return o.loss(fast * (1 - on) + kept * on, t.outer)


adapted_biases_through_stop_gradient = wrong(
    "adapted biases go through stop_gradient before the outer loss",
    of_task_loss(
        lambda p, w, t: (
            lambda fast: loss(
                p, {k: jax.lax.stop_gradient(v) if k.endswith("bias") else v for k, v in fast.items()}, t.outer
            )
        )(step(w, gradient(p, w, t.inner), p.alpha))
    ),
    lambda o: o.detached(lambda w, c: sum(_held(o, w, c, t, o.on("bias")) for t in o.tasks) / len(o.tasks)),
    (BIAS, CUT),
)


def _masked_finetuning(p, w, t):
    """optax.masked freezes the body within and without."""
    body = {k: v for k, v in w.items() if not is_head(k)}
    head = {k: v for k, v in w.items() if is_head(k)}

    def meta(h):
        tx = optax.sgd(p.alpha)
        state = tx.init(h)
        for _ in range(p.steps):
            g = jax.grad(lambda v: loss(p, {**body, **v}, t.inner))(h)
            updates, state = tx.update(g, state)
            h = optax.apply_updates(h, updates)
        return loss(p, {**body, **h}, t.outer)

    return {**jax.tree.map(jnp.zeros_like, body), **jax.grad(meta)(head)}


body_frozen_throughout = wrong(
    "the hidden layer is neither adapted nor trained",
    of_tasks(_masked_finetuning, steps=(1, 2)),
    lambda o: o.maml(on=o.on("head")) * o.on("head"),
    (HIDDEN, ZERO),
)


def _lars(p, w, t):
    """The inner gradient of each tensor is divided by its norm."""
    g = gradient(p, w, t.inner)
    g = jax.tree.map(lambda v: v / jnp.sqrt(jnp.sum(v * v)), g)
    return loss(p, step(w, g, p.alpha), t.outer)


def _per_tensor(o, v):
    marks = [o.on(name) if "." in name else o.on(f"head.{name}") for name in o.shapes]
    return sum(m * v / norm(m * v) for m in marks)


each_tensor_normalised = wrong(
    "the inner gradient of each tensor is normalised",
    of_task_loss(_lars),
    lambda o: through(o, lambda w, t: w - o.alpha * _per_tensor(o, o.grad(w, t.inner))),
    (NORMAL, r"inner|support"),
)


def _slow_head(p, w):
    """optax.multi_transform with another outer rate for the head: the update is returned."""
    g = jax.grad(
        lambda v: sum(loss(p, step(v, gradient(p, v, t.inner), p.alpha), t.outer) for t in p.tasks) / len(p.tasks)
    )(w)
    labels = {k: "head" if is_head(k) else "body" for k in w}
    tx = optax.multi_transform({"head": optax.sgd(0.1), "body": optax.sgd(1.0)}, labels)
    updates, _ = tx.update(g, tx.init(w), w)
    return times(-1, updates)


head_gets_a_tenth = wrong(
    "the head's part of the direction is multiplied by 0.1",
    of_direction(_slow_head),
    lambda o: o.maml() * (1 - 0.9 * o.on("head")),
    (HEAD + r"|times|factor|scal", r"0\.1\b|1/10|a tenth|10"),
)


def _fast_bias(p, w, t):
    """lr_mult = 2 for biases, as Caffe had it."""
    for _ in range(p.steps):
        g = gradient(p, w, t.inner)
        w = jax.tree_util.tree_map_with_path(
            lambda path, v, d: v - p.alpha * (2 if "bias" in jax.tree_util.keystr(path) else 1) * d, w, g
        )
    return loss(p, w, t.outer)


biases_twice_as_fast = wrong(
    "the inner rate of biases is 2 alpha",
    of_task_loss(_fast_bias, steps=(1, 2)),
    lambda o: o.maml(rate=o.alpha * (1 + o.on("bias"))),
    (BIAS, RATE + "|alpha", r"\b2\b|twice|double"),
)


@subject("MAML", steps=(1, 2))
def _raveled(problem):
    """A nested dict as Flax has it, raveled: keys in alphabetical order."""
    p = problem.on("jax")
    nested = {}
    for name, v in p.parameters.items():
        layer, _, leaf = name.rpartition(".")
        nested.setdefault(layer or "dense", {})[leaf] = v

    def flat(tree):
        return {
            (f"{layer}.{leaf}" if layer != "dense" else leaf): v for layer, d in tree.items() for leaf, v in d.items()
        }

    def meta(tree):
        total = 0.0
        for t in p.tasks:
            w = flat(tree)
            for _ in range(p.steps):
                w = step(w, gradient(p, w, t.inner), p.alpha)
            total = total + loss(p, w, t.outer)
        return total / len(p.tasks)

    run = jax.jit(lambda tree: ravel_pytree(jax.grad(meta)(tree))[0])
    return lambda: run(nested)


def _alphabetical(o):
    t = o.tensors(o.maml())
    return np.concatenate([t[name].ravel() for name in sorted(t)])


raveled_in_alphabetical_order = wrong(
    "the flat direction has the tensors in alphabetical order",
    _raveled,
    _alphabetical,
    (LAYOUT,),
)

# -- samples ----------------------------------------------------------------------------------------------------------


def _padded(p, w, t):
    """Sets are padded to 8 samples and masked, but the mean is over all 8."""

    def masked(v, batch):
        return loss(p, v, batch) * len(batch[0]) / 8

    for _ in range(p.steps):
        w = step(w, jax.grad(masked)(w, t.inner), p.alpha)
    return loss(p, w, t.outer)


mean_over_the_padding = wrong(
    "the inner loss is divided by the padded size 8 and not by 5: the inner rate is 5/8 alpha",
    of_task_loss(_padded, steps=(1, 2)),
    lambda o: o.maml(rate=o.alpha * 5 / 8),
    (RATE + "|alpha|inner loss", r"5/8|0\.625|1\.6\b|\b8\b"),
)

every_second_support_sample = wrong(
    "the inner loss has every second support sample, 3 of 5",
    of_task_loss(
        lambda p, w, t: loss(
            p,
            step(w, jax.grad(lambda v: p.loss(p.apply(v, t.inner[0][::2]), t.inner[1][::2]))(w), p.alpha),
            t.outer,
        )
    ),
    lambda o: o.maml(inner=lambda t: chosen(t.inner, slice(None, None, 2))),
    (SUPPORT + "|inner", r"(every|each) (second|other)|3 of|samples? (1|0),|1, 3"),
)


def _temperature(p, w, t):
    """A softmax temperature of 2 in the inner loss only."""
    g = jax.grad(lambda v: p.loss(p.apply(v, t.inner[0]) / 2.0, t.inner[1]))(w)
    return loss(p, step(w, g, p.alpha), t.outer)


def _halved_outputs(o, w, t):
    out, y = o.output(w, t.inner[0]) / 2, t.inner[1]
    m = len(y)
    if o.name == "tanh-cross-entropy":
        s = np.exp(out) / np.exp(out).sum(1, keepdims=True) - np.eye(out.shape[1])[y]
    else:
        r = out - y
        s = (2 * r if o.name == "tanh-squared-error" else 2 * r / (1 + r * r) ** 2) / r.shape[1]
    return o.back(w, t.inner[0], s / m / 2)


temperature_in_the_inner_loss = wrong(
    "outputs are divided by 2 in the inner loss: it is another loss than the outer one",
    of_task_loss(_temperature),
    lambda o: through(o, lambda w, t: w - o.alpha * _halved_outputs(o, w, t)),
    (
        r"inner loss|support loss|inner gradient|temperature",
        r"another (loss|criterion)|differ|temperature|scaled|not the (given|declared|outer)|outputs|by 2\b|half",
    ),
)

# -- tasks ------------------------------------------------------------------------------------------------------------


def _averaged_models(p, w):
    """FedAvg: adapted parameters are averaged over clients, and the outer losses taken there."""
    fast = [step(w, gradient(p, w, t.inner), p.alpha) for t in p.tasks]
    mean = jax.tree.map(lambda *v: sum(v) / len(v), *fast)
    return sum(loss(p, mean, t.outer) for t in p.tasks) / len(p.tasks)


def _federated(o):
    def objective(w):
        mean = sum(o.adapt(w, t.inner) for t in o.tasks) / len(o.tasks)
        return sum(o.loss(mean, t.outer) for t in o.tasks) / len(o.tasks)

    return o.d(objective)


adapted_parameters_averaged = wrong(
    "the adapted parameters are averaged over tasks before the outer losses",
    of_loss(_averaged_models),
    _federated,
    (rf"{POOLED}|mean (of the )?(adapted|inner)|averag",),
)


def _reversed_queries(p, w):
    support, query = p.tasks, p.tasks[::-1]
    value = lambda v: sum(  # noqa: E731
        loss(p, step(v, gradient(p, v, s.inner), p.alpha), q.outer) for s, q in zip(support, query, strict=True)
    )
    return times(1 / len(p.tasks), jax.grad(value)(w))


queries_in_reverse = wrong(
    "query sets are paired with support sets in reverse order of tasks",
    of_direction(_reversed_queries),
    lambda o: o.d(
        lambda w: (
            sum(o.loss(o.adapt(w, s.inner), q.outer) for s, q in zip(o.tasks, o.tasks[::-1], strict=True))
            / len(o.tasks)
        )
    ),
    (NEXT_TASK + r"|revers|pair|exchanged|swapped|(query|outer|support).*of (the )?(other|task)",),
)


def _median(p, w):
    """Robust aggregation: the median of the clients' meta-gradients in each coordinate."""
    each = [jax.grad(lambda v, t=t: loss(p, step(v, gradient(p, v, t.inner), p.alpha), t.outer))(w) for t in p.tasks]
    return jax.tree.map(lambda *v: jnp.median(jnp.stack(v), axis=0), *each)


median_of_tasks = wrong(
    "the median over tasks in place of the mean",
    of_direction(_median),
    lambda o: np.median([o.maml(tasks=[t]) for t in o.tasks], axis=0),
    (r"median",),
)


def _unit_tasks(p, w):
    """Each task's meta-gradient is normalised before they are averaged, as GradNorm-like code does."""
    each = [jax.grad(lambda v, t=t: loss(p, step(v, gradient(p, v, t.inner), p.alpha), t.outer))(w) for t in p.tasks]
    each = [times(1 / jnp.linalg.norm(ravel_pytree(g)[0]), g) for g in each]
    return jax.tree.map(lambda *v: sum(v) / len(v), *each)


each_task_normalised = wrong(
    "the meta-gradient of each task is normalised before they are averaged",
    of_direction(_unit_tasks),
    lambda o: o.mean(lambda t: (lambda g: g / norm(g))(o.maml(tasks=[t]))),
    (NORMAL + r"|weight(s|ed)?\b(?!\.)", r"task"),
)


def _two_tasks(p, w):
    """Tasks are cut to a multiple of the number of devices, 2."""
    n = len(p.tasks) // 2 * 2
    x, y, u, v = (jnp.stack([getattr(t, r)[i] for t in p.tasks[:n]]) for r in ("inner", "outer") for i in (0, 1))

    def one(w, *data):
        return loss(p, step(w, gradient(p, w, data[:2]), p.alpha), data[2:])

    return jax.grad(lambda w: jax.vmap(one, (None, 0, 0, 0, 0))(w, x, y, u, v).mean())(w)


third_task_left_out = wrong(
    "the tasks are cut to two: the third is left out",
    of_direction(_two_tasks),
    lambda o: o.maml(tasks=o.tasks[:2]),
    (r"third|last task|task 3|(two|2) (of|tasks)|first (two|2)|tasks 1 and 2",),
)
