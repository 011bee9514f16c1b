"""How lists and counts read in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def counted(count: int, what: str) -> str:
    """'1 check', '2 checks'."""
    return f"{count} {what}{'' if count == 1 else 's'}"
