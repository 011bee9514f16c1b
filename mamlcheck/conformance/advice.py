"""Advice that works in the framework it is given to: nobody is told of `create_graph=True` in JAX or in NumPy.

A cause is a sentence that is true in any framework, or one for each framework that has its own words for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ANY = ""  # key of the sentence for whatever has no words of its own

Cause = str | Mapping[str, str]


def in_words(cause: Cause, frameworks: Sequence[str]) -> str:
    """The cause as it reads to somebody who used these frameworks, the first first; none, where no view was used."""
    if isinstance(cause, str):
        return cause
    return next((cause[name] for name in frameworks if name in cause), cause[ANY])


def together(*causes: str) -> str:
    """Causes, one after the other; those that are empty, or said already, left out."""
    return " ".join(dict.fromkeys(cause for cause in causes if cause))


def both(first: Cause, second: Cause) -> Cause:
    """Two causes as one."""
    if isinstance(first, str) and isinstance(second, str):
        return together(first, second)
    named = {name for cause in (first, second) if not isinstance(cause, str) for name in cause}
    return {name: together(in_words(first, (name,)), in_words(second, (name,))) for name in named}
