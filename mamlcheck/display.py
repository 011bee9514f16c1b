"""What results share of being shown in a notebook and by rich: a line, a table, and text that is no markup.

What is shown of a result is said where the result is defined. Nothing here knows one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text


def line(text: str, bad: bool = False) -> Text:
    """A line for rich, loud where it tells of something bad."""
    from rich.text import Text

    return Text(text, style="bold red" if bad else "")


def card(title: str, rows: Mapping[str, str], bad: bool = False) -> str:
    """HTML of one result: a title, and a table of names and values. Values may hold LaTeX between dollar signs."""
    style = ' style="color: #b00020"' if bad else ""
    body = "".join(
        f'<tr><th style="text-align: left">{escape(name)}</th><td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in rows.items()
    )
    return f"<p><b{style}>{escape(title)}</b></p><table>{body}</table>"


def cut(text: str, most: int = 100) -> str:
    """A text of at most `most` characters, ending in an ellipsis where something is left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def interval(bounds: Iterable[float]) -> str:
    """Bounds of a number, every digit of them: what is proved is proved of these doubles."""
    lower, upper = bounds
    return f"[{lower!r}, {upper!r}]"
