"""JAX: the Hessian term at a wrong point, over a wrong set, or of another matrix."""

from __future__ import annotations

import jax
import numpy as np
from complex_steps import joined as numpy_joined
from jax_parts import gradient, hessian_vector, joined, of_tasks, one_step, step, times
from said import AT_START, HESSIAN, NO_MISSING_HESSIAN, QUERY, SUPPORT, TOGETHER
from variant import wrong


def _gauss_newton(p, w, t):
    x, y = t.inner

    def product(fast, g):
        out, tangent = jax.jvp(lambda v: p.apply(v, x), (w,), (g,))
        bent = jax.jvp(jax.grad(lambda o: p.loss(o, y)), (out,), (tangent,))[1]
        return jax.vjp(lambda v: p.apply(v, x), w)[1](bent)[0]

    return one_step(p, w, t, product)


def _gauss_newton_truth(o, t, g):
    """J^T (second derivative of the loss by the outputs) J g."""
    h = 1e-30
    x = t.inner[0]
    tangent = o.output(o.w + 1j * h * g, x).imag / h
    base = o.output(o.w, x)
    shifted = _AtOutputs(o, base + 1j * h * tangent)
    return o.back(o.w, x, shifted.slope(t.inner).imag / h)


class _AtOutputs:
    """The slope of the loss at given outputs."""

    def __init__(self, o, out):
        self.o, self.out = o, out

    def slope(self, batch):
        original, self.o.output = self.o.output, lambda w, x: self.out
        try:
            return self.o.slope(None, batch)
        finally:
            self.o.output = original


gauss_newton = wrong(
    "the Gauss-Newton matrix in place of the Hessian: the curvature of the network is left out",
    of_tasks(_gauss_newton),
    lambda o: o.mean(lambda t: o.one(t, lambda g: _gauss_newton_truth(o, t, g))),
    (r"Gauss-?\s?Newton|Fisher|curvature of the network",),
    NO_MISSING_HESSIAN,
)

over_both_sets = wrong(
    "the Hessian is of support and query samples together",
    of_tasks(lambda p, w, t: one_step(p, w, t, lambda fast, g: hessian_vector(p, w, g, joined(t.inner, t.outer)))),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.w, g, numpy_joined(t.inner, t.outer)))),
    (HESSIAN, rf"{TOGETHER}|({SUPPORT}).*({QUERY})"),
    NO_MISSING_HESSIAN,
)


def _halfway(p, w, t):
    def product(fast, g):
        return hessian_vector(p, jax.tree.map(lambda a, b: (a + b) / 2, w, fast), g, t.inner)

    return one_step(p, w, t, product)


halfway = wrong(
    "the Hessian is taken halfway between the initial and the adapted parameters",
    of_tasks(_halfway),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv((o.w + o.adapt(o.w, t.inner)) / 2, g, t.inner))),
    (HESSIAN, r"halfway|half way|midpoint|middle|between"),
    NO_MISSING_HESSIAN,
)

only_the_hessian_term = wrong(
    "the Hessian term alone: the outer gradient itself is missing",
    of_tasks(
        lambda p, w, t: times(
            -p.alpha,
            hessian_vector(p, w, gradient(p, step(w, gradient(p, w, t.inner), p.alpha), t.outer), t.inner),
        )
    ),
    lambda o: o.mean(lambda t: -o.alpha * o.hv(o.w, o.outer(t), t.inner)),
    (
        HESSIAN,
        r"(outer|query) gradient .*(missing|left out|lack)|only|alone|nothing but|without the (outer|query)",
    ),
    NO_MISSING_HESSIAN,
)


def _all_at_the_start(p, w, t):
    fast = w
    for _ in range(p.steps):
        fast = step(fast, gradient(p, fast, t.inner), p.alpha)
    v = gradient(p, fast, t.outer)
    for _ in range(p.steps):
        v = step(v, hessian_vector(p, w, v, t.inner), p.alpha)
    return v


def _all_at_the_start_truth(o, t):
    hessian = np.array([o.hv(o.w, e, t.inner) for e in np.eye(o.w.size)])
    factor = np.eye(o.w.size) - o.alpha * hessian
    return np.linalg.matrix_power(factor, o.K) @ o.grad(o.adapt(o.w, t.inner), t.outer)


all_hessians_at_the_start = wrong(
    "the Hessians of all inner steps are taken at the initial parameters",
    of_tasks(_all_at_the_start, steps=(1, 2, 3)),
    lambda o: o.mean(lambda t: _all_at_the_start_truth(o, t)),
    (HESSIAN, rf"{AT_START}|at w0|at the first"),
    NO_MISSING_HESSIAN,
)
