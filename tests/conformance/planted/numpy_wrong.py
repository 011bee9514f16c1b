"""Wrong implementations in NumPy; `WRONG` says what each must be called."""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance import subject


def step(w, g, rate):
    return {name: w[name] - rate * g[name] for name in w}


def of_tasks(direction, algorithm="MAML", **declared):
    @subject(algorithm, steps=(1,), **declared)
    def make(problem):
        p = problem.on("numpy")
        return lambda: [direction(p, task) for task in p.tasks]

    return make


def outer_gradient(p, task, rate=None):
    w = p.parameters
    return p.gradient(step(w, p.gradient(w, task.inner), p.alpha if rate is None else rate), task.outer)


def _half(p, task):
    g = outer_gradient(p, task)
    return step(g, p.hessian_vector(p.parameters, g, task.inner), p.alpha / 2)


def _sign(p, task):
    g = outer_gradient(p, task)
    return step(g, p.hessian_vector(p.parameters, g, task.inner), -p.alpha)


def _at_adapted(p, task):
    w = p.parameters
    adapted = step(w, p.gradient(w, task.inner), p.alpha)
    g = p.gradient(adapted, task.outer)
    return step(g, p.hessian_vector(adapted, g, task.inner), p.alpha)


def _summed(p, task):
    n = len(task.inner[0])
    g = outer_gradient(p, task, p.alpha * n)
    return step(g, p.hessian_vector(p.parameters, g, task.inner), p.alpha * n)


half_the_hessian = of_tasks(_half)
plus_the_hessian = of_tasks(_sign)
hessian_of_adapted = of_tasks(_at_adapted)
inner_sum = of_tasks(_summed)
first_order_sold_as_second = of_tasks(outer_gradient)


def _too_large(p, task):
    delta, w, g = 2.0, p.parameters, outer_gradient(p, task)
    ahead, behind = p.gradient(step(w, g, -delta), task.inner), p.gradient(step(w, g, delta), task.inner)
    return {k: g[k] - p.alpha * (ahead[k] - behind[k]) / (2 * delta) for k in w}


undeclared_delta_too_large = of_tasks(_too_large, "HF-MAML")


@subject("FO-MAML", steps=(1,))
def in_place(problem):
    """`w -= alpha * g` on the arrays of the problem itself."""
    w = problem.parameters
    p = problem.on("numpy")

    def call():
        found = []
        for task in p.tasks:
            for name, g in p.gradient(w, task.inner).items():
                w[name] -= p.alpha * g
            found.append(p.gradient(w, task.outer))
        return found

    return call


@subject("FO-MAML", steps=(1,))
def accumulator_never_reset(problem):
    p = problem.on("numpy")
    total = {name: np.zeros_like(value) for name, value in p.parameters.items()}

    def call():
        for task in p.tasks:
            for name, g in outer_gradient(p, task).items():
                total[name] += g / len(p.tasks)
        return {name: value.copy() for name, value in total.items()}

    return call


@subject("FO-MAML", steps=(2,))
def no_loop(problem):
    """One inner step, where two are asked for."""
    p = problem.on("numpy")
    return lambda: [outer_gradient(p, task) for task in p.tasks]


@subject("MAML", steps=(1,))
def wrong_names(problem):
    p = problem.on("numpy")
    return lambda: {f"w{i}": value for i, value in enumerate(p.parameters.values())}


@subject("MAML", steps=(1,))
def transposed(problem):
    p = problem.on("numpy")
    return lambda: {name: value.T[..., None] for name, value in p.parameters.items()}


@subject("MAML", steps=(1,))
def returns_nothing(problem):
    p = problem.on("numpy")

    def call():
        outer_gradient(p, p.tasks[0])

    return call


WRONG = {
    "half_the_hessian": ("MAML", ("hessian_halved",)),
    "plus_the_hessian": ("MAML", ("hessian_wrong_sign",)),
    "hessian_of_adapted": ("MAML", ("hessian_at_adapted",)),
    "inner_sum": ("MAML", ("inner_sum",)),
    "first_order_sold_as_second": ("FO-MAML", ("hessian_missing",)),
    "undeclared_delta_too_large": ("HF-MAML", ("hf_delta_too_large",)),
    "in_place": ("FO-MAML", ("drift", "inputs_mutated")),
    "accumulator_never_reset": ("FO-MAML", ("stale_gradients",)),
    "no_loop": ("FO-MAML", ("one_step_only",)),
    "wrong_names": (None, ("wrong_names",)),
    "transposed": (None, ("wrong_shape",)),
    "returns_nothing": (None, ("no_gradient",)),
}
