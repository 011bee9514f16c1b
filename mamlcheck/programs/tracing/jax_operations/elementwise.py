"""Functions of numbers one by one, without branches."""

from __future__ import annotations

from typing import Any

import numpy as np

from mamlcheck.programs.building import Value
from mamlcheck.programs.tracing._jax.lowering import Equation, Item, marked, numbers


def integer_power(x: Value, n: int) -> Value:
    """x to an integer, by squaring."""
    if n < 0:
        return 1 / integer_power(x, -n)
    if n == 0:
        return x.builder.constant(1).broadcast_to(x.shape)
    half = integer_power(x, n // 2) if n > 1 else None
    return x if half is None else half.square() * x if n % 2 else half.square()


def power(equation: Equation, x: Item, y: Item) -> Value:
    """x ** y: for one known y that is half an integer by products and a root, else exp(y log x), for x > 0."""
    base = equation.value(x)
    if isinstance(y, np.ndarray) and y.size and (y == y.flat[0]).all():
        twice = 2 * float(y.flat[0])
        if twice.is_integer() and abs(twice) <= 128:
            whole, half = divmod(int(twice), 2)
            found = integer_power(base, whole) * base.sqrt() if half else integer_power(base, whole)
            return found.broadcast_to(equation.shape)
    return (equation.value(y) * base.log()).exp()


def division(equation: Equation, x: Item, y: Item) -> Value:
    """Of floats; integers that depend on parameters would have to be rounded."""
    if equation.kind != "f":
        raise equation.refusal("it divides integers that depend on the parameters, and rounds")
    return equation.value(x) / equation.value(y)


def logistic(x: Value) -> Value:
    """1 / (1 + exp(-x))."""
    return 1 / ((-x).exp() + 1)


def _two(x: Value) -> Value:
    return x.builder.constant(2)


def clean(operation: Any) -> Any:
    """An operation of values that is exact on doubles."""
    return marked(numbers(operation), "exact")


OPERATIONS = {
    "add": numbers(lambda x, y: x + y),
    "add_any": numbers(lambda x, y: x + y),
    "sub": numbers(lambda x, y: x - y),
    "mul": numbers(lambda x, y: x * y),
    "div": division,
    "neg": clean(lambda x: -x),
    "exp": numbers(Value.exp),
    "exp2": numbers(lambda x: (x * _two(x).log()).exp()),
    "log": numbers(Value.log),
    "log1p": numbers(lambda x: (x + 1).log()),
    "expm1": numbers(lambda x: x.exp() - 1),
    "tanh": numbers(Value.tanh),
    "logistic": numbers(logistic),
    "sqrt": numbers(Value.sqrt),
    "rsqrt": numbers(lambda x: 1 / x.sqrt()),
    "erf": numbers(Value.erf),
    "erfc": numbers(lambda x: 1 - x.erf()),
    "sin": numbers(Value.sin),
    "cos": numbers(Value.cos),
    "tan": numbers(lambda x: x.sin() / x.cos()),
    "sinh": numbers(lambda x: (x.exp() - (-x).exp()) / 2),
    "cosh": numbers(lambda x: (x.exp() + (-x).exp()) / 2),
    "atan": numbers(Value.atan),
    "asinh": numbers(lambda x: (x + (x.square() + 1).sqrt()).log()),
    "acosh": numbers(lambda x: (x + (x.square() - 1).sqrt()).log()),
    "atanh": numbers(lambda x: ((1 + x) / (1 - x)).log() / 2),
    "square": numbers(Value.square),
    "integer_pow": lambda equation, x: integer_power(equation.value(x), equation.settings["y"]),
    "pow": power,
}
