"""Things that are found by their place: the modules of a folder, in the order that they ask for."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Iterable
from types import ModuleType


def names_in(path: Iterable[str]) -> list[str]:
    """The names of the modules of a package, from its `__path__`, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(path))


def modules_in(package: str, path: Iterable[str]) -> list[ModuleType]:
    """The modules of a package by their `ORDER`, then by name; those that have no `ORDER` come last."""
    found = [importlib.import_module(f"{package}.{name}") for name in names_in(path)]
    return sorted(found, key=lambda module: getattr(module, "ORDER", math.inf))
