"""Right implementations by torchopt: its differentiable SGD on a module, and its functional optimiser."""

from __future__ import annotations

import torch
import torchopt
from torch_parts import derivative, leaves, loss
from variant import right

from mamlcheck.conformance import subject


@subject("MAML")
def _meta_sgd(problem):
    p = problem.on("torch")
    inner = torchopt.MetaSGD(p.model, lr=p.alpha)

    def call():
        start, state = torchopt.extract_state_dict(p.model, by="reference"), torchopt.extract_state_dict(inner)
        weights, total = list(p.model.parameters()), 0
        for t in p.tasks:
            for _ in range(p.steps):
                inner.step(p.loss(p.model(t.inner[0]), t.inner[1]))
            total = total + p.loss(p.model(t.outer[0]), t.outer[1])
            torchopt.recover_state_dict(p.model, start)
            torchopt.recover_state_dict(inner, state)
        return torch.autograd.grad(total / len(p.tasks), weights)

    return call


differentiable_sgd = right(_meta_sgd, lambda o: o.maml())


@subject("MAML")
def _functional(problem):
    """torchopt.sgd as a function of gradients and state, in the manner of optax."""
    p = problem.on("torch")
    inner = torchopt.sgd(lr=p.alpha)

    def call():
        w, total = leaves(p), 0
        for t in p.tasks:
            fast, state = w, inner.init(w)
            for _ in range(p.steps):
                g = derivative(loss(p, fast, t.inner), fast, create_graph=True)
                updates, state = inner.update(g, state, inplace=False)
                fast = torchopt.apply_updates(fast, updates, inplace=False)
            total = total + loss(p, fast, t.outer)
        return derivative(total / len(p.tasks), w)

    return call


functional_sgd = right(_functional, lambda o: o.maml())
