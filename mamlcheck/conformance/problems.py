"""The conformance problems: small models with three tasks each, made of numbers that float32 holds exactly.

So a float32 and a float64 subject are given the same exact inputs. The numbers of samples in the inner, outer and
Hessian sets and the number of tasks are mutually distinct, so that a wrong scale has only one explanation, and labels
are sorted by class. Data are integers over 16 from NumPy's Philox generator: a problem is a function of its keyword
arguments.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from mamlcheck.conformance import adapters, models
from mamlcheck.conformance.models import Loss, Model
from mamlcheck.errors import InputError

Array = np.ndarray
Batch = tuple[Array, Array]

TASKS = 3
SIZES = {"inner": 5, "outer": 7, "hessian": 4}
FEATURES = 3
META_RATE = 0.125
ALPHAS = (0.4, 0.05, 0.001)
STEPS = (1, 2, 3)
DTYPES = ("float64", "float32")
DENOMINATOR = 16


@dataclass(frozen=True)
class Task:
    """The data of a task: (x, y) with x (m, features) and y labels (m,) or targets (m, outputs)."""

    inner: Batch
    outer: Batch
    hessian: Batch


@dataclass(frozen=True)
class Kind:
    """A model with a loss; `labels` says that targets are classes."""

    model: Model
    loss: Loss
    loss_name: str
    labels: bool
    seed: int

    @property
    def outputs(self) -> int:
        """The number of outputs, of classes under cross-entropy."""
        return next(reversed(self.model.parameters.values()))[0]


KINDS = {
    "tanh-cross-entropy": Kind(models.tanh_network(FEATURES, 4, 3), models.cross_entropy, "cross-entropy", True, 1),
    "tanh-squared-error": Kind(models.tanh_network(FEATURES, 4, 2), models.squared_error, "squared-error", False, 2),
    "linear-robust": Kind(models.linear(FEATURES, 1), models.robust, "robust", False, 3),
}


@dataclass(frozen=True, eq=False)
class Problem:
    """What a subject is given; make one with `problem`.

    parameters: initial parameters by name, in order. alpha: inner rate. beta: meta rate, which a direction does not
    depend on. steps: K, the number of inner steps. dtype: the precision asked for. offset: a constant added to every
    loss. `views` holds what `on` has made.
    """

    name: str
    parameters: dict[str, Array]
    tasks: tuple[Task, ...]
    alpha: float
    beta: float
    steps: int
    dtype: str
    offset: float
    key: dict[str, Any]
    views: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> Kind:
        """The model and the loss as formulas."""
        return KINDS[self.name]

    @property
    def id(self) -> str:
        """Text that names the problem, with what differs from the defaults."""
        parts = [self.name, f"alpha={self.alpha:g}", f"steps={self.steps}", self.dtype]
        if self.key["tasks"] != tuple(range(TASKS)):
            parts.append("tasks=" + "".join(map(str, self.key["tasks"])))
        if self.offset:
            parts.append(f"offset={self.offset:g}")
        return ",".join(parts)

    def on(self, framework: str) -> Any:
        """The problem in the arrays of a framework: 'torch', 'jax' or 'numpy'. Made once, when first asked for.

        Raises `MissingExtra` where the framework is not installed, `InputError` for another name.
        """
        if framework not in self.views:
            known = sorted(m.name for m in pkgutil.iter_modules(adapters.__path__) if m.name != "view")
            if framework not in known:
                raise InputError(f"{framework!r} is no framework known here: use one of {', '.join(known)}")
            module = importlib.import_module(f"{adapters.__name__}.{framework}")
            self.views[framework] = module.view(self)
        return self.views[framework]


def problem(
    name: str,
    *,
    alpha: float = 0.4,
    steps: int = 1,
    dtype: str = "float64",
    tasks: tuple[int, ...] = tuple(range(TASKS)),
    offset: float = 0.0,
) -> Problem:
    """A conformance problem by name: 'tanh-cross-entropy', 'tanh-squared-error' or 'linear-robust'.

    tasks: which of the three tasks to use, in order, possibly repeated. Raises `InputError`.
    """
    if name not in KINDS:
        raise InputError(f"{name!r} is no conformance problem: choose one of {', '.join(KINDS)}")
    if not 0 <= alpha < np.inf:
        raise InputError(f"alpha = {alpha!r}: give an inner rate >= 0")
    if steps != int(steps) or steps < 1:
        raise InputError(f"steps = {steps!r}: give a whole number of inner steps >= 1")
    if dtype not in DTYPES:
        raise InputError(f"dtype = {dtype!r}: choose one of {', '.join(DTYPES)}")
    if not tasks or any(i not in range(TASKS) for i in tasks):
        raise InputError(f"tasks = {tasks!r}: give indices of tasks, each in 0..{TASKS - 1}")
    key = {"name": name, "alpha": alpha, "steps": steps, "dtype": dtype, "tasks": tuple(tasks), "offset": offset}
    parameters, data = _numbers(name)
    return Problem(
        name=name,
        parameters={label: array.copy() for label, array in parameters.items()},
        tasks=tuple(_copied(data[i]) for i in tasks),
        alpha=float(alpha),
        beta=META_RATE,
        steps=int(steps),
        dtype=dtype,
        offset=float(offset),
        key=key,
    )


def catalogue(steps: tuple[int, ...] = STEPS) -> Iterator[Problem]:
    """Every model at every inner rate, number of inner steps and precision."""
    for dtype in DTYPES:
        for name in KINDS:
            for alpha in ALPHAS:
                for count in steps:
                    yield problem(name, alpha=alpha, steps=count, dtype=dtype)


def _copied(task: Task) -> Task:
    """Arrays of its own: a subject that writes into one spoils no other problem."""
    inner, outer, hessian = ((x.copy(), y.copy()) for x, y in (task.inner, task.outer, task.hessian))
    return Task(inner, outer, hessian)


@cache
def _numbers(name: str) -> tuple[dict[str, Array], tuple[Task, ...]]:
    kind = KINDS[name]
    random = np.random.Generator(np.random.Philox(kind.seed))

    def sixteenths(shape: tuple[int, ...], reach: int) -> Array:
        return random.integers(-reach, reach, size=shape, endpoint=True) / DENOMINATOR

    parameters = {label: sixteenths(shape, 16) for label, shape in kind.model.parameters.items()}

    def batch(size: int) -> Batch:
        x = sixteenths((size, FEATURES), 28)
        if kind.labels:
            return x, np.sort(random.integers(0, kind.outputs, size=size))
        return x, sixteenths((size, kind.outputs), 32)

    tasks = tuple(Task(**{role: batch(size) for role, size in SIZES.items()}) for _ in range(TASKS))
    return parameters, tasks
