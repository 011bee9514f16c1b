"""Sums, means, variances, norms and extrema over axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mamlcheck.programs.building import Number, Value
from mamlcheck.programs.composed import norms
from mamlcheck.programs.composed.activations import magnitude, power
from mamlcheck.programs.composed.softmax import log_sum_exp
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.calls import Call

Axes = int | Sequence[int] | None


def axes_of(x: Value, axes: Axes) -> tuple[int, ...]:
    """The axes that PyTorch means: all, if none are given."""
    if axes is None or (not isinstance(axes, int) and len(axes) == 0):
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in ([axes] if isinstance(axes, int) else axes)) if x.ndim else ()


def _sum(call: Call, x: Any, dim: Axes = None, keepdim: bool = False, dtype: object = None) -> Value:
    y = call.value(x)
    return y.sum(axes_of(y, dim), keepdim)


def _mean(call: Call, x: Any, dim: Axes = None, keepdim: bool = False, dtype: object = None) -> Value:
    y = call.value(x)
    return y.mean(axes_of(y, dim), keepdim)


def _var(
    call: Call,
    x: Any,
    dim: Axes | bool = None,
    unbiased: bool = True,
    keepdim: bool = False,
    correction: Number | None = None,
) -> Value:
    """x.var(unbiased) has no axes: its flag stands in their place."""
    y = call.value(x)
    axes, less = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    return norms.variance(y, axes_of(y, axes), int(less) if correction is None else correction, keepdim)


def _std(call: Call, *args: Any, **kwargs: Any) -> Value:
    return _var(call, *args, **kwargs).sqrt()


def _norm(call: Call, x: Any, ord: Number = 2, dim: Axes = None, keepdim: bool = False, dtype: object = None) -> Value:
    y = call.value(x)
    axes = axes_of(y, dim)
    if ord == 2:
        return norms.euclidean(y, axes, keepdim)
    if ord == 1:
        return magnitude(y).sum(axes, keepdim)
    if math.isinf(ord):
        return _equally(magnitude(y) if ord > 0 else -magnitude(y), axes, keepdim, call) * (1 if ord > 0 else -1)
    if ord > 0 and float(ord).is_integer():
        return (power(magnitude(y), int(ord)).sum(axes, keepdim).log() / ord).exp()
    raise CannotBeTraced(f"a norm of order {ord} is not among those known: 1, 2, other whole ones and inf")


def _last(x: Value, axes: tuple[int, ...]) -> Value:
    """With axes put last, as one."""
    kept = [a for a in range(x.ndim) if a not in axes]
    return x.transpose((*kept, *axes)).reshape((*(x.shape[a] for a in kept), math.prod(x.shape[a] for a in axes)))


def _equally(x: Value, axes: tuple[int, ...], keepdim: bool, call: Call) -> Value:
    """The largest over axes; equal ones share the derivative. The value is the mean of the largest."""
    rows = _last(x, axes)
    where = rows.largest()
    count = call.builder.constant(1).broadcast_to(rows.shape).kept(where).sum(-1)
    return (rows.kept(where).sum(-1) / count).reshape(call.shape)


def _amax(call: Call, x: Any, dim: Axes = None, keepdim: bool = False) -> Value:
    y = call.value(x)
    return _equally(y, axes_of(y, dim), keepdim, call)


def _amin(call: Call, x: Any, dim: Axes = None, keepdim: bool = False) -> Value:
    return -_amax(call, -call.value(x), dim, keepdim)


def _max_along(call: Call, x: Any, dim: int, keepdim: bool = False) -> tuple[Value, None]:
    y = call.value(x)
    rows = _last(y, axes_of(y, dim)) if y.ndim else y.reshape((1,))
    return rows.taken(rows.argmax()).reshape(call.shape), None


def _min_along(call: Call, x: Any, dim: int, keepdim: bool = False) -> tuple[Value, None]:
    return -_max_along(call, -call.value(x), dim, keepdim)[0], None


def _log_sum_exp(call: Call, x: Any, dim: Axes, keepdim: bool = False) -> Value:
    y = call.value(x)
    return log_sum_exp(_last(y, axes_of(y, dim)), -1).reshape(call.shape)


def _cumsum(call: Call, x: Any, dim: int, dtype: object = None) -> Value:
    y = call.value(x)
    if not y.ndim:
        return y
    axis = dim % y.ndim
    rows = _last(y, (axis,))
    sums = rows.reshape((-1, rows.shape[-1])) @ call.value(np.triu(np.ones((rows.shape[-1],) * 2)))
    order = list(range(y.ndim - 1))
    order.insert(axis, y.ndim - 1)
    return sums.reshape(rows.shape).transpose(order)


def _prod(call: Call, x: Any, dim: int | None = None, keepdim: bool = False, dtype: object = None) -> Value:
    y = call.value(x)
    rows = _last(y, axes_of(y, dim))
    product = call.builder.constant(1).broadcast_to(rows.shape[:-1])
    for k in range(rows.shape[-1]):
        product = product * rows.indexed((..., k))
    return product.reshape(call.shape)


def _log_add_exp(call: Call, x: Any, y: Any) -> Value:
    pair = [call.value(v).broadcast_to(call.shape).reshape((*call.shape, 1)) for v in (x, y)]
    return log_sum_exp(call.builder.concatenated(pair, -1), -1).reshape(call.shape)


def _distances(call: Call, x: Any, y: Any, p: Number, mode: object = None) -> Value:
    """Between all rows of two matrices."""
    a, b = call.value(x), call.value(y)
    apart = a.reshape((*a.shape[:-1], 1, a.shape[-1])) - b.reshape((*b.shape[:-2], 1, *b.shape[-2:]))
    return _norm(call, apart, p, -1)


def _distances_of_rows(call: Call, x: Any, p: Number = 2) -> Value:
    """Between all pairs of rows of a matrix."""
    a = call.value(x)
    first, second = np.triu_indices(a.shape[0], 1)
    return _norm(call, a.indexed(first) - a.indexed(second), p, -1)


def _euclidean_distances(call: Call, x: Any, y: Any) -> Value:
    return _distances(call, x, y, 2)


OPERATIONS = {
    "logaddexp": _log_add_exp,
    "_cdist_forward": _distances,
    "_euclidean_dist": _euclidean_distances,
    "_pdist_forward": _distances_of_rows,
    "sum": _sum,
    "mean": _mean,
    "var": _var,
    "std": _std,
    "linalg_vector_norm": _norm,
    "amax": _amax,
    "amin": _amin,
    "max": _amax,
    "min": _amin,
    "max.dim": _max_along,
    "min.dim": _min_along,
    "logsumexp": _log_sum_exp,
    "cumsum": _cumsum,
    "prod": _prod,
}
