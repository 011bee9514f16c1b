"""The files of primitives, by name; this knows nothing of what is in them."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

from mamlcheck.place import names_in

PRIMITIVES = f"{__name__.rpartition('.')[0]}.primitives"


@cache
def primitives() -> tuple[str, ...]:
    """The names of all primitives."""
    folder = importlib.import_module(PRIMITIVES).__path__
    return tuple(name for name in names_in(folder) if not name.startswith("_"))


@cache
def primitive(name: str) -> ModuleType:
    """The file of a primitive."""
    return importlib.import_module(f"{PRIMITIVES}.{name}")
