"""Known defects, one file each, found by its place in this folder.

A file says all there is to know of its defect:

- `OF`: the algorithms that it is a mutant of, by name.
- `SAYS`: what is wrong, in a clause; `CAUSE`: what most likely is the reason, in a sentence that is true in any
  framework. A framework that has words of its own for it has them under the name of this file (`adapters.ADVICE`).
- `HESSIAN_ROLES`: the sets that a Hessian may be of; the inner one, as automatic differentiation has it, if left out.
- `ADAPTS`: False where no inner step is left, so that what is computed is none of the algorithms. True, if left out.
- `FROM_STEPS`: the least number of inner steps with which it can be seen; 1, if left out.
- `RARE`: True where it is asked for only if no usual candidate fits, as it is rare or takes many products. False, if
  left out.
- `direction(x)`: the formula that it makes of a `Run`: of first order, exact or by differences, as the run has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mamlcheck.conformance.algorithms import Algorithm, algorithm
from mamlcheck.conformance.reference import Direction
from mamlcheck.place import modules_in


@dataclass(frozen=True)
class Mutant:
    """What a file of this folder says; name: the file's, which is also the id of the defect.

    numbers: text that tells it from others of its name; for those that a diagnosis makes up, which have numbers.
    """

    name: str
    of: tuple[Algorithm, ...]
    says: str
    cause: str
    hessian_roles: tuple[str, ...]
    adapts: bool
    from_steps: int
    direction: Direction
    numbers: str = ""
    rare: bool = False


@cache
def mutants() -> dict[str, Mutant]:
    """All known defects by name."""
    found = {}
    for file in modules_in(__name__, __path__):
        name = file.__name__.rpartition(".")[2]
        found[name] = Mutant(
            name=name,
            of=tuple(algorithm(known) for known in file.OF),
            says=file.SAYS,
            cause=file.CAUSE,
            hessian_roles=getattr(file, "HESSIAN_ROLES", ("inner",)),
            adapts=getattr(file, "ADAPTS", True),
            from_steps=getattr(file, "FROM_STEPS", 1),
            direction=file.direction,
            rare=getattr(file, "RARE", False),
        )
    return found
