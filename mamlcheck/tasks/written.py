"""Exact numbers and objects as files hold them, in JSON: written as text, and read without ever being evaluated.

Numbers are text ("3", "-1/7", "0.1") or JSON numbers, and both mean the exact decimal or fraction that is written: 0.1
is one tenth, not the double nearest to it. Whatever stands in a file, reading it gives an exact number or an
`InputError` that says where it is wrong; sizes are looked at before a number becomes a fraction.
"""

from __future__ import annotations

import math
import re
import reprlib
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic.exact import fractions_of, short_text
from mamlcheck.errors import InputError

LARGEST_ARRAY_DIGITS = 2**26  # of all numbers of an array, written out without exponents
LARGEST_READ_ARRAY = 2**20
LARGEST_DIGITS = 400  # of a number in a file: of each side of a fraction line, or of a decimal point
LARGEST_EXPONENT = 999
LONGEST_NUMERAL = 2 * LARGEST_DIGITS + 1000  # digits of such a number, written out without its exponent
_DECIMAL = re.compile(rf"[+-]?\d{{1,{LARGEST_DIGITS}}}(\.\d{{1,{LARGEST_DIGITS}}})?([eE][+-]?\d{{1,3}})?", re.ASCII)
_FRACTION = re.compile(rf"[+-]?\d{{1,{LARGEST_DIGITS}}}/\d{{1,{LARGEST_DIGITS}}}", re.ASCII)


# -- writing -------------------------------------------------------------------------------------------------
def numbers_to_json(values: np.ndarray) -> Any:
    """Exact numbers as nested lists of text. Raises `InputError` for numbers too long for a file."""
    texts = np.array([_written(v) for v in fractions_of(values)], dtype=object)
    return texts.reshape(values.shape).tolist() if values.shape else texts[0]


def _written(value: Fraction) -> str:
    """An exact number as text that `_number` reads: a fraction, or a decimal with an exponent where that is shorter."""
    for text in (short_text(value, 2 * LARGEST_DIGITS + 2), _decimal(value)):
        if text is not None and (_FRACTION.fullmatch(text) or _DECIMAL.fullmatch(text)):
            return text
    raise InputError(
        f"a number has more than {LARGEST_DIGITS} digits above or below its fraction line: no file holds it"
    )


def _decimal(value: Fraction) -> str | None:
    """As digits and an exponent that `_DECIMAL` takes, with a point among them if need be; None if it has none."""
    top, bottom = abs(value.numerator), value.denominator
    if max(top, bottom).bit_length() > 4 * LONGEST_NUMERAL:
        return None
    twos = (bottom & -bottom).bit_length() - 1
    rest, fives = bottom >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    written = str(top * 10**places // bottom)
    digits = written.rstrip("0")
    exponent = len(written) - len(digits) - places
    digits += "0" * (exponent - LARGEST_EXPONENT)
    exponent = min(exponent, LARGEST_EXPONENT)
    behind = max(len(digits) - LARGEST_DIGITS, -LARGEST_EXPONENT - exponent, 0)  # digits behind the point
    digits = digits.zfill(behind + 1)
    point = len(digits) - behind
    return f"{'-' if value < 0 else ''}{digits[:point]}{'.' if behind else ''}{digits[point:]}e{exponent + behind}"


# -- reading -------------------------------------------------------------------------------------------------
class Numeral(str):
    """A number of a JSON text as it is written: it becomes a fraction where one is wanted, once its size is known."""

    __slots__ = ()


def number(value: Any, where: str) -> Fraction:
    """The exact number that JSON has as a number or as text: the decimal or fraction written, never a float."""
    if not isinstance(value, str):
        raise InputError(f"{where} is {shown(value)}: give a number")
    return _number(value)


def _number(text: str) -> Fraction:
    """An exact number from its text."""
    if _FRACTION.fullmatch(text):
        top, bottom = text.split("/")
        if int(bottom) == 0:
            raise InputError(f"{text} divides by zero")
        return Fraction(int(top), int(bottom))
    if _DECIMAL.fullmatch(text):
        return Fraction(text)
    raise InputError(
        f"{shown(text)} is not a number: write 3, -1/7 or 0.1, at most {LARGEST_DIGITS} digits, exponent below 1000"
    )


def block_of(value: Any, where: str, wanted: list[int] | None = None) -> np.ndarray:
    """Nested lists of numbers as an exact array with a leading axis of length 1, of the shape wanted beyond that.

    All sizes are looked at before a number becomes a fraction.
    """
    shape: list[int] = []
    probe = value
    while isinstance(probe, list):
        shape.append(len(probe))
        if not probe or len(shape) > 6:
            raise InputError(f"{where} is empty or nested too deeply: give lists of numbers")
        probe = probe[0]
    if wanted is not None and shape != wanted:
        raise InputError(f"{where} has shape {tuple(shape)}: these tasks need {tuple(wanted)}")
    if math.prod(shape) > LARGEST_READ_ARRAY:
        raise InputError(f"{where} holds {' x '.join(map(str, shape))} numbers: at most {LARGEST_READ_ARRAY} are read")
    texts: list[str] = []
    _flatten(value, shape, where, texts)
    if sum(map(_digits, texts)) > LARGEST_ARRAY_DIGITS:
        raise InputError(
            f"{where} holds numbers of more than {LARGEST_ARRAY_DIGITS} digits in all, written out: give fewer"
        )
    flat = [_number(text) for text in texts]
    array = np.empty((1, *shape), dtype=object)
    array.reshape(-1)[:] = flat
    return _as_doubles_if_exact(array, flat)


def _digits(text: str) -> int:
    """About how many digits a number has without its exponent, if it is one."""
    _, _, exponent = text[-5:].lower().partition("e")
    return len(text) + (abs(int(exponent)) if exponent.lstrip("+-").isdecimal() else 0)


def _flatten(value: Any, shape: list[int], where: str, texts: list[str]) -> None:
    if not shape:
        if not isinstance(value, str):
            raise InputError(f"{where} holds {shown(value)} where a number belongs")
        texts.append(value)
        return
    if not isinstance(value, list) or len(value) != shape[0]:
        raise InputError(f"{where} is not a full array of numbers: its rows differ in length")
    for item in value:
        _flatten(item, shape[1:], where, texts)


def _as_doubles_if_exact(array: np.ndarray, flat: list[Fraction]) -> np.ndarray:
    try:
        doubles = [v.numerator / v.denominator for v in flat]
    except OverflowError:
        return array
    if all(Fraction(x) == v for x, v in zip(doubles, flat, strict=True)):
        return np.array(doubles, dtype=np.float64).reshape(array.shape)
    return array


def is_text(value: Any) -> bool:
    """Whether this is text, and no number."""
    return isinstance(value, str) and not isinstance(value, Numeral)


def array_in(content: dict[str, Any], name: str, where: str) -> np.ndarray:
    """The array of that name in an object, as `block_of` reads it; `where` is what the object is."""
    return block_of(get(content, name, where), name)


def integer(value: Any, where: str) -> int:
    """A number that is an integer."""
    exact = number(value, where)
    if exact.denominator != 1 or abs(exact) > 10**9:
        raise InputError(f"{where} is {shown(value)}: give an integer")
    return int(exact)


def object_in(value: Any, where: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise InputError(f"{where} is {shown(value)} where an object belongs: {{...}}")
    return value


def get(content: dict[str, Any], name: str, where: str) -> Any:
    """The entry of that name in an object."""
    if name not in content:
        raise InputError(f'{where} has no "{name}"')
    return content[name]


def only(content: dict[str, Any], allowed: set[str], where: str) -> None:
    """Raise `InputError` for an object with entries other than those allowed."""
    unknown = sorted(set(content) - allowed)
    if unknown:
        some = ", ".join(map(shown, unknown[:5])) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
        raise InputError(f"{where} has unknown entries {some}: {sorted(allowed)} are known")


_BRIEF = reprlib.Repr()
_BRIEF.maxstring = 60


def shown(value: Any) -> str:
    """What stands in a file, cut where it is long, for a message."""
    text = str(value) if isinstance(value, Numeral) else _BRIEF.repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
