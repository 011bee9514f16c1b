"""What variants in PyTorch share: losses, gradients and steps over dicts of tensors."""

from __future__ import annotations

import torch

from mamlcheck.conformance import subject


def loss(p, w, batch):
    x, y = batch
    return p.loss(p.apply(w, x), y)


def leaves(p):
    return {name: value.requires_grad_() for name, value in p.parameters.items()}


def fresh(w):
    """New leaves with the same numbers."""
    return {name: value.detach().clone().requires_grad_() for name, value in w.items()}


def gradient(p, w, batch, **options):
    """Gradient of the loss by name; unused parameters get zeros."""
    return derivative(loss(p, w, batch), w, **options)


def derivative(value, w, **options):
    found = torch.autograd.grad(value, list(w.values()), allow_unused=True, **options)
    return {name: torch.zeros_like(w[name]) if g is None else g for name, g in zip(w, found, strict=True)}


def hessian_vector(p, w, v, batch):
    """By the gradient of <gradient, v>."""
    w = fresh(w)
    slope = gradient(p, w, batch, create_graph=True)
    return derivative(sum((slope[k] * v[k].detach()).sum() for k in w), w)


def step(w, g, rate):
    return {name: value - rate * g[name] for name, value in w.items()}


def adapted(p, w, batch, rate=None, steps=None, second_order=True, moved=lambda name: True):
    """Inner steps on the parameters whose names are `moved`."""
    for _ in range(p.steps if steps is None else steps):
        g = gradient(p, w, batch, create_graph=second_order)
        w = {k: v - (p.alpha if rate is None else rate) * g[k] if moved(k) else v for k, v in w.items()}
    return w


def joined(*batches):
    return tuple(torch.cat(part) for part in zip(*batches, strict=True))


def is_head(name):
    return name.startswith("head") or "." not in name


def of_tasks(direction, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns `direction(p, task)` of each task."""

    @subject(algorithm, steps=steps, **declared)
    def make(problem):
        p = problem.on("torch")
        return lambda: [direction(p, task) for task in p.tasks]

    return make


def of_loss(meta_loss, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns the gradient of `meta_loss(p, w)`."""

    @subject(algorithm, steps=steps, **declared)
    def make(problem):
        p = problem.on("torch")

        def call():
            w = leaves(p)
            return derivative(meta_loss(p, w), w)

        return call

    return make


def of_task_loss(task_loss, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns the gradient of the mean of `task_loss(p, w, task)` over tasks."""
    return of_loss(lambda p, w: sum(task_loss(p, w, t) for t in p.tasks) / len(p.tasks), algorithm, steps, **declared)


def one_step(p, task, product):
    """With one inner step: the outer gradient g at w', less alpha times `product(w, w', g)`."""
    w = leaves(p)
    fast = fresh(step(w, gradient(p, w, task.inner), p.alpha))
    g = gradient(p, fast, task.outer)
    return step(g, product(w, fast, g), p.alpha)


def times(factor, g):
    return {name: factor * value for name, value in g.items()}


def by_plain_loss(p, task_loss):
    """A call that returns the gradient of the mean of `task_loss(w, task)`."""

    def call():
        w = leaves(p)
        return derivative(sum(task_loss(w, t) for t in p.tasks) / len(p.tasks), w)

    return call
