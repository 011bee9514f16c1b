"""NumPy: right implementations by hand, in unusual styles."""

from __future__ import annotations

import numpy as np
from numpy_parts import first_order, is_head, maml, of_all, of_tasks, path, step
from variant import right

from mamlcheck.conformance import subject


def _maml(o):
    return o.maml()


@subject("MAML")
def _stacked(problem):
    """One array with a row for each task."""
    p = problem.on("numpy")
    return lambda: np.stack([np.concatenate([v.ravel() for v in maml(p, t.inner, t.outer).values()]) for t in p.tasks])


rows_of_tasks = right(_stacked, _maml)

list_of_lists = right(of_tasks(lambda p, t: list(maml(p, t.inner, t.outer).values()), steps=None), _maml)


def _tensors(p):
    """{name: (B, *shape)}."""
    each = [maml(p, t.inner, t.outer) for t in p.tasks]
    return {k: np.stack([g[k] for g in each]) for k in each[0]}


leading_axis = right(of_all(_tensors, steps=None), _maml)

added_up = right(
    of_all(
        lambda p: {k: v.sum(0) for k, v in _tensors(p).items()},
        steps=None,
        reduction="sum",
    ),
    lambda o: 3 * o.maml(),
)


def _slopes(p, w, x, y):
    """Backpropagation by hand, for the three kinds of problems."""
    single = "weight" in w
    h = x if single else np.tanh(x @ w["hidden.weight"].T + w["hidden.bias"])
    out = h @ w["weight" if single else "head.weight"].T + w["bias" if single else "head.bias"]
    if y.ndim == 1:
        s = np.exp(out - out.max(1, keepdims=True))
        s /= s.sum(1, keepdims=True)
        s[np.arange(len(y)), y] -= 1
        s /= len(y)
    else:
        r = out - y
        s = 2 * r / r.size if not single else 2 * r / (1 + r * r) ** 2 / r.size
    if single:
        return {"weight": s.T @ h, "bias": s.sum(0)}
    d = (s @ w["head.weight"]) * (1 - h * h)
    return {"hidden.weight": d.T @ x, "hidden.bias": d.sum(0), "head.weight": s.T @ h, "head.bias": s.sum(0)}


@subject("FO-MAML")
def _by_backpropagation(problem):
    p = problem.on("numpy")

    def direction(t):
        w = p.parameters
        for _ in range(p.steps):
            g = _slopes(p, w, *t.inner)
            w = {k: w[k] - p.alpha * g[k] for k in w}
        return _slopes(p, w, *t.outer)

    return lambda: [direction(t) for t in p.tasks]


own_backpropagation = right(_by_backpropagation, lambda o: o.fo())


@subject("Reptile")
def _in_place(problem):
    """The inner steps write into copies."""
    p = problem.on("numpy")

    def direction(t):
        w = {k: v.copy() for k, v in p.parameters.items()}
        for _ in range(p.steps):
            for k, g in _slopes(p, w, *t.inner).items():
                w[k] -= np.asarray(p.alpha, p.dtype) * g
        return {k: v - w[k] for k, v in p.parameters.items()}

    return lambda: [direction(t) for t in p.tasks]


reptile_in_place = right(_in_place, lambda o: o.reptile())


def _reptile_over_rate(p, t):
    end = path(p, p.parameters, t.inner)[-1]
    return {k: (v - end[k]) / p.alpha for k, v in p.parameters.items()}


reptile_over_the_rate = right(of_tasks(_reptile_over_rate, "Reptile", steps=None), lambda o: o.reptile() / o.alpha)


def _masked(p, t):
    """ANIL: the mask of the head in each inner step, and in each pull-back."""
    w = p.parameters
    points = [w]
    for _ in range(p.steps):
        g = p.gradient(points[-1], t.inner)
        points.append({k: v - p.alpha * g[k] * is_head(k) for k, v in points[-1].items()})
    v = p.gradient(points[-1], t.outer)
    for w in reversed(points[:-1]):
        v = step(v, p.hessian_vector(w, {k: a * is_head(k) for k, a in v.items()}, t.inner), p.alpha)
    return v


anil_by_masks = right(of_tasks(_masked, "ANIL", steps=None), lambda o: o.maml(on=o.on("head")))

DELTA = 0.01


def _hessian_free(p, t):
    w, g = p.parameters, first_order(p, t.inner, t.outer)
    ahead, behind = p.gradient(step(w, g, -DELTA), t.hessian), p.gradient(step(w, g, DELTA), t.hessian)
    return {k: g[k] - p.alpha / (2 * DELTA) * (ahead[k] - behind[k]) for k in g}


hessian_free_of_its_own_set = right(
    of_tasks(_hessian_free, "HF-MAML", delta=DELTA), lambda o: o.hf(DELTA, "hessian"), within=1e-11
)


def _of_the_hessian_set(p, t):
    g = first_order(p, t.inner, t.outer)
    return step(g, p.hessian_vector(p.parameters, g, t.hessian), p.alpha)


hessian_of_its_own_set = right(of_tasks(_of_the_hessian_set), lambda o: o.own_hessian())


@subject("MAML")
def _update_read(problem):
    """(before - after) / rate by from_difference, of a step of rate 0.001."""
    p = problem.on("numpy")

    def call():
        each = [maml(p, t.inner, t.outer) for t in p.tasks]
        g = {k: sum(d[k] for d in each) / len(each) for k in each[0]}
        return p.from_difference(p.parameters, step(p.parameters, g, 0.001), 0.001)

    return call


update_of_rate_0001 = right(_update_read, _maml, within=1e-10)
