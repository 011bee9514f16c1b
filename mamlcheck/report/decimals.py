"""Enclosures as decimal text that still encloses.

A certified bound must not be lost on the last step to the reader's eye, so every number that stands for
an enclosure is rounded outward here (down for a lower end, up for an upper end), and a number given by its
digits shows only digits that the whole enclosure shares: cut (`certain_digits`), or rounded (`in_step`).  Knows
nothing of claims, pages or HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
#: Digits of a number that is read beside others, and the fewest that still say something.
DIGITS, FEWEST = 6, 3


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
    return _scientific(number)


def _scientific(number: Decimal, more: str = "") -> str:
    """`1.25e-8`, or `1.25…e-8` where `more` digits follow."""
    digits = "".join(str(digit) for digit in number.as_tuple().digits)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{'-' if number.is_signed() else ''}{digits[0]}{fraction}{more}e{number.adjusted()}"


def _digits_text(number: Decimal, more: str = "") -> str:
    """Digits that are known, and no zeros in place of others: `1.23457e9`, never `1234570000`."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or number == 0:
        return decimal_text(number)
    if exponent <= 0 and -5 <= number.adjusted() < MOST_DIGITS:
        return f"{number:f}{more}"
    return _scientific(number, more)


def _without_zeros(number: Decimal) -> str:
    """Its digits, without zeros at the end of the fraction."""
    text, power, exponent = _digits_text(number).partition("e")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + power + exponent


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
    return f"about {_without_zeros(_context(digits, ROUND_HALF_EVEN).plus(number))}"


def certain_digits(bounds: object, digits: int = DIGITS) -> str | None:
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
                return _digits_text(low, "…")
    low_text, high_text = outward(lower, upper, min(_digits_for(lower, upper), digits))
    return f"[{low_text}, {high_text}]"


def in_step(values: Sequence[object]) -> tuple[str, ...]:
    """Numbers to be compared by eye, as in a chain: all rounded to the same number of digits, each of them certain.

    Rounding keeps order, so what is printed never contradicts what is known: equal numbers read the same, and of two
    that are in order the first does not read as the larger. Six digits, or the most that all have which have three;
    what has fewer is said to be not resolved, with the whole enclosure if it has two ends. None is shown as `not
    computed`.
    """
    pairs = [ends(value) for value in values]
    known = [{n for n in range(FEWEST, DIGITS + 1) if _rounded(pair, n) is not None} for pair in pairs]
    agreed = {n for n in range(FEWEST, DIGITS + 1) if all(n in some for some in known if some)}
    shown = max(agreed, default=DIGITS)
    return tuple(
        "not computed" if value is None else "not resolved" if pair is None else _in_digits(pair, shown)
        for value, pair in zip(values, pairs, strict=True)
    )


def _rounded(pair: tuple[Decimal, Decimal] | None, digits: int) -> Decimal | None:
    """The number of so many digits to which all of an enclosure rounds."""
    if pair is None or not (pair[0].is_finite() and pair[1].is_finite()):
        return None
    low, high = (_context(digits, ROUND_HALF_EVEN).plus(end) for end in pair)
    return low if low == high else None


def _in_digits(pair: tuple[Decimal, Decimal], digits: int) -> str:
    number = _rounded(pair, digits)
    if number is None:
        return f"not resolved: [{', '.join(outward(*pair, 2))}]"
    if pair[0] == pair[1] == number:
        return decimal_text(_trimmed(number))
    return _without_zeros(number)


def percent(share: object) -> str:
    """A share between 0 and 1 in per cent, with one decimal where that is certain, else none: '' where none is."""
    pair = ends(share)
    if pair is None:
        return ""
    for step in (Decimal("0.1"), Decimal(1)):
        low, high = (_rounded_to(100 * end, step) for end in pair)
        if low == high and low is not None:
            return f"{abs(low) if low == 0 else low}%"
    return ""


def _rounded_to(number: Decimal, step: Decimal) -> Decimal | None:
    try:
        return number.quantize(step, ROUND_HALF_EVEN, _context(MOST_DIGITS * 4, ROUND_HALF_EVEN))
    except InvalidOperation:
        return None
