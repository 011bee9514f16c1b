"""Causes of what is wrong, each a sentence that is true in any framework, with the words that a framework has for it.

So nobody is told of `create_graph=True` in JAX or in NumPy: what only one framework has stands in that framework's
file, under the id of the cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mamlcheck.conformance.adapters import advice


@dataclass(frozen=True)
class Cause:
    """What most likely is the reason for a defect. id: that of the defect, by which a framework has its own words."""

    id: str
    text: str


def in_words(cause: Cause, frameworks: Sequence[str]) -> str:
    """The cause as it reads to somebody who used these frameworks: in the words of the first that has any."""
    own = (advice(framework).get(cause.id) for framework in frameworks)
    return next((words for words in own if words is not None), cause.text)


def together(causes: Iterable[Cause], frameworks: Sequence[str]) -> str:
    """Causes in words, one after the other; those that are empty, or said already, left out."""
    said = (in_words(cause, frameworks) for cause in causes)
    return " ".join(dict.fromkeys(words for words in said if words))
