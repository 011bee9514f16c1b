"""Less usual algorithms in PyTorch, as people write them, right and wrong; `CALLED` says what each must be called."""

from __future__ import annotations

import copy

import torch

MOMENTUM = 0.9
OPTIMISERS = {
    "momentum": lambda w, rate: torch.optim.SGD(w, lr=rate, momentum=MOMENTUM),
    "RMSprop": lambda w, rate: torch.optim.RMSprop(w, lr=rate),
    "Adam": lambda w, rate: torch.optim.Adam(w, lr=rate),
}


def loss(p, w, batch):
    return p.loss(p.apply(w, batch[0]), batch[1])


def gradient(p, w, batch, create_graph=True):
    g = torch.autograd.grad(loss(p, w, batch), list(w.values()), create_graph=create_graph, allow_unused=True)
    return {k: torch.zeros_like(v) if d is None else d for (k, v), d in zip(w.items(), g, strict=True)}


def leaves(p):
    return {k: v.requires_grad_() for k, v in p.parameters.items()}


def descended(p, w, batch, first_order=False, keep=lambda name: True, rate=None):
    """Each point of the inner steps, w first."""
    points = [w]
    for _ in range(p.steps):
        g = gradient(p, points[-1], batch)
        if first_order:
            g = {k: d.detach() for k, d in g.items()}
        points.append({k: v - (rate or p.alpha) * g[k] if keep(k) else v for k, v in points[-1].items()})
    return points


def meta_gradient(p, total):
    """A subject's gradient of `total(w, task)`, mean over tasks."""
    w = leaves(p)
    mean = sum(total(w, task) for task in p.tasks) / len(p.tasks)
    g = torch.autograd.grad(mean, list(w.values()), allow_unused=True)
    return {k: torch.zeros_like(v) if d is None else d for (k, v), d in zip(w.items(), g, strict=True)}


def of_total(total):
    def make(problem):
        p = problem.on("torch")
        return lambda: meta_gradient(p, lambda w, task: total(p, w, task))

    return make


# -- other optimisers inside -------------------------------------------------------------------------------------------
def stepped(optimiser, reptile, carried=False):
    """Loops over copies with an optimiser of torch.optim."""

    def make(problem):
        p = problem.on("torch")

        def call():
            found, net = [], copy.deepcopy(p.model)
            opt = optimiser(net.parameters(), p.alpha)
            for task in p.tasks:
                net.load_state_dict(p.parameters)
                if not carried:
                    opt = optimiser(net.parameters(), p.alpha)
                for _ in range(p.steps):
                    opt.zero_grad()
                    p.loss(net(task.inner[0]), task.inner[1]).backward()
                    opt.step()
                if reptile:
                    moved = zip(p.parameters.values(), net.parameters(), strict=True)
                    found.append([a - b.detach() for a, b in moved])
                else:
                    outer = p.loss(net(task.outer[0]), task.outer[1])
                    found.append(torch.autograd.grad(outer, list(net.parameters())))
            return found

        return call

    return make


def through_momentum(p, w, task):
    state = {k: torch.zeros_like(v) for k, v in w.items()}
    for _ in range(p.steps):
        g = gradient(p, w, task.inner)
        state = {k: MOMENTUM * state[k] + g[k] for k in w}
        w = {k: v - p.alpha * state[k] for k, v in w.items()}
    return loss(p, w, task.outer)


def through_rmsprop(p, w, task):
    squares = {k: torch.zeros_like(v) for k, v in w.items()}
    for _ in range(p.steps):
        g = gradient(p, w, task.inner)
        squares = {k: 0.99 * squares[k] + 0.01 * g[k] ** 2 for k in w}
        w = {k: v - p.alpha * g[k] / (squares[k].sqrt() + 1e-8) for k, v in w.items()}
    return loss(p, w, task.outer)


def through_adam(p, w, task):
    mean, squares = ({k: torch.zeros_like(v) for k, v in w.items()} for _ in range(2))
    for count in range(1, p.steps + 1):
        g = gradient(p, w, task.inner)
        mean = {k: 0.9 * mean[k] + 0.1 * g[k] for k in w}
        squares = {k: 0.999 * squares[k] + 0.001 * g[k] ** 2 for k in w}
        step = {k: mean[k] / (1 - 0.9**count) / ((squares[k] / (1 - 0.999**count)).sqrt() + 1e-8) for k in w}
        w = {k: v - p.alpha * step[k] for k, v in w.items()}
    return loss(p, w, task.outer)


# -- iMAML -------------------------------------------------------------------------------------------------------------
def implicit(penalty, solver_steps, proximal=True):
    def direction(p, task):
        start = {k: v.detach() for k, v in p.parameters.items()}
        w = leaves(p)
        for _ in range(p.steps):
            inner = loss(p, w, task.inner)
            if proximal:
                inner = inner + penalty / 2 * sum(((v - start[k]) ** 2).sum() for k, v in w.items())
            g = torch.autograd.grad(inner, list(w.values()))
            w = {k: (v - p.alpha * d).detach().requires_grad_() for (k, v), d in zip(w.items(), g, strict=True)}
        flat = torch.cat([d.ravel() for d in gradient(p, w, task.outer, create_graph=False).values()])
        slope = torch.cat([d.ravel() for d in gradient(p, w, task.inner).values()])

        def product(v):
            h = torch.autograd.grad(slope, list(w.values()), grad_outputs=v, retain_graph=True)
            return v + torch.cat([d.ravel() for d in h]) / penalty

        x, left = torch.zeros_like(flat), flat
        along = left
        for _ in range(min(solver_steps, len(flat))):
            if left.norm() < 1e-2 * torch.finfo(flat.dtype).eps * flat.norm():
                break
            bent = product(along)
            length = left @ left / (along @ bent)
            x, new = x + length * along, left - length * bent
            along, left = new + (new @ new) / (left @ left) * along, new
        return x

    def make(problem):
        p = problem.on("torch")
        return lambda: torch.stack([direction(p, task) for task in p.tasks]).mean(0)

    return make


# -- others ------------------------------------------------------------------------------------------------------------
def mldg(weight=1.0):
    def total(p, w, task):
        return loss(p, w, task.inner) + weight * loss(p, descended(p, w, task.inner)[-1], task.outer)

    return of_total(total)


def boil(first_order):
    def keep(name):
        return name.startswith("hidden")

    return of_total(lambda p, w, task: loss(p, descended(p, w, task.inner, first_order, keep)[-1], task.outer))


def multi_step(first_order, earlier=1.0):
    def total(p, w, task):
        points = descended(p, w, task.inner, first_order)[1:]
        weights = [earlier / p.steps] * (p.steps - 1)
        weights.append(1 - sum(weights))
        return sum(a * loss(p, point, task.outer) for a, point in zip(weights, points, strict=True))

    return of_total(total)


def serial(meta_rate=None):
    """Reptile with a meta-step a task."""

    def make(problem):
        p = problem.on("torch")

        def call():
            rate = meta_rate or p.beta
            before = {k: v.detach() for k, v in p.parameters.items()}
            now = before
            for task in p.tasks:
                start = {k: v.clone().requires_grad_() for k, v in now.items()}
                end = descended(p, start, task.inner)[-1]
                now = {k: v + rate * (end[k].detach() - v) for k, v in now.items()}
            return p.from_difference(before, now, rate)

        return call

    return make


def in_turn(first_order, meta_rate=None):
    """The outer optimiser steps within the loop over tasks."""

    def make(problem):
        p = problem.on("torch")
        rate = meta_rate or p.beta

        def step():
            opt = torch.optim.SGD(p.model.parameters(), lr=rate)
            for task in p.tasks:
                opt.zero_grad()
                w = dict(p.model.named_parameters())
                loss(p, descended(p, w, task.inner, first_order)[-1], task.outer).backward()
                opt.step()

        return lambda: p.from_update(step, rate)

    return make


def federated(p, w, task):
    """Per-FedAvg (FO) with one local step: a client's update over its rate."""
    return loss(p, descended(p, w, task.inner, first_order=True)[-1], task.outer)


def learning_rates(times=1.0):
    """Meta-SGD: a rate a parameter, learned with the start; the part for the rates, times a number."""

    def make(problem):
        p = problem.on("torch")

        def call():
            w = leaves(p)
            rates = {k: torch.full_like(v, p.alpha).requires_grad_() for k, v in w.items()}
            total = 0
            for task in p.tasks:
                fast = w
                for _ in range(p.steps):
                    g = gradient(p, fast, task.inner)
                    fast = {k: v - rates[k] * g[k] for k, v in fast.items()}
                total = total + loss(p, fast, task.outer) / len(p.tasks)
            g = torch.autograd.grad(total, [*w.values(), *rates.values()])
            by_rate = {f"rates.{k}": times * d for k, d in zip(rates, g[len(w) :], strict=True)}
            return {**dict(zip(w, g[: len(w)], strict=True)), **by_rate}

        return call

    return make


SUBJECTS, CALLED = {}, {}  # CALLED: the algorithm, its defects, and the numbers that are told


def called(name, make, found, defects=(), **numbers):
    SUBJECTS[name], CALLED[name] = make, (found, defects, numbers)


for kind, optimiser in OPTIMISERS.items():
    for base in ("FO-MAML", "Reptile"):
        carry = "reptile_state_carried" if base == "Reptile" else "state_carried"
        called(f"{base} {kind}", stepped(optimiser, base == "Reptile"), f"{base} with {kind}")
        called(f"{base} {kind} carried", stepped(optimiser, base == "Reptile", True), f"{base} with {kind}", (carry,))
called("MAML momentum", of_total(through_momentum), "MAML with momentum")
called("MAML RMSprop", of_total(through_rmsprop), "MAML with RMSprop")
called("MAML Adam", of_total(through_adam), "MAML with Adam")
called(
    "Reptile Adam without a first moment",
    stepped(lambda w, rate: torch.optim.Adam(w, lr=rate, betas=(0.0, 0.999)), True),
    "Reptile with Adam",
    beta1=0,
)
called(
    "FO-MAML own momentum",
    stepped(lambda w, rate: torch.optim.SGD(w, lr=rate, momentum=0.37), False),
    "FO-MAML with momentum",
    momentum=0.37,
)
called("iMAML", implicit(2.0, 5), "iMAML")
called("iMAML own penalty", implicit(7.7, 3), "iMAML", penalty=7.7, solver_steps=3)
called("iMAML long solver", implicit(3.0, 10), "iMAML", penalty=3, solver_steps=10)
called("iMAML solved", implicit(10.0, 20), "iMAML", penalty=10)
called("iMAML without the penalty", implicit(2.0, 5, proximal=False), "iMAML", ("no_proximal_term",))
called("MLDG", mldg(), "MLDG")
called("MLDG own weight", mldg(0.3), "MLDG", weight=0.3)
called("BOIL", boil(False), "BOIL")
called("FO-BOIL", boil(True), "FO-BOIL")
called("MAML++", multi_step(False), "MAML++")
called("FO-MAML++", multi_step(True), "FO-MAML++")
called("MAML++ later", multi_step(False, 0.7), "MAML++", earlier=0.7)
called("Serial Reptile", serial(), "Serial Reptile")
called("Serial Reptile own rate", serial(0.3), "Serial Reptile", meta_rate=0.3)
called("Serial Reptile whole", serial(1.0), "Serial Reptile", meta_rate=1)
called("in turn", in_turn(False), "Sequential MAML")
called("in turn own rate", in_turn(False, 0.03), "Sequential MAML", meta_rate=0.03)
called("in turn first order", in_turn(True), "Sequential FO-MAML")
called("Meta-SGD", learning_rates(), "Meta-SGD")
called("Meta-SGD uphill", learning_rates(-1.0), "Meta-SGD", ("part_for_rates",))
called("Per-FedAvg (FO)", of_total(federated), "FO-MAML")
