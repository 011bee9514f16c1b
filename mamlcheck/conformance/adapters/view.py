"""What the views of a problem share: arrays of a framework, the model and the loss, and whether inputs were changed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mamlcheck.conformance.data import ROLES, Task, coarsest
from mamlcheck.conformance.networks import Criterion, Network
from mamlcheck.errors import InputError, MissingExtra, VersionClash

Tensor = Any  # an array of the framework


class Formulas(Protocol):
    """A network and the loss of its outputs, as formulas."""

    @property
    def network(self) -> Network: ...

    @property
    def criterion(self) -> Criterion: ...


class Inputs(Protocol):
    """What a subject may not change."""

    @property
    def parameters(self) -> dict[str, np.ndarray]: ...

    @property
    def tasks(self) -> tuple[Task, ...]: ...


class Given(Inputs, Protocol):
    """What a view needs of a problem."""

    @property
    def kind(self) -> Formulas: ...

    @property
    def alpha(self) -> float: ...

    @property
    def beta(self) -> float: ...

    @property
    def steps(self) -> int: ...

    @property
    def dtype(self) -> str: ...

    @property
    def offset(self) -> float: ...

    @property
    def rates(self) -> tuple[dict[str, np.ndarray], ...]: ...


@dataclass(frozen=True)
class ViewedTask:
    """The sets of a task, each (x, y) in a framework's arrays."""

    inner: tuple[Tensor, Tensor]
    outer: tuple[Tensor, Tensor]
    hessian: tuple[Tensor, Tensor]


class Operations:
    """The operations of networks and criteria in a framework whose module has NumPy's names for them."""

    def __init__(self, module: Any):
        self._module = module
        self.exp, self.log, self.tanh, self.square = module.exp, module.log, module.tanh, module.square

    def sum(self, x: Tensor, axis: int) -> Tensor:
        return self._module.sum(x, axis=axis)

    def mean(self, x: Tensor, axis: int) -> Tensor:
        return self._module.mean(x, axis=axis)

    def matvec(self, a: Tensor, x: Tensor) -> Tensor:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return self._module.matmul(x, self._module.swapaxes(a, -1, -2))


class View:
    """A problem for a framework.

    tasks: with `.inner`, `.outer`, `.hessian`, each (x, y). alpha: inner rate. beta: meta rate. steps: K. dtype: name
    of the precision. coarsest: name of the coarsest precision that outputs of the model were in. lost: see
    `from_difference`. problem: what it is a view of. array: makes the framework's array of
    a NumPy one. numpy: and back. operations: those of the framework, under the names of an arithmetic. criteria: the
    framework's own functions of (output, y) for criteria, by name; for others the formula is used.
    """

    def __init__(
        self,
        problem: Given,
        array: Callable[[np.ndarray], Tensor],
        numpy: Callable[[Tensor], np.ndarray],
        operations: Any,
        criteria: Mapping[str, Callable[[Tensor, Tensor], Tensor]],
    ):
        self._array = array
        self._numpy = numpy
        self._operations = operations
        self._criterion = criteria.get(problem.kind.criterion.name, self._formula)
        self._adopt(problem)
        self.tasks = tuple(
            ViewedTask(*((array(x), array(y)) for x, y in map(task.batch, ROLES))) for task in problem.tasks
        )

    def _adopt(self, problem: Any) -> None:
        """Take over what is the same in every view."""
        self.problem = problem
        self.alpha, self.beta, self.steps, self.dtype = problem.alpha, problem.beta, problem.steps, problem.dtype
        self.lost = 0.0
        self.coarsest = ""

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The initial parameters by name, in order: fresh arrays each time."""
        return {name: self._array(value) for name, value in self.problem.parameters.items()}

    @property
    def rates(self) -> tuple[dict[str, Tensor], ...]:
        """For each inner step, what alpha is multiplied by, by parameter: 1, where alpha is the rate of all."""
        return tuple({name: self._array(value) for name, value in step.items()} for step in self.problem.rates)

    def apply(self, parameters: dict[str, Tensor], x: Tensor) -> Tensor:
        """The outputs of the model with these parameters."""
        return self._noted(self.problem.kind.network.forward(self._operations, parameters, x))

    def loss(self, output: Tensor, y: Tensor) -> Tensor:
        """The mean loss of a batch."""
        mean = self._criterion(self._noted(output), y)
        return mean + self.problem.offset if self.problem.offset else mean

    def _noted(self, output: Tensor) -> Tensor:
        """The output, whose precision is taken down: code may compute in another one than it returns."""
        if self._is_differentiated(output):
            name = str(getattr(output, "dtype", "")).rpartition(".")[2]  # 'torch.float32', or 'float32'
            self.coarsest = coarsest((self.coarsest, name))
        return output

    def _is_differentiated(self, output: Tensor) -> bool:
        """Whether an output may be part of what a gradient is taken of: one that is only looked at is not."""
        return True

    def _formula(self, output: Tensor, y: Tensor) -> Tensor:
        """The criterion by its formula."""
        return self.problem.kind.criterion.value(self._operations, output, self._targets(y))

    def _targets(self, y: Tensor) -> Tensor:
        """Labels as rows with a one at the label; other targets as they are."""
        if not self.problem.kind.criterion.of_labels:
            return y
        return self._array(np.eye(self.problem.kind.network.head.outputs))[y]

    def from_difference(self, before: dict[str, Tensor], after: dict[str, Tensor], rate: float) -> dict[str, Tensor]:
        """The direction behind an update, (before - after) / rate by name, for which the digits lost are counted.

        An update rounds as `after` is stored: by u |after|, which dividing by the rate makes u |after| / rate. `lost`
        adds that up, as a Euclidean norm in units of u; a mean or a sum of what was read is off by no more. Raises
        `InputError` for a rate of 0.
        """
        if not rate:
            raise InputError("rate = 0: give the rate of the update, a number other than 0")
        squares = sum(float(np.sum(np.square(self._numpy(a), dtype=np.float64))) for a in after.values())
        self.lost += float(np.sqrt(squares)) / abs(rate)
        return {name: (before[name] - after[name]) / rate for name in before}

    def changed(self, pristine: Inputs) -> tuple[str, ...]:
        """Which of the task arrays no longer hold what `pristine`, the same problem made anew, gives."""
        found = []
        for i, (mine, given) in enumerate(zip(self.tasks, pristine.tasks, strict=True)):
            for role in ROLES:
                for label, now, then in zip("xy", getattr(mine, role), given.batch(role), strict=True):
                    if not np.array_equal(self._numpy(now), then):
                        found.append(f"tasks[{i}].{role} {label}")
        return tuple(found)


def imported(package: str, extra: str, least: str) -> Any:
    """The module of a framework, of this version or a later one.

    Raises `MissingExtra` where it is not installed, `VersionClash` where its version is too old, or where it raises
    while it is imported, as one does that was built for another version of something else.
    """
    try:
        found = importlib.import_module(package)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name == package:
            raise MissingExtra(package, extra) from error
        text = " ".join(str(error).split())
        raise VersionClash(
            f"{package} is installed but cannot be imported ({type(error).__name__}: {text}): most likely its version "
            f"does not fit that of another package, here NumPy {np.__version__}; `pip install -U 'mamlcheck[{extra}]'` "
            "brings versions that fit"
        ) from error
    version = str(getattr(found, "__version__", least))
    if _numbers(version) < _numbers(least):
        raise VersionClash(
            f"{package} {version} is installed, and {package} {least} or later is needed: run `pip install -U "
            f"'mamlcheck[{extra}]'`"
        )
    return found


def _numbers(version: str) -> list[int]:
    """2.1.0+cpu as 2, 1, 0."""
    return [int(part) for part in re.findall(r"\d+", re.split(r"[^\d.]", version)[0])]
