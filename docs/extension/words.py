"""Texts of the package as Markdown: prose that is not read as markup, formulas, and meanings of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mamlcheck.report.plaintext import prose_parts

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$&])")
_BEGINS_A_LIST = re.compile(r"^([-+=]|\d+(?=[.)]))")


def plain(text: str) -> str:
    """Text as it stands: nothing in it is markup."""
    escaped = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    return _BEGINS_A_LIST.sub(lambda found: f"&#{ord(found[1])};" if len(found[1]) == 1 else found[1], escaped)


def prose(text: str) -> str:
    """Prose with formulas between dollar signs and code between backticks."""
    made = {"text": _escaped, "math": lambda part: f"${part}$", "code": lambda part: f"`{part}`"}
    return "".join(made[kind](part) for kind, part in prose_parts(" ".join(text.split())))


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def paragraphs(text: str) -> str:
    """Prose in paragraphs, with empty lines between them."""
    return "\n\n".join(prose(part) for part in re.split(r"\n\s*\n", text.strip()))


def formula(latex: str) -> str:
    """A formula in a line of its own."""
    return f"```{{math}}\n{' '.join(latex.split())}\n```"


def listed(items: Iterable[str]) -> str:
    """Items of a list, each one line."""
    return "\n".join(f"- {item}" for item in items)


def defined(terms: Iterable[tuple[str, str]]) -> str:
    """Terms with their definitions, both Markdown; those without a definition are left out."""
    return "\n\n".join(f"{term}\n: {meaning}" for term, meaning in terms if meaning)


def page(title: str, *parts: str) -> str:
    """A page with a title; parts that are empty are left out."""
    return "\n\n".join([f"# {plain(title)}", *(part for part in parts if part)]) + "\n"


def index(title: str, told: str, entries: Mapping[str, str]) -> str:
    """A page that leads to the pages beside it: their titles by their names, in this order."""
    links = (
        f"[{plain(named)}]({name}.myst)" + ("" if named == name else f", `{name}`") for name, named in entries.items()
    )
    return page(title, told, listed(links))


def part(of: str, title: str, *parts: str) -> str:
    """A page that only the index beside it leads to: the contents beside each page of the site have indices alone,
    since two hundred entries are too many to look through, and take their time on each of as many pages.
    """
    return "---\norphan: true\n---\n\n" + page(title, f"[{of}](index.myst)", *parts)


def meanings(text: str, names: Iterable[str]) -> tuple[str, dict[str, str]]:
    """A docstring's sentences apart from the meanings in it: `lower, upper: bounds.` says what two of `names` mean.

    A meaning ends with its paragraph, or where the next begins; each of several names has the same. What is raised is
    none.
    """
    known = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    if not known:
        return text, {}
    begins = re.compile(rf"(?:^|(?<=[.;] ))((?:{known})(?:,? (?:and )?(?:{known}))*): ")
    sentences, found = [], {}
    for paragraph in re.split(r"\n\s*\n", text):
        told, _, raises = " ".join(paragraph.split()).partition("Raises `")
        pieces = begins.split(told)
        sentences += [pieces[0], raises and f"Raises `{raises}"]
        for name, meaning in zip(pieces[1::2], pieces[2::2], strict=True):
            found |= dict.fromkeys(re.split(r",? (?:and )?", name), meaning.strip())
    return "\n\n".join(sentence for sentence in sentences if sentence.strip()), found
