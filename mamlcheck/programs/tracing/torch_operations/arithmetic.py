"""Sums, products, quotients and powers, elementwise."""

from __future__ import annotations

from typing import Any

from mamlcheck.programs.building import Number, Value
from mamlcheck.programs.composed.activations import exponential, power
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.calls import Call


def _add(call: Call, x: Any, y: Any, alpha: Number = 1) -> Value:
    return call.value(x) + alpha * call.value(y)


def _sub(call: Call, x: Any, y: Any, alpha: Number = 1) -> Value:
    return call.value(x) - alpha * call.value(y)


def _rsub(call: Call, x: Any, y: Any, alpha: Number = 1) -> Value:
    return call.value(y) - alpha * call.value(x)


def _mul(call: Call, x: Any, y: Any) -> Value:
    return call.value(x) * call.value(y)


def _div(call: Call, x: Any, y: Any, rounding_mode: str | None = None) -> Value:
    if rounding_mode is not None:
        raise CannotBeTraced(f"a quotient rounded by {rounding_mode!r} jumps, and has no derivative where it does")
    return call.value(x) / call.value(y)


def _pow(call: Call, x: Any, exponent: Any) -> Value:
    """A base that is one number is a constant > 0; an exponent that is one is whole, a half, or any."""
    if isinstance(x, (int, float)):
        return exponential(call.value(exponent), x)
    base = call.value(x)
    if not isinstance(exponent, (int, float)):
        return (call.value(exponent) * base.log()).exp()
    if float(exponent).is_integer():
        return power(base, int(exponent))
    if float(2 * exponent).is_integer():
        return power(base, int(exponent - 0.5)) * base.sqrt()
    return (exponent * base.log()).exp()


def _addcmul(call: Call, x: Any, y: Any, z: Any, value: Number = 1) -> Value:
    return call.value(x) + value * (call.value(y) * call.value(z))


def _addcdiv(call: Call, x: Any, y: Any, z: Any, value: Number = 1) -> Value:
    return call.value(x) + value * (call.value(y) / call.value(z))


def _lerp(call: Call, x: Any, y: Any, weight: Any) -> Value:
    return call.value(x) + call.value(weight) * (call.value(y) - call.value(x))


def _neg(call: Call, x: Any) -> Value:
    return -call.value(x)


def _reciprocal(call: Call, x: Any) -> Value:
    return 1 / call.value(x)


def _square(call: Call, x: Any) -> Value:
    return call.value(x).square()


def _hypot(call: Call, x: Any, y: Any) -> Value:
    return (call.value(x).square() + call.value(y).square()).sqrt()


OPERATIONS = {
    "hypot": _hypot,
    "add": _add,
    "sub": _sub,
    "rsub": _rsub,
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "addcmul": _addcmul,
    "addcdiv": _addcdiv,
    "lerp": _lerp,
    "neg": _neg,
    "reciprocal": _reciprocal,
    "square": _square,
}
