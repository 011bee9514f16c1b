"""The page of the public interface: what `dir(mamlcheck)` lists, and what its functions return."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable, Iterator

import mamlcheck
from extension.docstrings import called
from extension.words import page

TOLD = (
    "Everything here is found in `mamlcheck` itself, and imported when it is first used. What of it is stable is told "
    "in [the public interface](../../../public-api.md)."
)


def pages() -> dict[str, str]:
    """The one page."""
    public = {name: getattr(mamlcheck, name) for name in mamlcheck.__all__ if not name.startswith("_")}
    functions = {name: called(one) for name, one in public.items() if callable(one) and not inspect.isclass(one)}
    classes = {one: None for one in public.values() if inspect.isclass(one)}
    classes |= dict.fromkeys(found for function in functions.values() for found in _returned(function))
    return {
        "index": page(
            "Python",
            TOLD,
            "## Functions",
            _directives(f".. autofunction:: mamlcheck.{name}" for name in functions),
            "## What they return",
            _directives(f".. autoclass:: {one.__module__}.{one.__qualname__}\n   :members:" for one in classes),
            "## Errors",
            _directives([".. automodule:: mamlcheck.errors\n   :members:"]),
            "## Strategies of Hypothesis",
            _directives([".. automodule:: mamlcheck.strategies\n   :members:"]),
        )
    }


def _directives(several: Iterable[str]) -> str:
    return "```{eval-rst}\n" + "\n\n".join(several) + "\n```"


def _returned(function: object) -> Iterator[type]:
    """The classes of mamlcheck that a function returns, alone or in a collection."""
    returned = inspect.get_annotations(function).get("return")
    alone = type("Alone", (), {"__annotations__": {"returned": returned}})  # arguments may be of an absent framework
    yield from _classes(typing.get_type_hints(alone, inspect.unwrap(function).__globals__)["returned"])


def _classes(hint: object) -> Iterator[type]:
    if inspect.isclass(hint) and not isinstance(hint, types.GenericAlias) and hint.__module__.startswith("mamlcheck."):
        yield hint
    for part in typing.get_args(hint):
        yield from _classes(part)
