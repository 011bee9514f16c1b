"""What is seen of a subject on a problem: directions, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, TypedDict

import numpy as np

from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.declaring import Metadata

Array = np.ndarray
Make = Callable[[Problem], Callable[[], Any]]


@dataclass(frozen=True)
class SubjectFailure:
    """Why there is no direction, in one sentence; traceback: that of the subject's exception, from its own code on.

    kind: 'import', 'framework', 'setup', 'exception', 'nothing', 'none', 'zeros', 'names', 'shape', 'not finite', 'out
    of range', 'timeout' or 'exit'. call: 1 or 2, for the call that it came of; 0 where it came of none.
    """

    kind: str
    message: str
    traceback: str = ""
    call: int = 0

    def __str__(self) -> str:
        """The message; that it is of a later call than the first, where it is."""
        return f"in the second call, after a first that returned: {self.message}" if self.call > 1 else self.message

    def as_json(self) -> FailureJson:
        """Plain data."""
        return {"kind": self.kind, "message": self.message, "traceback": self.traceback, "call": self.call}


class FailureJson(TypedDict):
    """A `SubjectFailure` as plain data."""

    kind: str
    message: str
    traceback: str
    call: int


class ObservationJson(TypedDict):
    """An `Observation` as plain data, without its problem and what was printed."""

    directions: list[list[float]]
    rates: list[list[float]]
    dtype: str
    failure: FailureJson | None
    changed: list[str]
    frameworks: list[str]
    lost: float
    kept: dict[str, int]
    computed: str


@dataclass(frozen=True)
class Observation:
    """What was seen on a problem.

    directions: (n,) float64 for each of two calls, parameters in the problem's order; fewer after a failure. dtype: the
    precision of what came back. changed: inputs that the calls changed. frameworks: views that were used. lost: what
    the update lost that the direction was read from, see `View.from_difference`. kept: how many tensors and the like
    each call keeps alive. printed: the end of what the subject printed, where it ran in a process of its own. handed:
    whether the direction was handed over, and nothing called.
    computed: the coarsest precision that outputs of the model were in, or that holds every number that came back.
    rates: the part of each call for inner rates that are learned (n,), where there is one.
    """

    problem: Problem
    directions: tuple[Array, ...] = ()
    dtype: str = ""
    failure: SubjectFailure | None = None
    changed: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    lost: float = 0.0
    kept: dict[str, int] = field(default_factory=dict)
    printed: str = ""
    handed: bool = False
    rates: tuple[Array, ...] = ()
    computed: str = ""

    @property
    def direction(self) -> Array:
        """What the first call returned."""
        return self.directions[0]

    @property
    def has_direction(self) -> bool:
        """Whether there is a direction, and one that is not 0 throughout."""
        return self.failure is None and bool(self.direction.any())

    @property
    def size(self) -> float:
        """The Euclidean norm of the direction."""
        return float(np.linalg.norm(self.direction))

    def as_json(self) -> ObservationJson:
        """Plain data without the problem; numbers survive exactly."""
        failure = self.failure
        return {
            "directions": [d.tolist() for d in self.directions],
            "rates": [d.tolist() for d in self.rates],
            "dtype": self.dtype,
            "failure": None if failure is None else failure.as_json(),
            "changed": list(self.changed),
            "frameworks": list(self.frameworks),
            "lost": self.lost,
            "kept": self.kept,
            "computed": self.computed,
        }

    @classmethod
    def from_json(cls, given: Problem, data: ObservationJson, printed: str = "") -> Observation:
        """The observation of a problem from `as_json`."""
        return cls(
            problem=given,
            directions=tuple(np.array(d, dtype=np.float64) for d in data["directions"]),
            rates=tuple(np.array(d, dtype=np.float64) for d in data["rates"]),
            dtype=data["dtype"],
            failure=None if data["failure"] is None else SubjectFailure(**data["failure"]),
            changed=tuple(data["changed"]),
            frameworks=tuple(data["frameworks"]),
            lost=data["lost"],
            kept=data["kept"],
            computed=data["computed"],
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
