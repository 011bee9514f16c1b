"""PyTorch: a right algorithm that is declared as another one."""

from __future__ import annotations

import copy

import numpy as np
import torch
from said import FIRST_ORDER, HEAD, HIDDEN, MULTI_STEP, SERIAL, STAYS
from torch_parts import (
    adapted,
    derivative,
    fresh,
    gradient,
    hessian_vector,
    is_head,
    leaves,
    loss,
    of_task_loss,
    of_tasks,
    step,
    times,
)
from variant import wrong

from mamlcheck.conformance import subject

STIFFNESS = 2.0


def _implicit(p, t):
    """CG on (I + H / lambda) u = g at the adapted parameters, the inner steps with the proximal term."""
    w = leaves(p)
    fast = fresh(w)
    for _ in range(p.steps):
        value = loss(p, fast, t.inner) + STIFFNESS / 2 * sum(((fast[k] - w[k].detach()) ** 2).sum() for k in w)
        fast = fresh(step(fast, derivative(value, fast), p.alpha))
    g = gradient(p, fast, t.outer)

    def dot(a, b):
        return sum((a[k] * b[k]).sum() for k in a)

    u, r = times(0, g), g
    q = r
    for _ in range(60):
        if dot(r, r) < 1e-32:
            break
        bent = {k: q[k] + v / STIFFNESS for k, v in hessian_vector(p, fast, q, t.inner).items()}
        length = dot(r, r) / dot(q, bent)
        u, rest = step(u, q, -length), step(r, bent, length)
        q = step(rest, q, -dot(rest, rest) / dot(r, r))
        r = rest
    return u


def _implicit_truth(o, t):
    fast = o.w
    for _ in range(o.K):
        fast = fast - o.alpha * (o.grad(fast, t.inner) + STIFFNESS * (fast - o.w))
    hessian = np.array([o.hv(fast, e, t.inner) for e in np.eye(o.w.size)])
    return np.linalg.solve(np.eye(o.w.size) + hessian / STIFFNESS, o.grad(fast, t.outer))


implicit_as_maml = wrong(
    "iMAML with its proximal term, lambda = 2, declared MAML",
    of_tasks(_implicit, steps=None),
    lambda o: o.mean(lambda t: _implicit_truth(o, t)),
    (r"iMAML|implicit",),
)

both_losses_as_first_order = wrong(
    "MLDG declared FO-MAML: the inner loss at w is added to the outer loss at the adapted parameters",
    of_task_loss(lambda p, w, t: loss(p, w, t.inner) + loss(p, adapted(p, w, t.inner), t.outer), "FO-MAML"),
    lambda o: o.mean(lambda t: o.grad(o.w, t.inner)) + o.maml(),
    (r"MLDG|(inner|support) (loss|gradient) .*(added|too|as well|besides|plus)|both losses|plus the (inner|support)",),
    (r"this is fo-maml",),
)


def _momentum(p, w, t):
    velocity = times(0, w)
    for _ in range(p.steps):
        g = gradient(p, w, t.inner, create_graph=True)
        velocity = {k: 0.9 * velocity[k] + g[k] for k in w}
        w = step(w, velocity, p.alpha)
    return loss(p, w, t.outer)


def _momentum_path(o, w, t):
    velocity = 0
    for _ in range(o.K):
        velocity = 0.9 * velocity + o.grad(w, t.inner)
        w = w - o.alpha * velocity
    return w


momentum_as_maml = wrong(
    "the inner steps have momentum 0.9, declared MAML",
    of_task_loss(_momentum, steps=(1, 2, 3)),
    lambda o: o.mean(lambda t: o.d(lambda w: o.loss(_momentum_path(o, w, t), t.outer))),
    (r"momentum", r"0\.9\b|90 ?%"),
)


def _trained(p, t, optimiser):
    model = copy.deepcopy(p.model)
    opt = optimiser(model.parameters(), p.alpha)
    for _ in range(p.steps):
        opt.zero_grad()
        p.loss(model(t.inner[0]), t.inner[1]).backward()
        opt.step()
    return model


def _way(p, t):
    model = _trained(p, t, lambda w, rate: torch.optim.Adam(w, lr=rate))
    return {k: v - dict(model.named_parameters())[k].detach() for k, v in p.parameters.items()}


def _adam(o, t, b1=0.9, b2=0.999, eps=1e-8):
    w, m, s = o.w, 0, 0
    for k in range(1, o.K + 1):
        g = o.grad(w, t.inner)
        m, s = b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * g * g
        w = w - o.alpha * (m / (1 - b1**k)) / (np.sqrt(s / (1 - b2**k)) + eps)
    return w


adam_inside_reptile = wrong(
    "Reptile with Adam inside, its usual betas and a fresh state for each task, declared Reptile",
    of_tasks(_way, "Reptile", steps=None),
    lambda o: o.mean(lambda t: o.w - _adam(o, t)),
    (r"\bAdam\b",),
    (r"carried", r"RMSprop"),
)


def _after_rmsprop(p, t):
    model = _trained(p, t, lambda w, rate: torch.optim.RMSprop(w, lr=rate / 10))
    model.zero_grad()
    p.loss(model(t.outer[0]), t.outer[1]).backward()
    return p.gradients(model)


def _rmsprop(o, t):
    w, s = o.w, 0
    for _ in range(o.K):
        g = o.grad(w, t.inner)
        s = 0.99 * s + 0.01 * g * g
        w = w - o.alpha / 10 * g / (np.sqrt(s) + 1e-8)
    return w


rmsprop_inside_first_order = wrong(
    "FO-MAML with RMSprop inside, at a tenth of the rate",
    of_tasks(_after_rmsprop, "FO-MAML", steps=None),
    lambda o: o.mean(lambda t: o.grad(_rmsprop(o, t), t.outer)),
    (r"RMSprop",),
)

anil_as_maml = wrong(
    "ANIL declared MAML",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, t.inner, moved=is_head), t.outer), steps=None),
    lambda o: o.maml(on=o.on("head")),
    (r"\bANIL\b",),
    (r"FO-ANIL",),
    found="ANIL",
)

maml_as_anil = wrong(
    "MAML declared ANIL",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, t.inner), t.outer), "ANIL", steps=None),
    lambda o: o.maml(),
    (r"this is MAML",),
    found="MAML",
)


def _reptile(p, t):
    w = leaves(p)
    fast = adapted(p, w, t.inner, second_order=False)
    return {k: (w[k] - fast[k]).detach() for k in w}


reptile_as_maml = wrong(
    "Reptile declared MAML",
    of_tasks(_reptile, steps=None),
    lambda o: o.reptile(),
    (r"\bReptile\b",),
    found="Reptile",
)

first_order_as_hessian_free = wrong(
    "FO-MAML declared HF-MAML",
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner, second_order=False), t.outer), "HF-MAML", steps=None, delta=0.01
    ),
    lambda o: o.fo(),
    (r"FO-MAML", FIRST_ORDER),
    found="FO-MAML",
)


@subject("Reptile")
def _serial_reptile(problem):
    p = problem.on("torch")

    def call():
        start = w = leaves(p)
        for task in p.tasks:
            w = fresh(adapted(p, w, task.inner, second_order=False))
        return {k: (start[k] - w[k]).detach() for k in w}

    return call


def _serial(o):
    w = o.w
    for t in o.tasks:
        w = o.adapt(w, t.inner)
    return o.w - w


serial_as_reptile = wrong(
    "serial Reptile: each task starts where the one before has ended; declared Reptile",
    _serial_reptile,
    _serial,
    (SERIAL,),
)


def _all_steps(p, w, t):
    total = 0
    for k in range(p.steps):
        w = adapted(p, w, t.inner, steps=1)
        total = total + (k + 1) * loss(p, w, t.outer)
    return total / (p.steps * (p.steps + 1) / 2)


multi_step_as_maml = wrong(
    "MAML++: outer losses after every inner step, with weights that grow as k + 1; declared MAML",
    of_task_loss(_all_steps, steps=(1, 2, 3)),
    lambda o: o.mean(
        lambda t: o.d(
            lambda w: (
                sum((k + 1) * o.loss(v, t.outer) for k, v in enumerate(o.path(w, t.inner)[1:])) / (o.K * (o.K + 1) / 2)
            )
        )
    ),
    (MULTI_STEP,),
)

first_order_anil_as_anil = wrong(
    "FO-ANIL declared ANIL",
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner, second_order=False, moved=is_head), t.outer), "ANIL", steps=None
    ),
    lambda o: o.fo(on=o.on("head")),
    (r"FO-ANIL|FO-MAML", FIRST_ORDER),
)

body_only_as_anil = wrong(
    "BOIL declared ANIL",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, t.inner, moved=lambda k: not is_head(k)), t.outer), "ANIL"),
    lambda o: o.maml(on=o.on("hidden")),
    (rf"\bBOIL\b|({HEAD}).*({STAYS})|(only|alone).*{HIDDEN}|{HIDDEN}.*(only|alone)",),
)


def _local_steps(p, t):
    """Two local steps of MAML at rate beta on each client, then (before - after) / beta."""
    start = w = leaves(p)
    for _ in range(2):
        w = fresh(step(w, derivative(loss(p, adapted(p, w, t.inner), t.outer), w), p.beta))
    return {k: (start[k] - w[k]).detach() / p.beta for k in w}


def _local(o, t):
    w = o.w
    for _ in range(2):
        w = w - o.beta * o.d(lambda v: o.loss(o.adapt(v, t.inner), t.outer), w)
    return (o.w - w) / o.beta


two_local_steps = wrong(
    "Per-FedAvg with two local meta-steps on each task, declared MAML",
    of_tasks(_local_steps),
    lambda o: o.mean(lambda t: _local(o, t)),
    (r"Per-FedAvg|local (meta-)?(steps|updates)|(two|2) (outer )?(meta-)?(steps|updates) (on|in|of|for) each task",),
)


@subject("MAML", steps=(1,))
def _outer_adam(problem):
    """The direction is read from the step of a fresh outer Adam, not from SGD's."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        found = derivative(sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks), w)
        for k, v in w.items():
            v.grad = found[k]
        before = {k: v.detach().clone() for k, v in w.items()}
        torch.optim.Adam(list(w.values()), lr=0.5).step()
        return {k: (before[k] - v.detach()) / 0.5 for k, v in w.items()}

    return call


step_of_an_outer_adam = wrong(
    "the direction is that of the first step of an outer Adam, g / (|g| + 1e-8): signs of MAML's",
    _outer_adam,
    lambda o: (lambda g: g / (np.abs(g) + 1e-8))(o.maml()),
    (r"\bAdam\b|\bsigns?\b|RMSprop",),
)
