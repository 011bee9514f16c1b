"""The algorithms a subject can be, one file each, found by its place in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache

from mamlcheck.conformance.reference import Direction
from mamlcheck.errors import InputError

# In the order in which they are tried: what is more often meant comes first.
_ORDER = ("maml", "fo_maml", "hf_maml", "anil", "fo_anil", "reptile")


@dataclass(frozen=True)
class Algorithm:
    """name: as declared. hessian: 'exact', 'none' or 'difference' (then a delta is needed). hessian_roles: the sets its
    Hessian may be of. direction: the formula over a `Run`.
    """

    name: str
    hessian: str
    hessian_roles: tuple[str, ...]
    direction: Direction
    summary: str


@cache
def algorithms() -> dict[str, Algorithm]:
    """All algorithms by name."""
    found = {m.name for m in pkgutil.iter_modules(__path__)}
    ordered = [m for m in _ORDER if m in found] + sorted(found.difference(_ORDER))
    loaded = [_load(module) for module in ordered]
    return {algorithm.name: algorithm for algorithm in loaded}


def _load(module: str) -> Algorithm:
    file = importlib.import_module(f"{__name__}.{module}")
    summary = (file.__doc__ or "").partition("\n")[0]
    return Algorithm(file.NAME, file.HESSIAN, file.HESSIAN_ROLES, file.direction, summary)


def names() -> tuple[str, ...]:
    """What a subject can be declared to be."""
    return tuple(algorithms())


def algorithm(name: str) -> Algorithm:
    """An algorithm by name, whatever its case. Raises `InputError`."""
    for known in algorithms().values():
        if known.name.lower() == name.lower():
            return known
    raise InputError(f"{name!r} is no algorithm known here: choose one of {', '.join(names())}")
