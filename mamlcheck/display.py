"""What results share of being shown: in a line, in a notebook, and by rich.

What is shown of a result is said where the result is defined; nothing here knows one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, Context
from html import escape
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.text import Text

# Control characters but newline and tab; characters that turn the direction of the text around them (embeddings,
# overrides and isolates); and halves of surrogate pairs, which no UTF-8 file can hold.
_TREACHEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

DIGITS = 7  # of a number that is rounded down for people

T = TypeVar("T")


def visible(text: str) -> str:
    r"""The text with characters that hide or turn other text spelled out: `\x1b`, `\u202e`.

    Names of tasks, instance files and implementations come from other people.
    """
    return _TREACHEROUS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def interval(bounds: Iterable[float]) -> str:
    """Bounds of a number with all their digits: what is proved is proved of these doubles."""
    lower, upper = bounds
    return f"[{lower!r}, {upper!r}]"


def rounded_down(lower: float) -> str:
    """A finite lower bound in few digits, never above itself: what is just under 1 does not read as 1."""
    return f"{Context(prec=DIGITS, rounding=ROUND_FLOOR).create_decimal_from_float(lower).normalize():g}"


def rich_line(text: str, bad: bool = False) -> Text:
    """A line for rich, in which brackets are no markup; loud where it tells of something bad."""
    from rich.text import Text

    return Text(text, style="bold red" if bad else "")


def card(title: str, rows: Mapping[str, str], bad: bool = False) -> str:
    """One result as HTML: a title, and names with values, which may hold LaTeX between dollar signs."""
    colour = ' style="color: #b00020"' if bad else ""
    cells = "".join(
        f'<tr><th style="text-align: left">{escape(name)}</th><td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in rows.items()
    )
    return f"<div><b{colour}>{escape(title)}</b><table>{cells}</table></div>"


class Listing(tuple[T, ...]):
    """Results one after another: a tuple that is shown with one result a line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "()"

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "nothing"

    def _repr_html_(self) -> str:
        rows = "".join(f'<tr><td style="text-align: left">{escape(str(one))}</td></tr>' for one in self)
        return f"<table>{rows}</table>"
