"""higher 0.2.1: the mean over tasks, its official example's sum, and its default, which gives no gradient."""

import higher
import torch

from mamlcheck.conformance import subject


def by_inner_loops(p, share, **options):
    optimizer = torch.optim.SGD(p.model.parameters(), lr=p.alpha)

    def call():
        p.model.zero_grad()
        for task in p.tasks:
            with higher.innerloop_ctx(p.model, optimizer, **options) as (model, steps):
                for _ in range(p.steps):
                    steps.step(p.loss(model(task.inner[0]), task.inner[1]))
                (share * p.loss(model(task.outer[0]), task.outer[1])).backward()
        return p.gradients()

    return call


@subject("MAML")
def mean(problem):
    p = problem.on("torch")
    return by_inner_loops(p, 1 / len(p.tasks), copy_initial_weights=False)


@subject("MAML")
def as_in_its_example(problem):
    p = problem.on("torch")
    return by_inner_loops(p, 1.0, copy_initial_weights=False)


@subject("MAML")
def by_default(problem):
    p = problem.on("torch")
    return by_inner_loops(p, 1 / len(p.tasks))


@subject("FO-MAML")
def without_higher_gradients(problem):
    """What people hope track_higher_grads=False to be."""
    p = problem.on("torch")
    return by_inner_loops(p, 1 / len(p.tasks), copy_initial_weights=False, track_higher_grads=False)
