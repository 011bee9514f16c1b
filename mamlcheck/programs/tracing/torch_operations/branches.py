"""Comparisons, choices, and functions with corners. Flags that depend on parameters are the numbers 0 and 1."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from mamlcheck.programs.building import Value, together
from mamlcheck.programs.composed import activations as f
from mamlcheck.programs.tracing._torch.calls import Call


def _one(flags: Value) -> Value:
    return flags.builder.constant(1).broadcast_to(flags.shape).kept(flags)


def _none(*flags: Value) -> Value:
    """1 where none of the flags is set."""
    one = flags[0].builder.constant(1).broadcast_to(flags[0].shape)
    for flag in flags:
        one = one.dropped(flag)
    return one


def _compared(compare: Callable[[Value, Value], Value], by: Callable[[float, float], bool]) -> Callable[..., Value]:
    """A comparison of values; with an infinite number it has the same answer for all finite ones."""

    def lowered(call: Call, x: Any, y: Any) -> Value:
        if isinstance(y, float) and math.isinf(y):
            return call.filled(int(by(0.0, y)))
        return compare(*together(call.value(x), call.value(y)))

    return lowered


def _greater(x: Value, y: Value) -> Value:
    return _one((x - y).positive())


def _less_equal(x: Value, y: Value) -> Value:
    return _none((x - y).positive())


def _equal(x: Value, y: Value) -> Value:
    return _none((x - y).positive(), (y - x).positive())


def flags(call: Call, condition: Any) -> Value:
    """Flags of numbers that are 0 or 1: those that they were made of, if that is all they were made of."""
    found = call.value(condition)
    if found.node.operation == "keep":
        one, where = (Value(call.builder, i) for i in found.node.inputs)
        if one.is_constant(1):
            return where
    return found.positive()


def _where(call: Call, condition: Any, x: Any, y: Any) -> Value:
    a, b = (call.value(v).broadcast_to(call.shape) for v in (x, y))
    if isinstance(condition, np.ndarray):
        return chosen(np.broadcast_to(condition, call.shape), a, b)
    return f.replaced(b, a, flags(call, condition.broadcast_to(call.shape)))


def chosen(where: np.ndarray, x: Value, y: Value) -> Value:
    """The numbers of x where flags are set, of y elsewhere, picked out of both."""
    at = np.arange(where.size).reshape(where.shape)
    both = x.builder.concatenated([x.reshape((-1,)), y.reshape((-1,))], 0)
    return both.gathered(np.where(where, at, where.size + at))


def _masked_fill(call: Call, x: Any, mask: Any, value: Any) -> Value:
    return _where(call, mask, value, x)


def _abs(call: Call, x: Any) -> Value:
    return f.magnitude(call.value(x))


def _sign(call: Call, x: Any) -> Value:
    y = call.value(x)
    return _one(y.positive()) - _one((-y).positive())


def _clamp(call: Call, x: Any, low: Any = None, high: Any = None) -> Value:
    return f.clamped(call.value(x), *(v if v is None else call.value(v) for v in (low, high)))


def _clamp_min(call: Call, x: Any, low: Any) -> Value:
    return _clamp(call, x, low)


def _clamp_max(call: Call, x: Any, high: Any) -> Value:
    return _clamp(call, x, None, high)


def _maximum(call: Call, x: Any, y: Any) -> Value:
    return f.maximum(call.value(x), call.value(y))


def _minimum(call: Call, x: Any, y: Any) -> Value:
    return f.minimum(call.value(x), call.value(y))


def _and(call: Call, x: Any, y: Any) -> Value:
    return call.value(x) * call.value(y)


def _or(call: Call, x: Any, y: Any) -> Value:
    a, b = call.value(x), call.value(y)
    return a + b - a * b


def _not(call: Call, x: Any) -> Value:
    return 1 - call.value(x)


OPERATIONS = {
    "gt": _compared(_greater, operator.gt),
    "lt": _compared(lambda x, y: _greater(y, x), operator.lt),
    "le": _compared(_less_equal, operator.le),
    "ge": _compared(lambda x, y: _less_equal(y, x), operator.ge),
    "eq": _compared(_equal, operator.eq),
    "ne": _compared(lambda x, y: 1 - _equal(x, y), operator.ne),
    "logical_and": _and,
    "bitwise_and": _and,
    "logical_or": _or,
    "bitwise_or": _or,
    "logical_not": _not,
    "bitwise_not": _not,
    "where.self": _where,
    "where.ScalarOther": _where,
    "where.ScalarSelf": _where,
    "where.Scalar": _where,
    "masked_fill": _masked_fill,
    "abs": _abs,
    "sign": _sign,
    "clamp": _clamp,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
    "maximum": _maximum,
    "minimum": _minimum,
    "max.other": _maximum,
    "min.other": _minimum,
}
EXACT = ("masked_fill", "where")
