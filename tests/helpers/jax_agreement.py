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

# Compiling takes far longer than running, and the numbers are JAX's at any level.
RUN_ONCE = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Agreement:
    """What was traced, and by how much the value is off, and each part of the gradient and of the product, by name.

    Each over the largest number of that part, or 1.
    """

    traced: Traced
    value: float
    parts: dict[str, tuple[float, float]]

    @property
    def worst(self) -> float:
        return max(self.value, *(off for both in self.parts.values() for off in both))


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
        all_of_them = jax.jit(lambda w, u: (*jax.value_and_grad(theirs)(w), jax.jvp(jax.grad(theirs), (w,), (u,))[1]))
        value, slopes, product = all_of_them.lower(w, u).compile(compiler_options=RUN_ONCE)(w, u)
    program = traced.program
    assert set(program.inputs) == set(names), "the loss depends on each"
    given = {name: np.asarray(w[name]) for name in names}
    ours = run(program, float64, given)[0]
    slopes_ours = run(gradient(program, names), float64, given)
    product_ours = run(hessian_vector(program, names), float64, given | {direction(name): v[name] for name in names})
    parts = {
        name: (_off(a, slopes[name]), _off(b, product[name]))
        for name, a, b in zip(names, slopes_ours, product_ours, strict=True)
    }
    return Agreement(traced, _off(ours, value), parts)


def _off(ours: Any, theirs: Any) -> float:
    a, b = (np.ravel(np.asarray(x, dtype=float)) for x in (ours, theirs))
    return float(np.abs(a - b).max() / max(1.0, np.abs(b).max()))
