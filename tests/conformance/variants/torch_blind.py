"""PyTorch: fresh errors of Hessian, tensors, samples and tasks, to measure how far the diagnosis reaches."""

from __future__ import annotations

import numpy as np
import torch
from blind_truths import (
    CUT_ANYHOW,
    DIAGONAL,
    EMA,
    LABELS,
    LAST_TASK,
    NOT_ADAPTED,
    ONE_SIDED,
    SAMPLES,
    norm,
    stepping,
    through,
)
from complex_steps import chosen, joined
from said import (
    AT_START,
    BIAS,
    HEAD,
    HESSIAN,
    HIDDEN,
    NO_MISSING_HESSIAN,
    QUERY,
    RATE,
    STEPS,
    SUPPORT,
    TOGETHER,
    ZERO,
)
from torch_parts import (
    derivative,
    fresh,
    gradient,
    hessian_vector,
    leaves,
    loss,
    of_task_loss,
    of_tasks,
    one_step,
    step,
)
from variant import wrong

from mamlcheck.conformance import subject

# -- Hessian term -----------------------------------------------------------------------------------------------------


def _diagonal(p, t):
    """Sum of second derivatives by a loop over parameters, as pruning code has it: only the diagonal is kept."""

    def product(w, fast, g):
        w = fresh(w)
        slope = gradient(p, w, t.inner, create_graph=True)
        out = {}
        for name, v in w.items():
            entries = [
                torch.autograd.grad(s, v, retain_graph=True)[0].flatten()[i] if s.requires_grad else s * 0
                for i, s in enumerate(slope[name].flatten())
            ]
            out[name] = torch.stack(entries).view_as(v) * g[name]
        return out

    return one_step(p, t, product)


def _diagonal_of(o, t, g):
    eye = np.eye(o.w.size)
    return np.array([o.hv(o.w, e, t.inner) @ e for e in eye]) * g


diagonal_hessian = wrong(
    "only the diagonal of the Hessian is used",
    of_tasks(_diagonal),
    lambda o: o.mean(lambda t: o.one(t, lambda g: _diagonal_of(o, t, g))),
    (DIAGONAL,),
    NO_MISSING_HESSIAN,
)

DELTA = 0.01


def _forward_difference(p, t):
    def product(w, fast, g):
        ahead, here = gradient(p, step(w, g, -DELTA), t.inner), gradient(p, w, t.inner)
        return {k: (ahead[k] - here[k]) / DELTA for k in g}

    return one_step(p, t, product)


forward_difference = wrong(
    "HF-MAML by a forward difference, where the central one was declared",
    of_tasks(_forward_difference, "HF-MAML", delta=DELTA),
    lambda o: o.mean(lambda t: o.one(t, lambda g: (o.grad(o.w + DELTA * g, t.inner) - o.grad(o.w, t.inner)) / DELTA)),
    (ONE_SIDED,),
    NO_MISSING_HESSIAN,
)


def _unit_vector(p, t):
    """The vector is scaled to length 1 for the difference, as MAML-in-RL code does, and never scaled back."""

    def product(w, fast, g):
        length = torch.sqrt(sum(v.square().sum() for v in g.values()))
        return hessian_vector(p, w, {k: v / length for k, v in g.items()}, t.inner)

    return one_step(p, t, product)


vector_never_scaled_back = wrong(
    "the vector that the Hessian is multiplied by is normalised and the product not scaled back",
    of_tasks(_unit_vector),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.w, g / norm(g), t.inner))),
    (HESSIAN, r"norm|unit (length|vector)|length"),
    NO_MISSING_HESSIAN,
)


@subject("MAML", steps=(2, 3))
def _order_of_factors(problem):
    """Hessian-vector products are applied in the order of the steps, not backwards."""
    p = problem.on("torch")

    def one(t):
        trail = [leaves(p)]
        for _ in range(p.steps):
            trail.append(fresh(step(trail[-1], gradient(p, trail[-1], t.inner), p.alpha)))
        v = gradient(p, trail[-1], t.outer)
        for w in trail[:-1]:
            v = step(v, hessian_vector(p, w, v, t.inner), p.alpha)
        return v

    return lambda: [one(t) for t in p.tasks]


def _factors_forwards(o, t):
    *points, last = o.path(o.w, t.inner)
    v = o.grad(last, t.outer)
    for w in points:
        v = v - o.alpha * o.hv(w, v, t.inner)
    return v


factors_in_the_order_of_the_steps = wrong(
    "the factors I - alpha H of the steps are applied from the first to the last, not backwards",
    _order_of_factors,
    lambda o: o.mean(lambda t: _factors_forwards(o, t)),
    (
        HESSIAN + r"|factor",
        r"(wrong|other|another|opposite|revers\w*) order|order of (the )?(inner )?(steps|factors)|revers|backwards?|"
        r"first to (the )?last|forwards?\b|transpos",
    ),
    NO_MISSING_HESSIAN,
)


@subject("MAML", steps=(2, 3))
def _frozen_hessian(problem):
    """To save memory all Hessians are those at the initial parameters."""
    p = problem.on("torch")

    def one(t):
        start = leaves(p)
        w = start
        for _ in range(p.steps):
            w = fresh(step(w, gradient(p, w, t.inner), p.alpha))
        v = gradient(p, w, t.outer)
        for _ in range(p.steps):
            v = step(v, hessian_vector(p, start, v, t.inner), p.alpha)
        return v

    return lambda: [one(t) for t in p.tasks]


def _all_at_start(o, t):
    v = o.outer(t)
    for _ in range(o.K):
        v = v - o.alpha * o.hv(o.w, v, t.inner)
    return v


all_hessians_at_the_start = wrong(
    "the Hessians of all inner steps are taken at the initial parameters",
    _frozen_hessian,
    lambda o: o.mean(lambda t: _all_at_start(o, t)),
    (HESSIAN, AT_START),
    NO_MISSING_HESSIAN,
)

# -- tensors ----------------------------------------------------------------------------------------------------------


def _only_matrices(p, w, t):
    """for name, param in ...: if 'bias' in name: continue"""
    for _ in range(p.steps):
        g = gradient(p, w, t.inner, create_graph=True)
        fast = {}
        for name, value in w.items():
            if "bias" in name:
                fast[name] = value
                continue
            fast[name] = value - p.alpha * g[name]
        w = fast
    return loss(p, w, t.outer)


biases_not_adapted = wrong(
    "biases are skipped in the inner update",
    of_task_loss(_only_matrices, steps=None),
    lambda o: o.maml(on=1 - o.on("bias")),
    (BIAS, NOT_ADAPTED),
)


@subject("MAML", steps=(1, 2))
def _outer_list(problem):
    """The outer optimiser gets the parameters with more than one axis."""
    p = problem.on("torch")
    net = p.model

    def call():
        meta = torch.optim.SGD([v for v in net.parameters() if v.ndim > 1], lr=1.0)
        for v in net.parameters():
            v.grad = None
        total = 0
        for t in p.tasks:
            w = dict(net.named_parameters())
            for _ in range(p.steps):
                g = torch.autograd.grad(loss(p, w, t.inner), list(w.values()), create_graph=True)
                w = {k: v - p.alpha * d for (k, v), d in zip(w.items(), g, strict=True)}
            total = total + loss(p, w, t.outer)
        (total / len(p.tasks)).backward()
        handed = {id(v) for group in meta.param_groups for v in group["params"]}
        return {k: v.grad if id(v) in handed else torch.zeros_like(v) for k, v in net.named_parameters()}

    return call


outer_optimizer_without_biases = wrong(
    "the outer optimiser does not have the biases",
    _outer_list,
    lambda o: o.maml() * (1 - o.on("bias")),
    (BIAS, ZERO),
)


def _discriminative(p, w, t):
    """param_groups: the head learns ten times as fast."""
    g = gradient(p, w, t.inner, create_graph=True)
    lr = {k: p.alpha * (10 if k.split(".")[0] in ("head", "weight", "bias") else 1) for k in w}
    return loss(p, {k: w[k] - lr[k] * g[k] for k in w}, t.outer)


head_ten_times_as_fast = wrong(
    "the inner rate of the head is ten times alpha",
    of_task_loss(_discriminative),
    lambda o: o.maml(rate=o.alpha * (1 + 9 * o.on("head"))),
    (HEAD + "|every layer|weight, bias|parameters", RATE + "|alpha", r"\b10\b|ten"),
)


def _hidden_detached(p, w, t):
    g = gradient(p, w, t.inner, create_graph=True)
    g = {k: v.detach() if k.startswith("hidden") else v for k, v in g.items()}
    return loss(p, step(w, g, p.alpha), t.outer)


def _first_order_on(o, w, c, t, on):
    g = o.grad(w, t.inner) * (1 - on) + o.grad(c, t.inner) * on
    return o.loss(w - o.alpha * g, t.outer)


hidden_first_order = wrong(
    "the inner gradient of the hidden layer is detached, that of the head is not",
    of_task_loss(_hidden_detached),
    lambda o: o.detached(lambda w, c: sum(_first_order_on(o, w, c, t, o.on("hidden")) for t in o.tasks) / len(o.tasks)),
    (HIDDEN, CUT_ANYHOW),
)

# -- samples ----------------------------------------------------------------------------------------------------------

query_cut_to_the_size_of_support = wrong(
    "the outer loss is over as many query samples as there are support samples: the first 5 of 7",
    of_task_loss(
        lambda p, w, t: loss(
            p,
            step(w, gradient(p, w, t.inner, create_graph=True), p.alpha),
            tuple(v[: len(t.inner[0])] for v in t.outer),
        )
    ),
    lambda o: o.maml(outer=lambda t: chosen(t.outer, slice(5))),
    (QUERY, r"\b5\b|five"),
)


def _drop_last(p, w, t):
    """for xb, yb in loader(batch_size=2, drop_last=True): one step on the mean of its batches"""
    x, y = t.inner
    batches = [b for b in zip(x.split(2), y.split(2), strict=True) if len(b[0]) == 2]
    each = [gradient(p, w, b, create_graph=True) for b in batches]
    g = {k: sum(d[k] for d in each) / len(each) for k in w}
    return loss(p, step(w, g, p.alpha), t.outer)


support_loses_its_last_sample = wrong(
    "a loader with drop_last leaves out the last of 5 support samples",
    of_task_loss(_drop_last),
    lambda o: o.maml(inner=lambda t: chosen(t.inner, slice(4))),
    (SUPPORT, r"\b4\b|four|last sample|drop_last"),
)


@subject("MAML", steps=(2,))
def _minibatches(problem):
    """Each inner step takes the next half of the support set."""
    p = problem.on("torch")

    def call():
        w0 = leaves(p)
        total = 0
        for t in p.tasks:
            w = w0
            for xb, yb in zip(t.inner[0].split(3), t.inner[1].split(3), strict=True):
                w = step(w, gradient(p, w, (xb, yb), create_graph=True), p.alpha)
            total += loss(p, w, t.outer)
        return derivative(total / len(p.tasks), w0)

    return call


HALVES = (slice(0, 3), slice(3, 5))
another_part_each_step = wrong(
    "each inner step takes another part of the support set: 3 samples, then the other 2",
    _minibatches,
    lambda o: through(o, stepping(o, lambda w, t, k: w - o.alpha * o.grad(w, chosen(t.inner, HALVES[k])))),
    (STEPS, SAMPLES, r"\beach\b|\bevery\b|another|different|first|3\b"),
)

inputs_shuffled_alone = wrong(
    "support inputs are shuffled and their targets are not",
    of_task_loss(
        lambda p, w, t: loss(
            p,
            step(w, gradient(p, w, (t.inner[0].roll(1, 0), t.inner[1]), create_graph=True), p.alpha),
            t.outer,
        )
    ),
    lambda o: o.maml(inner=lambda t: (np.roll(t.inner[0], 1, 0), t.inner[1])),
    (LABELS + "|(inputs?|samples).*(permut|shift|rolled|shuffl).*(labels|targets)",),
)

query_with_support = wrong(
    "the outer loss is over support and query samples together",
    of_task_loss(
        lambda p, w, t: loss(
            p,
            step(w, gradient(p, w, t.inner, create_graph=True), p.alpha),
            tuple(torch.cat(v) for v in zip(t.inner, t.outer, strict=True)),
        ),
        steps=(1,),
    ),
    lambda o: o.maml(outer=lambda t: joined(t.inner, t.outer)),
    (r"outer|query|meta", rf"{TOGETHER}|({SUPPORT}).*({QUERY})"),
)

# -- tasks ------------------------------------------------------------------------------------------------------------

divided_by_a_configured_batch_size = wrong(
    "the sum over tasks is divided by 4, the batch size of the configuration, and there are 3 tasks",
    of_tasks(
        lambda p, t: {
            k: v * len(p.tasks) / 4
            for k, v in (
                lambda w: derivative(loss(p, step(w, gradient(p, w, t.inner, create_graph=True), p.alpha), t.outer), w)
            )(leaves(p)).items()
        }
    ),
    lambda o: o.maml() * 3 / 4,
    (r"0\.75|3/4|divided by 4\b|4/3|1\.33",),
)


@subject("MAML", steps=(1, 2))
def _zeroed_inside(problem):
    """optimizer.zero_grad() stands inside of the loop over tasks."""
    p = problem.on("torch")
    optimizer = torch.optim.Adam(p.model.parameters())

    def call():
        for t in p.tasks:
            optimizer.zero_grad()
            w = dict(p.model.named_parameters())
            for _ in range(p.steps):
                w = step(w, gradient(p, w, t.inner, create_graph=True), p.alpha)
            loss(p, w, t.outer).backward()
        return p.gradients()

    return call


only_the_last_task = wrong(
    "zero_grad in the loop over tasks: only the last task is left",
    _zeroed_inside,
    lambda o: o.maml(tasks=o.tasks[-1:]),
    (LAST_TASK,),
)


@subject("MAML", steps=1)
def _worst_task(problem):
    """As robust MAML has it: max over tasks in place of the mean."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        values = [loss(p, step(w, gradient(p, w, t.inner, create_graph=True), p.alpha), t.outer) for t in p.tasks]
        return derivative(torch.stack(values).max(), w)

    return call


def _worst(o):
    values = [o.loss(o.adapt(o.w, t.inner), t.outer) for t in o.tasks]
    return o.maml(tasks=[o.tasks[int(np.argmax(values))]])


only_the_worst_task = wrong(
    "the maximum over tasks is taken, not the mean: one task counts",
    _worst_task,
    _worst,
    (r"one task|single task|task [123]\b|(first|second|third|last|worst) task|max|weights? (of|are)|1 of (the )?3",),
)


@subject("MAML", steps=(1,))
def _running_mean(problem):
    """The meta-gradient is an exponential moving average over the tasks."""
    p = problem.on("torch")

    def call():
        running = None
        for t in p.tasks:
            w = leaves(p)
            g = derivative(loss(p, step(w, gradient(p, w, t.inner, create_graph=True), p.alpha), t.outer), w)
            running = g if running is None else {k: torch.lerp(running[k], g[k], 0.5) for k in g}
        return running

    return call


moving_average_over_tasks = wrong(
    "tasks are averaged with weights 1/4, 1/4 and 1/2",
    _running_mean,
    lambda o: sum(q * o.maml(tasks=[t]) for q, t in zip((0.25, 0.25, 0.5), o.tasks, strict=True)),
    (EMA, r"task"),
)
