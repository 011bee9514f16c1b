"""Exact numbers and their nearest doubles.

An exact number is a Python int, a `fractions.Fraction`, a flint `fmpq`, or a finite double, which *is* the
dyadic number it stores. Every arithmetic takes its inputs through here; nothing else turns a number that a
person or a generator chose into a number that a formula runs on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import Field, fields
from fractions import Fraction
from functools import cached_property
from typing import ClassVar, Self, TypeGuard, TypeVar, overload

import numpy as np
from flint import fmpq, fmpz

from mamlcheck.arithmetic.arrays import Doubles, Flags, Integers, Objects
from mamlcheck.errors import InputError

Kept = TypeVar("Kept")
Array = TypeVar("Array", Doubles, Objects)


def fraction(value: object) -> Fraction:
    """`value` as an exact fraction; `InputError` when it is not an exact finite number."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, (fmpq, fmpz)):
        quotient = fmpq(value)
        return Fraction(int(quotient.p), int(quotient.q))
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64)):
        return Fraction(int(value))
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):  # math.isfinite rounds a long double first
            raise InputError(f"{value} is not a number that a task can hold: give finite numbers only")
        return Fraction(*value.as_integer_ratio())  # of a long double too, which float() would round
    raise InputError(f"{value!r} is not an exact number: give an int, a Fraction or a finite float")


def exact_array(values: object) -> Doubles | Objects:
    """`values` as a read-only float64 array when they are doubles, else as a read-only object array of fractions.

    Takes anything `numpy.array` takes, of the numbers `fraction` takes. What the caller may still write into is
    copied. Raises `InputError` for NaN, infinities and masked values.
    """
    _refuse_masked(values)
    # A subclass of ndarray, such as numpy.matrix, indexes and multiplies by rules of its own.
    array = np.asarray(values) if isinstance(values, np.ndarray) else np.array(values, dtype=object)
    if array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        if not np.isfinite(array).all():
            raise InputError("the data hold NaN or infinite numbers: give finite numbers only")
        return frozen(array.astype(np.float64, copy=False))
    numbers = array.ravel().tolist() if array.dtype == object else list(array.ravel())
    out = np.empty(array.shape, dtype=object)
    # Most are fractions already, which `isinstance` takes long to see: it asks an abstract class.
    out.ravel()[:] = [v if type(v) is Fraction else fraction(v) for v in numbers]
    if numbers and all(type(v) is float for v in numbers):
        out = array.astype(np.float64)
    out.setflags(write=False)
    return out


def are_doubles(array: Doubles | Objects) -> TypeGuard[Doubles]:
    """Whether exact numbers are held as doubles, and not as fractions."""
    return array.dtype == np.float64


def frozen(array: Array) -> Array:
    """The array if nobody can write into it, else a read-only copy: what is derived from it once stays true."""
    owner: object = array
    while type(owner) is np.ndarray and not owner.flags.writeable:
        if owner.base is None:
            return array
        owner = owner.base
    copy = array.copy()
    copy.setflags(write=False)
    return copy


class kept(cached_property[Kept]):  # noqa: N801 - it stands where cached_property would
    """A quantity computed when first asked for, and once; its arrays are read-only.

    A formula that says `y = x.alpha; y += 1` would change alpha for all others where numbers are NumPy arrays.
    """

    @overload
    def __get__(self, instance: None, owner: type[object] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[object] | None = None) -> Kept: ...

    def __get__(self, instance: object, owner: type[object] | None = None) -> Self | Kept:
        return read_only(super().__get__(instance, owner))


def read_only(found: Kept) -> Kept:
    """The array of an arithmetic, or a tuple of arrays, none of which can be written into any more."""
    for value in found if isinstance(found, tuple) else (found,):
        for array in (value, getattr(value, "mid", None), getattr(value, "rad", None)):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
    return found


class Sealed:
    """A frozen dataclass whose copies and pickles go through its constructor, as the original did.

    So they are checked and read-only too, and hold nothing that was derived from the original: NumPy's own copies of
    read-only arrays can be written into.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self) if field.init)


def _refuse_masked(values: object) -> None:
    """Raise `InputError` for a masked value: NumPy hands out what lies beneath the mask."""
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            raise InputError("the data hold masked values, which are no numbers: leave them out or fill them in first")
    elif isinstance(values, (list, tuple)):
        for value in values:
            _refuse_masked(value)


def fractions_of(values: Doubles | Objects) -> Iterator[Fraction]:
    """Every element of an exact array, as a fraction, in C order."""
    return (v if type(v) is Fraction else fraction(v) for v in values.ravel().tolist())


def nearest_double(value: Fraction) -> float:
    """The double nearest to `value`, infinite beyond the largest one."""
    try:
        return value.numerator / value.denominator  # correctly rounded for ints of any size
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def each_once(values: Doubles | Objects) -> tuple[list[object], Integers]:
    """The numbers that the elements are, each object once, and which of them stands at each place.

    Numbers that are equal may be different objects, and are told apart then.
    """
    elements = values.ravel().tolist()
    distinct = {id(v): v for v in elements}
    number = dict(zip(distinct, range(len(distinct)), strict=True))
    where = np.array([number[id(v)] for v in elements], dtype=np.intp)
    return list(distinct.values()), where.reshape(values.shape)


def nearest_doubles(values: Doubles | Objects) -> tuple[Doubles, Flags]:
    """The doubles nearest to exact numbers, infinite beyond the largest one, and where they are not these numbers.

    A number that stands in many places, such as a probability in all instances of a block, is looked at once.
    """
    objects, where = each_once(values)
    nearest = [_nearest_and_off(fraction(v)) for v in objects]
    doubles = np.array([near for near, _ in nearest], dtype=np.float64)
    off = np.array([off for _, off in nearest], dtype=bool)
    return doubles[where], off[where]


def _nearest_and_off(value: Fraction) -> tuple[float, bool]:
    near = nearest_double(value)
    return near, math.isinf(near) or near.as_integer_ratio() != (value.numerator, value.denominator)


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
