"""PyTorch: some tensors frozen, detached, or with a rate of their own. A single layer counts as head."""

from __future__ import annotations

import numpy as np
import torch
from said import BIAS, CUT, EACH, HALF, HEAD, HIDDEN, NOT_MAML_ALONE, ORDER, RATE, STAYS, ZERO
from torch_parts import (
    adapted,
    gradient,
    is_head,
    leaves,
    loss,
    of_loss,
    of_task_loss,
)
from variant import wrong

from mamlcheck.conformance import subject


@subject("MAML", steps=(1, 2))
def _frozen(problem):
    p = problem.on("torch")

    def call():
        w = {k: v.requires_grad_(is_head(k)) for k, v in p.parameters.items()}
        head = {k: v for k, v in w.items() if is_head(k)}
        total = 0
        for task in p.tasks:
            fast = dict(head)
            for _ in range(p.steps):
                value = loss(p, {**w, **fast}, task.inner)
                g = torch.autograd.grad(value, list(fast.values()), create_graph=True)
                fast = {k: v - p.alpha * d for (k, v), d in zip(fast.items(), g, strict=True)}
            total = total + loss(p, {**w, **fast}, task.outer)
        (total / len(p.tasks)).backward()
        return {k: torch.zeros_like(v) if v.grad is None else v.grad for k, v in w.items()}

    return call


body_frozen = wrong(
    "the hidden layer is frozen: it is not adapted, and its direction is zero",
    _frozen,
    lambda o: o.on("head") * o.maml(on=o.on("head")),
    (HIDDEN, ZERO),
    NOT_MAML_ALONE,
)


def _features_detached(p, w, t):
    fast = adapted(p, w, t.inner)
    return loss(p, {k: v if is_head(k) else v.detach() for k, v in fast.items()}, t.outer)


features_detached = wrong(
    "in the outer loss the hidden layer is detached, so the graph is cut there",
    of_task_loss(_features_detached, steps=(1, 2)),
    lambda o: o.mean(
        lambda t: o.detached(
            lambda w, c: o.loss(
                o.on("head") * o.adapt(w, t.inner) + o.on("hidden") * o.adapt(c, t.inner),
                t.outer,
            )
        )
    ),
    (HIDDEN, CUT),
    NOT_MAML_ALONE,
)


def _rates(rate_of):
    def task_loss(p, w, t):
        fast = w
        for _ in range(p.steps):
            g = gradient(p, fast, t.inner, create_graph=True)
            fast = {k: v - rate_of(k) * p.alpha * g[k] for k, v in fast.items()}
        return loss(p, fast, t.outer)

    return of_task_loss(task_loss, steps=(1, 2))


biases_at_half_the_rate = wrong(
    "the biases are adapted at half the inner rate",
    _rates(lambda k: 0.5 if "bias" in k else 1),
    lambda o: o.maml(rate=o.alpha * (o.on("weight") + o.on("bias") / 2)),
    (BIAS, RATE, HALF),
    NOT_MAML_ALONE,
)

biases_at_twice_the_rate = wrong(
    "the biases are adapted at twice the inner rate",
    _rates(lambda k: 2 if "bias" in k else 1),
    lambda o: o.maml(rate=o.alpha * (o.on("weight") + o.on("bias") * 2)),
    (BIAS, RATE, r"twice|doubled?\b|\b2(\.0+)?\b"),
    NOT_MAML_ALONE,
)

OWN = {"hidden.weight": 1.5, "hidden.bias": 0.25, "head.weight": 0.75, "head.bias": 2.0, "weight": 0.75, "bias": 2.0}

rates_of_their_own = wrong(
    "each tensor has an inner rate of its own: 1.5, 0.25, 0.75 and 2 times alpha",
    _rates(OWN.__getitem__),
    lambda o: o.maml(rate=o.alpha * sum(f * o.on(k) for k, f in OWN.items() if "." in k)),
    (RATE, EACH, r"tensor|parameter|layer|meta-sgd"),
    NOT_MAML_ALONE,
)


def _weight_of_the_head_detached(p, w, t):
    fast = w
    for _ in range(p.steps):
        g = gradient(p, fast, t.inner, create_graph=True)
        fast = {k: v - p.alpha * (g[k].detach() if is_head(k) and "weight" in k else g[k]) for k, v in fast.items()}
    return loss(p, fast, t.outer)


def _head_weight_constant(o, t, w, c):
    """One inner step; the inner gradient of the head's weight is held."""
    weight = o.on("head.weight")
    move = weight * o.grad(c, t.inner) + (1 - weight) * o.grad(w, t.inner)
    return o.loss(w - o.alpha * move, t.outer)


head_weight_of_first_order = wrong(
    "the inner gradient of the head's weight is detached: that tensor is of first order",
    of_task_loss(_weight_of_the_head_detached),
    lambda o: o.mean(lambda t: o.detached(lambda w, c: _head_weight_constant(o, t, w, c))),
    (rf"{HEAD}|\bweight\b", CUT),
    NOT_MAML_ALONE,
)


def _value_of_biases_detached(p, w, t):
    g = gradient(p, w, t.inner, create_graph=True)
    fast = {k: (v.detach() if "bias" in k else v) - p.alpha * g[k] for k, v in w.items()}
    return loss(p, fast, t.outer)


biases_detached_in_the_update = wrong(
    "the update starts from detached biases, so that only their Hessian term is left",
    of_task_loss(_value_of_biases_detached),
    lambda o: o.mean(
        lambda t: o.detached(
            lambda w, c: o.loss(
                o.on("weight") * w + o.on("bias") * c - o.alpha * o.grad(w, t.inner),
                t.outer,
            )
        )
    ),
    (BIAS, CUT),
    NOT_MAML_ALONE,
)


@subject("MAML")
def _last_bias_forgotten(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks)
        names = list(w)[:-1]
        found = torch.autograd.grad(total, [w[k] for k in names])
        return {**dict(zip(names, found, strict=True)), list(w)[-1]: torch.zeros_like(w[list(w)[-1]])}

    return call


last_bias_forgotten = wrong(
    "the bias of the head was not handed to the outer optimiser: its direction is zero",
    _last_bias_forgotten,
    lambda o: (1 - o.on("head.bias")) * o.maml(),
    (BIAS, ZERO),
    NOT_MAML_ALONE,
)


@subject("MAML")
def _head_times_ten(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks)
        found = torch.autograd.grad(total, list(w.values()))
        return {k: 10 * g if is_head(k) else g for k, g in zip(w, found, strict=True)}

    return call


head_times_ten = wrong(
    "the direction of the head is ten times as large, as by a parameter group of its own",
    _head_times_ten,
    lambda o: (1 + 9 * o.on("head")) * o.maml(),
    (r"head|weight", r"\b10(\.0+)?\b|\bten\b"),
    NOT_MAML_ALONE,
)


@subject("MAML")
def _biases_first(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks)
        names = sorted(w, key=lambda k: "weight" in k)
        return torch.cat([g.reshape(-1) for g in torch.autograd.grad(total, [w[k] for k in names])])

    return call


def _sorted(o):
    found = o.tensors(o.maml())
    return np.concatenate([found[k].ravel() for k in sorted(found, key=lambda k: "weight" in k)])


flat_with_biases_first = wrong(
    "the flat direction has the biases first: another order of the parameters",
    _biases_first,
    _sorted,
    (ORDER, r"parameter|tensor|bias|weight"),
)


def _body_only(p, w, t):
    return loss(p, adapted(p, w, t.inner, moved=lambda k: not is_head(k)), t.outer)


body_only = wrong(
    "BOIL: inner steps move the hidden layer alone, the head is not adapted",
    of_task_loss(_body_only, steps=(1, 2)),
    lambda o: o.maml(on=o.on("hidden")),
    (rf"\bBOIL\b|({HEAD}).*({STAYS})|(only|alone).*{HIDDEN}|{HIDDEN}.*(only|alone)",),
    NOT_MAML_ALONE,
)


def _body_detached(p, w, t):
    g = gradient(p, w, t.inner, create_graph=True)
    return loss(p, {k: v - p.alpha * (g[k] if is_head(k) else g[k].detach()) for k, v in w.items()}, t.outer)


first_order_in_the_body = wrong(
    "first order in the hidden layer's inner gradient alone",
    of_task_loss(_body_detached),
    lambda o: o.mean(
        lambda t: o.detached(
            lambda w, c: o.loss(
                w - o.alpha * (o.on("hidden") * o.grad(c, t.inner) + o.on("head") * o.grad(w, t.inner)), t.outer
            )
        )
    ),
    (HIDDEN, CUT),
    NOT_MAML_ALONE,
)


def _scaled_embedding(p, w):
    """The hidden weight's gradient is halved, as by scale_grad_by_freq."""
    w = {k: v / 2 + v.detach() / 2 if k == "hidden.weight" else v for k, v in w.items()}
    return sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks)


hidden_weight_halved = wrong(
    "the direction of the hidden weight is halved",
    of_loss(_scaled_embedding),
    lambda o: (1 - o.on("hidden.weight") / 2) * o.maml(),
    (r"hidden\.weight|hidden", HALF),
    NOT_MAML_ALONE,
)
