"""A conformance problem: a small network with three tasks, at an inner rate, for a number of inner steps.

The numbers of samples in the inner, outer and Hessian sets and the number of tasks are mutually distinct, so that a
wrong scale has only one explanation. A problem is a function of its `Key`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from typing import Any, Protocol

import numpy as np

from mamlcheck.conformance.adapters.view import View
from mamlcheck.conformance.data import Array, Task, real
from mamlcheck.conformance.layout import Layout
from mamlcheck.conformance.problems.kind import Kind
from mamlcheck.conformance.problems.kinds import kinds, kinds_with
from mamlcheck.conformance.problems.numbers import TASK_COUNT, copied, numbers
from mamlcheck.conformance.rates import Rates
from mamlcheck.conformance.words import counted
from mamlcheck.errors import InputError

META_RATE = 0.125
INNER_RATES = (0.4, 0.05, 0.001)
INNER_STEPS = (1, 2, 3)
DTYPES = ("float64", "float32")  # the precisions that a subject is asked to work in
EVERY_TASK = tuple(range(TASK_COUNT))

Memory = dict[tuple[Hashable, Hashable, str], Any]  # by the key of a problem, whose it is, and what it is


class AnyKey(Hashable, Protocol):
    """What a problem is a function of: equal keys make equal problems. The fields are as in `Key`."""

    @property
    def alpha(self) -> float: ...

    @property
    def rates(self) -> Rates | None:
        """What alpha is multiplied by, where inner rates differ by step or by parameter."""

    @property
    def beta(self) -> float: ...

    @property
    def steps(self) -> int: ...

    @property
    def dtype(self) -> str: ...

    @property
    def tasks(self) -> tuple[int, ...]: ...

    @property
    def offset(self) -> float: ...

    @property
    def id(self) -> str: ...

    @property
    def digest(self) -> str:
        """Text that two problems share only if all that a direction can depend on is the same, in any process."""

    @property
    def in_doubles(self) -> AnyKey:
        """Of the problem in float64, and without a constant added to the loss: directions are those of that one."""

    @property
    def memory(self) -> Memory:
        """Where what was computed of the problem is kept for as long as it may be asked for."""

    def made(self) -> Problem:
        """The problem, with arrays of its own."""

    def but(self, **changes: Any) -> AnyKey:
        """The key with other fields."""


@dataclass(frozen=True)
class Key:
    """What a problem is made of: the name of its kind, and what `problem` takes."""

    name: str
    alpha: float = INNER_RATES[0]
    steps: int = 1
    dtype: str = "float64"
    tasks: tuple[int, ...] = EVERY_TASK
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or self.name not in kinds():
            raise InputError(f"{self.name!r} is no conformance problem: choose one of {', '.join(kinds())}")
        if not 0 <= real(self.alpha) < np.inf:
            raise InputError(f"alpha = {self.alpha!r}: give an inner rate >= 0")
        if not (real(self.steps) >= 1 and real(self.steps) % 1 == 0):
            raise InputError(f"steps = {self.steps!r}: give a whole number of inner steps >= 1")
        if not isinstance(self.dtype, str) or self.dtype not in DTYPES:
            raise InputError(f"dtype = {self.dtype!r}: choose one of {', '.join(DTYPES)}")
        if not isinstance(self.tasks, tuple) or not self.tasks or any(real(i) not in EVERY_TASK for i in self.tasks):
            raise InputError(f"tasks = {self.tasks!r}: give indices of tasks, each in 0..{TASK_COUNT - 1}")
        if not np.isfinite(real(self.offset)):
            raise InputError(f"offset = {self.offset!r}: give the number that is added to every loss")

    @property
    def rates(self) -> None:
        """There is one inner rate."""

    @property
    def beta(self) -> float:
        """The meta rate, on which a direction does not depend."""
        return META_RATE

    @property
    def digest(self) -> str:
        """Its fields: they say all."""
        return repr(self)

    @cached_property
    def in_doubles(self) -> Key:
        """Of the problem in float64, and without a constant added to the loss: directions are those of that one."""
        return self if self.dtype == "float64" and not self.offset else replace(self, dtype="float64", offset=0.0)

    @property
    def memory(self) -> Memory:
        """The same for all built-in problems: they are few and small."""
        return _memory()

    def made(self) -> Problem:
        """The problem, with arrays of its own."""
        return made(self)

    def but(self, **changes: Any) -> Key:
        """The key with other fields."""
        return _read(**{each.name: getattr(self, each.name) for each in fields(self)} | changes)

    @property
    def id(self) -> str:
        """Text that names the problem, with what differs from the defaults."""
        parts = [self.name, f"alpha={self.alpha:g}", f"steps={self.steps}", self.dtype]
        if self.tasks != EVERY_TASK:
            parts.append("tasks=" + "".join(map(str, self.tasks)))
        if self.offset:
            parts.append(f"offset={self.offset:g}")
        return ",".join(parts)


@cache
def _memory() -> Memory:
    return {}


@dataclass(frozen=True, eq=False)
class Problem:
    """What a subject is given; make one with `problem`.

    kind: the model and the loss. parameters: initial parameters by name, in order. `views` holds
    what `on` has made.
    """

    key: AnyKey
    kind: Kind
    parameters: dict[str, Array]
    tasks: tuple[Task, ...]
    views: dict[str, View] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        """Its name, and no numbers: there may be many."""
        return f"<Problem {self.id}: {counted(len(self.tasks), 'task')}, {self.layout.size:,} parameters>"

    @property
    def name(self) -> str:
        """The name of its kind."""
        return self.kind.name

    @property
    def layout(self) -> Layout:
        """How the parameters lie in a flat vector."""
        return self.kind.layout

    @property
    def head(self) -> tuple[str, ...]:
        """The names of the parameters of the last layer."""
        return self.kind.head

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.kind.loss

    def samples(self, role: str) -> tuple[int, ...]:
        """The number of samples that each task has in a set: 'inner', 'outer' or 'hessian'."""
        return self.kind.samples(role, self.tasks)

    @property
    def alpha(self) -> float:
        """The inner rate; where rates differ, what all of them are multiplied by, see `rates`."""
        return self.key.alpha

    @property
    def rates(self) -> tuple[dict[str, Array], ...]:
        """For each inner step, what alpha is multiplied by, by parameter: 1, where alpha is the rate of all."""
        found = self.key.rates
        each: list[Array] = [np.ones(self.layout.size) if found is None else found.of(k) for k in range(self.steps)]
        return tuple({name: np.array(part) for name, part in self.layout.unflatten(step).items()} for step in each)

    @property
    def beta(self) -> float:
        """The meta rate, on which a direction does not depend."""
        return self.key.beta

    @property
    def steps(self) -> int:
        """K, the number of inner steps."""
        return self.key.steps

    @property
    def dtype(self) -> str:
        """The precision asked for."""
        return self.key.dtype

    @property
    def offset(self) -> float:
        """A constant that is added to every loss."""
        return self.key.offset

    @property
    def id(self) -> str:
        """Text that names the problem, with what differs from the defaults."""
        return self.key.id

    def on(self, framework: str) -> Any:
        """The problem in the arrays of a framework, such as 'torch', 'jax' or 'numpy': a `View`, made when first asked
        for, which offers what that framework's file adds to it.

        Raises `MissingExtra` where the framework is not installed, `InputError` for another name.
        """
        if framework not in self.views:
            self.views[framework] = self.kind.view(framework, self)
        return self.views[framework]

    def but(self, **changes: Any) -> Problem:
        """The problem with another `alpha`, `steps`, `dtype`, `tasks`, `offset`, or of another kind, by its `name`."""
        return self.key.but(**changes).made()


def made(key: Key) -> Problem:
    """The problem of a key, with arrays of its own."""
    kind = kinds()[key.name]
    parameters, tasks = numbers(kind)
    own = {name: array.copy() for name, array in parameters.items()}
    return Problem(key, kind, own, tuple(copied(tasks[i]) for i in key.tasks))


def problem(
    name: str,
    *,
    alpha: float = INNER_RATES[0],
    steps: int = 1,
    dtype: str = "float64",
    tasks: Iterable[int] = EVERY_TASK,
    offset: float = 0.0,
) -> Problem:
    """A conformance problem by the name of its kind, such as 'tanh-cross-entropy'.

    tasks: which of the three tasks to use, in order, possibly repeated. Raises `InputError`.
    """
    return made(_read(name, alpha, steps, dtype, tasks, offset))


def _read(name: str, alpha: float, steps: int, dtype: str, tasks: Iterable[int], offset: float) -> Key:
    """The key of what was handed over, in plain numbers. Raises `InputError`."""
    key = Key(name, alpha, steps, dtype, tuple(tasks) if isinstance(tasks, Iterable) else tasks, offset)
    whole = tuple(int(i) for i in key.tasks)
    return replace(key, alpha=float(alpha), steps=int(steps), tasks=whole, offset=float(offset))


def catalogue(steps: tuple[int, ...] = INNER_STEPS, loss: str | None = None) -> Iterator[Problem]:
    """Every kind at every inner rate, number of inner steps and precision. loss: of kinds with this one alone."""
    for dtype in DTYPES:
        for name in kinds_with(loss):
            for alpha in INNER_RATES:
                for count in steps:
                    yield problem(name, alpha=alpha, steps=count, dtype=dtype)
