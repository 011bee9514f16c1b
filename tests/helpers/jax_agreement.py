"""A loss in JAX beside its program: the value, the gradient and a Hessian-vector product of both, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.programs.derivatives import direction, gradient, hessian_vector
from mamlcheck.programs.running import run
from mamlcheck.programs.tracing import Traced, trace
from mamlcheck.programs.tracing.jax import in_double_precision

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Agreement:
    """What was traced, and by how much each part is off, over the largest number of that part."""

    traced: Traced
    value: float
    gradient: float
    product: float

    @property
    def worst(self) -> float:
        return max(self.value, self.gradient, self.product)


def agreement(loss: Callable[[Any], Any], parameters: Arrays, oracle: Callable[[Any], Any] | None = None) -> Agreement:
    """JAX's derivatives of the loss, or of another way to write it, against those of its program."""
    theirs = oracle or loss
    traced = trace("jax", loss, parameters)
    names = sorted(parameters)
    random = np.random.default_rng(7)
    v = {name: random.normal(size=np.shape(parameters[name])) for name in names}
    with in_double_precision():
        w = {name: jax.numpy.asarray(parameters[name], dtype="float64") for name in names}
        u = {name: jax.numpy.asarray(v[name]) for name in names}
        value, slopes, product = jax.jit(
            lambda w, u: (*jax.value_and_grad(theirs)(w), jax.jvp(jax.grad(theirs), (w,), (u,))[1])
        )(w, u)
    program = traced.program
    names = [name for name in names if name in program.inputs]
    given = {name: np.asarray(w[name]) for name in names}
    ours = [run(program, float64, given)[0]]
    slopes_ours = run(gradient(program, names), float64, given)
    with_v = given | {direction(name): np.asarray(v[name]) for name in names}
    product_ours = run(hessian_vector(program, names), float64, with_v)
    return Agreement(
        traced,
        _off(ours, [value]),
        _off(slopes_ours, [slopes[name] for name in names]),
        _off(product_ours, [product[name] for name in names]),
    )


def _off(ours: list[Any], theirs: list[Any]) -> float:
    a, b = (np.concatenate([np.ravel(np.asarray(x, dtype=float)) for x in some]) for some in (ours, theirs))
    return float(np.abs(a - b).max() / max(1.0, np.abs(b).max()))
