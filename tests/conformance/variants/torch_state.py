"""PyTorch: what is left over from the task, the step or the call before."""

from __future__ import annotations

import copy

import torch
from said import CARRIED, FIRST_ORDER, SECOND_CALL, STEPS
from torch_parts import adapted, derivative, fresh, leaves, loss
from variant import wrong

from mamlcheck.conformance import subject


def _sgd(p, model, task, opt):
    for _ in range(p.steps):
        opt.zero_grad()
        p.loss(model(task.inner[0]), task.inner[1]).backward()
        opt.step()


def _outer(p, model, task):
    model.zero_grad()
    p.loss(model(task.outer[0]), task.outer[1]).backward()
    return p.gradients(model)


@subject("FO-MAML")
def _not_restored(problem):
    p = problem.on("torch")

    def call():
        model, found = copy.deepcopy(p.model), []
        opt = torch.optim.SGD(model.parameters(), lr=p.alpha)
        for task in p.tasks:
            _sgd(p, model, task, opt)
            found.append(_outer(p, model, task))
        return found

    return call


def _chain(o, w):
    """The adapted parameters of each task, each starting where the one before has ended."""
    points = []
    for t in o.tasks:
        w = o.adapt(w, t.inner)
        points.append(w)
    return points


not_restored_between_tasks = wrong(
    "load_state_dict is forgotten: each task starts from the parameters adapted to the one before",
    _not_restored,
    lambda o: sum(o.grad(w, t.outer) for w, t in zip(_chain(o, o.w), o.tasks, strict=True)) / 3,
    (CARRIED, r"task|load_state_dict|deepcopy"),
)


@subject("FO-MAML")
def _copied_once(problem):
    p = problem.on("torch")
    model = copy.deepcopy(p.model)
    opt = torch.optim.SGD(model.parameters(), lr=p.alpha)

    def call():
        found = []
        for task in p.tasks:
            _sgd(p, model, task, opt)
            found.append(_outer(p, model, task))
        return found

    return call


def _two_calls(o):
    first = _chain(o, o.w)
    second = _chain(o, first[-1])
    return tuple(
        sum(o.grad(w, t.outer) for w, t in zip(points, o.tasks, strict=True)) / 3 for points in (first, second)
    )


copied_once = wrong(
    "deepcopy is called once, at the set-up: tasks and calls go on from where the one before has ended",
    _copied_once,
    _two_calls,
    (rf"{CARRIED}|{SECOND_CALL}", r"call|deepcopy|load_state_dict|model"),
)


@subject("FO-MAML")
def _momentum_kept(problem):
    p = problem.on("torch")

    def call():
        model, found = copy.deepcopy(p.model), []
        opt = torch.optim.SGD(model.parameters(), lr=p.alpha, momentum=0.9)
        for task in p.tasks:
            model.load_state_dict(p.parameters)
            _sgd(p, model, task, opt)
            found.append(_outer(p, model, task))
        return found

    return call


def _with_velocity(o):
    velocity, total = 0, 0
    for t in o.tasks:
        w = o.w
        for _ in range(o.K):
            velocity = 0.9 * velocity + o.grad(w, t.inner)
            w = w - o.alpha * velocity
        total = total + o.grad(w, t.outer)
    return total / 3


momentum_kept_between_tasks = wrong(
    "one optimiser with momentum for all tasks: the model is restored, its velocity is carried over",
    _momentum_kept,
    _with_velocity,
    (r"momentum|velocity|optimi[sz]er", CARRIED),
)


@subject("MAML", steps=(1, 2))
def _only_the_last_has_a_graph(problem):
    p = problem.on("torch")

    def call():
        w, total = leaves(p), 0.0
        for task in p.tasks:
            value = loss(p, adapted(p, w, task.inner), task.outer)
            total = value + (total.item() if torch.is_tensor(total) else total)
        return derivative(total / len(p.tasks), w)

    return call


item_of_the_running_sum = wrong(
    ".item() of the running sum: only the last task has a graph, and its gradient is divided by three",
    _only_the_last_has_a_graph,
    lambda o: o.maml(tasks=o.tasks[2:]) / 3,
    (r"last task|third task|task 3|only one task",),
)


@subject("FO-MAML", steps=(2, 3))
def _inner_gradients_pile_up(problem):
    p = problem.on("torch")

    def direction(task):
        model = copy.deepcopy(p.model)
        opt = torch.optim.SGD(model.parameters(), lr=p.alpha)
        for _ in range(p.steps):
            p.loss(model(task.inner[0]), task.inner[1]).backward()
            opt.step()
        return _outer(p, model, task)

    return lambda: [direction(task) for task in p.tasks]


def _piled(o, t):
    w, total = o.w, 0
    for _ in range(o.K):
        total = total + o.grad(w, t.inner)
        w = w - o.alpha * total
    return o.grad(w, t.outer)


inner_gradients_pile_up = wrong(
    "zero_grad() is missing in the inner loop: each step uses the sum of all inner gradients until then",
    _inner_gradients_pile_up,
    lambda o: o.mean(lambda t: _piled(o, t)),
    (r"zero_grad|accumulat|pile|sum of (all|the) |added up|momentum (of )?1\b|not zeroed|not reset", r"inner|" + STEPS),
)


@subject("FO-MAML", steps=(1, 2))
def _gradients_of_other_tasks(problem):
    """One model, restored for each task, whose .grad is never zeroed."""
    p = problem.on("torch")

    def call():
        model, found = copy.deepcopy(p.model), []
        for task in p.tasks:
            model.load_state_dict(p.parameters)
            for _ in range(p.steps):
                p.loss(model(task.inner[0]), task.inner[1]).backward()
                with torch.no_grad():
                    for v in model.parameters():
                        v -= p.alpha * v.grad
            w = {k: v.detach().requires_grad_() for k, v in model.named_parameters()}
            found.append(derivative(loss(p, w, task.outer), w))
        return found

    return call


def _of_other_tasks(o):
    piled, total = 0, 0
    for t in o.tasks:
        w = o.w
        for _ in range(o.K):
            piled = piled + o.grad(w, t.inner)
            w = w - o.alpha * piled
        total = total + o.grad(w, t.outer)
    return total / 3


inner_gradients_of_other_tasks = wrong(
    "the inner .grad is zeroed neither between steps nor between tasks",
    _gradients_of_other_tasks,
    _of_other_tasks,
    (r"zero_grad|accumulat|pile|\.grad|not zeroed|inner gradients? of (the )?(previous|earlier|other)|carried",),
)


@subject("MAML", steps=(1, 2))
def _annealed(problem):
    p = problem.on("torch")
    calls = []

    def call():
        calls.append(None)
        w, second = leaves(p), len(calls) > 1
        total = sum(loss(p, adapted(p, w, t.inner, second_order=second), t.outer) for t in p.tasks)
        return derivative(total / len(p.tasks), w)

    return call


first_order_at_first = wrong(
    "first-order annealing: the first call is FO-MAML, the second MAML",
    _annealed,
    lambda o: (o.fo(), o.maml()),
    (rf"{SECOND_CALL}|first call|anneal", FIRST_ORDER),
)


@subject("MAML", steps=(1, 2))
def _rate_learned(problem):
    p = problem.on("torch")
    rate = torch.tensor(p.alpha, dtype=torch.float64)

    def call():
        w = leaves(p)
        total = sum(loss(p, adapted(p, w, t.inner, rate=float(rate)), t.outer) for t in p.tasks) / len(p.tasks)
        rate.mul_(0.9)
        return derivative(total, w)

    return call


rate_falls_from_call_to_call = wrong(
    "the inner rate is multiplied by 0.9 after each call",
    _rate_learned,
    lambda o: (o.maml(), o.maml(rate=0.9 * o.alpha)),
    (rf"{SECOND_CALL}|the second",),
)


@subject("MAML", steps=(1, 2))
def _kept_from_the_first_task(problem):
    """The adapted parameters are kept under one name for all tasks, and found there the next time."""
    p = problem.on("torch")

    def call():
        w, kept, total = leaves(p), {}, 0
        for task in p.tasks:
            if "fast" not in kept:
                kept["fast"] = adapted(p, w, task.inner)
            total = total + loss(p, kept["fast"], task.outer)
        return derivative(total / len(p.tasks), w)

    return call


adapted_to_the_first_task = wrong(
    "all query sets meet the parameters adapted to the first task",
    _kept_from_the_first_task,
    lambda o: o.mean(lambda t: o.maml(tasks=[t], inner=lambda t: o.tasks[0].inner)),
    (r"first task|task 1|task 0|one task", r"support|adapt|inner"),
)


@subject("Reptile")
def _velocity_kept(problem):
    p = problem.on("torch")

    def call():
        w, found = fresh(leaves(p)), []
        opt = torch.optim.SGD(list(w.values()), lr=p.alpha, momentum=0.5)
        for task in p.tasks:
            with torch.no_grad():
                for k, v in p.parameters.items():
                    w[k].copy_(v)
            for _ in range(p.steps):
                opt.zero_grad()
                loss(p, w, task.inner).backward()
                opt.step()
            found.append({k: v - w[k].detach() for k, v in p.parameters.items()})
        return found

    return call


def _reptile_with_velocity(o):
    velocity, total = 0, 0
    for t in o.tasks:
        w = o.w
        for _ in range(o.K):
            velocity = 0.5 * velocity + o.grad(w, t.inner)
            w = w - o.alpha * velocity
        total = total + o.w - w
    return total / 3


reptile_with_momentum_kept = wrong(
    "Reptile whose inner optimiser has momentum 0.5, kept from task to task",
    _velocity_kept,
    _reptile_with_velocity,
    (r"momentum|velocity|optimi[sz]er", CARRIED),
)
