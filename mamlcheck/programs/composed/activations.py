"""Elementwise functions. At exact ties their derivatives are those of PyTorch; each says which."""

from __future__ import annotations

from mamlcheck.programs.building import Number, Value, together
from mamlcheck.programs.composed.softmax import softplus


def relu(x: Value) -> Value:
    """x where it is > 0, else 0; derivative 0 at 0."""
    return x.kept(x.positive())


def leaky_relu(x: Value, slope: Number) -> Value:
    """x where it is > 0, else slope x; derivative slope at 0."""
    up = x.positive()
    return x.kept(up) + slope * x.dropped(up)


def elu(x: Value, alpha: Number = 1, scale: Number = 1, inner: Number = 1) -> Value:
    """scale x where x > 0, else scale alpha (exp(inner x) - 1); at 0 the derivative is of the second."""
    up = x.positive()
    return scale * x.kept(up) + scale * alpha * expm1(inner * x.dropped(up))


def sigmoid(x: Value) -> Value:
    """1 / (1 + exp -x), by the hyperbolic tangent, which does not overflow."""
    return (1 + (x / 2).tanh()) / 2


def log_sigmoid(x: Value) -> Value:
    """The logarithm of the sigmoid."""
    return -softplus(-x)


def silu(x: Value) -> Value:
    """x times the sigmoid of x."""
    return x * sigmoid(x)


def mish(x: Value) -> Value:
    """x tanh(log(1 + exp x))."""
    return x * softplus(x).tanh()


def gelu(x: Value) -> Value:
    """x times the normal distribution function of x."""
    return x * (1 + (x / x.builder.constant(2).sqrt()).erf()) / 2


def gelu_by_tanh(x: Value, factor: Number = 0.044715) -> Value:
    """The approximation of `gelu` by a hyperbolic tangent."""
    inner = (2 / x.builder.pi()).sqrt() * (x + factor * (x * x * x))
    return x * (1 + inner.tanh()) / 2


def expm1(x: Value) -> Value:
    """exp x - 1, which loses no digits near 0: tanh(x/2) (exp x + 1)."""
    return (x / 2).tanh() * (x.exp() + 1)


def magnitude(x: Value) -> Value:
    """|x|, with derivative 0 at 0: x where it is > 0, -x where it is < 0."""
    return x.kept(x.positive()) - x.kept((-x).positive())


def clamped(x: Value, low: Value | Number | None, high: Value | Number | None) -> Value:
    """x within bounds, the upper one where they cross; the derivative at a bound is 1 for x and 0 for the bound."""
    if low is not None:
        x = replaced(x, x.builder.lifted(low), (low - x).positive())
    if high is not None:
        x = replaced(x, x.builder.lifted(high), (x - high).positive())
    return x


def maximum(x: Value, y: Value) -> Value:
    """The larger one; at a tie each gets half of the derivative."""
    x, y = together(x, y)
    more, less = (x - y).positive(), (y - x).positive()
    tied = (x + y).dropped(more).dropped(less) / 2
    return x.kept(more) + y.kept(less) + tied


def minimum(x: Value, y: Value) -> Value:
    """The smaller one; at a tie each gets half of the derivative."""
    return -maximum(-x, -y)


def replaced(x: Value, other: Value, where: Value) -> Value:
    """x, but the other where flags are set."""
    shape = where.shape
    return x.broadcast_to(shape).dropped(where) + other.broadcast_to(shape).kept(where)


def power(x: Value, n: int) -> Value:
    """x to an integer power, by repeated squaring."""
    if n < 0:
        return 1 / power(x, -n)
    result: Value | None = None
    while n:
        if n % 2:
            result = x if result is None else result * x
        n //= 2
        x = x * x if n else x
    return x.builder.constant(1).broadcast_to(x.shape) if result is None else result


def exponential(x: Value, base: Number) -> Value:
    """base to the power x, for a base > 0."""
    return (x * x.builder.constant(base).log()).exp()


def logarithm(x: Value, base: int) -> Value:
    """To an integer base."""
    return x.log() / x.builder.constant(base).log()
