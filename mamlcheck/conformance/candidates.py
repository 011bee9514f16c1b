"""What a subject may be computing: every algorithm, every mutant of one, and the factors that a wrong mean leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from mamlcheck.conformance import reference
from mamlcheck.conformance.advice import ANY, Cause, both
from mamlcheck.conformance.algorithms import Algorithm, algorithm, algorithms
from mamlcheck.conformance.mutants import Mutant, mutants
from mamlcheck.conformance.problems import Problem, problem
from mamlcheck.conformance.reference import Difference, Enclosure, Hessian


@dataclass(frozen=True)
class Candidate:
    """An algorithm, or a mutant of it, with its Hessian and the set that is of."""

    algorithm: Algorithm
    hessian: Hessian
    role: str
    mutant: Mutant | None = None

    @property
    def direction(self) -> reference.Direction:
        """The formula."""
        return self.algorithm.direction if self.mutant is None else self.mutant.direction

    def screened(self, given: Problem) -> np.ndarray:
        """The direction (n,) in doubles, unproved."""
        return _screened(self, *_place(given))

    def certified(self, given: Problem) -> Enclosure:
        """The direction (n,), enclosed."""
        return _certified(self, *_place(given))

    def tolerance(self, given: Problem) -> float:
        """Bound on the norm of a correct subject's rounding error, in units of its unit roundoff."""
        return _tolerance(self, *_place(given))


def replace_alpha(given: Problem, alpha: float) -> Problem:
    """The same problem at another inner rate."""
    return problem(**{**given.key, "alpha": alpha})


# Directions do not depend on the precision or on a constant in the loss: kept by what they do depend on. One question
# to a subject asks for the same few over and over.
def _place(given: Problem) -> tuple[str, float, int, tuple[int, ...]]:
    return given.name, given.alpha, given.steps, given.key["tasks"]


def _at(name: str, alpha: float, steps: int, tasks: tuple[int, ...]) -> Problem:
    return problem(name, alpha=alpha, steps=steps, tasks=tasks)


@cache
def _screened(c: Candidate, *place: object) -> np.ndarray:
    return reference.screened(_at(*place), c.direction, c.hessian, c.role)  # type: ignore[arg-type]


@cache
def _certified(c: Candidate, *place: object) -> Enclosure:
    return reference.certified(_at(*place), c.direction, c.hessian, c.role)  # type: ignore[arg-type]


@cache
def _tolerance(c: Candidate, *place: object) -> float:
    return reference.tolerance(_at(*place), c.direction, c.hessian, c.role)  # type: ignore[arg-type]


def of_algorithm(found: Algorithm, difference: Difference | None = None) -> Iterator[Candidate]:
    """The algorithm with each set its Hessian may be of; HF-MAML needs the difference."""
    if found.hessian == "difference":
        if difference is not None:
            for role in found.hessian_roles:
                yield Candidate(found, difference, role)
        return
    hessian: Hessian = "exact" if found.hessian == "exact" else "none"
    for role in found.hessian_roles:
        yield Candidate(found, hessian, role)


def candidates(difference: Difference | None = None) -> list[Candidate]:
    """All algorithms, then all mutants of them; those of HF-MAML with this difference."""
    found = [c for known in algorithms().values() for c in of_algorithm(known, difference)]
    for mutant in mutants().values():
        for name in mutant.of:
            roles = [c for c in of_algorithm(algorithm(name), difference) if c.role in mutant.hessian_roles]
            found += [Candidate(c.algorithm, c.hessian, c.role, mutant) for c in roles]
    return found


@dataclass(frozen=True)
class Scale:
    """A factor that a direction may be off by. defects: ids; says: words after 'times'; cause: the likely reason."""

    defects: tuple[str, ...]
    says: str
    cause: Cause
    factor: Callable[[Problem], float]


def _size(role: str) -> Callable[[Problem], float]:
    return lambda p: float(len(getattr(p.tasks[0], role)[0]))


def _count(p: Problem) -> float:
    return float(len(p.tasks))


_ONE = Scale((), "", "", lambda p: 1.0)
_BY_TASKS = (
    Scale(
        ("sum_over_tasks",),
        "the number of tasks: a sum over tasks, not their mean",
        "Most likely the losses of the tasks are added up and not divided by their number.",
        _count,
    ),
    Scale(
        ("scaled_by_1_over_tasks",),
        "1 over the number of tasks: the mean over tasks is divided by their number once more",
        "Most likely both the loss and the gradient are averaged.",
        lambda p: 1 / _count(p),
    ),
)
_BY_SAMPLES = (
    Scale(
        ("scaled_by_1_over_query",),
        "1 over the number of query samples",
        "Most likely a mean loss is divided by the batch size once more.",
        lambda p: 1 / _size("outer")(p),
    ),
    Scale(
        ("scaled_by_1_over_support",),
        "1 over the number of support samples",
        "Most likely the outer loss is divided by the size of the inner batch.",
        lambda p: 1 / _size("inner")(p),
    ),
    Scale(
        ("scaled_by_query",),
        "the number of query samples: the outer loss is a sum over samples, not their mean",
        {
            "torch": "Most likely the outer loss uses reduction='sum'.",
            ANY: "Most likely the outer loss is added up over the batch.",
        },
        _size("outer"),
    ),
    Scale(("scaled_by_alpha",), "alpha", "Most likely the meta step uses the inner rate as well.", lambda p: p.alpha),
    Scale(
        ("scaled_by_1_over_alpha",),
        "1 / alpha",
        "Most likely an update is divided by the inner rate.",
        lambda p: 1 / p.alpha,
    ),
    Scale(
        ("scaled_by_beta",),
        "beta, the meta rate",
        "Most likely the update is returned, not the direction: divide (before - after) by the rate.",
        lambda p: p.beta,
    ),
)
_SIGN = Scale(
    ("sign_flipped",),
    "-1: the sign is flipped",
    "Most likely the update is after - before, or the loss is negated.",
    lambda p: -1.0,
)


def scales() -> Iterator[Scale]:
    """The factors with a name, the simplest first: each of the three kinds alone, then together."""
    singles = [_ONE, *_BY_TASKS, *_BY_SAMPLES, _SIGN]
    yield from singles
    pairs = [(a, b) for a in _BY_TASKS for b in _BY_SAMPLES] + [(_SIGN, s) for s in (*_BY_TASKS, *_BY_SAMPLES)]
    for a, b in pairs:
        yield Scale(
            (*a.defects, *b.defects),
            f"{a.says}; and times {b.says}",
            both(a.cause, b.cause),
            lambda p, a=a, b=b: a.factor(p) * b.factor(p),  # type: ignore[misc]
        )
