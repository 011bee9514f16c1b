"""PyTorch: tasks pooled, weighted, in turn, or only some of them."""

from __future__ import annotations

import torch
from complex_steps import joined
from said import CARRIED, FIRST_ORDER, NEXT_TASK, NORMAL, NOT_MAML_ALONE, POOLED, WEIGHTS
from torch_parts import adapted, derivative, gradient, leaves, loss, of_loss, step, times
from torch_parts import joined as torch_joined
from variant import wrong

from mamlcheck.conformance import subject

TWO_OF_THREE = (
    r"first (2|two)|(2|two) (of|tasks)|last task|third task|task (2|3) |tasks? 0 and 1|1 and 2|"
    r"1/2, 1/2, 0|0\.5, 0\.5, 0"
)


def _pooled(p, w):
    inner, outer = (torch_joined(*(getattr(t, role) for t in p.tasks)) for role in ("inner", "outer"))
    return loss(p, adapted(p, w, inner), outer)


pooled = wrong(
    "support and query samples of all tasks are pooled: one adaptation for all",
    of_loss(_pooled, steps=(1, 2)),
    lambda o: o.d(
        lambda w: o.loss(
            o.adapt(w, joined(*(t.inner for t in o.tasks))),
            joined(*(t.outer for t in o.tasks)),
        )
    ),
    (POOLED,),
    NOT_MAML_ALONE,
)


def _weighted(weights):
    return lambda p, w: sum(
        c * loss(p, adapted(p, w, t.inner), t.outer) for c, t in zip(weights, p.tasks, strict=False)
    )


falling_weights = wrong(
    "the tasks are weighted 1/2, 1/3 and 1/6",
    of_loss(_weighted((1 / 2, 1 / 3, 1 / 6)), steps=(1, 2)),
    lambda o: sum(c * o.maml(tasks=[t]) for c, t in zip((1 / 2, 1 / 3, 1 / 6), o.tasks, strict=True)),
    (WEIGHTS, r"task"),
    NOT_MAML_ALONE,
)

first_two = wrong(
    "only the first two of three tasks are averaged",
    of_loss(_weighted((1 / 2, 1 / 2)), steps=(1, 2)),
    lambda o: o.maml(tasks=o.tasks[:2]),
    (r"task", TWO_OF_THREE),
    NOT_MAML_ALONE,
)

last_left_out_of_the_sum = wrong(
    "the last task is left out, and the sum of the others divided by three",
    of_loss(_weighted((1 / 3, 1 / 3)), steps=(1, 2)),
    lambda o: o.maml(tasks=o.tasks[:2]) * 2 / 3,
    (r"task", rf"{TWO_OF_THREE}|{WEIGHTS}"),
    NOT_MAML_ALONE,
)


@subject("MAML", steps=(1,))
def _a_meta_step_after_each_task(problem):
    p = problem.on("torch")

    def call():
        w = start = leaves(p)
        for task in p.tasks:
            g = derivative(loss(p, adapted(p, w, task.inner), task.outer), w)
            w = {k: v.detach().requires_grad_() for k, v in step(w, g, p.beta).items()}
        return {k: (start[k] - w[k]) / p.beta for k in w}

    return call


def _in_turn(o):
    w = o.w
    for t in o.tasks:
        w = w - o.beta * o.d(lambda v, t=t: o.loss(o.adapt(v, t.inner), t.outer), w)
    return (o.w - w) / o.beta


a_meta_step_after_each_task = wrong(
    "a meta-step is taken after each task, inside the task loop: (before - after) / beta",
    _a_meta_step_after_each_task,
    _in_turn,
    (r"task", rf"{CARRIED}|meta-step|updated? (after|inside|within)|step(s|ped)? (after|inside|within)|after each"),
    (*NOT_MAML_ALONE, r"second call"),
)


def _support_of_the_next_task(p, w):
    following = [*p.tasks[1:], p.tasks[0]]
    return sum(loss(p, adapted(p, w, n.inner), t.outer) for t, n in zip(p.tasks, following, strict=True)) / 3


support_of_the_next_task = wrong(
    "the query set of each task goes with the support set of the next one",
    of_loss(_support_of_the_next_task, steps=(1, 2)),
    lambda o: o.mean(lambda t: o.maml(tasks=[t], inner=lambda t: o.tasks[(_index(o, t) + 1) % 3].inner)),
    (NEXT_TASK,),
    NOT_MAML_ALONE,
)


def _index(o, task):
    return next(i for i, t in enumerate(o.tasks) if t is task)


def _worst(p, w):
    return max((loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks), key=lambda value: value.item())


worst_task = wrong(
    "only the task with the largest outer loss counts",
    of_loss(_worst, steps=(1, 2)),
    lambda o: o.maml(tasks=[max(o.tasks, key=lambda t: o.loss(o.adapt(o.w, t.inner), t.outer))]),
    (r"(only|alone|just) .*task|task .*(only|alone|just)|one task|single task|largest loss|worst", r"task"),
    NOT_MAML_ALONE,
)


@subject("MAML", steps=(1, 2))
def _each_normalised(problem):
    p = problem.on("torch")

    def call():
        found = []
        for task in p.tasks:
            w = leaves(p)
            g = derivative(loss(p, adapted(p, w, task.inner), task.outer), w)
            found.append(times(1 / torch.sqrt(sum((v**2).sum() for v in g.values())), g))
        return found

    return call


def _unit(v):
    return v / sum(v * v) ** 0.5


each_task_normalised = wrong(
    "the gradient of each task is divided by its norm before they are averaged",
    _each_normalised,
    lambda o: o.mean(lambda t: _unit(o.maml(tasks=[t]))),
    (r"task", rf"{NORMAL}|{WEIGHTS}"),
    NOT_MAML_ALONE,
)


@subject("MAML", steps=(1,))
def _one_inner_gradient(problem):
    """The inner gradients of all tasks are averaged, and the one adapted model is used for all."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        inner = [gradient(p, w, t.inner, create_graph=True) for t in p.tasks]
        fast = step(w, {k: sum(g[k] for g in inner) / len(inner) for k in w}, p.alpha)
        return derivative(sum(loss(p, fast, t.outer) for t in p.tasks) / len(p.tasks), w)

    return call


one_adaptation_for_all = wrong(
    "the inner gradients of all tasks are averaged: one adapted model for all tasks",
    _one_inner_gradient,
    lambda o: o.d(
        lambda w: sum(o.loss(w - o.alpha * sum(o.grad(w, t.inner) for t in o.tasks) / 3, s.outer) for s in o.tasks) / 3
    ),
    (POOLED,),
    (*NOT_MAML_ALONE, FIRST_ORDER),
)
