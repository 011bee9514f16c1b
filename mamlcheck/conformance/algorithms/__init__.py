"""The algorithms a subject can be, one file each, found by its place in this folder.

A file says all there is to know of its algorithm:

- `NAME`: as it is declared and named in sentences. The docstring begins with its formula, and names its source.
- `ORDER`: among those that are tried; what is more often meant comes first. It may be left out.
- `HESSIAN`: 'exact', 'none' or 'difference' (then a delta is needed).
- `HESSIAN_ROLES`: the sets its Hessian may be of; the inner one, if left out.
- `VARIANT_OF`: the algorithm that it is, but for how it takes the Hessian; none, if left out. Between variants, what is
  missing or too much is the Hessian term. One that takes differences has to be a variant, of an algorithm with an exact
  and a first-order one.
- `UPDATE`: True where the direction is an update of the length of the inner rate, so that it is as right divided by
  that rate, and 0 at rate 0. False, if left out.
- `direction(x)`: the formula over a `Run`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mamlcheck.conformance.reference import Direction
from mamlcheck.errors import InputError
from mamlcheck.place import modules_in


@dataclass(frozen=True)
class Algorithm:
    """What a file of this folder says. family: the name of the algorithm that it is a variant of, else its own.

    update: whether the direction is an update, which is as right divided by the inner rate.
    """

    name: str
    hessian: str
    hessian_roles: tuple[str, ...]
    family: str
    update: bool
    direction: Direction

    @property
    def variants(self) -> dict[str, Algorithm]:
        """The algorithms of its family, itself among them, by how they take the Hessian."""
        return {known.hessian: known for known in algorithms().values() if known.family == self.family}


@cache
def algorithms() -> dict[str, Algorithm]:
    """All algorithms by name, in the order in which they are tried."""
    found = {}
    for file in modules_in(__name__, __path__):
        found[file.NAME] = Algorithm(
            name=file.NAME,
            hessian=file.HESSIAN,
            hessian_roles=getattr(file, "HESSIAN_ROLES", ("inner",)),
            family=getattr(file, "VARIANT_OF", file.NAME),
            update=getattr(file, "UPDATE", False),
            direction=file.direction,
        )
    for known in found.values():
        ways = {other.hessian for other in found.values() if other.family == known.family}
        if known.hessian == "difference" and not {"exact", "none"} <= ways:
            raise InputError(
                f"{known.name} takes differences: its file is to say in VARIANT_OF which algorithm that approximates, "
                "one that has an exact and a first-order variant"
            )
    return found


def names() -> tuple[str, ...]:
    """What a subject can be declared to be."""
    return tuple(algorithms())


def algorithm(name: str) -> Algorithm:
    """An algorithm by name, whatever its case. Raises `InputError`."""
    for known in algorithms().values():
        if known.name.lower() == str(name).lower():
            return known
    raise InputError(f"{name!r} is no algorithm known here: choose one of {', '.join(names())}")
