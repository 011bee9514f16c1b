"""PyTorch: coarser precisions, losses that were scaled and not scaled back, updates too small to be read."""

from __future__ import annotations

import torch
from said import FIRST_ORDER, PRECISION, RATE
from torch_parts import adapted, derivative, gradient, leaves, loss, of_loss, of_task_loss, step
from variant import wrong

from mamlcheck.conformance import subject

BFLOAT16, FLOAT16, FLOAT32 = 0.1, 0.02, 1e-4  # some ten times 2^-8, 2^-11 and 2^-24, with the length of the computation


def _float32(batch):
    x, y = batch
    return x.float(), y.float() if y.is_floating_point() else y


def _autocast(second_order, scale=1):
    """Of float32 tensors: autocast leaves float64 as it is."""

    def task_loss(p, w, t):
        w = {k: v.float() for k, v in w.items()}
        for _ in range(p.steps):
            with torch.autocast("cpu", torch.bfloat16):
                value = loss(p, w, _float32(t.inner)) * scale
            w = step(w, derivative(value, w, create_graph=second_order), p.alpha)
        with torch.autocast("cpu", torch.bfloat16):
            return loss(p, w, _float32(t.outer))

    return of_task_loss(task_loss, steps=(1, 2))


autocast_and_first_order = wrong(
    "forward passes in bfloat16 by autocast, and no create_graph",
    _autocast(False),
    lambda o: o.fo(),
    (FIRST_ORDER, PRECISION),
    within=BFLOAT16,
)

autocast_undeclared = wrong(
    "MAML with its forward passes in bfloat16 by autocast, where float64 is asked for",
    _autocast(True),
    lambda o: o.maml(),
    (r"\bMAML\b", PRECISION),
    (r"hessian term is missing",),
    within=BFLOAT16,
)

autocast_and_loss_scaled = wrong(
    "bfloat16 by autocast, and the inner loss is scaled by 4 and not scaled back: four times the inner rate",
    _autocast(True, 4),
    lambda o: o.maml(rate=4 * o.alpha),
    (RATE, r"\b4(\.0+)?\b|\bfour\b", PRECISION),
    within=4 * BFLOAT16,
)


def _in(dtype):
    def meta_loss(p, w):
        coarse = {k: v.to(dtype) for k, v in w.items()}

        def cast(batch):
            x, y = batch
            return x.to(dtype), y.to(dtype) if y.is_floating_point() else y

        def value(v, batch):
            x, y = cast(batch)
            return p.loss(_output(v, x), y)

        total = 0
        for t in p.tasks:
            fast = coarse
            for _ in range(p.steps):
                g = torch.autograd.grad(value(fast, t.inner), list(fast.values()), create_graph=True)
                fast = {k: v - p.alpha * d for (k, v), d in zip(fast.items(), g, strict=True)}
            total = total + value(fast, t.outer)
        return total / len(p.tasks)

    return of_loss(meta_loss, steps=(1, 2))


def _output(w, x):
    if "weight" in w:
        return torch.nn.functional.linear(x, w["weight"], w["bias"])
    hidden = torch.tanh(torch.nn.functional.linear(x, w["hidden.weight"], w["hidden.bias"]))
    return torch.nn.functional.linear(hidden, w["head.weight"], w["head.bias"])


all_in_half = wrong(
    "everything is computed in float16, the direction is handed over in float64",
    _in(torch.float16),
    lambda o: o.maml(),
    (r"\bMAML\b", PRECISION),
    within=FLOAT16,
)

all_in_bfloat16 = wrong(
    "everything is computed in bfloat16, the direction is handed over in float64",
    _in(torch.bfloat16),
    lambda o: o.maml(),
    (r"\bMAML\b", PRECISION),
    within=2 * BFLOAT16,
)


@subject("MAML", steps=(1, 2))
def _compressed(problem):
    """The tasks' gradients are rounded to bfloat16 before they are averaged, as by a communication hook."""
    p = problem.on("torch")

    def call():
        found = []
        for task in p.tasks:
            w = leaves(p)
            g = derivative(loss(p, adapted(p, w, task.inner), task.outer), w)
            found.append({k: v.to(torch.bfloat16).to(v.dtype) for k, v in g.items()})
        return found

    return call


compressed_gradients = wrong(
    "the gradient of each task is rounded to bfloat16",
    _compressed,
    lambda o: o.maml(),
    (r"\bMAML\b", PRECISION),
    within=BFLOAT16,
)


@subject("MAML", steps=(1, 2))
def _never_unscaled(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks)
        (total * 65536).backward()
        return {k: v.grad for k, v in w.items()}

    return call


never_unscaled = wrong(
    "the outer loss is scaled by 65536, as by a GradScaler, and the gradients are never scaled back",
    _never_unscaled,
    lambda o: 65536 * o.maml(),
    (r"65,?536|6\.55\d*e\+?0?4|2\^16|loss scal|GradScaler",),
)

SMALL = 1e-5


@subject("MAML", steps=(1, 2))
def _small_updates(problem):
    """FO-MAML, read by hand from steps of rate 1e-5: (before - after) / rate, with the digits that this loses."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = sum(loss(p, adapted(p, w, t.inner, second_order=False), t.outer) for t in p.tasks) / len(p.tasks)
        after = step(w, derivative(total, w), SMALL)
        return {k: ((w[k] - after[k]) / SMALL).detach() for k in w}

    return call


small_updates_of_first_order = wrong(
    "FO-MAML, read by hand from updates of rate 1e-5",
    _small_updates,
    lambda o: o.fo(),
    (FIRST_ORDER,),
    found="FO-MAML",
    within=1e-9,
)


def _inner_gradient_in_float32(p, w, t):
    for _ in range(p.steps):
        g = {k: v.float().to(v.dtype) for k, v in gradient(p, w, t.inner, create_graph=True).items()}
        w = step(w, g, p.alpha)
    return loss(p, w, t.outer)


half_rate_in_float32 = wrong(
    "everything in float32, and half the inner rate",
    of_loss(
        lambda p, w: (
            sum(
                loss(
                    p, adapted(p, {k: v.float().to(v.dtype) for k, v in w.items()}, t.inner, rate=p.alpha / 2), t.outer
                )
                for t in p.tasks
            ).float()
            / len(p.tasks)
        ),
        steps=(1, 2),
    ),
    lambda o: o.maml(rate=o.alpha / 2),
    (RATE, r"half|0\.5\b|1/2"),
    within=FLOAT32,
)

inner_gradients_in_float32 = wrong(
    "the inner gradients are rounded to float32, where float64 is asked for",
    of_task_loss(_inner_gradient_in_float32, steps=(1, 2)),
    lambda o: o.maml(),
    (r"\bMAML\b", r"float32|single|precision"),
    within=FLOAT32,
)
