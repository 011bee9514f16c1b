"""PyTorch: one inner step less or more, rates that decay, first order in some steps, steps from the wrong place."""

from __future__ import annotations

import torch
from said import AT_START, DECAY, FEWER, FIRST_ORDER, MORE, MULTI_STEP, NORMAL, NOT_MAML_ALONE, RATE, STEPS
from torch_parts import adapted, gradient, loss, of_task_loss, step
from variant import wrong

one_step_less = wrong(
    "range(1, K): one inner step less than asked for",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, t.inner, steps=p.steps - 1), t.outer), steps=(2, 3)),
    lambda o: o.maml(steps=o.K - 1),
    (FEWER,),
    NOT_MAML_ALONE,
)

two_steps_more = wrong(
    "two inner steps more than asked for",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, t.inner, steps=p.steps + 2), t.outer), steps=(1, 2)),
    lambda o: o.maml(steps=o.K + 2),
    (r"(two|2) (inner )?steps (more|too many)|K ?\+ ?2|2 more|two more|2 too many|takes 3 .*(steps|for 1)",),
    NOT_MAML_ALONE,
)


def _with_rates(rate_of):
    def task_loss(p, w, t):
        for k in range(p.steps):
            w = adapted(p, w, t.inner, rate=rate_of(k) * p.alpha, steps=1)
        return loss(p, w, t.outer)

    return of_task_loss(task_loss, steps=(1, 2, 3))


def _rates(o, rate_of):
    def objective(w, t):
        for k in range(o.K):
            w = o.adapt(w, t.inner, rate_of(k) * o.alpha, 1)
        return o.loss(w, t.outer)

    return o.mean(lambda t: o.d(lambda w: objective(w, t)))


rate_over_step = wrong(
    "the inner rate decays as alpha / (k + 1) over the inner steps",
    _with_rates(lambda k: 1 / (k + 1)),
    lambda o: _rates(o, lambda k: 1 / (k + 1)),
    (RATE, DECAY, STEPS),
    NOT_MAML_ALONE,
)

rate_times_a_power = wrong(
    "the inner rate is multiplied by 0.7 after each inner step",
    _with_rates(lambda k: 0.7**k),
    lambda o: _rates(o, lambda k: 0.7**k),
    (RATE, rf"{DECAY}|0\.7", STEPS),
    NOT_MAML_ALONE,
)

rates_of_steps_learned = wrong(
    "each inner step has a rate of its own: 1.2, 0.4 and 0.9 times alpha",
    _with_rates([1.2, 0.4, 0.9].__getitem__),
    lambda o: _rates(o, [1.2, 0.4, 0.9].__getitem__),
    (RATE, STEPS, r"\beach\b|\bevery\b|\bper[- ]step|\bown\b|differ|0\.4\b.*0\.9|MAML\+\+|LSLR"),
    NOT_MAML_ALONE,
)


def _graphs(graph_of):
    def task_loss(p, w, t):
        for k in range(p.steps):
            g = gradient(p, w, t.inner, create_graph=True)
            w = step(w, g if graph_of(k, p.steps) else {n: d.detach() for n, d in g.items()}, p.alpha)
        return loss(p, w, t.outer)

    return of_task_loss(task_loss, steps=(2, 3))


def _pulled_back(o, keeps):
    def direction(t):
        points = o.path(o.w, t.inner)
        v = o.grad(points[-1], t.outer)
        for k in reversed(range(o.K)):
            v = v - o.alpha * o.hv(points[k], v, t.inner) if keeps(k, o.K) else v
        return v

    return o.mean(direction)


last_step_of_first_order = wrong(
    "the last inner step is of first order, the ones before are not",
    _graphs(lambda k, count: k < count - 1),
    lambda o: _pulled_back(o, lambda k, count: k < count - 1),
    (
        r"last (inner )?step|step (2|3)\b|first (inner )?step .*(only|alone)|(only|but|except) .*(first|last)",
        FIRST_ORDER,
    ),
    (*NOT_MAML_ALONE, r"this is fo-maml"),
)

every_other_step_of_first_order = wrong(
    "every other inner step, from the second on, is of first order",
    _graphs(lambda k, count: k % 2 == 0),
    lambda o: _pulled_back(o, lambda k, count: k % 2 == 0),
    (STEPS, FIRST_ORDER, r"second|every other|some|even|\b2\b"),
    (*NOT_MAML_ALONE, r"this is fo-maml"),
)


def _from_the_start(p, w, t):
    fast = w
    for _ in range(p.steps):
        fast = step(w, gradient(p, fast, t.inner, create_graph=True), p.alpha)
    return loss(p, fast, t.outer)


def _restarted(o, t, w):
    fast = w
    for _ in range(o.K):
        fast = w - o.alpha * o.grad(fast, t.inner)
    return o.loss(fast, t.outer)


each_step_from_the_start = wrong(
    "each inner step starts from the initial parameters, with the gradient at the last ones",
    of_task_loss(_from_the_start, steps=(1, 2, 3)),
    lambda o: o.mean(lambda t: o.d(lambda w: _restarted(o, t, w))),
    (STEPS, rf"{AT_START}|from w\b|start(s|ing)? (again )?from|last (gradient|step) (only|alone)|restart"),
    NOT_MAML_ALONE,
)


def _mean_iterate(p, w, t):
    points = [w]
    for _ in range(p.steps):
        points.append(adapted(p, points[-1], t.inner, steps=1))
    return loss(p, {k: sum(v[k] for v in points[1:]) / p.steps for k in w}, t.outer)


mean_of_the_iterates = wrong(
    "the outer loss is taken at the mean of the inner iterates",
    of_task_loss(_mean_iterate, steps=(2, 3)),
    lambda o: o.mean(lambda t: o.d(lambda w: o.loss(sum(o.path(w, t.inner)[1:]) / o.K, t.outer))),
    (r"mean|averag", r"iterate|steps|points|path|parameters"),
    NOT_MAML_ALONE,
)


def _normalised_inner(p, w, t):
    for _ in range(p.steps):
        g = gradient(p, w, t.inner, create_graph=True)
        size = torch.sqrt(sum((d**2).sum() for d in g.values()))
        w = step(w, {k: d / size for k, d in g.items()}, p.alpha)
    return loss(p, w, t.outer)


def _unit_steps(o, t, w):
    for _ in range(o.K):
        g = o.grad(w, t.inner)
        w = w - o.alpha * g / (g @ g) ** 0.5
    return o.loss(w, t.outer)


inner_gradient_normalised = wrong(
    "each inner gradient is divided by its norm",
    of_task_loss(_normalised_inner, steps=(1, 2)),
    lambda o: o.mean(lambda t: o.d(lambda w: _unit_steps(o, t, w))),
    (r"inner|support", NORMAL),
    NOT_MAML_ALONE,
)


def _outer_before_the_last(p, w, t):
    """The outer loss is added up before each step: MAML++'s, one point too early."""
    total = 0
    for _ in range(p.steps):
        total = total + loss(p, w, t.outer)
        w = adapted(p, w, t.inner, steps=1)
    return total / p.steps


outer_loss_before_each_step = wrong(
    "the outer loss is the mean of those before each inner step, the last point left out",
    of_task_loss(_outer_before_the_last, steps=(2, 3)),
    lambda o: o.mean(lambda t: o.d(lambda w: sum(o.loss(v, t.outer) for v in o.path(w, t.inner)[:-1]) / o.K)),
    (rf"{MULTI_STEP}|before each",),
    NOT_MAML_ALONE,
)


one_more_for_the_outer_set = wrong(
    "after the inner steps one more is taken on the query set, before the outer loss",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, adapted(p, w, t.inner), t.outer, steps=1), t.outer), steps=(1, 2)),
    lambda o: o.mean(lambda t: o.d(lambda w: o.loss(o.adapt(o.adapt(w, t.inner), t.outer, steps=1), t.outer))),
    (MORE, r"query|outer"),
    NOT_MAML_ALONE,
)
