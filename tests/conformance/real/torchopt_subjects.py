"""torchopt 0.7.3: MAML by its differentiable SGD."""

import torch
import torchopt

from mamlcheck.conformance import subject


@subject("MAML")
def maml(problem):
    p = problem.on("torch")
    inner = torchopt.MetaSGD(p.model, lr=p.alpha)

    def call():
        p.model.zero_grad()
        start, state = torchopt.extract_state_dict(p.model, by="reference"), torchopt.extract_state_dict(inner)
        weights = list(p.model.parameters())
        total = 0
        for task in p.tasks:
            for _ in range(p.steps):
                inner.step(p.loss(p.model(task.inner[0]), task.inner[1]))
            total = total + p.loss(p.model(task.outer[0]), task.outer[1])
            torchopt.recover_state_dict(p.model, start)
            torchopt.recover_state_dict(inner, state)
        return torch.autograd.grad(total / len(p.tasks), weights)

    return call
