"""Wrong implementations in PyTorch, each a mistake that people make; `WRONG` says what it must be called."""

from __future__ import annotations

import copy

import torch

from mamlcheck.conformance import subject


def loss(p, w, batch):
    x, y = batch
    return p.loss(p.apply(w, x), y)


def leaves(p):
    return {name: value.requires_grad_() for name, value in p.parameters.items()}


def by_name(w, arrays):
    return dict(zip(w, arrays, strict=True))


def gradient(p, w, batch, **options):
    return by_name(w, torch.autograd.grad(loss(p, w, batch), list(w.values()), **options))


def step(w, g, rate):
    return {name: value - rate * g[name] for name, value in w.items()}


def of_tasks(direction, algorithm="MAML", **declared):
    """A subject that returns the mean of `direction(p, task)` over tasks."""

    @subject(algorithm, steps=(1,), **declared)
    def make(problem):
        p = problem.on("torch")
        return lambda: [direction(p, task) for task in p.tasks]

    return make


def of_loss(meta_loss, algorithm="MAML", **declared):
    """A subject that returns the gradient of `meta_loss(p, w)`."""

    @subject(algorithm, steps=(1,), **declared)
    def make(problem):
        p = problem.on("torch")

        def call():
            w = leaves(p)
            return by_name(w, torch.autograd.grad(meta_loss(p, w), list(w.values())))

        return call

    return make


def task_loss(p, w, task, inner="inner", outer="outer", rate=None, second_order=True):
    rate = p.alpha if rate is None else rate
    g = gradient(p, w, getattr(task, inner), create_graph=second_order)
    return loss(p, step(w, g, rate), getattr(task, outer))


def mean_loss(**options):
    return lambda p, w: sum(task_loss(p, w, task, **options) for task in p.tasks) / len(p.tasks)


# -- the Hessian term ---------------------------------------------------------------------------------------------
without_create_graph = of_loss(mean_loss(second_order=False))


@subject("MAML", steps=(1,))
def updated_through_data(problem):
    p = problem.on("torch")

    def direction(task):
        model = copy.deepcopy(p.model)
        inner = p.loss(model(task.inner[0]), task.inner[1])
        grads = torch.autograd.grad(inner, list(model.parameters()), create_graph=True)
        for parameter, g in zip(model.parameters(), grads, strict=True):
            parameter.data = parameter.data - p.alpha * g.data
        p.loss(model(task.outer[0]), task.outer[1]).backward()
        return p.gradients(model)

    return lambda: [direction(task) for task in p.tasks]


def by_hand(combine):
    """(g, H v at w along g) combined by hand."""

    def direction(p, task):
        w = leaves(p)
        fast = step(w, gradient(p, w, task.inner), p.alpha)
        g = gradient(p, fast, task.outer)
        slope = gradient(p, w, task.inner, create_graph=True)
        bent = by_name(w, torch.autograd.grad(sum((slope[k] * g[k]).sum() for k in w), list(w.values())))
        return {k: combine(p, g[k], bent[k]) for k in w}

    return of_tasks(direction)


hessian_term_halved = by_hand(lambda p, g, bent: g - p.alpha * bent / 2)
hessian_term_added = by_hand(lambda p, g, bent: g + p.alpha * bent)
hessian_term_with_another_rate = by_hand(lambda p, g, bent: g - 0.3 * p.alpha * bent)


def _hessian_after_the_update(p, task):
    w = leaves(p)
    fast = {k: v.detach().requires_grad_() for k, v in step(w, gradient(p, w, task.inner), p.alpha).items()}
    g = gradient(p, fast, task.outer)
    slope = gradient(p, fast, task.inner, create_graph=True)
    bent = by_name(w, torch.autograd.grad(sum((slope[k] * g[k]).sum() for k in w), list(fast.values())))
    return step(g, bent, p.alpha)


hessian_after_the_update = of_tasks(_hessian_after_the_update)


def _diagonal_hessian(p, task):
    w = leaves(p)
    g = gradient(p, step(w, gradient(p, w, task.inner), p.alpha), task.outer)
    slope = gradient(p, w, task.inner, create_graph=True)
    out = {}
    for k in w:
        second = [
            torch.autograd.grad(s, w[k], retain_graph=True)[0].reshape(-1)[i]
            for i, s in enumerate(slope[k].reshape(-1))
        ]
        out[k] = g[k] - p.alpha * torch.stack(second).reshape(w[k].shape) * g[k]
    return out


diagonal_hessian = of_tasks(_diagonal_hessian)


@subject("MAML", steps=(2,))
def detached_before_the_last_step(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = 0
        for task in p.tasks:
            g = gradient(p, w, task.inner)
            fast = step(w, {k: v.detach() for k, v in g.items()}, p.alpha)
            fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
            total = total + loss(p, fast, task.outer)
        return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

    return call


@subject("MAML")
def graph_of_the_first_step_only(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = 0
        for task in p.tasks:
            fast = w
            for k in range(p.steps):
                fast = step(fast, gradient(p, fast, task.inner, create_graph=k == 0), p.alpha)
            total = total + loss(p, fast, task.outer)
        return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

    return call


# -- scales -------------------------------------------------------------------------------------------------------
losses_added_up = of_loss(lambda p, w: sum(task_loss(p, w, task) for task in p.tasks))
first_order_losses_added_up = of_loss(
    lambda p, w: sum(task_loss(p, w, task, second_order=False) for task in p.tasks), "FO-MAML"
)
divided_by_query_size = of_loss(lambda p, w: sum(task_loss(p, w, t) / len(t.outer[0]) for t in p.tasks) / len(p.tasks))
divided_by_support_size = of_loss(
    lambda p, w: sum(task_loss(p, w, t) / len(t.inner[0]) for t in p.tasks) / len(p.tasks)
)
added_up_and_divided_by_query_size = of_loss(lambda p, w: sum(task_loss(p, w, t) / len(t.outer[0]) for t in p.tasks))
averaged_twice = of_loss(lambda p, w: sum(task_loss(p, w, t) for t in p.tasks) / len(p.tasks) ** 2)
negated = of_loss(lambda p, w: -mean_loss()(p, w))


@subject("MAML", steps=(1,))
def update_for_direction(problem):
    p = problem.on("torch")
    optimizer = torch.optim.SGD(p.model.parameters(), lr=p.beta)

    def train_step():
        optimizer.zero_grad()
        mean_loss()(p, dict(p.model.named_parameters())).backward()
        optimizer.step()

    return lambda: p.from_update(train_step, 1.0)


# -- data and tasks -----------------------------------------------------------------------------------------------
support_used_twice = of_loss(mean_loss(outer="inner"))
first_order_support_used_twice = of_loss(mean_loss(outer="inner", second_order=False), "FO-MAML")
query_used_twice = of_loss(mean_loss(inner="outer"))
sets_exchanged = of_loss(mean_loss(inner="outer", outer="inner"))


def _last_loss(p, w):
    for task in p.tasks:
        total = task_loss(p, w, task)
    return total


def _first_loss(p, w):
    for task in p.tasks:
        return task_loss(p, w, task)
    return None


loss_overwritten = of_loss(_last_loss)
returned_too_early = of_loss(_first_loss)
only_the_last_and_averaged = of_loss(lambda p, w: _last_loss(p, w) / len(p.tasks))


@subject("FO-MAML", steps=(1,))
def first_order_drift(problem):
    """The inner optimiser steps on a shared copy that is never restored."""
    p = problem.on("torch")

    def call():
        model = copy.deepcopy(p.model)
        optimizer = torch.optim.SGD(model.parameters(), lr=p.alpha)
        found = []
        for task in p.tasks:
            optimizer.zero_grad()
            p.loss(model(task.inner[0]), task.inner[1]).backward()
            optimizer.step()
            optimizer.zero_grad()
            p.loss(model(task.outer[0]), task.outer[1]).backward()
            found.append(p.gradients(model))
        return found

    return call


@subject("MAML", steps=(1,))
def second_order_drift(problem):
    p = problem.on("torch")

    def call():
        w, found = leaves(p), []
        for task in p.tasks:
            fast = step(w, gradient(p, w, task.inner, create_graph=True), p.alpha)
            found.append(by_name(w, torch.autograd.grad(loss(p, fast, task.outer), list(w.values()))))
            w = {k: v.detach().requires_grad_() for k, v in fast.items()}
        return found

    return call


def _drifting_loss(p, w):
    total, fast = 0, w
    for task in p.tasks:
        fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
        total = total + loss(p, fast, task.outer)
    return total / len(p.tasks)


drift_through_the_graph = of_loss(_drifting_loss)


# -- the inner step -----------------------------------------------------------------------------------------------
def both_losses_backward(algorithm, second_order):
    @subject(algorithm, steps=(1,))
    def make(problem):
        p = problem.on("torch")

        def call():
            p.model.zero_grad()
            for task in p.tasks:
                w = dict(p.model.named_parameters())
                inner = loss(p, w, task.inner)
                g = by_name(w, torch.autograd.grad(inner, list(w.values()), create_graph=True))
                g = g if second_order else {k: v.detach() for k, v in g.items()}
                (inner / len(p.tasks)).backward(retain_graph=True)
                (loss(p, step(w, g, p.alpha), task.outer) / len(p.tasks)).backward()
            return p.gradients()

        return call

    return make


joint = both_losses_backward("MAML", True)
first_order_joint = both_losses_backward("FO-MAML", False)
not_adapted = of_loss(lambda p, w: sum(loss(p, w, t.outer) for t in p.tasks) / len(p.tasks))
support_loss_returned = of_loss(lambda p, w: sum(loss(p, w, t.inner) for t in p.tasks) / len(p.tasks))
climbing = of_loss(lambda p, w: mean_loss(rate=-p.alpha)(p, w))
first_order_climbing = of_loss(lambda p, w: mean_loss(rate=-p.alpha, second_order=False)(p, w), "FO-MAML")


def _summed_inner(p, w):
    return sum(task_loss(p, w, t, rate=p.alpha * len(t.inner[0])) for t in p.tasks) / len(p.tasks)


inner_loss_summed = of_loss(_summed_inner)
rates_exchanged = of_loss(lambda p, w: mean_loss(rate=p.beta)(p, w))


@subject("MAML", steps=(1, 2, 3))
def no_inner_loop(problem):
    return of_loss(mean_loss())(problem)


@subject("MAML", steps=(1, 2))
def one_step_too_many(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = 0
        for task in p.tasks:
            fast = w
            for _ in range(p.steps + 1):
                fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
            total = total + loss(p, fast, task.outer)
        return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

    return call


# -- HF-MAML ------------------------------------------------------------------------------------------------------
def hessian_free(delta):
    def direction(p, task):
        w = leaves(p)
        g = gradient(p, step(w, gradient(p, w, task.inner), p.alpha), task.outer)
        ahead, behind = (gradient(p, step(w, g, s * delta), task.hessian) for s in (-1, 1))
        return {k: g[k] - p.alpha * (ahead[k] - behind[k]) / (2 * delta) for k in w}

    return of_tasks(direction, "HF-MAML", delta=delta)


delta_too_small_for_float32 = hessian_free(1e-6)
delta_far_too_large = hessian_free(3.0)


def _one_tensor_at_a_time(p, task):
    delta = 1e-3
    w = leaves(p)
    g = gradient(p, step(w, gradient(p, w, task.inner), p.alpha), task.outer)
    out = {}
    for k in w:
        ahead = gradient(p, {**w, k: w[k] + delta * g[k]}, task.inner)[k]
        behind = gradient(p, {**w, k: w[k] - delta * g[k]}, task.inner)[k]
        out[k] = g[k] - p.alpha * (ahead - behind) / (2 * delta)
    return out


one_tensor_at_a_time = of_tasks(_one_tensor_at_a_time, "HF-MAML", delta=1e-3)


def _one_sided(p, task):
    delta = 0.05
    w = leaves(p)
    here = gradient(p, w, task.hessian)
    g = gradient(p, step(w, gradient(p, w, task.inner), p.alpha), task.outer)
    ahead = gradient(p, step(w, g, -delta), task.hessian)
    return {k: g[k] - p.alpha * (ahead[k] - here[k]) / delta for k in w}


one_sided = of_tasks(_one_sided, "HF-MAML", delta=0.05)
one_sided_undeclared = of_tasks(_one_sided, "HF-MAML")


def _norm_of_each_tensor(p, task):
    delta = 0.02
    w = leaves(p)
    g = gradient(p, step(w, gradient(p, w, task.inner), p.alpha), task.outer)
    r = {k: delta / g[k].norm() for k in w}
    ahead, behind = (gradient(p, {k: w[k] + s * r[k] * g[k] for k in w}, task.inner) for s in (1, -1))
    return {k: g[k] - p.alpha * (ahead[k] - behind[k]) / (2 * r[k]) for k in w}


norm_of_each_tensor = of_tasks(_norm_of_each_tensor, "HF-MAML", delta=0.02)
norm_of_each_tensor_undeclared = of_tasks(_norm_of_each_tensor, "HF-MAML")


@subject("HF-MAML", steps=(1,))
def differences_added_up(problem):
    p = problem.on("torch")
    each = hessian_free(0.02)(problem)
    return lambda: {k: sum(d[k] for d in each()) for k in p.parameters}


# -- numbers of their own -----------------------------------------------------------------------------------------
def _running_average(p, w):
    total = 0
    for task in p.tasks:
        total = (total + task_loss(p, w, task)) / 2
    return total


def _squared(p, w):
    return mean_loss()(p, w) ** 2


def _regularised(p, w):
    return mean_loss()(p, w) + 0.005 * sum((v**2).sum() for v in w.values())


def _step_by_step(p, w, per_step):
    """The mean over tasks of `per_step(p, w, task)`, any number of inner steps."""
    return sum(per_step(p, w, task) for task in p.tasks) / len(p.tasks)


def of_steps(per_step):
    @subject("MAML")
    def make(problem):
        p = problem.on("torch")

        def call():
            w = leaves(p)
            return by_name(w, torch.autograd.grad(_step_by_step(p, w, per_step), list(w.values())))

        return call

    return make


def _all_steps_count(p, w, task):
    fast, total = w, 0
    for _ in range(p.steps):
        fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
        total = total + loss(p, fast, task.outer)
    return total / p.steps


def _loss_taken_once(p, w, task):
    fast, g = w, gradient(p, w, task.inner, create_graph=True)
    for _ in range(p.steps):
        fast = step(fast, g, p.alpha)
    return loss(p, fast, task.outer)


def _with_momentum(p, w, task):
    fast, momentum = w, None
    for _ in range(p.steps):
        g = gradient(p, fast, task.inner, create_graph=True)
        momentum = g if momentum is None else {k: 0.9 * momentum[k] + g[k] for k in g}
        fast = step(fast, momentum, p.alpha)
    return loss(p, fast, task.outer)


def _rate_in_the_code(p, w, task):
    fast = w
    for _ in range(p.steps):
        fast = step(fast, gradient(p, fast, task.inner, create_graph=True), 0.01)
    return loss(p, fast, task.outer)


def _biases_stay(p, w, task):
    g = gradient(p, w, task.inner, create_graph=True)
    return loss(p, {k: v - p.alpha * g[k] if "weight" in k else v for k, v in w.items()}, task.outer)


running_average = of_loss(_running_average)
loop_starts_too_late = of_loss(lambda p, w: sum(task_loss(p, w, t) for t in p.tasks[1:]) / len(p.tasks[1:]))
loss_squared = of_loss(_squared)
regularised = of_loss(_regularised)
half_the_rate = of_loss(lambda p, w: mean_loss(rate=p.alpha / 2)(p, w))
rate_in_the_code = of_steps(_rate_in_the_code)
all_steps_count = of_steps(_all_steps_count)
loss_taken_once = of_steps(_loss_taken_once)
divided_by_steps = of_steps(lambda p, w, task: _right(p, w, task) / p.steps)
momentum_within = of_steps(_with_momentum)
biases_stay = of_loss(lambda p, w: _step_by_step(p, w, _biases_stay))


@subject("MAML")
def normalised(problem):
    p = problem.on("torch")
    whole = of_steps(_right)(problem)

    def call():
        d = whole()
        size = torch.sqrt(sum((v**2).sum() for v in d.values()))
        return {k: d[k] / size for k in p.parameters}

    return call


def _right(p, w, task):
    fast = w
    for _ in range(p.steps):
        fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
    return loss(p, fast, task.outer)


# -- state --------------------------------------------------------------------------------------------------------
@subject("MAML", steps=(1,))
def never_zeroed(problem):
    p = problem.on("torch")

    def call():
        mean_loss()(p, dict(p.model.named_parameters())).backward()
        return p.gradients()

    return call


@subject("FO-MAML", steps=(1,))
def gradients_left_on_a_copy(problem):
    p = problem.on("torch")

    def call():
        for task in p.tasks:
            model = copy.deepcopy(p.model)
            p.loss(model(task.outer[0]), task.outer[1]).backward()
        return p.gradients()

    return call


@subject("MAML", steps=(1,))
def all_zeros(problem):
    p = problem.on("torch")
    return lambda: {k: torch.zeros_like(v) for k, v in p.parameters.items()}


@subject("MAML", steps=(1,))
def not_a_number(problem):
    p = problem.on("torch")
    return lambda: {k: v.log() for k, v in p.parameters.items()}


@subject("MAML", steps=(1,))
def detached_and_sent_backward(problem):
    p = problem.on("torch")

    def call():
        mean_loss()(p, dict(p.model.named_parameters())).detach().backward()
        return p.gradients()

    return call


@subject("MAML", steps=(1,))
def data_normalised_in_place(problem):
    p = problem.on("torch")

    def call():
        for task in p.tasks:
            task.inner[0].sub_(task.inner[0].mean(0)).div_(task.inner[0].std(0) + 1)
        w = leaves(p)
        return by_name(w, torch.autograd.grad(mean_loss()(p, w), list(w.values())))

    return call


@subject("MAML", steps=(1,))
def model_stepped_and_left(problem):
    p = problem.on("torch")
    optimizer = torch.optim.SGD(p.model.parameters(), lr=p.beta)

    def call():
        optimizer.zero_grad()
        mean_loss()(p, dict(p.model.named_parameters())).backward()
        optimizer.step()
        return p.gradients()

    return call


@subject("MAML", steps=(1,))
def dropout_left_on(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = 0
        for task in p.tasks:
            x, y = task.inner
            g = gradient(p, w, (torch.nn.functional.dropout(x, 0.2), y), create_graph=True)
            total = total + loss(p, step(w, g, p.alpha), task.outer)
        return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

    return call


def clipping(clip, limit):
    @subject("MAML", steps=(1,))
    def make(problem):
        p = problem.on("torch")

        def call():
            p.model.zero_grad()
            mean_loss()(p, dict(p.model.named_parameters())).backward()
            clip(p.model.parameters(), limit)
            return p.gradients()

        return call

    return make


norm_clipped = clipping(torch.nn.utils.clip_grad_norm_, 0.4)
values_clipped = clipping(torch.nn.utils.clip_grad_value_, 0.1)


@subject("MAML", steps=(1,))
def computed_in_float32(problem):
    single = problem.on("torch")
    w32 = {k: v.float() for k, v in single.parameters.items()}

    def half(batch):
        return tuple(a.float() if a.is_floating_point() else a for a in batch)

    def call():
        w = {k: v.clone().requires_grad_() for k, v in w32.items()}
        total = 0
        for task in single.tasks:
            g = gradient(single, w, half(task.inner), create_graph=True)
            total = total + loss(single, step(w, g, single.alpha), half(task.outer))
        grads = torch.autograd.grad(total / len(single.tasks), list(w.values()))
        return by_name(w, [g.double() for g in grads])

    return call


@subject("MAML", steps=(1,))
def unheard_of(problem):
    """The third power of every component."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        return by_name(w, [g**3 for g in torch.autograd.grad(mean_loss()(p, w), list(w.values()))])

    return call


# name: what it is found to be, and its defects. The last says whether float32 tells as much.
WRONG = {
    "without_create_graph": ("FO-MAML", ("hessian_missing",)),
    "updated_through_data": ("FO-MAML", ("hessian_missing",)),
    "hessian_term_halved": ("MAML", ("hessian_halved",)),
    "hessian_term_added": ("MAML", ("hessian_wrong_sign",)),
    "hessian_term_with_another_rate": ("MAML", ("hessian_coefficient",)),
    "hessian_after_the_update": ("MAML", ("hessian_at_adapted",)),
    "diagonal_hessian": ("MAML", ("hessian_diagonal",)),
    "detached_before_the_last_step": ("MAML", ("hessian_last_step_only",)),
    "graph_of_the_first_step_only": ("MAML", ("hessian_first_step_only",)),
    "losses_added_up": ("MAML", ("sum_over_tasks",)),
    "first_order_losses_added_up": ("FO-MAML", ("sum_over_tasks",)),
    "divided_by_query_size": ("MAML", ("scaled_by_1_over_query",)),
    "divided_by_support_size": ("MAML", ("scaled_by_1_over_support",)),
    "added_up_and_divided_by_query_size": ("MAML", ("sum_over_tasks", "scaled_by_1_over_query")),
    "averaged_twice": ("MAML", ("scaled_by_1_over_tasks",)),
    "negated": ("MAML", ("sign_flipped",)),
    "update_for_direction": ("MAML", ("scaled_by_beta",)),
    "support_used_twice": ("MAML", ("support_as_query",)),
    "first_order_support_used_twice": ("FO-MAML", ("support_as_query",)),
    "query_used_twice": ("MAML", ("query_as_support",)),
    "sets_exchanged": ("MAML", ("roles_swapped",)),
    "loss_overwritten": ("MAML", ("last_task_only",)),
    "returned_too_early": ("MAML", ("first_task_only",)),
    "only_the_last_and_averaged": ("MAML", ("last_task_only", "scaled_by_1_over_tasks")),
    "first_order_drift": ("FO-MAML", ("drift",)),
    "second_order_drift": ("MAML", ("drift",)),
    "drift_through_the_graph": ("MAML", ("drift_through_graph",)),
    "joint": ("MLDG", ("other_algorithm",)),
    "first_order_joint": ("FO-MAML", ("joint_gradient",)),
    "not_adapted": (None, ("no_adaptation",)),
    "support_loss_returned": (None, ("support_gradient",)),
    "climbing": ("MAML", ("inner_sign_flipped",)),
    "first_order_climbing": ("FO-MAML", ("inner_sign_flipped",)),
    "inner_loss_summed": ("MAML", ("inner_sum",)),
    "rates_exchanged": ("MAML", ("alpha_beta_swapped",)),
    "no_inner_loop": ("MAML", ("steps_ignored",)),
    "one_step_too_many": ("MAML", ("one_step_more",)),
    "delta_too_small_for_float32": ("HF-MAML", ("hf_delta_too_small",)),
    "delta_far_too_large": ("HF-MAML", ("hf_delta_too_large",)),
    "one_tensor_at_a_time": ("HF-MAML", ("hessian_per_tensor",)),
    "one_sided": ("HF-MAML", ("hessian_one_sided",)),
    "one_sided_undeclared": ("HF-MAML", ("hessian_one_sided",)),
    "norm_of_each_tensor": ("HF-MAML", ("step_per_tensor",)),
    "norm_of_each_tensor_undeclared": ("HF-MAML", ("step_per_tensor",)),
    "differences_added_up": ("HF-MAML", ("sum_over_tasks",)),
    "running_average": ("MAML", ("task_weights",)),
    "loop_starts_too_late": ("MAML", ("task_weights",)),
    "loss_squared": ("MAML", ("length",)),
    "regularised": ("MAML", ("weight_decay",)),
    "half_the_rate": ("MAML", ("inner_rate",)),
    "rate_in_the_code": ("MAML", ("inner_rate",)),
    "all_steps_count": ("MAML++", ("other_algorithm",)),
    "loss_taken_once": ("MAML", ("inner_gradient_at_start",)),
    "divided_by_steps": ("MAML", ("scaled",)),
    "momentum_within": ("MAML with momentum", ("other_algorithm",)),
    "biases_stay": ("MAML", ("not_adapted",)),
    "normalised": ("MAML", ("normalised",)),
    "never_zeroed": ("MAML", ("stale_gradients",)),
    "gradients_left_on_a_copy": (None, ("no_gradient",)),
    "all_zeros": (None, ("no_gradient",)),
    "not_a_number": (None, ("no_gradient",)),
    "detached_and_sent_backward": (None, ("exception",)),
    "data_normalised_in_place": (None, ("inputs_mutated", "not_recognised")),
    "model_stepped_and_left": ("MAML", ("inputs_mutated",)),
    "dropout_left_on": (None, ("not_deterministic",)),
    "norm_clipped": ("MAML", ("clipped",)),
    "values_clipped": ("MAML", ("clipped_by_value",)),
    "computed_in_float32": ("MAML", ("lower_precision",)),
    "unheard_of": (None, ("not_recognised",)),
}
