"""Numbers as decimal text that still encloses them.

A certified bound must not get lost on the way to the reader's eye. So the ends of an enclosure are rounded outward
(the lower one down, the upper one up), and a number given by its digits shows only digits that the whole enclosure
shares, cut (`certain_digits`) or rounded (`in_step`). Here a number is an `Enclosure`, or exact as the text of a
decimal or of a fraction p/q, of any length. Nothing is known here of claims, pages or HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
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

from mamlcheck.formats.shared import Enclosure

DOUBLE_DIGITS = 17  # decimal digits that tell any two doubles apart; more are never shown
SHOWN_DIGITS = 6  # of a number that is read beside others
FEWEST_DIGITS = 3  # of such a number; fewer say too little
LONGEST_DOUBLE_DIGITS = 800  # of any double written out in full, and of a hundred times it
QUOTIENT_DIGITS = 40  # to which a fraction is divided, before it is rounded to digits that are shown

Number = Enclosure | str | None
"""A number within bounds, or exact as text; None where there is none."""


def _context(digits: int, rounding: str) -> Context:
    return Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


# -- reading numbers -----------------------------------------------------------------------------------------
def exact_ends(text: str) -> tuple[Decimal, Decimal] | None:
    """The number in a text from below and from above, equal for a decimal; None where the text is no number."""
    over, slash, under = text.partition("/")
    try:
        number, divisor = Decimal(over), Decimal(under) if slash else Decimal(1)
        lower, upper = (
            _context(QUOTIENT_DIGITS, rounding).divide(number, divisor) if slash else number
            for rounding in (ROUND_FLOOR, ROUND_CEILING)
        )
    except InvalidOperation:
        return None
    return (lower, upper) if lower.is_finite() and upper.is_finite() else None


def ends(number: Number) -> tuple[Decimal, Decimal] | None:
    """Bounds of a number, infinite where one is not known; None where nothing is known of it."""
    if number is None or isinstance(number, str):
        return None if number is None else exact_ends(number)
    if number.lower is None and number.upper is None:
        return None
    lower = Decimal("-inf") if number.lower is None else Decimal(number.lower)
    upper = Decimal("inf") if number.upper is None else Decimal(number.upper)
    return lower, upper


# -- notation ------------------------------------------------------------------------------------------------
def decimal_text(number: Decimal) -> str:
    """Plain notation for everyday sizes, `1.25e-8` outside them."""
    if not number.is_finite():
        return "-inf" if number < 0 else "inf"
    if number == 0:
        return "0"
    if -5 <= number.adjusted() < DOUBLE_DIGITS:
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
    if exponent <= 0 and -5 <= number.adjusted() < DOUBLE_DIGITS:
        return f"{number:f}{more}"
    return _scientific(number, more)


def _without_zeros(number: Decimal) -> str:
    """Its digits, without zeros at the end of the fraction."""
    text, power, exponent = _digits_text(number).partition("e")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + power + exponent


def _trimmed(number: Decimal) -> Decimal:
    """The same number without trailing zeros (the context is long enough to be exact)."""
    return number.normalize(_context(max(len(number.as_tuple().digits), 1), ROUND_HALF_EVEN))


def _significant(number: Decimal) -> int:
    """How many significant digits a finite number has."""
    return len(_trimmed(number).as_tuple().digits) if number.is_finite() else 0


# -- enclosures ----------------------------------------------------------------------------------------------
def _digits_for(lower: Decimal, upper: Decimal) -> int:
    """Enough digits that outward rounding adds at most a tenth of the width at either end."""
    if not (lower.is_finite() and upper.is_finite()) or lower == upper:
        return DOUBLE_DIGITS
    wide = _context(60, ROUND_HALF_EVEN)
    size = max(abs(lower), abs(upper))
    width = wide.subtract(upper, lower)
    return min(max(size.adjusted() - width.adjusted() + 2, 3), DOUBLE_DIGITS)


def outward(lower: Decimal, upper: Decimal, digits: int) -> tuple[str, str]:
    """`lower` rounded down and `upper` rounded up to `digits` significant digits, as text."""
    down = _context(digits, ROUND_FLOOR).plus(lower)
    up = _context(digits, ROUND_CEILING).plus(upper)
    return decimal_text(_trimmed(down)), decimal_text(_trimmed(up))


def enclosure_text(number: Enclosure) -> str:
    """`[lower, upper]` rounded outward, `0.5 (exact)` for a point that 17 digits hold, `not known` without bounds."""
    pair = ends(number)
    if pair is None:
        return "not known"
    lower, upper = pair
    if lower == upper and lower.is_finite() and _significant(lower) <= DOUBLE_DIGITS:
        return f"{decimal_text(_trimmed(lower))} (exact)"
    low, high = outward(lower, upper, _digits_for(lower, upper))
    return f"[{low}, {high}]"


def approximate_text(exact: str, digits: int = SHOWN_DIGITS) -> str:
    """An exact number rounded to nearest: `about 0.123457`; any other text as it is."""
    pair = exact_ends(exact)
    if pair is None:
        return exact
    return f"about {_without_zeros(_context(digits, ROUND_HALF_EVEN).plus(pair[0]))}"


def certain_digits(number: Number, digits: int = SHOWN_DIGITS) -> str | None:
    """The leading digits that both ends share, at most `digits`, then an ellipsis: `0.99871…`.

    Truncated, never rounded: a tightness just under 1 does not read as 1. Where the ends share no digit, the enclosure
    itself; None where nothing is known.
    """
    pair = ends(number)
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


# -- numbers beside one another ------------------------------------------------------------------------------
def in_step(numbers: Sequence[Enclosure | None]) -> tuple[str, ...]:
    """Numbers to be compared by eye, as in a chain: all rounded to the same number of digits, each of them certain.

    Rounding keeps order, so what is printed never contradicts what is known: equal numbers read the same, and of two
    that are in order the first does not read as the larger. They get six digits, or the most that all of those have
    which have at least three. A number with fewer is said to be not resolved, with its enclosure if a bound is known.
    None is shown as `not computed`.
    """
    pairs = [ends(number) for number in numbers]
    certain = [
        {count for count in range(FEWEST_DIGITS, SHOWN_DIGITS + 1) if _rounded(pair, count) is not None}
        for pair in pairs
    ]
    agreed = set(range(FEWEST_DIGITS, SHOWN_DIGITS + 1)).intersection(*filter(None, certain))
    shown = max(agreed, default=SHOWN_DIGITS)
    return tuple(
        "not computed" if number is None else "not resolved" if pair is None else _in_digits(pair, shown)
        for number, pair in zip(numbers, pairs, strict=True)
    )


def _rounded(pair: tuple[Decimal, Decimal] | None, digits: int) -> Decimal | None:
    """The number of so many digits to which all of an enclosure rounds; None where there is no such number."""
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


def percent(share: Enclosure | None) -> str:
    """A share between 0 and 1 in per cent, with one decimal where that is certain, else none: '' where none is."""
    pair = ends(share)
    if pair is None:
        return ""
    exact = _context(LONGEST_DOUBLE_DIGITS, ROUND_HALF_EVEN)
    for step in (Decimal("0.1"), Decimal(1)):
        low, high = (exact.quantize(exact.multiply(100, end), step) for end in pair)
        if low == high:  # never of an infinite bound, which becomes nan
            return f"{abs(low) if low == 0 else low}%"
    return ""
