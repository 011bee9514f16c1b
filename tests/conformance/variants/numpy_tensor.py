"""NumPy: single tensors left out, or treated in another way."""

from __future__ import annotations

import numpy as np
from numpy_parts import is_head, maml, of_all, of_tasks, path, step
from said import BIAS, CUT, HEAD, HIDDEN, NOT_MAML_ALONE, ORDER, RATE, ZERO
from variant import wrong

hidden_bias_zero = wrong(
    "the direction of the hidden bias is zero",
    of_tasks(lambda p, t: {k: v * (k != "hidden.bias") for k, v in maml(p, t.inner, t.outer).items()}, steps=(1, 2)),
    lambda o: (1 - o.on("hidden.bias")) * o.maml(),
    (HIDDEN, BIAS, ZERO),
    NOT_MAML_ALONE,
)


def _head_without_the_hessian(p, t):
    g = p.gradient(path(p, p.parameters, t.inner)[-1], t.outer)
    full = step(g, p.hessian_vector(p.parameters, g, t.inner), p.alpha)
    return {k: g[k] if is_head(k) else full[k] for k in g}


head_without_the_hessian = wrong(
    "the Hessian term is left out for the head",
    of_tasks(_head_without_the_hessian),
    lambda o: o.on("head") * o.fo() + o.on("hidden") * o.maml(),
    (HEAD, CUT),
    NOT_MAML_ALONE,
)


def _rate(p, k):
    return p.alpha * (0.5 if is_head(k) else 1)


def _head_at_half_the_rate(p, t):
    w = p.parameters
    d = p.gradient(w, t.inner)
    g = p.gradient({k: w[k] - _rate(p, k) * d[k] for k in w}, t.outer)
    return step(g, p.hessian_vector(w, {k: _rate(p, k) * v for k, v in g.items()}, t.inner), 1)


head_at_half_the_rate = wrong(
    "the head is adapted at half the inner rate",
    of_tasks(_head_at_half_the_rate),
    lambda o: o.maml(rate=o.alpha * (o.on("hidden") + o.on("head") / 2)),
    (HEAD, RATE, r"half|0\.5\b|1/2"),
    NOT_MAML_ALONE,
)


def _reversed(p):
    each = [maml(p, t.inner, t.outer) for t in p.tasks]
    return np.concatenate([sum(g[k] for g in each).ravel() / len(each) for k in reversed(list(each[0]))])


def _reversed_truth(o):
    return np.concatenate([v.ravel() for v in reversed(list(o.tensors(o.maml()).values()))])


flat_and_reversed = wrong(
    "the flat direction has the parameters in reversed order",
    of_all(_reversed, steps=(1, 2)),
    _reversed_truth,
    (ORDER, r"parameter|tensor|bias|weight|revers"),
)
