"""What a subject may be computing: every algorithm, and every mutant of one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.arithmetic.rounding import bound_of
from mamlcheck.conformance import reference
from mamlcheck.conformance.algorithms import Algorithm, Own, algorithms
from mamlcheck.conformance.diagnosis import shelf
from mamlcheck.conformance.enclosures import Enclosure
from mamlcheck.conformance.mutants import Mutant, mutants
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Difference, Hessian

T = TypeVar("T")

SCREENED = "screened"
# A quarter of a GiB, of directions in doubles alone: a search tries hundreds, and what is certified took longer.
MOST_NUMBERS_KEPT = 2**25


@dataclass(frozen=True)
class Candidate:
    """An algorithm, or a mutant of it, with its Hessian and the set that is of.

    own: those of the algorithm's own numbers that are not its defaults.
    """

    algorithm: Algorithm
    hessian: Hessian
    role: str
    mutant: Mutant | None = None
    own: Own = ()

    def direction(self, x: reference.Run) -> Numbers:
        """The formula over a `Run`."""
        here = self.algorithm.on(replace(x, own=dict(self.own)) if self.own else x)
        return self.algorithm.formula(here) if self.mutant is None else self.mutant.direction(here)

    @property
    def from_steps(self) -> int:
        """The least number of inner steps with which it is not what a plainer candidate is."""
        return self.algorithm.from_steps if self.mutant is None else self.mutant.from_steps

    @property
    def rare(self) -> bool:
        """Whether it is asked for only if no usual one fits."""
        return self.algorithm.rare if self.mutant is None else self.algorithm.rare or self.mutant.rare

    @property
    def numbers(self) -> dict[str, float]:
        """All of the algorithm's own numbers."""
        return self.algorithm.defaults | dict(self.own)

    def screened(self, given: Problem) -> np.ndarray:
        """The direction (n,) in doubles, unproved."""
        return self._kept(
            given, SCREENED, shelf.ARRAY, lambda p: reference.screened(p, self.direction, self.hessian, self.role)
        )

    def enclosed(self, given: Problem) -> Enclosure:
        """The direction (n,), enclosed."""
        return self._kept(
            given,
            "enclosed",
            shelf.CERTIFIED,
            lambda p: reference.enclosed(p, self.direction, self.hessian, self.role, self.id),
        )

    def tolerance(self, given: Problem) -> float:
        """Bound on the norm of a correct subject's rounding error, in units of its unit roundoff."""

        def all_runs(p: Problem) -> float:
            more = range(1, reference.rounding_runs(p.layout.size))
            return bound_of([self._off_in_first_run(p), *(self._off_in_a_run(p, seed) for seed in more)])

        return self._kept(given, "tolerance", shelf.NUMBER, all_runs)

    def rough_tolerance(self, given: Problem) -> float:
        """The same by the first of the runs alone: near that of all of them, and several times as fast."""
        return bound_of([self._off_in_first_run(given)])

    def _off_in_first_run(self, given: Problem) -> float:
        return self._kept(given, "first run", shelf.NUMBER, lambda p: self._off_in_a_run(p, 0))

    def _off_in_a_run(self, given: Problem, seed: int) -> float:
        return reference.off_in_a_run(given, self.direction, self.hessian, self.role, self.screened(given), seed)

    def _kept(self, given: Problem, what: str, form: shelf.Form[T], made: Callable[[Problem], T]) -> T:
        """What is made of a problem: computed once in a process, and of what is common once on a machine."""

        def found(p: Problem) -> T:
            if not (self.filed and shelf.common(p.key)):
                return made(p)
            return shelf.shelved(f"{what} of {self.id} on {p.key!r}", lambda: made(p), form, p.layout.size)

        return kept(self, given, what, found)

    @property
    def filed(self) -> bool:
        """Whether the formula is the one in this package's files, which its `id` names."""
        known = algorithms().get(self.algorithm.name) is self.algorithm
        return known and (self.mutant is None or mutants().get(self.mutant.name) is self.mutant)

    @property
    def id(self) -> str:
        """Text that two candidates share only if they are the same formula."""
        mutant = "" if self.mutant is None else f"{self.mutant.name}{self.mutant.numbers}"
        return f"{self.algorithm.name} {mutant} {self.hessian!r} {self.role} {self.own!r}"

    def variant(self, hessian: str) -> Candidate:
        """The algorithm of its family with an exact Hessian, or with none, of the same set where it can be of that."""
        return replace(plain(self.algorithm.variants[hessian], self.role), own=self.own)


def plain(known: Algorithm, role: str = "inner") -> Candidate:
    """An algorithm whose Hessian is exact, or none; of the set of a role, where it can be of that."""
    hessian: Hessian = "exact" if known.hessian == "exact" else "none"
    return Candidate(known, hessian, role if role in known.hessian_roles else known.hessian_roles[0])


# Directions do not depend on the precision or on a constant in the loss: they are kept by what they do depend on, as
# one question to a subject asks for the same few over and over.
def kept(c: Hashable, given: Problem, what: str, made: Callable[[Problem], T]) -> T:
    """What is made of a problem for a candidate, or for whatever else it is of; computed once."""
    place = given.key.in_doubles
    memory, key = place.memory, (place, c, what)
    try:
        known: T = memory[key]  # asked for so often that looking twice would be seen
    except KeyError:
        pass
    else:
        return known
    if len(memory) * given.layout.size >= MOST_NUMBERS_KEPT:
        for screened in [one for one in memory if one[2] == SCREENED]:
            del memory[screened]
    found: T = made(place.made())
    memory[key] = found
    return found


def of_algorithm(found: Algorithm, difference: Difference | None = None) -> Iterator[Candidate]:
    """The algorithm with each set its Hessian may be of; one that takes differences needs to be told which."""
    for role in found.hessian_roles:
        if found.hessian != "difference":
            yield plain(found, role)
        elif difference is not None:
            yield Candidate(found, difference, role)


def by_differences(difference: Difference) -> Iterator[Candidate]:
    """The algorithms that take differences, with this one."""
    for known in algorithms().values():
        if known.hessian == "difference":
            yield from of_algorithm(known, difference)


def with_numbers(c: Candidate, numbers: Own) -> Candidate:
    """With these numbers, as far as the algorithm has such."""
    own = tuple((name, value) for name, value in numbers if name in c.algorithm.defaults)
    return replace(c, own=own) if own else c


def candidates(difference: Difference | None = None) -> list[Candidate]:
    """All algorithms, then all mutants of them; those that take differences with this one."""
    found = [c for known in algorithms().values() for c in of_algorithm(known, difference)]
    for mutant in mutants().values():
        for known in mutant.of:
            roles = [c for c in of_algorithm(known, difference) if c.role in mutant.hessian_roles]
            found += [replace(c, mutant=mutant) for c in roles]
    return found
