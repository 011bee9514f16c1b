"""Known defects, one file each, found by its place in this folder.

A file says `OF` which algorithms it is a mutant, in `SAYS` what is wrong in a clause, in `CAUSE` what most likely is
the reason (`advice.Cause`), and gives the `direction` it makes of a `Run`: of first order, exact or by differences, as
the run has it.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field
from functools import cache

from mamlcheck.conformance.advice import Cause
from mamlcheck.conformance.reference import Direction

ROLES = ("inner",)  # of the set that a Hessian is of, where a file says nothing


@dataclass(frozen=True)
class Mutant:
    """name: the file's. of: names of algorithms. says, cause: for people. hessian_roles: the sets its Hessian may be
    of, `HESSIAN_ROLES` in the file: the inner one, as automatic differentiation has it, where that does not say.
    direction: the formula over a `Run`. adapts: `ADAPTS` in the file: False where no inner step is left, so that what
    is computed is none of the algorithms.
    """

    name: str
    of: tuple[str, ...]
    says: str
    cause: Cause = field(hash=False)  # may be a dict
    hessian_roles: tuple[str, ...]
    direction: Direction
    adapts: bool = True


@cache
def mutants() -> dict[str, Mutant]:
    """All known defects by name."""
    return {m.name: _load(m.name) for m in pkgutil.iter_modules(__path__)}


def _load(name: str) -> Mutant:
    file = importlib.import_module(f"{__name__}.{name}")
    roles, adapts = getattr(file, "HESSIAN_ROLES", ROLES), getattr(file, "ADAPTS", True)
    return Mutant(name, file.OF, file.SAYS, file.CAUSE, roles, file.direction, adapts)
