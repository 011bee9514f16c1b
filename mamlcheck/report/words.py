"""Words that sections of the page share: counted things, lists, durations."""

from __future__ import annotations

from collections.abc import Sequence


def many(count: int, one: str, several: str | None = None) -> str:
    """`1 claim`, `1,234 claims`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def sentence(text: str) -> str:
    """The same, with a capital where a sentence begins."""
    return f"{text[:1].upper()}{text[1:]}"


def duration(seconds: float) -> str:
    """`12.3 s`, `1 min 15 s`, `2 h 3 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
