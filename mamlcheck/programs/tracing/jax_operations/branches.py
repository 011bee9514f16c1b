"""What has a branch: comparisons, choices, maxima of two. At exact ties derivatives are those of JAX.

Measured: max' and min' are 1/2 by each, abs' is 1, clamp' is 0 by the number, sign' is 0.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from mamlcheck.programs.building import Value
from mamlcheck.programs.tracing._jax.lowering import Equation, Flag, Item, marked, numbers


def absolute(x: Value) -> Value:
    """|x|."""
    negative = (-x).positive()
    return x.dropped(negative) - x.kept(negative)


def sign(x: Value) -> Value:
    """1, 0 or -1."""
    one = x.builder.constant(1)
    return one.kept(x.positive()) - one.kept((-x).positive())


def maximum(equation: Equation, x: Item, y: Item) -> Value:
    """The larger; half of each where they are equal. An infinite bound is none."""
    for one, other in ((x, y), (y, x)):
        if isinstance(one, np.ndarray) and (one == -np.inf).all():
            return equation.value(other).broadcast_to(equation.shape)
    return larger(equation.value(x), equation.value(y))


def minimum(equation: Equation, x: Item, y: Item) -> Value:
    """The smaller; half of each where they are equal."""
    for one, other in ((x, y), (y, x)):
        if isinstance(one, np.ndarray) and (one == np.inf).all():
            return equation.value(other).broadcast_to(equation.shape)
    return -larger(-equation.value(x), -equation.value(y))


def larger(x: Value, y: Value) -> Value:
    """The larger of two values, with half of each derivative where they are equal."""
    first, second = (x - y).positive(), (y - x).positive()
    tied = ((x + y) / 2).dropped(first).dropped(second)
    return x.kept(first) + y.kept(second) + tied


def clamp(equation: Equation, low: Item, x: Item, high: Item) -> Value:
    """x within its bounds."""
    found = equation.value(x)
    if not (isinstance(low, np.ndarray) and (low == -np.inf).all()):
        bound = equation.value(low)
        above = (equation.value(x) - bound).positive()
        found = found.kept(above) + bound.dropped(above)
    if not (isinstance(high, np.ndarray) and (high == np.inf).all()):
        bound = equation.value(high)
        below = (bound - equation.value(x)).positive()
        found = found.kept(below) + bound.dropped(below)
    return found


# -- truths ------------------------------------------------------------------------------------------------------------
def compared(equation: Equation, x: Item, y: Item, way: str) -> Item:
    """Whether x is greater ('gt'), less, at least, at most, equal or not."""
    a, b = equation.value(x), equation.value(y)
    if a.position == b.position:  # `x != x` is how JAX asks for nan, and no number of a program is
        return np.full(equation.shape, way in ("ge", "le", "eq"))
    greater, less = (Flag(p.positive()) for p in (a - b, b - a))
    either = greater.number + less.number if way in ("eq", "ne") else None
    if either is not None:
        unequal = Flag(either.positive())
        return unequal if way == "ne" else unequal.negated
    return {"gt": greater, "lt": less, "ge": less.negated, "le": greater.negated}[way]


def logical(equation: Equation, x: Item, y: Item, way: str) -> Value:
    """Of two truths, as a number that is positive where it holds."""
    if equation.kind != "b":
        raise equation.refusal("it is of the bits of integers that depend on the parameters")
    a, b = equation.value(x), equation.value(y)
    return {"and": lambda: a * b, "or": lambda: a + b, "xor": lambda: (a - b).square()}[way]()


def negated(equation: Equation, x: Item) -> Item:
    """Whether a truth does not hold."""
    if not isinstance(x, Flag):
        raise equation.refusal("it is of the bits of integers that depend on the parameters")
    return x.negated


def select(equation: Equation, which: Item, *cases: Item) -> Item:
    """For each number, that of one of the cases: the second where it holds, the first where it does not."""
    if isinstance(which, Flag):
        no, yes = (equation.value(case) for case in cases)
        return _either(which, no, yes)
    index = np.broadcast_to(equation.known(which, "which case it takes"), equation.shape).astype(np.int64)
    chosen = np.unique(index).tolist()
    if len(chosen) == 1:
        case = cases[chosen[0]]
        return case if isinstance(case, (np.ndarray, Flag)) else equation.value(case)
    found = None
    for k in chosen:
        part = _where(equation, cases[k], index == k)
        found = part if found is None else found + part
    assert found is not None
    return found


def _either(which: Flag, no: Value, yes: Value) -> Value:
    shape = np.broadcast_shapes(which.shape, no.shape)
    if no.is_constant(0):
        return which.kept(yes).broadcast_to(shape)
    if yes.is_constant(0):
        return which.negated.kept(no).broadcast_to(shape)
    return which.kept(yes) + which.negated.kept(no)


def _where(equation: Equation, case: Item, here: np.ndarray) -> Value:
    """A case where it is taken, 0 elsewhere."""
    if isinstance(case, np.ndarray):
        return equation.builder.constant(np.where(here, case, 0))
    x = equation.value(case)
    return x.gathered(np.where(here, np.arange(x.size).reshape(x.shape), -1))


def finite(equation: Equation, x: Item) -> np.ndarray:
    """Whether numbers are finite: those of a program are."""
    return np.ones(equation.shape, dtype=bool)


def _exact(function: Any) -> Any:
    return marked(function, "exact")


OPERATIONS = {
    "abs": _exact(numbers(absolute)),
    "sign": _exact(numbers(sign)),
    "max": _exact(maximum),
    "min": _exact(minimum),
    "clamp": _exact(clamp),
    "select_n": _exact(select),
    "is_finite": finite,
    "not": negated,
    **{way: partial(compared, way=way) for way in ("gt", "lt", "ge", "le", "eq", "ne")},
    **{way: partial(logical, way=way) for way in ("and", "or", "xor")},
}
