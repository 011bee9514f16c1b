"""Right implementations by higher: its functional modules, its differentiable optimiser, and first order with it."""

from __future__ import annotations

import higher
import torch
from variant import right

from mamlcheck.conformance import subject


@subject("MAML")
def _inner_loops(problem):
    p = problem.on("torch")
    opt = torch.optim.SGD(p.model.parameters(), lr=p.alpha)

    def call():
        p.model.zero_grad()
        for t in p.tasks:
            with higher.innerloop_ctx(p.model, opt, copy_initial_weights=False) as (net, steps):
                for _ in range(p.steps):
                    steps.step(p.loss(net(t.inner[0]), t.inner[1]))
                (p.loss(net(t.outer[0]), t.outer[1]) / len(p.tasks)).backward()
        return p.gradients()

    return call


inner_loops = right(_inner_loops, lambda o: o.maml())


@subject("MAML")
def _by_initial_weights(problem):
    """copy_initial_weights=True, and the gradient taken by net.parameters(time=0)."""
    p = problem.on("torch")
    opt = torch.optim.SGD(p.model.parameters(), lr=p.alpha)

    def direction(t):
        with higher.innerloop_ctx(p.model, opt) as (net, steps):
            for _ in range(p.steps):
                steps.step(p.loss(net(t.inner[0]), t.inner[1]))
            return list(torch.autograd.grad(p.loss(net(t.outer[0]), t.outer[1]), list(net.parameters(time=0))))

    return lambda: [direction(t) for t in p.tasks]


by_initial_weights = right(_by_initial_weights, lambda o: o.maml())


@subject("FO-MAML")
def _at_the_last_weights(problem):
    """track_higher_grads=False, and the gradient taken by the adapted parameters."""
    p = problem.on("torch")
    opt = torch.optim.SGD(p.model.parameters(), lr=p.alpha)

    def direction(t):
        with higher.innerloop_ctx(p.model, opt, track_higher_grads=False) as (net, steps):
            for _ in range(p.steps):
                steps.step(p.loss(net(t.inner[0]), t.inner[1]))
            return list(torch.autograd.grad(p.loss(net(t.outer[0]), t.outer[1]), list(net.parameters())))

    return lambda: [direction(t) for t in p.tasks]


first_order_at_the_last_weights = right(_at_the_last_weights, lambda o: o.fo())
