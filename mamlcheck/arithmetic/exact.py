"""Exact numbers and their nearest doubles.

An exact number is a Python int, a `fractions.Fraction`, a flint `fmpq`, or a finite double, which *is* the
dyadic number it stores. Every arithmetic takes its inputs through here; nothing else turns a number that a
person or a generator chose into a number that a formula runs on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq, fmpz

from mamlcheck.errors import InputError


def fraction(value: Any) -> Fraction:
    """`value` as an exact fraction; `InputError` when it is not an exact finite number."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, (fmpq, fmpz)):
        quotient = fmpq(value)
        return Fraction(int(quotient.p), int(quotient.q))
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)):
        return Fraction(int(value))
    if isinstance(value, (float, np.floating)):
        if not math.isfinite(value):
            raise InputError(f"{value} is not a number that a task can hold: give finite numbers only")
        return Fraction(*value.as_integer_ratio())  # of a long double too, which float() would round
    raise InputError(f"{value!r} is not an exact number: give an int, a Fraction or a finite float")


def exact_array(values: Any) -> np.ndarray:
    """`values` as a float64 array when they are doubles, else as an object array of fractions.

    Takes anything `numpy.array` takes, of the numbers `fraction` takes. Raises `InputError` for NaN and
    infinities.
    """
    array = values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
    if array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        array = array.astype(np.float64, copy=False)
        if not np.isfinite(array).all():
            raise InputError("the data hold NaN or infinite numbers: give finite numbers only")
        return array
    out = np.empty(array.shape, dtype=object)
    out.ravel()[:] = [fraction(v) for v in array.ravel()]
    if all(type(v) is float for v in array.ravel()) and array.size:
        return array.astype(np.float64)
    return out


def fractions_of(values: np.ndarray) -> Iterator[Fraction]:
    """Every element of an exact array, as a fraction, in C order."""
    return (fraction(v) for v in values.ravel().tolist())


def nearest_double(value: Fraction) -> float:
    """The double nearest to `value`, infinite beyond the largest one."""
    try:
        return value.numerator / value.denominator  # correctly rounded for ints of any size
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def short_text(value: Fraction, longest: int) -> str | None:
    """The fraction as text, None where it is longer than `longest`: Python refuses to write out very long integers."""
    if max(abs(value.numerator), value.denominator).bit_length() > 4 * longest:  # a digit has less than 4 bits
        return None
    text = str(value)
    return text if len(text) <= longest else None


def double_below(value: Fraction) -> float:
    """The largest double not above `value`."""
    near = nearest_double(value)
    if near == math.inf or (near != -math.inf and Fraction(near) > value):
        return math.nextafter(near, -math.inf)
    return near


def double_above(value: Fraction) -> float:
    """The smallest double not below `value`."""
    return -double_below(-value)


def exponent(n: int) -> int:
    """`n`, checked to be an integer >= 0, as `power` needs it."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise InputError(f"the exponent {n!r} is not an integer >= 0: divide, or take a root, for other powers")
    return int(n)
