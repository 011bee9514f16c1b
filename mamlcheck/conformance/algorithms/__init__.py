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
- `INSIDE`: the optimiser of its inner steps, a class of `mamlcheck.meta.optimisers`; plain steps, if left out.
- `NUMBERS`: numbers of its own by name, such as a penalty or a meta rate, each as a `Tried`; those of its optimiser are
  known from there.
- `FROM_STEPS`: the least number of inner steps with which it is not what a plainer one is; 1, if left out.
- `ALIASES`: other names of it, of which some hold under conditions that the docstring states.
- `RARE`: True where it is asked for only if it was declared, or if no usual one fits. False, if left out.
- `IN_TURN`: True where its direction is no mean of those of the single tasks, as they are taken in turn.
- `SAYS`: what it has that a more usual algorithm has not, in a clause for those who declared that; `CAUSE`: why, most
  likely. They may be left out.
- `direction(x)`: the formula over a `Run`; `x.own` holds its numbers.
- `rates(x)`: the part for inner rates that are learned, one a parameter; there is none, if left out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from types import ModuleType

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Direction, Run
from mamlcheck.errors import InputError
from mamlcheck.meta.optimisers import Optimiser, Tried
from mamlcheck.place import modules_in

Own = tuple[tuple[str, float], ...]  # numbers of an algorithm's own, by name


@dataclass(frozen=True)
class Algorithm:
    """What a file of this folder says. family: the name of the algorithm that it is a variant of, else its own.

    update: whether the direction is an update, which is as right divided by the inner rate. numbers: its own by name,
    each with the values that are tried.
    """

    name: str
    hessian: str
    hessian_roles: tuple[str, ...]
    family: str
    update: bool
    formula: Direction
    inside: type[Optimiser] | None = None
    numbers: tuple[tuple[str, Tried], ...] = ()
    from_steps: int = 1
    aliases: tuple[str, ...] = ()
    rare: bool = False
    in_turn: bool = False
    says: str = ""
    cause: str = ""
    rates: Direction | None = None

    @property
    def variants(self) -> dict[str, Algorithm]:
        """The algorithms of its family, itself among them, by how they take the Hessian."""
        return {known.hessian: known for known in algorithms().values() if known.family == self.family}

    @property
    def defaults(self) -> dict[str, float]:
        """Its own numbers, where none are declared."""
        return {name: tried.values[0] for name, tried in self.numbers}

    def direction(self, x: Run) -> Numbers:
        """The formula over a `Run`."""
        return self.formula(self.on(x))

    def on(self, x: Run) -> Run:
        """A run with the optimiser and the numbers of this algorithm, as far as it has no numbers of its own."""
        if not self.numbers:
            return x
        own = {**self.defaults, **x.own}
        inside = None if self.inside is None else self.inside(**{f.name: own[f.name] for f in fields(self.inside)})
        return replace(x, own=own, inside=inside)


@cache
def algorithms() -> dict[str, Algorithm]:
    """All algorithms by name, in the order in which they are tried."""
    found = {file.NAME: _read(file) for file in modules_in(__name__, __path__)}
    for known in found.values():
        ways = {other.hessian for other in found.values() if other.family == known.family}
        if known.hessian == "difference" and not {"exact", "none"} <= ways:
            raise InputError(
                f"{known.name} takes differences: its file is to say in VARIANT_OF which algorithm that approximates, "
                "one that has an exact and a first-order variant"
            )
    return found


def _read(file: ModuleType) -> Algorithm:
    inside: type[Optimiser] | None = getattr(file, "INSIDE", None)
    numbers: dict[str, Tried] = dict(getattr(file, "NUMBERS", {}))
    if inside is not None:
        numbers |= inside.TRIED
    return Algorithm(
        name=file.NAME,
        hessian=file.HESSIAN,
        hessian_roles=getattr(file, "HESSIAN_ROLES", ("inner",)),
        family=getattr(file, "VARIANT_OF", file.NAME),
        update=getattr(file, "UPDATE", False),
        formula=file.direction,
        inside=inside,
        numbers=tuple(numbers.items()),
        from_steps=getattr(file, "FROM_STEPS", 1),
        aliases=getattr(file, "ALIASES", ()),
        rare=getattr(file, "RARE", False),
        in_turn=getattr(file, "IN_TURN", False),
        says=getattr(file, "SAYS", ""),
        cause=getattr(file, "CAUSE", ""),
        rates=getattr(file, "rates", None),
    )


def names() -> tuple[str, ...]:
    """What a subject can be declared to be."""
    return tuple(algorithms())


def algorithm(name: str) -> Algorithm:
    """An algorithm by its name or another name of it, whatever its case. Raises `InputError`."""
    for known in algorithms().values():
        if str(name).lower() in (other.lower() for other in (known.name, *known.aliases)):
            return known
    raise InputError(f"{name!r} is no algorithm known here: choose one of {', '.join(names())}")
