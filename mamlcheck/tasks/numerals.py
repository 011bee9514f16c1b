"""Numbers as tables write them: what a cell of text stands for, and what to do where that is not certain.

Without a decimal mark that is given, a number has a decimal point and nothing between its thousands: -1234.5e-3. With
one it may also have the other mark between thousands, in whole groups of three: 1,234.5 for ".", 1.234,5 for ",".
Nothing else is read, and nothing is guessed: `ambiguous` finds the column in which a point may be either mark, and
`written_like_a_number` the cell that a person would call a number, so that it is refused and not overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

__all__ = ["MARKS", "advice", "ambiguous", "number", "written_like_a_number"]

MARKS: Final = {".": ",", ",": "."}  # decimal mark: what may then stand between thousands
_PLAIN: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INFINITE: Final = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)


def _with_thousands(decimal: str) -> re.Pattern[str]:
    point, between = re.escape(decimal), re.escape(MARKS[decimal])
    plain = rf"([0-9]+({point}[0-9]*)?|{point}[0-9]+)([eE][+-]?[0-9]+)?"
    return re.compile(rf"[+-]?({plain}|[1-9][0-9]{{0,2}}({between}[0-9]{{3}})+({point}[0-9]*)?)")


_WRITTEN_WITH: Final = {decimal: _with_thousands(decimal) for decimal in MARKS}

# Also with what no option reads: signs of money and per cent, other marks or blanks between thousands, other digits.
_SIGN, _MONEY = "[+\\-\u2212]?", "[$\u20ac\u00a3\u00a5\u20b9\u20bd\u20a9\u20ba]?"
_GROUPED = r"[1-9]\d{0,2}(?P<mark>[.,'\u2019\s])\d{3}((?P=mark)\d{3})*((?!(?P=mark))[.,]\d*)?"
_IN_LAKHS = r"\d{1,2}(,\d{2})*,\d{3}(\.\d*)?"
_BODY = rf"({_GROUPED}|{_IN_LAKHS}|\d+([.,]\d*)?|[.,]\d+)([eE]{_SIGN}\d+)?"
_BEFORE = rf"\(?({_SIGN}\s?{_MONEY}|{_MONEY}\s?{_SIGN})\s?"
_LIKE_A_NUMBER: Final = re.compile(rf"{_BEFORE}{_BODY}\s?([%\u2030]|{_MONEY})\s?\)?")


def number(text: str, decimal: str | None = None) -> float | None:
    """The double nearest to the number that a text without blanks around it writes, infinite if too large, else None.

    Stricter than `float`: no underscores, no digits of other scripts. `decimal` is ".", "," or not known.
    """
    if (decimal != "," and _PLAIN.fullmatch(text)) or _INFINITE.fullmatch(text):
        return float(text)
    if decimal is None or not _WRITTEN_WITH[decimal].fullmatch(text):
        return None
    return float(text.replace(MARKS[decimal], "").replace(decimal, "."))


def ambiguous(cells: Iterable[str]) -> str | None:
    """A cell whose point is read as a decimal point and may stand between thousands, as far as the column tells.

    987 and 1.234 may be less than two, or more than a thousand; beside 1.5 or 0.123 they may not, since no thousands
    are written so. Cells that are no number in either way of writing tell nothing.
    """
    pointed = None
    for cell in cells:
        if number(cell) is None:
            continue
        if number(cell, ",") is None:
            return None
        if "." in cell and pointed is None:
            pointed = cell
    return pointed


def written_like_a_number(text: str) -> bool:
    """Whether a person would read a number in a text that `number` may not read: '1,5', '12 %', '$12'."""
    return _LIKE_A_NUMBER.fullmatch(text) is not None or number(text) is not None


def advice(cell: str, column: Iterable[str], decimal: str | None, say: Callable[[str, object], str]) -> str:
    """What to do about a cell that is written like a number and is not read; `say` names an argument.

    column: the cells that are not missing; a decimal mark is advised where it reads all of them.
    """
    if "%" in cell or "\u2030" in cell:
        return "write the number alone in every row, without the per cent sign"
    if re.search(_MONEY[:-1], cell):
        return "write the number alone in every row, without the sign of the currency"
    if decimal is not None:
        return f"with {say('decimal', decimal)} numbers are written 1234{decimal}5 or 1{MARKS[decimal]}234{decimal}5"
    cells = list(column)
    marks = [mark for mark in MARKS if all(number(each, mark) is not None for each in cells)]
    if marks:
        return ", or ".join(f"give {say('decimal', mark)} if it is {number(cell, mark)!r}" for mark in marks)
    return "write the digits 0 to 9 and a decimal point, with nothing between thousands and nothing around them"
