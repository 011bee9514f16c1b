"""Elementary functions, elementwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mamlcheck.programs.building import Value
from mamlcheck.programs.composed import activations as f
from mamlcheck.programs.tracing._torch.calls import Call


def _of(function: Callable[[Value], Value]) -> Callable[[Call, Any], Value]:
    return lambda call, x: function(call.value(x))


def _sinh(x: Value) -> Value:
    return (x.exp() - (-x).exp()) / 2


def _cosh(x: Value) -> Value:
    return (x.exp() + (-x).exp()) / 2


OPERATIONS = {
    "exp": _of(Value.exp),
    "exp2": _of(lambda x: f.exponential(x, 2)),
    "expm1": _of(f.expm1),
    "log": _of(Value.log),
    "log2": _of(lambda x: f.logarithm(x, 2)),
    "log10": _of(lambda x: f.logarithm(x, 10)),
    "log1p": _of(lambda x: (1 + x).log()),
    "sqrt": _of(Value.sqrt),
    "rsqrt": _of(lambda x: 1 / x.sqrt()),
    "sin": _of(Value.sin),
    "cos": _of(Value.cos),
    "tan": _of(lambda x: x.sin() / x.cos()),
    "atan": _of(Value.atan),
    "sinh": _of(_sinh),
    "cosh": _of(_cosh),
    "asinh": _of(lambda x: (x + (x.square() + 1).sqrt()).log()),
    "acosh": _of(lambda x: (x + (x.square() - 1).sqrt()).log()),
    "atanh": _of(lambda x: ((1 + x) / (1 - x)).log() / 2),
    "tanh": _of(Value.tanh),
    "erf": _of(Value.erf),
    "erfc": _of(lambda x: 1 - x.erf()),
    "sigmoid": _of(f.sigmoid),
}
