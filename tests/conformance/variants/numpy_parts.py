"""What variants in NumPy share: steps over dicts of arrays."""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance import subject


def step(w, g, rate):
    return {name: w[name] - rate * g[name] for name in w}


def times(factor, g):
    return {name: factor * value for name, value in g.items()}


def path(p, w, batch, rate=None, steps=None):
    """The points of the inner steps, the first and the last included."""
    points = [w]
    for _ in range(p.steps if steps is None else steps):
        points.append(step(points[-1], p.gradient(points[-1], batch), p.alpha if rate is None else rate))
    return points


def pulled_back(p, points, v, batch, rate=None):
    for w in reversed(points[:-1]):
        v = step(v, p.hessian_vector(w, v, batch), p.alpha if rate is None else rate)
    return v


def maml(p, inner, outer, rate=None, steps=None):
    points = path(p, p.parameters, inner, rate, steps)
    return pulled_back(p, points, p.gradient(points[-1], outer), inner, rate)


def first_order(p, inner, outer, rate=None, steps=None):
    return p.gradient(path(p, p.parameters, inner, rate, steps)[-1], outer)


def joined(*batches):
    return tuple(np.concatenate(part) for part in zip(*batches, strict=True))


def is_head(name):
    return name.startswith("head") or "." not in name


def of_tasks(direction, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns `direction(p, task)` of each task."""

    @subject(algorithm, steps=steps, **declared)
    def make(problem):
        p = problem.on("numpy")
        return lambda: [direction(p, task) for task in p.tasks]

    return make


def of_all(direction, algorithm="MAML", steps=(1,), **declared):
    """A subject that returns `direction(p)`."""

    @subject(algorithm, steps=steps, **declared)
    def make(problem):
        p = problem.on("numpy")
        return lambda: direction(p)

    return make
