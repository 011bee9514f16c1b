"""Words that sections of the page share: counted things, lists, durations, and text from other people made visible."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Control characters but newline and tab; characters that turn the direction of the text around them (embeddings,
# overrides and isolates); and halves of surrogate pairs, which no UTF-8 file can hold.
_TREACHEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def many(count: int, one: str, several: str | None = None) -> str:
    """`1 claim`, `1,234 claims`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def duration(seconds: float) -> str:
    """`12.3 s`, `1 min 15 s`, `2 h 3 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def visible(text: str) -> str:
    r"""The text with characters that hide or turn other text spelled out: `\x1b`, `\u202e`.

    Names of tasks, instance files and implementations come from other people.
    """
    return _TREACHEROUS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
