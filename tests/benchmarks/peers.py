"""Lemma 4.8 written by hand for log-cosh, as somebody would who has no mamlcheck: what its speed is compared with.

Nothing here is certified but python-flint's enclosures: NumPy and JAX round, and mpmath.iv does not always enclose
(issues 445 and 1181 of mpmath). A data set is a (n, m, d), b and c (n, m): n tasks of equal probability with m samples
c log cosh(a . w - b). NumPy takes arrays of data sets or one that all pairs of points share; the others one at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import mpmath
import numpy as np

SUP_THIRD = 4 / (3 * 3**0.5)  # sup|psi'''| of log-cosh; sup|psi''| is 1


def constants(a: Any, c: Any) -> tuple[Any, Any]:
    """L and rho (...) by plain floats."""
    weights = np.abs(c) / c.shape[-1]
    grams = np.swapaxes(a * weights[..., None], -1, -2) @ a
    lengths = np.sqrt((a * a).sum(-1))
    norms = np.linalg.eigvalsh(grams)[..., -1]
    cubes = np.minimum((weights * lengths**3).sum(-1), lengths.max(-1) * norms)
    return norms.max(-1), SUP_THIRD * cubes.max(-1)


def sides(np: Any, a: Any, b: Any, c: Any, points: Any, alpha: Any, smooth: Any, rho: Any) -> tuple[Any, Any]:
    """Both sides by NumPy, or by JAX in its place; points (..., 2, d) are w and u, the constants are (...)."""
    w, rate = points[..., None, :, :], alpha[..., None, None, None]
    transposed, weights = np.swapaxes(a, -1, -2), (c / c.shape[-1])[..., None, :]

    first = np.tanh(w @ transposed - b[..., None, :])
    gradient = (weights * first) @ a
    after = np.tanh((w - rate * gradient) @ transposed - b[..., None, :])
    adapted = (weights * after) @ a
    curved = (weights * (1 - first * first) * (adapted @ transposed)) @ a
    meta = (adapted - rate * curved).mean(-3)
    norms = np.sqrt((gradient * gradient).sum(-1)).mean(-2)
    bounds = 4 * smooth[..., None] + 2 * (rho * alpha)[..., None] * norms

    def length(x: Any) -> Any:
        return np.sqrt((x * x).sum(-1))

    apart = length(points[..., 0, :] - points[..., 1, :])
    return length(meta[..., 0, :] - meta[..., 1, :]), bounds.min(-1) * apart


def sides_by_jax() -> Callable[..., tuple[Any, Any]]:
    """The same by JAX in double precision, for one instance, mapped over arrays of them and compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    return jax.jit(jax.vmap(lambda *numbers: sides(jnp, *numbers)))


def sides_by_flint(a: Any, b: Any, c: Any, points: Any, alpha: Any, smooth: Any, rho: Any) -> tuple[Any, Any]:
    """Both sides of one instance in Arb; a is a list of `arb_mat`, the rest are `arb` and lists of them."""
    tasks, samples = len(a), a[0].nrows()
    transposed = [task.transpose() for task in a]

    def column(numbers: Any) -> Any:
        return flint.arb_mat([[x] for x in numbers])

    def length(x: Any) -> Any:
        return sum((y * y for y in x.entries()), flint.arb(0)).sqrt()

    metas, bounds = [], []
    for w in points:
        meta, norms = column([flint.arb(0)] * len(w)), flint.arb(0)
        for i in range(tasks):
            at = (a[i] * column(w) - column(b[i])).entries()
            first = [t.tanh() for t in at]
            gradient = transposed[i] * column([c[i][j] * first[j] / samples for j in range(samples)])
            after = (a[i] * (column(w) - gradient * alpha) - column(b[i])).entries()
            adapted = transposed[i] * column([c[i][j] * after[j].tanh() / samples for j in range(samples)])
            along = (a[i] * adapted).entries()
            bent = [c[i][j] * (1 - first[j] * first[j]) * along[j] / samples for j in range(samples)]
            meta = meta + (adapted - (transposed[i] * column(bent)) * alpha) * flint.arb(flint.fmpq(1, tasks))
            norms = norms + length(gradient) / tasks
        metas.append(meta)
        bounds.append(4 * smooth + 2 * rho * alpha * norms)
    apart = length(column(points[0]) - column(points[1]))
    return length(metas[0] - metas[1]), bounds[0].min(bounds[1]) * apart


def sides_by_iv(a: Any, b: Any, c: Any, points: Any, alpha: Any, smooth: Any, rho: Any) -> tuple[Any, Any]:
    """Both sides of one instance in `mpmath.iv`; all numbers are lists of its intervals, or intervals."""
    tasks, samples, d = len(a), len(a[0]), len(points[0])

    def tanh(t: Any) -> Any:
        return 1 - 2 / (mpmath.iv.exp(2 * t) + 1)

    def dot(x: Any, y: Any) -> Any:
        return sum((p * q for p, q in zip(x, y, strict=True)), mpmath.iv.mpf(0))

    def length(x: Any) -> Any:
        return mpmath.iv.sqrt(dot(x, x))

    metas, bounds = [], []
    for w in points:
        meta, norms = [mpmath.iv.mpf(0)] * d, mpmath.iv.mpf(0)
        for i in range(tasks):
            first = [tanh(dot(a[i][j], w) - b[i][j]) for j in range(samples)]
            columns = list(zip(*a[i], strict=True))
            gradient = [dot(k, [c[i][j] * first[j] / samples for j in range(samples)]) for k in columns]
            moved = [w[k] - alpha * gradient[k] for k in range(d)]
            after = [tanh(dot(a[i][j], moved) - b[i][j]) for j in range(samples)]
            adapted = [dot(k, [c[i][j] * after[j] / samples for j in range(samples)]) for k in columns]
            along = [dot(a[i][j], adapted) for j in range(samples)]
            bent = [c[i][j] * (1 - first[j] * first[j]) * along[j] / samples for j in range(samples)]
            meta = [meta[k] + (adapted[k] - alpha * dot(columns[k], bent)) / tasks for k in range(d)]
            norms = norms + length(gradient) / tasks
        metas.append(meta)
        bounds.append(4 * smooth + 2 * rho * alpha * norms)
    least = bounds[0] if bounds[0].a <= bounds[1].a else bounds[1]
    apart = length([p - q for p, q in zip(*points, strict=True)])
    return length([p - q for p, q in zip(*metas, strict=True)]), least * apart
