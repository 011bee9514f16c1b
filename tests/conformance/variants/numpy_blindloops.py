"""NumPy: fresh errors of steps, algorithms, precision and state, to measure how far the diagnosis reaches."""

from __future__ import annotations

import numpy as np
from blind_truths import (
    CLIP,
    CUT_ANYHOW,
    DECAYS,
    FIRST_ORDER,
    FIRST_TASK,
    INNER_ONLY,
    L2,
    NOT_ADAPTED,
    ROUNDED,
    at,
    backwards,
    stepping,
    through,
    with_state,
)
from numpy_parts import first_order, maml, of_all, of_tasks, path, pulled_back, step
from said import (
    BIAS,
    CARRIED,
    MORE,
    NO_MISSING_HESSIAN,
    OWN_SET,
    PRECISION,
    RATE,
    SECOND_CALL,
    SERIAL,
    SIGN,
    SUM,
)
from variant import wrong

from mamlcheck.conformance import subject


def _mean(each):
    return {k: sum(g[k] for g in each) / len(each) for k in each[0]}


# -- steps ------------------------------------------------------------------------------------------------------------


def _dropping(k, alpha):
    return alpha if k == 0 else alpha / 10


@subject("MAML", steps=(2, 3))
def _rate_drops(problem):
    """The rate is divided by 10 after the first step."""
    p = problem.on("numpy")

    def one(t):
        trail = [p.parameters]
        for k in range(p.steps):
            trail.append(step(trail[-1], p.gradient(trail[-1], t.inner), _dropping(k, p.alpha)))
        v = p.gradient(trail[-1], t.outer)
        for k in reversed(range(p.steps)):
            v = step(v, p.hessian_vector(trail[k], v, t.inner), _dropping(k, p.alpha))
        return v

    return lambda: [one(t) for t in p.tasks]


rate_drops_after_the_first_step = wrong(
    "the inner rate is alpha / 10 after the first step",
    _rate_drops,
    lambda o: through(o, stepping(o, lambda w, t, k: w - _dropping(k, o.alpha) * o.grad(w, t.inner))),
    (RATE + "|alpha", rf"{DECAYS}|first (inner )?step|0\.1\b|/ ?10|later|\beach\b"),
)

uphill = wrong(
    "the inner step goes up the gradient: alpha has the wrong sign",
    of_tasks(lambda p, t: maml(p, t.inner, t.outer, rate=-p.alpha), steps=(1, 2)),
    lambda o: o.maml(rate=-o.alpha),
    (SIGN + r"|ascent|ascend|uphill|-alpha|-1 times|rate.*-0\.4", r"inner|rate|alpha|adapt"),
)


def _divided_by_steps(p, t):
    return maml(p, t.inner, t.outer, rate=p.alpha / p.steps)


rate_shared_by_the_steps = wrong(
    "the inner rate is alpha / K, as if all steps together had alpha",
    of_tasks(_divided_by_steps, steps=(2, 3)),
    lambda o: o.maml(rate=o.alpha / o.K),
    (
        r"(rate|alpha).*(divided by|/) ?(K\b|the number of (inner )?steps|steps)|alpha ?/ ?(K\b|steps)|1/K|over K|"
        r"(falls|depends|smaller).*steps",
    ),
)

# -- algorithms under another name, or done wrong ----------------------------------------------------------------------


@subject("FO-MAML", steps=(2, 3))
def _adam_by_hand(problem):
    """Adam inside, and the bias correction forgotten."""
    p = problem.on("numpy")

    def one(t):
        w = {k: v.copy() for k, v in p.parameters.items()}
        m = {k: np.zeros_like(v) for k, v in w.items()}
        s = {k: np.zeros_like(v) for k, v in w.items()}
        for _ in range(p.steps):
            for k, g in p.gradient(w, t.inner).items():
                m[k] = 0.9 * m[k] + 0.1 * g
                s[k] = 0.999 * s[k] + 0.001 * g**2
            w = {k: w[k] - p.alpha * m[k] / (np.sqrt(s[k]) + 1e-8) for k in w}
        return p.gradient(w, t.outer)

    return lambda: [one(t) for t in p.tasks]


def _uncorrected(o, w, memory, t):
    m, s = memory
    g = o.grad(w, t.inner)
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
    return w - o.alpha * m / (s**0.5 + 1e-8), (m, s)


adam_without_bias_correction = wrong(
    "Adam without its bias correction makes the inner steps",
    _adam_by_hand,
    lambda o: at(o, with_state(o, lambda w, s, t, k: _uncorrected(o, w, s, t), (0.0, 0.0))),
    (r"\bAdam\b",),
)


@subject("FO-MAML", steps=(2, 3))
def _adagrad(problem):
    """Adagrad inside."""
    p = problem.on("numpy")

    def one(t):
        w, s = p.parameters, dict.fromkeys(p.parameters, 0.0)
        for _ in range(p.steps):
            g = p.gradient(w, t.inner)
            s = {k: s[k] + g[k] ** 2 for k in g}
            w = {k: w[k] - p.alpha * g[k] / (np.sqrt(s[k]) + 1e-10) for k in w}
        return p.gradient(w, t.outer)

    return lambda: [one(t) for t in p.tasks]


def _accumulated(o, w, s, t):
    g = o.grad(w, t.inner)
    s = s + g * g
    return w - o.alpha * g / (s**0.5 + 1e-10), s


adagrad_inside = wrong(
    "Adagrad makes the inner steps",
    _adagrad,
    lambda o: at(o, with_state(o, lambda w, s, t, k: _accumulated(o, w, s, t))),
    (r"adagrad|adaptive|normali[sz]ed|divided by|root|Adam|RMS",),
)


@subject("MAML", steps=(1, 2))
def _exactly_implicit(problem):
    """iMAML by a dense solve, lambda = 1, with plain inner steps."""
    p = problem.on("numpy")
    names, shapes = list(p.parameters), [v.shape for v in p.parameters.values()]
    sizes = [int(np.prod(s)) for s in shapes]

    def flat(d):
        return np.concatenate([d[k].ravel() for k in names])

    def back(v):
        parts = np.split(v, np.cumsum(sizes)[:-1])
        return {k: a.reshape(s) for k, a, s in zip(names, parts, shapes, strict=True)}

    def one(t):
        w = path(p, p.parameters, t.inner)[-1]
        eye = np.eye(sum(sizes), dtype=flat(w).dtype)
        hessian = np.stack([flat(p.hessian_vector(w, back(e), t.inner)) for e in eye])
        return back(np.linalg.solve(eye + hessian, flat(p.gradient(w, t.outer))))

    return lambda: [one(t) for t in p.tasks]


def _solved(o, t):
    w = o.adapt(o.w, t.inner)
    eye = np.eye(o.w.size)
    return np.linalg.solve(eye + np.array([o.hv(w, e, t.inner) for e in eye]), o.grad(w, t.outer))


implicit_by_a_dense_solve = wrong(
    "the implicit gradient (I + H)^-1 g at the adapted parameters, without a proximal term in the inner steps",
    _exactly_implicit,
    lambda o: o.mean(lambda t: _solved(o, t)),
    (r"iMAML|implicit|inverse|solve",),
    NO_MISSING_HESSIAN,
)


@subject("Reptile", steps=(2, 3))
def _all_in_turn(problem):
    """The weights go on from task to task, and the whole way is the update."""
    p = problem.on("numpy")

    def call():
        w = p.parameters
        for t in p.tasks:
            w = path(p, w, t.inner)[-1]
        return {k: (p.parameters[k] - w[k]) / len(p.tasks) for k in w}

    return call


def _in_turn(o):
    w = o.w
    for t in o.tasks:
        w = o.adapt(w, t.inner)
    return (o.w - w) / len(o.tasks)


reptile_in_turn = wrong(
    "each task of Reptile starts where the one before ended",
    _all_in_turn,
    _in_turn,
    (SERIAL,),
)

outer_gradient_of_the_third_set = wrong(
    "FO-MAML's outer gradient is over the Hessian set, as in a mixed-up Per-FedAvg",
    of_tasks(lambda p, t: first_order(p, t.inner, t.hessian), "FO-MAML", steps=(1, 2)),
    lambda o: o.fo(outer=lambda t: t.hessian),
    (r"outer|query", OWN_SET),
)


@subject("MAML", steps=(1, 2))
def _decayed(problem):
    """L2 of the outer optimiser is in the direction."""
    p = problem.on("numpy")

    def call():
        g = _mean([maml(p, t.inner, t.outer) for t in p.tasks])
        return {k: g[k] + 5e-2 * p.parameters[k] for k in g}

    return call


outer_weight_decay = wrong(
    "weight decay of 0.05 is added to the meta-gradient",
    _decayed,
    lambda o: o.maml() + 0.05 * o.w,
    (L2,),
)


def _outer_clipped(p):
    g = _mean([maml(p, t.inner, t.outer) for t in p.tasks])
    return {k: np.clip(v, -0.05, 0.05) for k, v in g.items()}


outer_clipped_by_value = wrong(
    "the components of the meta-gradient are clipped to 0.05",
    of_all(_outer_clipped, steps=(1, 2)),
    lambda o: np.clip(o.maml(), -0.05, 0.05),
    (CLIP, r"0\.05|value|component|elements?"),
)

# -- two defects at once ----------------------------------------------------------------------------------------------


def _one_more_first_order(p, t):
    """The adaptation has K + 1 steps, the pull-back K factors, from the second step on."""
    points = path(p, p.parameters, t.inner, steps=p.steps + 1)
    return pulled_back(p, points[1:], p.gradient(points[-1], t.outer), t.inner)


def _from_the_second(o, t):
    points = o.path(o.w, t.inner, steps=o.K + 1)
    return backwards(o, t, points[-2:0:-1], points[-1])


one_more_step_without_its_hessian = wrong(
    "one inner step more, and the Hessian of the first is missing",
    of_tasks(_one_more_first_order, steps=(1, 2)),
    lambda o: o.mean(lambda t: _from_the_second(o, t)),
    (MORE, CUT_ANYHOW),
)

doubled_rate_and_first_order = wrong(
    "the inner rate is 2 alpha, and the Hessian term is missing",
    of_tasks(lambda p, t: first_order(p, t.inner, t.outer, rate=2 * p.alpha), steps=(1, 2)),
    lambda o: o.fo(rate=2 * o.alpha),
    (FIRST_ORDER, RATE + "|alpha", r"\b2\b|twice|double"),
)


@subject("MAML", steps=(1, 2))
def _biases_and_sum(problem):
    """Biases are left alone in the inner loop, and tasks are added up."""
    p = problem.on("numpy")

    def free(g):
        return {k: v * (not k.endswith("bias")) for k, v in g.items()}

    def one(t):
        trail = [p.parameters]
        for _ in range(p.steps):
            trail.append(step(trail[-1], free(p.gradient(trail[-1], t.inner)), p.alpha))
        v = p.gradient(trail[-1], t.outer)
        for w in trail[-2::-1]:
            v = step(v, p.hessian_vector(w, free(v), t.inner), p.alpha)
        return v

    def call():
        each = [one(t) for t in p.tasks]
        return {k: np.sum([g[k] for g in each], axis=0) for k in each[0]}

    return call


biases_not_adapted_and_tasks_added = wrong(
    "biases are not adapted, and tasks are summed",
    _biases_and_sum,
    lambda o: 3 * o.maml(on=1 - o.on("bias")),
    (BIAS, NOT_ADAPTED, SUM),
)

inner_gradient_added_and_halved = wrong(
    "the inner gradient is added to the outer one, and the sum is halved: the loss of both sets is meant",
    of_tasks(
        lambda p, t: {k: (maml(p, t.inner, t.outer)[k] + v) / 2 for k, v in p.gradient(p.parameters, t.inner).items()}
    ),
    lambda o: (o.maml() + o.mean(lambda t: o.grad(o.w, t.inner))) / 2,
    (INNER_ONLY, r"half|halved|1/2|0\.5\b|mean|average|divided by 2"),
)

# -- precision --------------------------------------------------------------------------------------------------------

rounded_to_three_decimals = wrong(
    "the direction is rounded to three decimals, as a log is",
    of_all(lambda p: {k: np.round(v, 3) for k, v in _mean([maml(p, t.inner, t.outer) for t in p.tasks]).items()}),
    lambda o: o.maml(),
    (ROUNDED,),
    within=1e-2,
)


@subject("MAML", steps=(1, 2))
def _saved_in_single(problem):
    """Adapted weights go through a checkpoint in float32."""
    p = problem.on("numpy")

    def one(t):
        points = path(p, p.parameters, t.inner)
        points[-1] = {k: v.astype(np.float32).astype(v.dtype) for k, v in points[-1].items()}
        return pulled_back(p, points, p.gradient(points[-1], t.outer), t.inner)

    return lambda: [one(t) for t in p.tasks]


adapted_weights_saved_in_float32 = wrong(
    "adapted parameters are rounded to float32",
    _saved_in_single,
    lambda o: o.maml(),
    (r"float32|single|" + PRECISION,),
    within=1e-5,
)

# -- state ------------------------------------------------------------------------------------------------------------


@subject("MAML", steps=(1,))
def _task_by_task(problem):
    """A sampler hands out the next task at each call."""
    p = problem.on("numpy")
    calls = iter(range(10**6))

    def call():
        t = p.tasks[next(calls) % len(p.tasks)]
        return maml(p, t.inner, t.outer)

    return call


one_task_a_call = wrong(
    "each call has the next task alone",
    _task_by_task,
    lambda o: (o.maml(tasks=o.tasks[:1]), o.maml(tasks=o.tasks[1:2])),
    (SECOND_CALL + "|" + FIRST_TASK,),
)


@subject("FO-MAML", steps=(1, 2))
def _shallow_copy(problem):
    """dict(w) copies no arrays: -= changes the initial parameters for all tasks to come."""
    p = problem.on("numpy")
    theta = {k: v.copy() for k, v in p.parameters.items()}

    def one(t):
        fast = dict(theta)
        for _ in range(p.steps):
            for k, g in p.gradient(fast, t.inner).items():
                fast[k] -= p.alpha * g
        return p.gradient(fast, t.outer)

    return lambda: [one(t) for t in p.tasks]


def _shallow(o):
    w, calls = o.w, []
    for _ in range(2):
        total = 0
        for t in o.tasks:
            w = o.adapt(w, t.inner)
            total = total + o.grad(w, t.outer)
        calls.append(total / len(o.tasks))
    return tuple(calls)


shallow_copy = wrong(
    "a shallow copy of the parameters is changed in place: they are carried from task to task and from call to call",
    _shallow_copy,
    _shallow,
    (CARRIED + r"|in place|copy",),
)


@subject("MAML", steps=(1, 2))
def _mixed_with_before(problem):
    """The direction is the mean of this call's and the last one's, which is zero at first."""
    p = problem.on("numpy")
    memory = {k: np.zeros_like(v) for k, v in p.parameters.items()}

    def call():
        g = _mean([maml(p, t.inner, t.outer) for t in p.tasks])
        for k in g:
            memory[k] = 0.5 * memory[k] + 0.5 * g[k]
        return {k: v.copy() for k, v in memory.items()}

    return call


mixed_with_the_call_before = wrong(
    "a moving average over calls, from zero: half the direction, then three quarters",
    _mixed_with_before,
    lambda o: (o.maml() / 2, o.maml() * 3 / 4),
    (SECOND_CALL, rf"{CARRIED}|average|half|0\.5"),
)
