"""Right implementations in NumPy, by hand."""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance import subject


def step(w, g, rate):
    return {name: w[name] - rate * g[name] for name in w}


@subject("MAML")
def by_hand(problem):
    p = problem.on("numpy")

    def direction(task):
        path = [p.parameters]
        for _ in range(p.steps):
            path.append(step(path[-1], p.gradient(path[-1], task.inner), p.alpha))
        v = p.gradient(path[-1], task.outer)
        for w in reversed(path[:-1]):
            v = step(v, p.hessian_vector(w, v, task.inner), p.alpha)
        return v

    return lambda: [direction(task) for task in p.tasks]


@subject("MAML", steps=(1,))
def hessian_matrix_formed(problem):
    """With the matrix I - alpha H, column by column."""
    p = problem.on("numpy")
    names = list(p.parameters)

    def flat(w):
        return np.concatenate([w[name].ravel() for name in names])

    def unflat(v):
        out, at = {}, 0
        for name, value in p.parameters.items():
            out[name] = v[at : at + value.size].reshape(value.shape)
            at += value.size
        return out

    def direction(task):
        w = p.parameters
        identity = np.eye(flat(w).size, dtype=p.dtype)
        hessian = np.stack([flat(p.hessian_vector(w, unflat(e), task.inner)) for e in identity])
        g = flat(p.gradient(step(w, p.gradient(w, task.inner), p.alpha), task.outer))
        return (identity - np.asarray(p.alpha, p.dtype) * hessian) @ g

    return lambda: np.mean([direction(task) for task in p.tasks], axis=0)


@subject("FO-MAML")
def first_order(problem):
    p = problem.on("numpy")

    def direction(task):
        w = p.parameters
        for _ in range(p.steps):
            w = step(w, p.gradient(w, task.inner), p.alpha)
        return p.gradient(w, task.outer)

    return lambda: [direction(task) for task in p.tasks]


@subject("HF-MAML", delta=0.01, steps=(1,))
def hessian_free(problem):
    p = problem.on("numpy")
    delta = 0.01

    def direction(task):
        w = p.parameters
        g = p.gradient(step(w, p.gradient(w, task.inner), p.alpha), task.outer)
        ahead, behind = p.gradient(step(w, g, -delta), task.hessian), p.gradient(step(w, g, delta), task.hessian)
        return {name: g[name] - p.alpha * (ahead[name] - behind[name]) / (2 * delta) for name in w}

    return lambda: [direction(task) for task in p.tasks]


NAMED = {make.__name__: make for make in (by_hand, hessian_matrix_formed, first_order, hessian_free)}
