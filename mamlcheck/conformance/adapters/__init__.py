"""Views of a problem in the arrays of a framework, one file each, found by its name; `view.py` is what they share.

A file offers `view(problem)`, and imports its framework only there. It may offer `ADVICE`, the framework's own words
for causes, as {id of the cause: sentence}, `PACKAGES`, what has to be installed, which the extra of the file's name
brings, `alive(objects)`, which counts, as {name: number}, what a subject is not to keep from call to call, and
`untouched()`, whether its global settings are as they are after its import; these import nothing. A cause for which it
has no words is told in words that are true in any framework.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType

from mamlcheck.conformance.adapters.view import Given, View
from mamlcheck.errors import InputError
from mamlcheck.place import names_in


def frameworks() -> list[str]:
    """The names of the frameworks that have a file here."""
    return [name for name in names_in(__path__) if name != "view"]


def view_of(framework: str, given: Given) -> View:
    """The problem for a framework. Raises `InputError` for an unknown one, `MissingExtra` for one not installed."""
    if framework not in frameworks():
        raise InputError(f"{framework!r} is no framework known here: use one of {', '.join(frameworks())}")
    made: View = _file(framework).view(given)
    return made


def advice(framework: str) -> Mapping[str, str]:
    """The framework's own words for causes, by the id of the cause."""
    words: Mapping[str, str] = getattr(_file(framework), "ADVICE", {})
    return words


def packages() -> Iterator[tuple[str, str]]:
    """Each package that a framework needs, and the extra that brings it."""
    for framework in frameworks():
        for package in getattr(_file(framework), "PACKAGES", ()):
            yield package, framework


def alive(objects: Sequence[object]) -> dict[str, int]:
    """What each framework that is imported counts among these objects: its arrays, the nodes of its graphs."""
    found = dict[str, int]()
    for framework in frameworks():
        count = getattr(_file(framework), "alive", None)
        found |= {} if count is None else count(objects)
    return found


def untouched() -> bool:
    """Whether what code can set for a whole process, such as a default precision, is as it was in every framework."""
    asked = [getattr(_file(framework), "untouched", None) for framework in frameworks()]
    return all(is_so is None or is_so() for is_so in asked)


def _file(framework: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{framework}")
