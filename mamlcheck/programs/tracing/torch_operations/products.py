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


OPERATIONS = {
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
