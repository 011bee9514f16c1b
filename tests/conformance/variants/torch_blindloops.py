"""PyTorch: fresh errors of steps, algorithms, precision and state, to measure how far the diagnosis reaches."""

from __future__ import annotations

import copy

import torch
from blind_truths import (
    CLIP,
    DECAYS,
    INNER_ONLY,
    L2,
    MOMENTUM,
    PROX,
    ROUNDED,
    at,
    norm,
    stepping,
    through,
    with_state,
)
from complex_steps import chosen
from said import (
    AT_ADAPTED,
    AT_START,
    CARRIED,
    FIRST_ORDER,
    HESSIAN,
    MULTI_STEP,
    NEXT_TASK,
    NO_MISSING_HESSIAN,
    QUERY,
    RATE,
    SECOND_CALL,
    SERIAL,
    SIGN,
    SUM,
)
from torch.nn.utils import parameters_to_vector, vector_to_parameters
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

# -- steps ------------------------------------------------------------------------------------------------------------


@subject("MAML", steps=(2, 3))
def _one_gradient_for_all(problem):
    """The inner gradient is computed before the loop over steps."""
    p = problem.on("torch")

    def call():
        w0 = leaves(p)
        total = 0
        for t in p.tasks:
            g = gradient(p, w0, t.inner, create_graph=True)
            w = w0
            for _ in range(p.steps):
                w = step(w, g, p.alpha)
            total += loss(p, w, t.outer)
        return derivative(total / len(p.tasks), w0)

    return call


gradient_never_renewed = wrong(
    "all inner steps take the gradient at the initial parameters: one step with K alpha",
    _one_gradient_for_all,
    lambda o: o.maml(rate=o.K * o.alpha, steps=1),
    (
        rf"{AT_START}|same gradient|one (inner )?step|1 (inner )?step|single step",
        r"K alpha|K ?\* ?alpha|alpha times (K|the number)|times the number of (inner )?steps|same gradient|gradient.*"
        r"(once|initial|renew|first)|rate.*(K\b|steps)",
    ),
)


@subject("MAML", steps=(3,))
def _hyperbolic(problem):
    """lr / (1 + k)"""
    p = problem.on("torch")

    def call():
        w0, total = leaves(p), 0
        for t in p.tasks:
            w = w0
            for k in range(p.steps):
                w = step(w, gradient(p, w, t.inner, create_graph=True), p.alpha / (1 + k))
            total += loss(p, w, t.outer)
        return derivative(total / len(p.tasks), w0)

    return call


rate_falls_with_the_steps = wrong(
    "the inner rate is alpha / (k + 1) in step k",
    _hyperbolic,
    lambda o: through(o, stepping(o, lambda w, t, k: w - o.alpha / (1 + k) * o.grad(w, t.inner))),
    (RATE + "|alpha", DECAYS),
)


@subject("MAML", steps=(2, 3))
def _averaged_iterates(problem):
    """The outer loss is at the mean of all iterates, as in stochastic weight averaging."""
    p = problem.on("torch")

    def call():
        w0, total = leaves(p), 0
        for t in p.tasks:
            trail = [w0]
            for _ in range(p.steps):
                trail.append(step(trail[-1], gradient(p, trail[-1], t.inner, create_graph=True), p.alpha))
            mean = {k: torch.stack([w[k] for w in trail[1:]]).mean(0) for k in w0}
            total += loss(p, mean, t.outer)
        return derivative(total / len(p.tasks), w0)

    return call


outer_loss_at_the_mean_iterate = wrong(
    "the outer loss is taken at the mean of the adapted parameters of all steps",
    _averaged_iterates,
    lambda o: through(o, lambda w, t: sum(o.path(w, t.inner)[1:]) / o.K),
    (r"mean of|averag", r"iterates?|points|steps|parameters"),
)


def _before_and_after(p, w, t):
    fast = step(w, gradient(p, w, t.inner, create_graph=True), p.alpha)
    return loss(p, fast, t.outer) + loss(p, w, t.outer)


loss_before_adaptation_added = wrong(
    "the outer loss before the adaptation is added",
    of_task_loss(_before_and_after),
    lambda o: o.maml() + o.mean(lambda t: o.grad(o.w, t.outer)),
    (QUERY + "|outer gradient", AT_START + r"|step 0|all (inner )?steps|every point|start"),
)

# -- algorithms under another name, or done wrong ----------------------------------------------------------------------


@subject("MAML", steps=(2, 3))
def _heavy_ball(problem):
    """A differentiable optimiser with momentum 0.9 inside."""
    p = problem.on("torch")

    def call():
        w0, total = leaves(p), 0
        for t in p.tasks:
            w, v = w0, {k: torch.zeros_like(x) for k, x in w0.items()}
            for _ in range(p.steps):
                g = gradient(p, w, t.inner, create_graph=True)
                v = {k: 0.9 * v[k] + 0.1 * g[k] for k in w}
                w = step(w, v, p.alpha)
            total += loss(p, w, t.outer)
        return derivative(total / len(p.tasks), w0)

    return call


def _damped(o, w, v, t, k):
    v = 0.9 * v + 0.1 * o.grad(w, t.inner)
    return w - o.alpha * v, v


damped_momentum_inside = wrong(
    "the inner steps have momentum 0.9 with dampening 0.9, and MAML was declared",
    _heavy_ball,
    lambda o: through(o, with_state(o, lambda w, v, t, k: _damped(o, w, v, t, k))),
    (MOMENTUM,),
)


@subject("FO-MAML", steps=(1, 2))
def _clipped_inside(problem):
    """clip_grad_norm_ in the inner loop of a first-order copy."""
    p = problem.on("torch")

    def call():
        found = []
        for t in p.tasks:
            net = copy.deepcopy(p.model)
            inner = torch.optim.SGD(net.parameters(), lr=p.alpha)
            for _ in range(p.steps):
                inner.zero_grad()
                p.loss(net(t.inner[0]), t.inner[1]).backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 0.25)
                inner.step()
            net.zero_grad()
            p.loss(net(t.outer[0]), t.outer[1]).backward()
            found.append({k: v.grad.clone() for k, v in net.named_parameters()})
        return found

    return call


def _clipped(o, w, t):
    g = o.grad(w, t.inner)
    return w - o.alpha * g * min(1.0, 0.25 / (norm(g) + 1e-6))


inner_gradient_clipped = wrong(
    "inner gradients are clipped to norm 0.25",
    _clipped_inside,
    lambda o: at(o, stepping(o, lambda w, t, k: _clipped(o, w, t))),
    (CLIP, r"inner|support"),
)


@subject("MAML", steps=(2, 3))
def _proximal(problem):
    """The inner loss has a proximal term, 0.5 |w - w0|^2 with weight 1, as in iMAML and FedProx."""
    p = problem.on("torch")

    def call():
        w0, total = leaves(p), 0
        for t in p.tasks:
            w = w0
            for _ in range(p.steps):
                pull = sum((w[k] - w0[k]).square().sum() for k in w) / 2
                w = step(w, derivative(loss(p, w, t.inner) + pull, w, create_graph=True), p.alpha)
            total += loss(p, w, t.outer)
        return derivative(total / len(p.tasks), w0)

    return call


def _pulled(o):
    """The gradient of the inner loss by its own point, w, where w0 hangs on it as a function of the start."""

    def adapted(start, t):
        w = start
        for k in range(o.K):
            # autograd differentiates by w alone; w0 is the same tensor in the first step, where both terms cancel
            w = w - o.alpha * (o.grad(w, t.inner) + (w - start if k else 0))
        return w

    return through(o, adapted)


proximal_term_inside = wrong(
    "the inner loss has a proximal term",
    _proximal,
    _pulled,
    (PROX,),
)


def _decayed(p, w, t):
    """SGD(lr, weight_decay=0.1) through a differentiable optimiser."""
    for _ in range(p.steps):
        g = gradient(p, w, t.inner, create_graph=True)
        w = {k: v - p.alpha * (g[k] + 0.1 * v) for k, v in w.items()}
    return loss(p, w, t.outer)


weight_decay_inside = wrong(
    "the inner optimiser has weight decay 0.1",
    of_task_loss(_decayed, steps=(1, 2, 3)),
    lambda o: through(o, stepping(o, lambda w, t, k: w - o.alpha * (o.grad(w, t.inner) + 0.1 * w))),
    (L2,),
)


def _linear_weights(p, w, t):
    """MAML++'s multi-step loss, whose weights grow with the step."""
    total, last = 0, p.steps * (p.steps + 1) / 2
    for k in range(p.steps):
        w = step(w, gradient(p, w, t.inner, create_graph=True), p.alpha)
        total = total + (k + 1) / last * loss(p, w, t.outer)
    return total


growing_multi_step_loss = wrong(
    "outer losses after all steps are added with weights that grow with the step",
    of_task_loss(_linear_weights, steps=(2, 3)),
    lambda o: o.d(
        lambda w: (
            sum(
                (k + 1) / (o.K * (o.K + 1) / 2) * o.loss(point, t.outer)
                for t in o.tasks
                for k, point in enumerate(o.path(w, t.inner)[1:])
            )
            / len(o.tasks)
        )
    ),
    (MULTI_STEP,),
)

# -- two defects at once ----------------------------------------------------------------------------------------------


@subject("MAML", steps=(1, 2))
def _backward_on_copies(problem):
    """Each copy's .grad is added to that of the meta-model, and nobody divides by the number of tasks."""
    p = problem.on("torch")

    def call():
        meta = {k: torch.zeros_like(v) for k, v in p.parameters.items()}
        for t in p.tasks:
            learner = copy.deepcopy(p.model)
            opt = torch.optim.SGD(learner.parameters(), lr=p.alpha)
            for _ in range(p.steps):
                opt.zero_grad()
                p.loss(learner(t.inner[0]), t.inner[1]).backward()
                opt.step()
            opt.zero_grad()
            p.loss(learner(t.outer[0]), t.outer[1]).backward()
            for k, v in learner.named_parameters():
                meta[k] += v.grad
        return meta

    return call


first_order_and_summed = wrong(
    "first order, and the tasks are summed",
    _backward_on_copies,
    lambda o: 3 * o.fo(),
    (FIRST_ORDER, SUM),
)


def _plus_and_four(p, t):
    def product(w, fast, g):
        return {k: -v for k, v in hessian_vector(p, w, g, t.inner).items()}

    w = leaves(p)
    fast = fresh(step(w, gradient(p, w, t.inner), p.alpha))
    g = gradient(p, fast, tuple(v[:4] for v in t.outer))
    return step(g, product(w, fast, g), p.alpha)


def _plus_and_four_truth(o, t):
    g = o.grad(o.adapt(o.w, t.inner), chosen(t.outer, slice(4)))
    return g + o.alpha * o.hv(o.w, g, t.inner)


sign_and_four_of_seven = wrong(
    "the Hessian term is added, and the outer loss has the first 4 of 7 samples",
    of_tasks(_plus_and_four),
    lambda o: o.mean(lambda t: _plus_and_four_truth(o, t)),
    (HESSIAN, SIGN, r"\b4\b|four"),
    NO_MISSING_HESSIAN,
)

# -- precision --------------------------------------------------------------------------------------------------------


def _half_inputs(p, w, t):
    """Images are kept in half precision and cast up for the model."""
    x, xo = t.inner[0].div(3).half().to(t.inner[0].dtype) * 3, t.outer[0].div(3).half().to(t.outer[0].dtype) * 3
    w = step(w, gradient(p, w, (x, t.inner[1]), create_graph=True), p.alpha)
    return loss(p, w, (xo, t.outer[1]))


inputs_in_half = wrong(
    "inputs are normalised and rounded to float16",
    of_task_loss(_half_inputs),
    lambda o: o.maml(),
    (ROUNDED,),
    within=1e-2,
)

# -- state ------------------------------------------------------------------------------------------------------------


@subject("MAML", steps=(1, 2))
def _drifting(problem):
    """vector_to_parameters writes the adapted weights into the model, and the next task starts there."""
    p = problem.on("torch")
    start = parameters_to_vector(p.model.parameters()).detach().clone()

    def call():
        found = []
        for t in p.tasks:
            here = {k: v.detach().clone().requires_grad_() for k, v in p.model.named_parameters()}
            w = here
            for _ in range(p.steps):
                w = step(w, gradient(p, w, t.inner, create_graph=True), p.alpha)
            found.append(derivative(loss(p, w, t.outer), here))
            with torch.no_grad():
                vector_to_parameters(parameters_to_vector(w.values()), p.model.parameters())
        vector_to_parameters(start, p.model.parameters())
        return found

    return call


def _serially(o):
    w, total = o.w, 0
    for t in o.tasks:
        total = total + o.d(lambda v, t=t: o.loss(o.adapt(v, t.inner), t.outer), w)
        w = o.adapt(w, t.inner)
    return total / len(o.tasks)


each_task_starts_where_the_last_ended = wrong(
    "each task starts from the adapted parameters of the task before",
    _drifting,
    _serially,
    (SERIAL + "|" + CARRIED,),
)


@subject("MAML", steps=(1,))
def _scheduled(problem):
    """The inner rate is halved at each call."""
    p = problem.on("torch")
    rate = [p.alpha]

    def call():
        w = leaves(p)
        value = sum(loss(p, step(w, gradient(p, w, t.inner, create_graph=True), rate[0]), t.outer) for t in p.tasks)
        rate[0] /= 2
        return derivative(value / len(p.tasks), w)

    return call


rate_halved_at_each_call = wrong(
    "the inner rate is halved at each call",
    _scheduled,
    lambda o: (o.maml(), o.maml(rate=o.alpha / 2)),
    (SECOND_CALL,),
)


@subject("MAML", steps=(1, 2))
def _inner_backward_piles_up(problem):
    """backward(create_graph=True) inside leaves the support gradient in .grad of the meta-parameters."""
    p = problem.on("torch")

    def call():
        w0 = leaves(p)
        for t in p.tasks:
            w = w0
            for k in range(p.steps):
                if k == 0:  # only in the first step are the fast weights leaves
                    loss(p, w0, t.inner).backward(retain_graph=True, inputs=list(w0.values()))
                w = step(w, gradient(p, w, t.inner, create_graph=True), p.alpha)
            (loss(p, w, t.outer) / len(p.tasks)).backward()
        return {k: v.grad.clone() for k, v in w0.items()}

    return call


support_gradient_left_in_grad = wrong(
    "the support gradient of each task is left in .grad and adds up with the mean meta-gradient",
    _inner_backward_piles_up,
    lambda o: o.maml() + 3 * o.mean(lambda t: o.grad(o.w, t.inner)),
    (INNER_ONLY,),
    NO_MISSING_HESSIAN,
)


def _neighbour(p, w, t):
    """enumerate() with i - 1: the targets of the query set are those of the task before."""
    i = next(j for j, other in enumerate(p.tasks) if other is t)
    fast = step(w, gradient(p, w, t.inner, create_graph=True), p.alpha)
    return loss(p, fast, (t.outer[0], p.tasks[i - 1].outer[1]))


query_targets_of_the_task_before = wrong(
    "query inputs come with the query targets of the task before",
    of_task_loss(_neighbour),
    lambda o: o.d(
        lambda w: (
            sum(
                o.loss(o.adapt(w, t.inner), (t.outer[0], before.outer[1]))
                for t, before in zip(o.tasks, (o.tasks[-1], *o.tasks[:-1]), strict=True)
            )
            / len(o.tasks)
        )
    ),
    (r"targets?|labels?", rf"{NEXT_TASK}|other|shift|another|previous|belong|match"),
)

fast_weights_of_the_step_before = wrong(
    "the Hessian is that of the inner loss at the adapted parameters",
    of_tasks(lambda p, t: one_step(p, t, lambda w, fast, g: hessian_vector(p, fast, g, t.inner)), steps=1),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.adapt(o.w, t.inner), g, t.inner))),
    (HESSIAN, AT_ADAPTED),
    NO_MISSING_HESSIAN,
)
