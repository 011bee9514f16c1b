"""Own problems: `own_problem` makes a `Problem` of a model, a loss and tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.protocol import DirectionArithmetic
from mamlcheck.conformance.adapters.view import View
from mamlcheck.conformance.data import ROLES, Task, real
from mamlcheck.conformance.enclosures import Enclosure, Formula
from mamlcheck.conformance.layout import Layout
from mamlcheck.conformance.own.frameworks import Loss, OwnModel, opened
from mamlcheck.conformance.own.losses import BatchLoss
from mamlcheck.conformance.own.references import certified, measured
from mamlcheck.conformance.own.tasks import Kept, ProgramTasks
from mamlcheck.conformance.problems.problem import DTYPES, Problem
from mamlcheck.errors import InputError


@dataclass(frozen=True)
class OwnTask(Task):
    """A task of an own problem. losses: by role, those of its sets as programs."""

    losses: dict[str, BatchLoss] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, eq=False)
class OwnSource:
    """A model, the name of the loss, and every task. kept: what candidates have computed, by arithmetic."""

    model: OwnModel
    loss: str
    tasks: tuple[OwnTask, ...]
    kept: dict[str, Kept] = field(default_factory=dict, repr=False)

    @cached_property
    def layout(self) -> Layout:
        """How the parameters lie in a flat vector."""
        return Layout({name: value.shape for name, value in self.model.parameters.items()})

    @property
    def notes(self) -> tuple[str, ...]:
        """What tracing the losses has to say, each once."""
        traced = [loss.traced for task in self.tasks for loss in task.losses.values()]
        return tuple(dict.fromkeys(note for one in traced for note in one.notes))

    @property
    def changed(self) -> tuple[str, ...]:
        """The state beside the parameters that computing a loss changes, by name."""
        traced = [loss.traced for task in self.tasks for loss in task.losses.values()]
        return tuple(dict.fromkeys(name for one in traced for name in one.changed))


@dataclass(frozen=True)
class OwnKind:
    """The model and the loss of an own problem: see `problems.kind.Kind`. certify: whether references are certified."""

    source: OwnSource
    certify: bool

    @property
    def name(self) -> str:
        return self.source.model.name

    @property
    def layout(self) -> Layout:
        return self.source.layout

    @property
    def head(self) -> tuple[str, ...]:
        return self.source.model.head

    @property
    def loss(self) -> str:
        return self.source.loss

    @property
    def certifies(self) -> bool:
        return self.certify

    def over(self, ar: DirectionArithmetic, tasks: Sequence[Task]) -> ProgramTasks:
        """The tasks over an arithmetic; what is computed in doubles is kept."""
        kept = self.source.kept.setdefault("float64", Kept()) if ar is float64 else None
        return ProgramTasks(ar, self.layout, [_own(task).losses for task in tasks], kept)

    def samples(self, role: str, tasks: Sequence[Task]) -> tuple[int, ...]:
        return tuple(_own(task).losses[role].samples for task in tasks)

    def enclosed(self, formula: Formula) -> Enclosure:
        return certified(formula) if self.certify else measured(formula)

    def view(self, framework: str, given: object) -> View:
        raise InputError("an own problem has no view: use your own model, loss and data, and problem.alpha and .steps")


@dataclass(frozen=True)
class OwnKey:
    """What an own problem is a function of; `problems.problem.Key` says what the fields are.

    certify: whether its references are certified, or measured.
    """

    source: OwnSource
    alpha: float
    steps: int
    dtype: str
    tasks: tuple[int, ...]
    certify: bool = False
    beta: float = math.nan
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= real(self.alpha) < np.inf:
            raise InputError(f"alpha = {self.alpha!r}: give an inner rate >= 0")
        if not (real(self.steps) >= 1 and real(self.steps) % 1 == 0):
            raise InputError(f"steps = {self.steps!r}: give a whole number of inner steps >= 1")
        if self.dtype not in DTYPES:
            raise InputError(f"dtype = {self.dtype!r}: choose one of {', '.join(DTYPES)}")
        count = len(self.source.tasks)
        if not self.tasks or any(real(i) not in range(count) for i in self.tasks):
            raise InputError(f"tasks = {self.tasks!r}: give indices of tasks, each in 0..{count - 1}")
        if self.offset:
            raise InputError(f"offset = {self.offset!r}: an own loss is taken as it is, offset = 0")

    @property
    def id(self) -> str:
        """Text that names the problem."""
        parts = [self.source.model.name, f"alpha={self.alpha:g}", f"steps={self.steps}", self.dtype]
        if self.tasks != tuple(range(len(self.source.tasks))):
            parts.append("tasks=" + ".".join(map(str, self.tasks)))
        return ",".join(parts)

    @property
    def in_doubles(self) -> OwnKey:
        """Of the problem in float64: directions are those of that one."""
        return self if self.dtype == "float64" else replace(self, dtype="float64")

    def but(self, **changes: Any) -> OwnKey:
        """The key with other fields. Raises `InputError`."""
        known = ("alpha", "beta", "certify", "dtype", "offset", "steps", "tasks")
        wrong = [name for name in changes if name not in known]
        if wrong:
            raise InputError(
                f"an own problem has no {wrong[0]!r} that could be another: choose among {', '.join(known)}"
            )
        if "tasks" in changes:
            changes["tasks"] = tuple(changes["tasks"])
        return replace(self, **changes)

    def made(self) -> Problem:
        """The problem, with parameters of its own."""
        source = self.source
        values = {name: np.array(value) for name, value in source.model.parameters.items()}
        return Problem(self, OwnKind(source, self.certify), values, tuple(source.tasks[i] for i in self.tasks))


def own_problem(
    model: Any,
    loss: Loss,
    tasks: Sequence[Any],
    *,
    alpha: float,
    steps: int = 1,
    parameters: Any = None,
    beta: float = math.nan,
    dtype: str | None = None,
    certify: bool = False,
    name: str | None = None,
) -> Problem:
    """A problem of your own model, loss and data.

    model: a `torch.nn.Module`, or what JAX knows (`frameworks`), at its initial parameters, which is copied and left
    as it is. loss: of (output, target), the mean over a batch. tasks: for each ((x, y), (x, y)), its support and its
    query set, of whatever sizes, and, if you like, a third set for the Hessian; x may be a tuple of arguments or a dict
    of named ones. alpha: the inner rate. steps: K, the number of inner steps. parameters: names of those that are
    learnt, if not all that require a gradient; for a function of JAX, their pytree. beta: the meta rate, if you like
    an update to be told from its direction. dtype: the precision that gradients come in, the parameters' own if not
    said. certify: whether references are certified by Arb, or measured in double-double. Raises `InputError`, and
    `CannotBeTraced` for a loss that is no program of known operations.
    """
    own = opened(model, parameters)
    if not callable(loss):
        raise InputError(f"loss = {loss!r}: give a function of (output, target)")
    title = getattr(loss, "__name__", type(loss).__name__)
    posed = tuple(_task(own, loss, i, task) for i, task in enumerate(_listed(tasks)))
    if name is not None:
        own = replace(own, name=name)
    given = dtype or (own.dtype if own.dtype in DTYPES else "float32")
    key = OwnKey(
        OwnSource(own, title, posed), float(alpha), int(steps), given, tuple(range(len(posed))), certify, float(beta)
    )
    return key.made()


def _listed(tasks: Sequence[Any]) -> list[Any]:
    found = list(tasks) if isinstance(tasks, Sequence) else []
    if not found:
        raise InputError("tasks: give a list with ((x, y), (x, y)) for each task, its support and its query set")
    return found


def _task(own: OwnModel, loss: Loss, index: int, task: Any) -> OwnTask:
    """A task with its losses as programs. A set that serves two roles is traced once."""
    sets = list(task) if isinstance(task, (tuple, list)) else []
    if len(sets) not in (2, 3) or any(not isinstance(s, (tuple, list)) or len(s) != 2 for s in sets):
        raise InputError(
            f"tasks[{index}] is to be ((x, y), (x, y)): a support and a query set, each of inputs and targets; x may "
            "be a tuple of several inputs"
        )
    inner, outer, hessian = (*sets, sets[0])[:3]
    losses: dict[str, BatchLoss] = {}
    made: dict[int, BatchLoss] = {}
    for role, batch in zip(ROLES, (inner, outer, hessian), strict=True):
        if id(batch) not in made:
            x, y = batch
            made[id(batch)] = BatchLoss(own.traced(loss, x, y), tuple(own.parameters), _length(x, y))
        losses[role] = made[id(batch)]
    return OwnTask(tuple(inner), tuple(outer), tuple(hessian), losses)


def _length(x: Any, y: Any) -> int:
    """The number of samples of a batch: the length of its target, or else of its inputs."""
    for value in (y, *(x if isinstance(x, (tuple, list)) else x.values() if isinstance(x, dict) else (x,))):
        shape = getattr(value, "shape", None)
        if shape is not None and len(shape) > 0:
            return int(shape[0])
    return 1


def _own(task: Task) -> OwnTask:
    assert isinstance(task, OwnTask)  # an own kind is asked about its own tasks alone
    return task
