"""Enclosures as decimal text that still encloses.

A certified bound must not be lost on the last step to the reader's eye, so every number that stands for
an enclosure is rounded outward here (down for a lower end, up for an upper end), and a number given by its
digits shows only digits that both ends share.  Knows nothing of claims, pages or HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    InvalidOperation,
)

#: Digits shown at most: 17 decimal digits tell any two doubles apart.
MOST_DIGITS = 17


def _context(digits: int, rounding: str) -> Context:
    return Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


def as_decimal(value: object, rounding: str = ROUND_HALF_EVEN) -> Decimal | None:
    """The number `value` as a decimal, or None where it is none.

    Integers, doubles (the exact dyadic number) and decimal strings convert exactly; a string `p/q` is
    divided at 40 digits in the direction `rounding`.  A nan, a bool and any other thing give None.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        number = Decimal(value)
    elif isinstance(value, str):
        over, slash, under = value.partition("/")
        try:
            number = Decimal(over)
            if slash:
                number = _context(40, rounding).divide(number, Decimal(under))
        except InvalidOperation:
            return None
    else:
        return None
    return None if number.is_nan() else number


def decimal_text(number: Decimal) -> str:
    """Plain notation for everyday sizes, `1.25e-8` outside them."""
    if not number.is_finite():
        return "-inf" if number < 0 else "inf"
    if number == 0:
        return "0"
    if -5 <= number.adjusted() < MOST_DIGITS:
        return f"{number:f}"
    digits = "".join(str(digit) for digit in number.as_tuple().digits)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{'-' if number.is_signed() else ''}{digits[0]}{fraction}e{number.adjusted()}"


def _trimmed(number: Decimal) -> Decimal:
    """The same number without trailing zeros (long enough a context to be exact)."""
    return number.normalize(_context(max(len(number.as_tuple().digits), 1), ROUND_HALF_EVEN))


def _significant(number: Decimal) -> int:
    return len(_trimmed(number).as_tuple().digits) if number.is_finite() else 0


def _digits_for(lower: Decimal, upper: Decimal) -> int:
    """Enough digits that outward rounding adds at most a tenth of the width at either end."""
    if not (lower.is_finite() and upper.is_finite()) or lower == upper:
        return MOST_DIGITS
    wide = _context(60, ROUND_HALF_EVEN)
    size = max(abs(lower), abs(upper))
    width = wide.subtract(upper, lower)
    return min(max(size.adjusted() - width.adjusted() + 2, 3), MOST_DIGITS)


def outward(lower: Decimal, upper: Decimal, digits: int) -> tuple[str, str]:
    """`lower` rounded down and `upper` rounded up to `digits` significant digits, as text."""
    down = _context(digits, ROUND_FLOOR).plus(lower)
    up = _context(digits, ROUND_CEILING).plus(upper)
    return decimal_text(_trimmed(down)), decimal_text(_trimmed(up))


def ends(bounds: object) -> tuple[Decimal, Decimal] | None:
    """The two ends of `{"lower": ..., "upper": ...}`, or None where either is missing or no number."""
    if not isinstance(bounds, Mapping):
        return None
    lower = as_decimal(bounds.get("lower"), ROUND_FLOOR)
    upper = as_decimal(bounds.get("upper"), ROUND_CEILING)
    return None if lower is None or upper is None else (lower, upper)


def enclosure_text(bounds: object) -> str:
    """`[lower, upper]` rounded outward; `0.5 (exact)` for a point that fits in 17 digits.

    A bare number is a float of unknown error and reads `about ...`; a missing one reads `not recorded`.
    """
    pair = ends(bounds)
    if pair is None:
        return approximate_text(bounds)
    lower, upper = pair
    if lower == upper and lower.is_finite() and _significant(lower) <= MOST_DIGITS:
        return f"{decimal_text(_trimmed(lower))} (exact)"
    low, high = outward(lower, upper, _digits_for(lower, upper))
    return f"[{low}, {high}]"


def approximate_text(value: object, digits: int = 6) -> str:
    """A number without error bounds, rounded to nearest: `about 0.123457`, or `not recorded`."""
    number = as_decimal(value)
    if number is None:
        return value if isinstance(value, str) else "not recorded"
    return f"about {decimal_text(_trimmed(_context(digits, ROUND_HALF_EVEN).plus(number)))}"


def certain_digits(bounds: object, digits: int = 6) -> str | None:
    """The leading digits that both ends share, at most `digits`, then an ellipsis: `0.99871…`.

    Truncated, never rounded: a tightness just under 1 does not read as 1.  Where the ends share no digit
    the enclosure itself; None where there is nothing to show.
    """
    pair = ends(bounds)
    if pair is None:
        return None
    lower, upper = pair
    if lower == upper and lower.is_finite() and _significant(lower) <= digits:
        return decimal_text(_trimmed(lower))
    if lower.is_finite() and upper.is_finite():
        for shown in range(digits, 0, -1):
            context = _context(shown, ROUND_DOWN)
            low, high = context.plus(lower), context.plus(upper)
            if low == high and low != 0:
                return f"{decimal_text(low)}…"
    low_text, high_text = outward(lower, upper, min(_digits_for(lower, upper), digits))
    return f"[{low_text}, {high_text}]"
