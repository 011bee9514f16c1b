"""How a subject is called in this process: set up, called twice, and looked at for inputs that it has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TypeVar

import numpy as np

from mamlcheck.conformance.data import ROLES, coarsest
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.declaring import Metadata, metadata_of
from mamlcheck.conformance.subjects.failing import Unreadable, described, subject_traceback
from mamlcheck.conformance.subjects.keeping import YOUNG, alive, aside, grown
from mamlcheck.conformance.subjects.observing import Make, Observation
from mamlcheck.conformance.subjects.reading import Direction, read_direction
from mamlcheck.errors import MamlcheckError, MissingExtra, VersionClash

T = TypeVar("T")


@dataclass
class CallableSubject:
    """A subject that runs in this process."""

    make: Make
    name: str = ""

    def __post_init__(self) -> None:
        if self.name:
            return
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


def observe(make: Make, given: Problem) -> Observation:
    """Set up a subject on a problem in this process and call it twice; twice more, where it seems to keep tensors."""
    directions: list[Direction] = []
    failure, lost, called = None, 0.0, 0
    counts, kept = list[Mapping[str, int]](), dict[str, int]()
    try:
        call = _guarded("setup", lambda: make(given))
        if not callable(call):
            kind = type(call).__name__
            raise Unreadable(
                "setup", f"make(problem) returned a {kind}: it is to return call, a function of no arguments"
            )
        with aside():
            for _ in range(2):
                called += 1
                directions.append(read_direction(given, _guarded("exception", call), summed=metadata_of(make).summed))
                lost = max(lost, _lost(given))
                counts.append(alive(YOUNG))
            if grown(counts):
                kept = _kept(call)
    except Unreadable as error:
        failure = error.failure if called == 0 else replace(error.failure, call=called)
    return Observation(
        problem=given,
        directions=tuple(d.flat for d in directions),
        rates=tuple(d.rates for d in directions if d.rates is not None),
        dtype=directions[0].dtype if directions else "",
        failure=failure,
        changed=_changed(given),
        frameworks=tuple(given.views),
        lost=lost,
        kept=kept,
        computed=coarsest([*(view.coarsest for view in given.views.values()), *(d.held for d in directions)]),
    )


def _kept(call: Callable[[], object]) -> dict[str, int]:
    """What each of two more calls keeps alive; nothing where one raises."""
    counts = [alive()]
    for _ in range(2):
        try:
            _guarded("exception", call)
        except Unreadable:
            return {}
        counts.append(alive())
    return grown(counts)


def _lost(given: Problem) -> float:
    """What reading updates has lost since this was last asked."""
    total = 0.0
    for view in given.views.values():
        total, view.lost = total + view.lost, 0.0
    return total


def _guarded(kind: str, run: Callable[[], T]) -> T:
    """What `run` returns; `Unreadable` of this kind where it raises."""
    try:
        return run()
    except SystemExit as error:
        raise Unreadable("exit", f"it called sys.exit({error.code!r})", subject_traceback(error)) from None
    except (MissingExtra, VersionClash) as error:
        raise Unreadable("framework", str(error)) from None
    except MamlcheckError as error:  # the message says what to do
        raise Unreadable(kind, str(error), subject_traceback(error)) from None
    except Exception as error:
        raise Unreadable(kind, described(error), subject_traceback(error)) from None


def _changed(given: Problem) -> tuple[str, ...]:
    """Inputs that are no longer what the problem's key makes."""
    pristine = given.key.made()
    found = []
    for name, value in pristine.parameters.items():
        if name not in given.parameters or not np.array_equal(given.parameters[name], value):
            found.append(f"problem.parameters[{name!r}]")
    for i, (now, then) in enumerate(zip(given.tasks, pristine.tasks, strict=True)):
        for role in ROLES:
            for label, a, b in zip("xy", now.batch(role), then.batch(role), strict=True):
                if not np.array_equal(a, b):
                    found.append(f"problem.tasks[{i}].{role} {label}")
    for view in given.views.values():
        found += view.changed(pristine)
    return tuple(found)
