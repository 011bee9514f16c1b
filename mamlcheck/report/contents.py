"""The contents of a page, read off its headings, so that a new section is in them by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

HOLDERS = ("section", "article")  # whose id a heading in them is linked by
# What a reader of headings needs of a page, a hundredth of it: tags of the holders, and headings with what is in them.
_NEEDED = re.compile(rf"</?(?:{'|'.join(HOLDERS)})\b[^>]*>|<(h[23])\b.*?</\1>", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """A heading: where it stands, what it says, and the headings below it."""

    anchor: str
    title: str
    below: tuple[Entry, ...] = ()


def contents(sections: Iterable[str]) -> tuple[Entry, ...]:
    """The headings h2 of sections, each with the h3 below it that have a place of their own."""
    reader = _Headings()
    for section in sections:
        reader.feed("".join(found[0] for found in _NEEDED.finditer(section)))
    reader.close()
    found: list[tuple[Entry, list[Entry]]] = []
    for level, entry in reader.found:
        if level == "h2":
            found.append((entry, []))
        elif found:
            found[-1][1].append(entry)
    return tuple(Entry(entry.anchor, entry.title, tuple(below)) for entry, below in found)


class _Headings(HTMLParser):
    """Collects (level, heading), without the links that stand in headings."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Entry]] = []
        self._holders: list[str] = []  # ids of the sections and articles that are open, '' once used
        self._level = self._anchor = self._text = ""
        self._in_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs).get("id") or ""
        if tag in HOLDERS:
            self._holders.append(own)
        elif tag in ("h2", "h3"):
            self._level, self._text = tag, ""
            held = self._holders[-1] if self._holders else ""
            self._anchor = held or own
            if held:
                self._holders[-1] = ""  # it is the place of its first heading alone
        elif tag == "a":
            self._in_link = True

    def handle_endtag(self, tag: str) -> None:
        if tag in HOLDERS and self._holders:
            self._holders.pop()
        elif tag == "a":
            self._in_link = False
        elif tag == self._level:
            if self._anchor:
                self.found.append((tag, Entry(self._anchor, " ".join(self._text.split()))))
            self._level = ""

    def handle_data(self, data: str) -> None:
        if self._level and not self._in_link:
            self._text += data
