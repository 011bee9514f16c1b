"""The outcome of a report in one sentence and one word, put together from what its sections say.

What fails comes first, the worst of it at the beginning; then what the results give. No section is named here: each
says for itself what belongs at the head of the page, and how early.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, get_args

from markupsafe import Markup

PageWord = Literal[
    "violated", "undecided", "no support", "not judged", "not guaranteed", "at confidence", "false as printed",
    "left to its proof", "holds",
]  # fmt: skip
"""The one word for a section or for a whole page. The page takes the worst word of its sections, and its colour."""

PAGE_WORDS: tuple[PageWord, ...] = get_args(PageWord)  # the worst first
LAST_PLACE = 1000  # the place of what need not be said before anything else


@dataclass(frozen=True)
class Phrase:
    """A part of the headline. Phrases are said in the order of `place`, of which the gravest things have the least.

    Those that ship have multiples of ten, so that something new finds room between any two.
    """

    text: str
    place: int = LAST_PLACE


@dataclass(frozen=True)
class Alert:
    """A loud word and a sentence under the headline, for what must not be overlooked. place: as of a phrase."""

    word: str
    sentence: str | Markup
    place: int = LAST_PLACE


@dataclass(frozen=True)
class Says:
    """What a section has to say at the head of the page; nothing, by default.

    failing: what fails; the page's word is 'violated' then. giving: what the results give. refuted: an instance
    violates the theory; then the page says nothing of what the results give. lines: plain sentences under the alerts.
    word: the section's word, apart from what fails.
    """

    failing: tuple[Phrase, ...] = ()
    giving: tuple[Phrase, ...] = ()
    refuted: bool = False
    alerts: tuple[Alert, ...] = ()
    lines: tuple[str, ...] = ()
    word: PageWord = "holds"


def together(parts: Iterable[Says]) -> Says:
    """What several sections say, each thing in its place."""
    said = tuple(parts)
    in_place = attrgetter("place")
    return Says(
        failing=tuple(sorted((phrase for one in said for phrase in one.failing), key=in_place)),
        giving=tuple(sorted((phrase for one in said for phrase in one.giving), key=in_place)),
        refuted=any(one.refuted for one in said),
        alerts=tuple(sorted((alert for one in said for alert in one.alerts), key=in_place)),
        lines=tuple(line for one in said for line in one.lines),
        word=min((one.word for one in said), key=PAGE_WORDS.index, default="holds"),
    )


def headline(said: Says) -> str:
    """What fails, and what the results give unless an instance refutes the theory."""
    return "; ".join(phrase.text for phrase in _phrases(said))


def sentences(said: Says) -> tuple[str, ...]:
    """The headline as sentences, the first of which stands for itself."""
    return tuple(f"{phrase.text[:1].upper()}{phrase.text[1:]}" for phrase in _phrases(said)) or ("",)


def _phrases(said: Says) -> tuple[Phrase, ...]:
    return said.failing if said.refuted else (*said.failing, *said.giving)


def word(said: Says) -> PageWord:
    """The one word for the whole page."""
    return "violated" if said.failing else said.word
