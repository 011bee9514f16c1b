"""The vectors that a direction may be a sum of, a file for each kind of vector, found by its place in this folder.

A file offers `vectors()`, which yields a `Vector` for each that it knows. What its words say of a vector reads after
'2 times'. The order of the files, by `ORDER`, is that in which a sum lists its terms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance import reference
from mamlcheck.conformance.diagnosis.candidates import kept
from mamlcheck.conformance.diagnosis.made_of.parts import Parts
from mamlcheck.conformance.enclosures import Enclosure
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Hessian, Run
from mamlcheck.place import modules_in


@dataclass(frozen=True)
class Product:
    """What a Hessian-vector product is made of: the set its Hessian is of, where that is taken, and which gradient it
    multiplies, by its set and point. means: the mean Hessian of the tasks times their mean gradient.
    """

    role: str
    point: str
    of: tuple[str, str]
    means: bool = False


@dataclass(frozen=True)
class Vector:
    """A vector with a meaning. says: what it is, without its power of alpha. each: for each task (B, n). power: of
    alpha, that it is multiplied by. product: what it is made of, where it is a Hessian-vector product. gradient: its
    set and point, where it is a gradient. factors: how many
    Hessians are multiplied. whole: whether it is the direction of an algorithm. from_steps, to_steps: the numbers of
    inner steps with which it is told from others.
    """

    says: str
    each: Callable[[Parts], Numbers]
    power: int = 0
    product: Product | None = None
    gradient: tuple[str, str] | None = None
    factors: int = 0
    whole: bool = False
    from_steps: int = 1
    to_steps: int | None = None

    @property
    def words(self) -> str:
        """What it is, with its power of alpha."""
        return {0: "", 1: "alpha times ", 2: "alpha^2 times "}[self.power] + self.says

    def mean(self, parts: Parts) -> Numbers:
        """The mean over tasks (n,), with its power of alpha."""
        x = parts.x
        found = x.mean(self.each(parts))
        for _ in range(self.power):
            found = found * x.alpha[0]
        return found

    def direction(self, x: Run) -> Numbers:
        """The formula over a `Run`."""
        return self.mean(Parts(x))

    def enclosed(self, given: Problem, hessian: Hessian) -> Enclosure:
        """The vector (n,), enclosed."""
        name = f"the vector {self.words} {hessian!r}"
        return kept(name, given, "enclosed", lambda p: reference.enclosed(p, self.direction, hessian, name=name))

    def tolerance(self, given: Problem, hessian: Hessian) -> float:
        """Bound on the norm of a correct subject's rounding error in it, in units of its unit roundoff."""
        name = f"the vector {self.words} {hessian!r}"
        return kept(name, given, "tolerance", lambda p: reference.tolerance(p, self.direction, hessian))


@cache
def vectors() -> tuple[Vector, ...]:
    """All vectors, in order."""
    return tuple(v for file in modules_in(__name__, __path__) for v in file.vectors())


def screened(given: Problem, hessian: Hessian) -> dict[Vector, np.ndarray]:
    """The vectors (n,) of a problem in doubles, unproved: those that apply to it and are finite there."""
    return kept((vectors(), hessian), given, "screened", lambda p: _screened(p, hessian))


def _screened(given: Problem, hessian: Hessian) -> dict[Vector, np.ndarray]:
    found = dict[Vector, np.ndarray]()
    with float64.working():
        parts = Parts(Run(float64, given, hessian))
        for v in vectors():
            if v.from_steps <= given.steps and (v.to_steps is None or given.steps <= v.to_steps):
                try:
                    value = np.asarray(cast("np.ndarray", v.mean(parts)))
                except DoesNotApply:
                    continue
                if np.isfinite(value).all() and value.any():
                    found[v] = value
    return found
