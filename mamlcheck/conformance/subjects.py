"""Subjects: somebody's implementation as one callable, what it declares of itself, and what is seen when it runs.

A subject is `make(problem) -> call` with `call() -> direction`. A direction is {name: array}, a list of arrays in the
order of the parameters, one flat array (n,), or one of these for each task (a list, or a leading axis of length B),
which is then averaged. Arrays may be of any framework. Names and messages of a subject are data, never evaluated.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from mamlcheck.conformance.problems import Problem, problem
from mamlcheck.errors import InputError, MamlcheckError

Array = np.ndarray
Make = Callable[[Problem], Callable[[], Any]]
M = TypeVar("M", bound=Callable[..., Any])

TIMEOUT = 60.0
REDUCTIONS = ("mean", "sum")
LISTED = 4  # names in a message before "and so many more"
# From coarse to fine: the precision of a direction is that of its coarsest array.
PRECISIONS = ("bfloat16", "float16", "float32", "float64")


@dataclass(frozen=True)
class Metadata:
    """What a subject declares: its algorithm, HF-MAML's delta, the reduction over tasks, the numbers of inner steps.

    None stands for what was not said.
    """

    algorithm: str | None = None
    delta: float | None = None
    reduction: str = "mean"
    steps: tuple[int, ...] | None = None


def subject(
    algorithm: str | None = None,
    *,
    delta: float | None = None,
    reduction: str = "mean",
    steps: Sequence[int] | None = None,
) -> Callable[[M], M]:
    """Decorator of `make(problem)`: says what it is meant to be.

    algorithm: 'MAML', 'FO-MAML', 'HF-MAML', 'ANIL', 'FO-ANIL' or 'Reptile'. delta: the step of HF-MAML's difference.
    reduction: 'mean' or 'sum' over tasks. steps: the numbers of inner steps that it supports. Raises `InputError`.
    """
    from mamlcheck.conformance.algorithms import algorithm as known

    if algorithm is not None:
        algorithm = known(algorithm).name
    if delta is not None and not 0 < delta < np.inf:
        raise InputError(f"delta = {delta!r}: give the step of the difference, a number > 0")
    if reduction not in REDUCTIONS:
        raise InputError(f"reduction = {reduction!r}: choose 'mean' or 'sum'")
    if steps is not None and (not steps or any(k != int(k) or k < 1 for k in steps)):
        raise InputError(f"steps = {steps!r}: give the numbers of inner steps, each a whole number >= 1")
    metadata = Metadata(algorithm, delta, reduction, None if steps is None else tuple(int(k) for k in steps))

    def mark(make: M) -> M:
        make.mamlcheck = metadata  # type: ignore[attr-defined]
        return make

    return mark


def metadata_of(make: Any) -> Metadata:
    """What `subject` has set, or the defaults."""
    found = getattr(make, "mamlcheck", None)
    return found if isinstance(found, Metadata) else Metadata()


@dataclass(frozen=True)
class Failure:
    """Why there is no direction, in one sentence; traceback: that of the subject's exception, from its own code on.

    kind: 'import', 'setup', 'exception', 'nothing', 'none', 'zeros', 'names', 'shape', 'not finite', 'timeout' or
    'exit'.
    """

    kind: str
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Observation:
    """What was seen on a problem.

    directions: (n,) float64 for each of two calls, parameters in the problem's order; fewer after a failure. dtype: the
    precision of what came back. changed: inputs that the calls changed. frameworks: views that were used. lost: what
    the update lost that the direction was read from, see `View.from_difference`. printed: the end of what the subject
    printed, where it ran in a process of its own.
    """

    problem: Problem
    directions: tuple[Array, ...] = ()
    dtype: str = ""
    per_task: bool = False
    failure: Failure | None = None
    changed: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    lost: float = 0.0
    printed: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data without the problem; numbers survive exactly."""
        return {
            "directions": [d.tolist() for d in self.directions],
            "dtype": self.dtype,
            "per_task": self.per_task,
            "failure": None if self.failure is None else asdict(self.failure),
            "changed": list(self.changed),
            "frameworks": list(self.frameworks),
            "lost": self.lost,
        }

    @classmethod
    def from_json(cls, given: Problem, data: dict[str, Any], printed: str = "") -> Observation:
        """The observation of a problem from `as_json`."""
        return cls(
            problem=given,
            directions=tuple(np.array(d, dtype=np.float64) for d in data["directions"]),
            dtype=data["dtype"],
            per_task=data["per_task"],
            failure=None if data["failure"] is None else Failure(**data["failure"]),
            changed=tuple(data["changed"]),
            frameworks=tuple(data["frameworks"]),
            lost=data["lost"],
            printed=printed,
        )


class Subject(Protocol):
    """Something that can be observed on problems; close it, or use it in a `with` statement."""

    name: str

    @property
    def metadata(self) -> Metadata:
        """What the subject declares."""

    def observe(self, given: Problem) -> Observation:
        """Set up the subject on a problem and call it twice."""

    def close(self) -> None:
        """Free what it holds."""

    def __enter__(self) -> Subject: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


def open_subject(source: str | Make, timeout: float = TIMEOUT) -> Subject:
    """A subject, from 'pkg.module:make', from 'path/to/file.py:make', or from the callable `make` itself.

    Text names a subject that is run in a process of its own and stopped after `timeout` seconds on one problem; a
    callable runs in this process, where nothing can stop it. Raises `InputError` for what is no subject.
    """
    if isinstance(source, str):
        from mamlcheck.conformance.isolation import IsolatedSubject

        return IsolatedSubject(source, timeout)
    if not callable(source):
        raise InputError(f"{source!r} is no subject: give a callable make(problem), or its name as 'pkg.module:make'")
    return CallableSubject(source)


def reopened(source: str | Make | Subject, timeout: float = TIMEOUT) -> Subject:
    """A subject that is open already, or one opened here; the caller closes it."""
    if isinstance(source, str) or not hasattr(source, "observe"):
        return open_subject(source, timeout)
    return cast("Subject", source)


@contextmanager
def opened(source: str | Make | Subject, timeout: float = TIMEOUT) -> Iterator[Subject]:
    """A subject that is open already, left open; or one that is opened here, and closed."""
    subject = reopened(source, timeout)
    try:
        yield subject
    finally:
        if subject is not source:
            subject.close()


@dataclass
class CallableSubject:
    """A subject that runs in this process."""

    make: Make
    name: str = field(init=False)

    def __post_init__(self) -> None:
        module, name = getattr(self.make, "__module__", ""), getattr(self.make, "__qualname__", repr(self.make))
        self.name = f"{module}:{name}" if module else name

    @property
    def metadata(self) -> Metadata:
        return metadata_of(self.make)

    def observe(self, given: Problem) -> Observation:
        return observe(self.make, given)

    def close(self) -> None:
        pass

    def __enter__(self) -> CallableSubject:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


# -- running ---------------------------------------------------------------------------------------------------
def observe(make: Make, given: Problem) -> Observation:
    """Set up a subject on a problem in this process and call it twice."""
    directions: list[Direction] = []
    failure, lost = None, 0.0
    try:
        call = _guarded("setup", lambda: make(given))
        if not callable(call):
            kind = type(call).__name__
            raise _Unreadable(
                "setup", f"make(problem) returned a {kind}: it is to return call, a function of no arguments"
            )
        for _ in range(2):
            returned = _guarded("exception", call)
            directions.append(read_direction(given, returned))
            lost = max(lost, _lost(given))
    except _Unreadable as error:
        failure = error.failure
    return Observation(
        problem=given,
        directions=tuple(d.flat for d in directions),
        dtype=directions[0].dtype if directions else "",
        per_task=bool(directions) and directions[0].per_task,
        failure=failure,
        changed=_changed(given),
        frameworks=tuple(given.views),
        lost=lost,
    )


def _lost(given: Problem) -> float:
    """What reading updates has lost since this was last asked."""
    total = 0.0
    for view in given.views.values():
        total, view.lost = total + view.lost, 0.0
    return total


class _Unreadable(Exception):  # noqa: N818 - reads as what it says
    """No direction can be had; carries the failure."""

    def __init__(self, kind: str, message: str, trace: str = ""):
        super().__init__(message)
        self.failure = Failure(kind, message, trace)


def _guarded(kind: str, run: Callable[[], Any]) -> Any:
    try:
        return run()
    except SystemExit as error:
        raise _Unreadable("exit", f"it called sys.exit({error.code!r})", subject_traceback(error)) from None
    except MamlcheckError as error:  # such as a framework that is not installed: the message says what to do
        raise _Unreadable(kind, str(error), subject_traceback(error)) from None
    except Exception as error:
        raise _Unreadable(kind, describe(error), subject_traceback(error)) from None


EXTRAS = {"torch": "torch", "jax": "jax", "jaxlib": "jax"}  # packages, and the extra that brings each


def describe(error: BaseException) -> str:
    """The exception in a line; where a framework is missing, with what installs it."""
    text = " ".join(str(error).split())
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return f"{said}: run `pip install 'mamlcheck[{EXTRAS[missing]}]'`" if missing in EXTRAS else said


def subject_traceback(error: BaseException) -> str:
    """The traceback from the subject's own code on."""
    here = Path(__file__).parent
    ours = {here / "subjects.py", here / "worker.py"}
    at = error.__traceback__
    while at is not None and (Path(at.tb_frame.f_code.co_filename) in ours or _is_import(at)):
        at = at.tb_next
    return "".join(traceback.format_exception(type(error), error, at))


def _is_import(at: TracebackType) -> bool:
    name = at.tb_frame.f_code.co_filename
    return name.startswith("<frozen importlib") or "importlib" in Path(name).parts


def _changed(given: Problem) -> tuple[str, ...]:
    """Inputs that are no longer what the problem's key makes."""
    pristine = problem(**given.key)
    found = []
    for name, value in pristine.parameters.items():
        if name not in given.parameters or not np.array_equal(given.parameters[name], value):
            found.append(f"problem.parameters[{name!r}]")
    for i, (now, then) in enumerate(zip(given.tasks, pristine.tasks, strict=True)):
        for role in ("inner", "outer", "hessian"):
            for label, a, b in zip("xy", getattr(now, role), getattr(then, role), strict=True):
                if not np.array_equal(a, b):
                    found.append(f"problem.tasks[{i}].{role} {label}")
    for view in given.views.values():
        found += view.changed(pristine)
    return tuple(found)


# -- reading ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Direction:
    """A direction as read: flat (n,) in float64, the precision it came in, whether it came one for each task."""

    flat: Array
    dtype: str
    per_task: bool


def read_direction(given: Problem, returned: Any) -> Direction:
    """The direction that `call` returned, averaged over tasks where there is one for each."""
    parts = _parts(given, returned)
    _no_none(parts)
    arrays = {name: [_array(name, item) for item in items] for name, items in parts.items()}
    flat = [np.mean([a.astype(np.float64) for a, _ in items], axis=0).ravel() for items in arrays.values()]
    direction = np.concatenate(flat)
    if not np.isfinite(direction).all():
        bad = [name for name, items in arrays.items() if not all(np.isfinite(a).all() for a, _ in items)]
        raise _Unreadable(
            "not finite", f"{_listed(bad)} {'is' if len(bad) == 1 else 'are'} not finite: NaN or infinite"
        )
    dtypes = {dtype for items in arrays.values() for _, dtype in items}
    coarsest = next((p for p in PRECISIONS if p in dtypes), "float64")
    return Direction(direction, coarsest, any(len(items) > 1 for items in arrays.values()))


def _parts(given: Problem, returned: Any) -> dict[str, list[Any]]:
    """For each parameter its arrays: one, or one for each task, each of the parameter's shape."""
    if returned is None:
        raise _Unreadable("nothing", "call() returned None: it is to return the direction")
    count = len(given.tasks)
    if isinstance(returned, Mapping):
        return _named(given, returned)
    if isinstance(returned, (list, tuple)):
        if len(returned) == len(given.parameters) and not isinstance(returned[0], (Mapping, list, tuple)):
            return _named(given, dict(zip(given.parameters, returned, strict=True)))
        if len(returned) == count:
            each = [_parts(given, item) for item in returned]
            return {name: [part[name][0] for part in each] for name in given.parameters}
        raise _Unreadable(
            "shape",
            f"call() returned a {type(returned).__name__} of {len(returned)}: it is to have one array for each of the "
            f"{len(given.parameters)} parameters, or one direction for each of the {count} tasks",
        )
    return _from_flat(given, returned)


def _named(given: Problem, tensors: Mapping[Any, Any]) -> dict[str, list[Any]]:
    missing = [name for name in given.parameters if name not in tensors]
    extra = [str(name) for name in tensors if name not in given.parameters]
    if missing or extra:
        said = []
        if missing:
            said.append(f"{_listed(missing)} missing")
        if extra:
            said.append(f"{_listed(extra)} not among the problem's parameters")
        raise _Unreadable("names", f"wrong names: {'; '.join(said)}. They are to be {', '.join(given.parameters)}")
    return {name: _by_task(given, name, tensors[name]) for name in given.parameters}


def _by_task(given: Problem, name: str, tensor: Any) -> list[Any]:
    if tensor is None:
        return [None]
    wanted, count = given.parameters[name].shape, len(given.tasks)
    shape = _shape(name, tensor)
    if shape == wanted:
        return [tensor]
    if shape == (count, *wanted):
        return [tensor[i] for i in range(count)]
    raise _Unreadable(
        "shape", f"{name} has shape {shape}: it is to be {wanted}, or {(count, *wanted)} with one for each task"
    )


def _from_flat(given: Problem, vector: Any) -> dict[str, list[Any]]:
    size, count = given.kind.model.size, len(given.tasks)
    array, dtype = _array("the direction", vector)
    if array.shape not in ((size,), (count, size)):
        raise _Unreadable(
            "shape",
            f"call() returned an array of shape {array.shape}: it is to be ({size},), all parameters in order, or "
            f"({count}, {size}) with one row for each task",
        )
    rows = array.reshape(-1, size)
    keep = rows.astype(dtype) if dtype in ("float32", "float64") else rows
    return {
        name: [row[part].reshape(given.parameters[name].shape) for row in keep]
        for name, part in given.kind.model.slices()
    }


def _shape(name: str, tensor: Any) -> tuple[int, ...]:
    shape = getattr(tensor, "shape", None)
    return tuple(shape) if shape is not None else _array(name, tensor)[0].shape


def _array(name: str, tensor: Any) -> tuple[Array, str]:
    """A NumPy array of any framework's, and the name of its precision."""
    try:
        if hasattr(tensor, "detach"):
            tensor = tensor.detach().cpu()
            dtype = str(tensor.dtype).rpartition(".")[2]
            array = np.asarray(tensor.double().numpy() if dtype == "bfloat16" else tensor.numpy())
        else:
            array = np.asarray(tensor)
            dtype = array.dtype.name
            if dtype == "bfloat16":
                array = array.astype(np.float64)
    except Exception as error:
        raise _Unreadable("shape", f"{name} is a {type(tensor).__name__}, not an array: {describe(error)}") from None
    if array.dtype.kind not in "fiu":
        raise _Unreadable("shape", f"{name} holds {array.dtype} values: it is to hold real numbers")
    return array, dtype


def _no_none(parts: dict[str, list[Any]]) -> None:
    empty = [name for name, items in parts.items() if any(item is None for item in items)]
    if not empty:
        return
    if len(empty) == len(parts):
        raise _Unreadable("none", "every gradient is None: nothing reached the parameters")
    raise _Unreadable("none", f"the gradient of {_listed(empty)} is None")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:LISTED])
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more"
