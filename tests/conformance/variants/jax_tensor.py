"""JAX: some tensors stopped, frozen, or with another rate. A single layer counts as head."""

from __future__ import annotations

import jax
from jax_parts import adapted, gradient, is_head, loss, of_loss, of_task_loss
from said import BIAS, CUT, HEAD, HIDDEN, NOT_MAML_ALONE, RATE, SIGN, STAYS, ZERO
from variant import wrong

hidden_at_a_tenth_of_the_rate = wrong(
    "the hidden layer is adapted at a tenth of the inner rate",
    of_task_loss(
        lambda p, w, t: loss(
            p,
            {
                k: v - p.alpha * (1 if is_head(k) else 0.1) * g
                for (k, v), g in zip(w.items(), gradient(p, w, t.inner).values(), strict=True)
            },
            t.outer,
        )
    ),
    lambda o: o.maml(rate=o.alpha * (o.on("head") + 0.1 * o.on("hidden"))),
    (HIDDEN, RATE, r"0\.1\b|1/10|tenth|10 times"),
    NOT_MAML_ALONE,
)

biases_frozen = wrong(
    "the biases are not adapted in the inner steps",
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner, moved=lambda k: "bias" not in k), t.outer), steps=(1, 2)
    ),
    lambda o: o.maml(on=o.on("weight")),
    (BIAS, rf"{STAYS}|rate (is |of )?(0|zero)|only .*weight"),
    NOT_MAML_ALONE,
)


def _stopped(p, w):
    w = {k: v if is_head(k) else jax.lax.stop_gradient(v) for k, v in w.items()}
    return sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks)


hidden_stopped = wrong(
    "stop_gradient on the initial hidden layer: it is adapted, and its direction is zero",
    of_loss(_stopped, steps=(1, 2)),
    lambda o: o.on("head") * o.maml(),
    (HIDDEN, ZERO),
    (*NOT_MAML_ALONE, r"\bANIL\b(?!-)"),
)


def _head_stopped(p, w, t):
    def seen(g):
        return {k: jax.lax.stop_gradient(v) if is_head(k) else v for k, v in g.items()}

    return loss(p, adapted(p, w, t.inner, seen=seen), t.outer)


head_of_first_order = wrong(
    "the inner gradient of the head goes through stop_gradient, that of the hidden layer does not",
    of_task_loss(_head_stopped),
    lambda o: o.mean(
        lambda t: o.detached(
            lambda w, c: o.loss(
                w - o.alpha * (o.on("head") * o.grad(c, t.inner) + o.on("hidden") * o.grad(w, t.inner)), t.outer
            )
        )
    ),
    (HEAD, CUT),
    NOT_MAML_ALONE,
)


def _uphill(p, w, t):
    g = gradient(p, w, t.inner)
    return loss(p, {k: v + p.alpha * g[k] if "bias" in k else v - p.alpha * g[k] for k, v in w.items()}, t.outer)


biases_uphill = wrong(
    "the inner steps of the biases go uphill",
    of_task_loss(_uphill),
    lambda o: o.maml(rate=o.alpha * (o.on("weight") - o.on("bias"))),
    (BIAS, rf"{SIGN}|uphill|ascen|rate (is |of )?(-|minus)"),
    NOT_MAML_ALONE,
)
