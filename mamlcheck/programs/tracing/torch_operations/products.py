"""Products of matrices and vectors."""

from __future__ import annotations

from typing import Any

from mamlcheck.programs.building import Number, Value
from mamlcheck.programs.tracing._torch.calls import Call


def _mm(call: Call, x: Any, y: Any) -> Value:
    return call.value(x) @ call.value(y)


def _mv(call: Call, x: Any, y: Any) -> Value:
    return (call.value(x) @ call.value(y).reshape((-1, 1))).reshape(call.shape)


def _dot(call: Call, x: Any, y: Any) -> Value:
    return (call.value(x) * call.value(y)).sum()


def _linear(call: Call, x: Any, weight: Any, bias: Any = None) -> Value:
    """One product for all leading axes, so that the weight is not repeated."""
    y = call.value(x).reshape((-1, call.value(x).shape[-1])) @ call.value(weight).swapped
    y = y.reshape(call.shape)
    return y if bias is None else y + call.value(bias)


def _addmm(call: Call, bias: Any, x: Any, y: Any, beta: Number = 1, alpha: Number = 1) -> Value:
    product = alpha * (call.value(x) @ call.value(y))
    return product if beta == 0 else beta * call.value(bias) + product


def _addmv(call: Call, bias: Any, x: Any, y: Any, beta: Number = 1, alpha: Number = 1) -> Value:
    product = alpha * _mv(call, x, y)
    return product if beta == 0 else beta * call.value(bias) + product


def _addbmm(call: Call, bias: Any, x: Any, y: Any, beta: Number = 1, alpha: Number = 1) -> Value:
    product = alpha * (call.value(x) @ call.value(y)).sum(0)
    return product if beta == 0 else beta * call.value(bias) + product


def _trilinear(
    call: Call, x: Any, y: Any, z: Any, new_x: Any, new_y: Any, new_z: Any, summed: Any, unroll: int = 1
) -> Value:
    """Products of three values with new axes, summed over some: what F.bilinear is made of."""
    values = [(call.value(v), new) for v, new in ((x, new_x), (y, new_y), (z, new_z))]
    a, b, c = (v.reshape(_with_axes(v.shape, new)) for v, new in values)
    return (a * b * c).sum(tuple(summed))


def _with_axes(shape: tuple[int, ...], new: Any) -> tuple[int, ...]:
    lengths = list(shape)
    for axis in sorted(new):
        lengths.insert(axis, 1)
    return tuple(lengths)


OPERATIONS = {
    "_trilinear": _trilinear,
    "mm": _mm,
    "bmm": _mm,
    "mv": _mv,
    "dot": _dot,
    "vdot": _dot,
    "linear": _linear,
    "addmm": _addmm,
    "baddbmm": _addmm,
    "addmv": _addmv,
    "addbmm": _addbmm,
}
