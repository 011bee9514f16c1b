"""Docstrings of the package as reStructuredText: they are plain text, with code between backticks, meanings of names in
lines such as `name: what it is`, and examples indented.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable
from dataclasses import fields, is_dataclass

from sphinx.application import Sphinx

from extension.words import meanings
from mamlcheck.packages import CallablePackage

_MARKUP = re.compile(r"([\\*|_`<>])")


def as_restructured_text(
    app: Sphinx, kind: str, name: str, described: object, options: object, lines: list[str]
) -> None:
    """Called by Sphinx for each docstring, which it changes in place."""
    function = called(described)
    if function is not described:  # a package that can be called: what is described is the function
        lines[:] = inspect.getdoc(function).splitlines()
    lines[:] = [*_restructured("\n".join(lines), tuple(_names(function))).splitlines(), ""]


def signature(
    app: Sphinx, kind: str, name: str, described: object, options: object, arguments: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Called by Sphinx for each signature: a default that has no form in Python is three dots."""
    return re.sub(r"<function <lambda>>|<factory>", "...", arguments) if arguments else arguments, returned


def called(described: object) -> object:
    """The function that a package of mamlcheck stands for where it is called, and everything else itself."""
    return inspect.unwrap(described) if isinstance(described, CallablePackage) else described


def _names(described: object) -> Iterable[str]:
    """The names that a docstring may give a meaning: of parameters, or of fields."""
    if is_dataclass(described):
        return (field.name for field in fields(described))
    if inspect.isroutine(described) or inspect.isclass(described):
        try:
            return inspect.signature(described).parameters
        except (TypeError, ValueError):
            return ()
    return ()


def _restructured(text: str, names: tuple[str, ...]) -> str:
    parts = []
    for paragraph in re.split(r"\n\s*\n", textwrap.dedent(text).strip()):
        if paragraph.startswith("    "):
            parts.append("::\n\n" + paragraph)
            continue
        first, *rest = re.split(r"\n(?=    \S)", paragraph, maxsplit=1)
        sentences, meaning = meanings(paragraph, names)
        if rest and first.rstrip().endswith(":") and not meaning:
            parts.append(f"{_prose(first)}\n\n::\n\n{rest[0]}")
            continue
        told = [_prose(one) for one in sentences.split("\n\n") if one.strip()]
        raises = [one for one in told if one.startswith("Raises ")]
        parts += [one for one in told if one not in raises]
        parts += [f"``{name}``\n   {_prose(what)}" for name, what in meaning.items()]
        parts += raises
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> str:
    """Prose with its code marked, and nothing else in it read as markup."""
    pieces = re.split(r"(?<![`\w])`([^`\n]+)`(?!`)", " ".join(text.split()))
    # Behind code a letter may follow, as in `.grad`s, which the escaped space allows.
    return "".join(f"``{piece}``\\ " if k % 2 else _MARKUP.sub(r"\\\1", piece) for k, piece in enumerate(pieces))
