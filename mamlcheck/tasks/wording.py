"""Words that messages about tables share: lists that do not fill the screen, counts, and the arguments of Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import Final

__all__ = ["as_argument", "count", "counted", "listed", "plural", "short"]

_LIMIT: Final = 12  # names in one message: a table of a thousand tasks must not fill the screen


def as_argument(name: str, value: object = None) -> str:
    """How an argument is given in Python, as advice: `unequal='first'`, or `delimiter=` where it could be anything."""
    return f"{name}=" if value is None else f"{name}={value!r}"


def listed(names: Iterable[object]) -> str:
    """The first names, each in quotes."""
    return _joined([f"'{name}'" for name in names])


def counted(counts: Mapping[str, int]) -> str:
    """The first names, each with its count."""
    return _joined([f"'{name}': {number}" for name, number in counts.items()])


def _joined(parts: Sequence[str]) -> str:
    more = f" and {len(parts) - _LIMIT} more" if len(parts) > _LIMIT else ""
    return ", ".join(parts[:_LIMIT]) + more


def plural(items: Sized) -> str:
    """The s of a plural."""
    return "" if len(items) == 1 else "s"


def count(items: Sized, what: str) -> str:
    """Such as '1 cell is', '2 cells are'."""
    return f"{len(items)} {what}{plural(items)} {'is' if len(items) == 1 else 'are'}"


def short(cell: object) -> str:
    """A cell as Python writes it, cut where it is long."""
    text = repr(cell)
    return text if len(text) <= 40 else text[:37] + "..."
