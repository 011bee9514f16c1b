"""NumPy: fresh errors of Hessian, tensors, samples and tasks, to measure how far the diagnosis reaches."""

from __future__ import annotations

import numpy as np
from blind_truths import (
    CUT_ANYHOW,
    EMA,
    FIRST_ORDER,
    FIRST_TASK,
    LAYOUT,
    NOT_ADAPTED,
    SAMPLES,
    SIGN_ONLY,
    backwards,
    norm,
)
from complex_steps import chosen, joined
from numpy_parts import first_order, maml, of_all, of_tasks, path, step, times
from said import (
    BIAS,
    HEAD,
    HESSIAN,
    HIDDEN,
    NO_MISSING_HESSIAN,
    QUERY,
    SUPPORT,
    ZERO,
)
from variant import wrong

from mamlcheck.conformance import subject


def _mean(each):
    return {k: sum(g[k] for g in each) / len(each) for k in each[0]}


# -- Hessian term -----------------------------------------------------------------------------------------------------


def _delta_is_alpha(p, t):
    """w + alpha v is at hand already, so it is used for the difference, too."""
    w, a = p.parameters, p.alpha
    v = first_order(p, t.inner, t.outer)
    ahead, behind = p.gradient(step(w, v, -a), t.inner), p.gradient(step(w, v, a), t.inner)
    return {k: v[k] - (ahead[k] - behind[k]) / 2 for k in v}


delta_is_alpha = wrong(
    "HF-MAML's difference has delta = alpha, and 0.01 was declared",
    of_tasks(_delta_is_alpha, "HF-MAML", delta=0.01),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.difference(o.w, g, t.inner, o.alpha))),
    (r"delta", r"alpha|inner rate|0\.4"),
    NO_MISSING_HESSIAN,
)


@subject("MAML", steps=(2, 3))
def _loop_ends_early(problem):
    """for k in range(K - 1, 0, -1): the first step's factor is never reached."""
    p = problem.on("numpy")

    def one(t):
        points = path(p, p.parameters, t.inner)
        v = p.gradient(points[-1], t.outer)
        for k in range(p.steps - 1, 0, -1):
            v = step(v, p.hessian_vector(points[k], v, t.inner), p.alpha)
        return v

    return lambda: [one(t) for t in p.tasks]


def _without_the_first(o, t):
    points = o.path(o.w, t.inner)
    return backwards(o, t, points[-2:0:-1], points[-1])


factor_of_the_first_step_missing = wrong(
    "the pull-back stops before the first step: its Hessian is missing",
    _loop_ends_early,
    lambda o: o.mean(lambda t: _without_the_first(o, t)),
    (CUT_ANYHOW, r"first (inner )?step|step 1|inner step 1|all but the first"),
)


@subject("MAML", steps=(2, 3))
def _a_step_late(problem):
    """The trail is kept after the update, so each Hessian is at the next point."""
    p = problem.on("numpy")

    def one(t):
        w, trail = p.parameters, []
        for _ in range(p.steps):
            w = step(w, p.gradient(w, t.inner), p.alpha)
            trail.append(w)
        v = p.gradient(w, t.outer)
        while trail:
            v = step(v, p.hessian_vector(trail.pop(), v, t.inner), p.alpha)
        return v

    return lambda: [one(t) for t in p.tasks]


def _late(o, t):
    points = o.path(o.w, t.inner)
    return backwards(o, t, points[:0:-1], points[-1])


hessians_a_step_late = wrong(
    "each Hessian is taken at the point after its step, not before",
    _a_step_late,
    lambda o: o.mean(lambda t: _late(o, t)),
    (HESSIAN, r"after|next|adapted|late|shift|w'|following|end of"),
    NO_MISSING_HESSIAN,
)

outer_rate_in_the_hessian_term = wrong(
    "the Hessian term has the outer rate beta = 0.125 in place of alpha",
    of_tasks(
        lambda p, t: (lambda g: step(g, p.hessian_vector(p.parameters, g, t.inner), 0.125))(
            first_order(p, t.inner, t.outer)
        )
    ),
    lambda o: o.mean(lambda t: (lambda g: g - o.beta * o.hv(o.w, g, t.inner))(o.outer(t))),
    (HESSIAN, r"\bbeta\b|0\.125|1/8|outer rate|not depend on alpha|fixed"),
    NO_MISSING_HESSIAN,
)


def _rank_one(p, t):
    """Gauss-Newton for a scalar: g g^T stands for the Hessian."""
    g = p.gradient(p.parameters, t.inner)
    v = first_order(p, t.inner, t.outer)
    return step(v, times(sum(np.vdot(g[k], v[k]) for k in g), g), p.alpha)


def _outer_product(o, t, v):
    g = o.grad(o.w, t.inner)
    return g * (g @ v)


outer_product_for_the_hessian = wrong(
    "the outer product of the inner gradient with itself stands for the Hessian",
    of_tasks(_rank_one),
    lambda o: o.mean(lambda t: o.one(t, lambda v: _outer_product(o, t, v))),
    (r"outer product|rank[- ](one|1)|Fisher|g g\^?T|multiple of the (inner|support) gradient",),
    NO_MISSING_HESSIAN,
)


def _head_is_name(name):
    return name.startswith("head") or "." not in name


def _term_for_the_head(p, t):
    v = first_order(p, t.inner, t.outer)
    h = p.hessian_vector(p.parameters, v, t.inner)
    return {k: v[k] - p.alpha * h[k] if _head_is_name(k) else v[k] for k in v}


hessian_term_of_the_head_alone = wrong(
    "the Hessian term is subtracted in the head only; the hidden layer has the first-order direction",
    of_tasks(_term_for_the_head),
    lambda o: o.mean(lambda t: o.one(t, lambda v: o.on("head") * o.hv(o.w, v, t.inner))),
    (HESSIAN + "|" + FIRST_ORDER, f"{HIDDEN}|{HEAD}"),
)

# -- tensors ----------------------------------------------------------------------------------------------------------

columns_first = wrong(
    "matrices are flattened by columns, as MATLAB does, and read by rows",
    of_all(
        lambda p: {
            k: np.reshape(v.flatten(order="F"), v.shape)
            for k, v in _mean([maml(p, t.inner, t.outer) for t in p.tasks]).items()
        }
    ),
    lambda o: np.concatenate([v.flatten(order="F") for v in o.tensors(o.maml()).values()]),
    (LAYOUT,),
)


@subject("MAML", steps=(1, 2))
def _no_hidden_bias(problem):
    """Hand-written backward pass: nobody sums the deltas of the hidden layer into its bias."""
    p = problem.on("numpy")

    def call():
        g = _mean([maml(p, t.inner, t.outer) for t in p.tasks])
        for name in g:
            if name == "hidden.bias":
                g[name][:] = 0
        return g

    return call


hidden_bias_gets_none = wrong(
    "the bias of the hidden layer gets no gradient",
    _no_hidden_bias,
    lambda o: o.maml() * (1 - o.on("hidden.bias")),
    (r"hidden\.bias|bias of the hidden|hidden bias", ZERO),
)


@subject("MAML", steps=(1,))
def _bias_not_divided(problem):
    """Inner db = delta.sum(0), while dW is divided by m."""
    p = problem.on("numpy")

    def factors(g, m):
        return {k: v * m if k.endswith("bias") else v for k, v in g.items()}

    def one(t):
        m = len(t.inner[0])
        fast = step(p.parameters, factors(p.gradient(p.parameters, t.inner), m), p.alpha)
        v = p.gradient(fast, t.outer)
        return step(v, p.hessian_vector(p.parameters, factors(v, m), t.inner), p.alpha)

    return lambda: [one(t) for t in p.tasks]


bias_gradient_summed_over_samples = wrong(
    "the inner gradient of biases is a sum over the 5 samples, not a mean",
    _bias_not_divided,
    lambda o: o.maml(rate=o.alpha * (1 + 4 * o.on("bias"))),
    (BIAS, r"\b5\b|five|number of (support |inner )?samples|\bsum"),
)


@subject("MAML", steps=(1, 2))
def _body_only(problem):
    """BOIL: the head keeps its initial values in the inner loop."""
    p = problem.on("numpy")
    moved = {k: 0.0 if _head_is_name(k) else p.alpha for k in p.parameters}

    def one(t):
        trail = [p.parameters]
        for _ in range(p.steps):
            g = p.gradient(trail[-1], t.inner)
            trail.append({k: trail[-1][k] - moved[k] * g[k] for k in g})
        v = p.gradient(trail[-1], t.outer)
        for w in trail[-2::-1]:
            h = p.hessian_vector(w, {k: moved[k] * v[k] for k in v}, t.inner)
            v = {k: v[k] - h[k] for k in v}
        return v

    return lambda: [one(t) for t in p.tasks]


body_alone_is_adapted = wrong(
    "only the hidden layer is adapted: BOIL",
    _body_only,
    lambda o: o.maml(on=o.on("hidden")),
    (rf"BOIL|{HEAD}.*({NOT_ADAPTED})|({NOT_ADAPTED}).*({HEAD}|{HIDDEN})",),
)

# -- samples ----------------------------------------------------------------------------------------------------------

last_query_sample_only = wrong(
    "the outer loss has the last query sample only",
    of_tasks(lambda p, t: maml(p, t.inner, (t.outer[0][-1:], t.outer[1][-1:])), steps=(1, 2)),
    lambda o: o.maml(outer=lambda t: chosen(t.outer, slice(6, 7))),
    (QUERY, r"last|\b1 of|one (of|sample)|sample 7|single"),
)

DRAWN = np.array([0, 1, 1, 3, 3])
support_drawn_with_replacement = wrong(
    "support samples are drawn with replacement: two appear twice, two never",
    of_tasks(lambda p, t: maml(p, tuple(v[DRAWN] for v in t.inner), t.outer)),
    lambda o: o.maml(inner=lambda t: chosen(t.inner, DRAWN)),
    (SUPPORT, SAMPLES, r"weight|repeat|duplicat|twice|left out|missing|resampl|not all|unequal|other|some"),
)

query_leaks_into_support = wrong(
    "the first two query samples are in the inner loss as well",
    of_tasks(
        lambda p, t: maml(p, tuple(np.concatenate([a, b[:2]]) for a, b in zip(t.inner, t.outer, strict=True)), t.outer)
    ),
    lambda o: o.maml(inner=lambda t: joined(t.inner, chosen(t.outer, slice(2)))),
    (SUPPORT, r"(query|outer) samples?|samples? of the (query|outer)|also|together|leak|(query|outer) (set|data)"),
)

sets_exchanged = wrong(
    "support and query sets are exchanged",
    of_tasks(lambda p, t: maml(p, t.outer, t.inner), steps=(1, 2)),
    lambda o: o.maml(inner=lambda t: t.outer, outer=lambda t: t.inner),
    (
        SUPPORT,
        QUERY,
        r"swapp?ed|exchang|interchang|each other|revers|mixed up|in place of|roles?|inner steps? (is|are)",
    ),
)

# -- tasks ------------------------------------------------------------------------------------------------------------


def _from_one(p):
    total = dict.fromkeys(p.parameters, 0.0)
    for i in range(1, len(p.tasks)):
        g = maml(p, p.tasks[i].inner, p.tasks[i].outer)
        total = {k: total[k] + g[k] / len(p.tasks) for k in g}
    return total


first_task_never_counted = wrong(
    "the loop over tasks begins at 1: the first task is left out of the sum, which is divided by 3",
    of_all(_from_one, steps=(1, 2)),
    lambda o: o.maml(tasks=o.tasks[1:]) * 2 / 3,
    (rf"{FIRST_TASK}|tasks 2 and 3|last (two|2)|(weights?).*\b0\b",),
)


def _signs(p):
    g = _mean([maml(p, t.inner, t.outer) for t in p.tasks])
    return {k: np.sign(v) for k, v in g.items()}


sign_of_the_meta_gradient = wrong(
    "the sign of each component of the meta-gradient is returned, as signSGD has it",
    of_all(_signs),
    lambda o: np.sign(o.maml()),
    (SIGN_ONLY + r"|[+-]1 or",),
)

divided_by_the_root = wrong(
    "the sum over tasks is divided by the square root of their number",
    of_all(lambda p: times(np.sqrt(len(p.tasks)), _mean([maml(p, t.inner, t.outer) for t in p.tasks]))),
    lambda o: o.maml() * 3**0.5,
    (r"1\.73|root|sqrt|√",),
)


def _by_difficulty(p):
    """Tasks count by their rank of outer gradient norm: 1/6, 2/6, 3/6."""
    each = sorted((maml(p, t.inner, t.outer) for t in p.tasks), key=lambda g: sum((v**2).sum() for v in g.values()))
    return {k: sum((i + 1) * g[k] for i, g in enumerate(each)) / 6 for k in each[0]}


weighted_by_rank = wrong(
    "tasks have weights 1/6, 2/6 and 3/6 by the rank of their gradient norms",
    of_all(_by_difficulty),
    lambda o: sum((i + 1) * g for i, g in enumerate(sorted((o.maml(tasks=[t]) for t in o.tasks), key=norm))) / 6,
    (EMA, r"task"),
)
