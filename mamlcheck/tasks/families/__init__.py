"""The families of tasks, one file each in this folder; this file finds them.

A file holds one class that derives from `mamlcheck.tasks.family.Tasks`; its place in the folder is its name, in the ids
of its random instances `family-NAME-2/SEED/INDEX` too. Nothing is registered anywhere.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache

from mamlcheck.errors import InputError
from mamlcheck.tasks.family import Tasks

__all__ = ["families", "family_names", "load_family"]


@cache
def family_names() -> tuple[str, ...]:
    """The names of all families, in alphabetical order."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(__path__)))


def families() -> tuple[type[Tasks], ...]:
    """All families."""
    return tuple(load_family(name) for name in family_names())


@cache
def load_family(name: str) -> type[Tasks]:
    """The family of that name; `InputError` lists the names there are."""
    if name not in family_names():
        near = difflib.get_close_matches(name, family_names(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise InputError(f"there is no family of tasks {name!r}.{hint} The families are: {', '.join(family_names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Tasks) and each.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise InputError(f"{module.__name__} holds {len(found)} families of tasks: a file holds one")
    return found[0]
