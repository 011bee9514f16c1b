"""What a subject declares of itself: the decorator `subject`, and the `Metadata` that it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np

from mamlcheck.conformance.algorithms import Own
from mamlcheck.conformance.algorithms import algorithm as algorithm_named
from mamlcheck.conformance.data import UNIT_ROUNDOFF, real
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.errors import InputError

M = TypeVar("M", bound=Callable[..., Any])

REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True)
class Metadata:
    """What a subject declares: its algorithm, HF-MAML's delta, the reduction over tasks, the numbers of inner steps,
    the precision that it computes in, where that is coarser than what it is asked for, numbers of its algorithm's own,
    such as a momentum, and the problems that it is asked about, in place of the built-in ones; or the loss that these
    are to have.

    None stands for what was not said.
    """

    algorithm: str | None = None
    delta: float | None = None
    reduction: str = "mean"
    steps: tuple[int, ...] | None = None
    computes: str | None = None
    numbers: Own = ()
    problems: Callable[[], Sequence[Problem]] | None = field(default=None, compare=False)
    loss: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data: problems of its own stay where they are, and `poses` says whether there are any."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "problems"}
        return said | {"poses": self.problems is not None}

    def but(self, delta: float) -> Metadata:
        """The same with another delta."""
        return replace(self, delta=delta)

    @property
    def summed(self) -> bool:
        """Whether the direction is meant to be a sum over tasks, and not their mean."""
        return self.reduction == "sum"


def subject(
    algorithm: str | None = None,
    *,
    delta: float | None = None,
    reduction: str = "mean",
    steps: Iterable[int] | int | None = None,
    computes: str | None = None,
    numbers: Mapping[str, float] | None = None,
    problems: Callable[[], Sequence[Problem]] | Sequence[Problem] | None = None,
    loss: str | None = None,
) -> Callable[[M], M]:
    """Decorator of `make(problem)`: says what it is meant to be.

    algorithm: its name, such as 'MAML', 'FO-MAML' or 'ANIL'. delta: the step of HF-MAML's difference. reduction: 'mean'
    or 'sum' over tasks, which is also what is made of one direction for each task. steps: the numbers of inner steps
    that it supports, or the only one. computes: the coarsest precision that is meant to be in it, such as 'bfloat16'
    under autocast, whatever it returns. numbers: those of the algorithm's own by name, such as {"momentum": 0.95}, that
    are not its defaults. problems: those of `own_problem` that it is to be asked about, in place of the built-in ones,
    or a function that makes them: the same ones in any process, so that what is random in them needs a seed. loss: the
    only one that it is for, such as 'cross-entropy', where that is written into the code: it is asked about built-in
    problems with that loss alone. Raises `InputError`.
    """
    if algorithm is not None:
        algorithm = algorithm_named(algorithm).name
    if delta is not None and not 0 < real(delta) < np.inf:
        raise InputError(f"delta = {delta!r}: give the step of the difference, a number > 0")
    if reduction not in REDUCTIONS:
        raise InputError(f"reduction = {reduction!r}: choose 'mean' or 'sum'")
    check_precision(computes)
    losses = dict.fromkeys(kind.loss for kind in kinds().values())
    if loss is not None and loss not in losses:
        raise InputError(f"loss = {loss!r}: choose one of {', '.join(losses)}")
    if loss is not None and problems is not None:
        raise InputError("loss = is of the built-in problems: own problems have their own losses, leave it out")
    counts = None if steps is None else tuple(steps) if isinstance(steps, Iterable) else (steps,)
    if counts is not None and (not counts or any(not (real(k) >= 1 and real(k) % 1 == 0) for k in counts)):
        raise InputError(f"steps = {steps!r}: give the numbers of inner steps, each a whole number >= 1")
    metadata = Metadata(
        algorithm,
        None if delta is None else float(delta),
        reduction,
        None if counts is None else tuple(int(k) for k in counts),
        computes,
        _own(algorithm, numbers or {}),
        problems if problems is None or callable(problems) else lambda: problems,
        loss,
    )

    def mark(make: M) -> M:
        make.mamlcheck = metadata  # type: ignore[attr-defined]
        return make

    return mark


def check_precision(computes: str | None) -> None:
    """Raise `InputError` for a precision that is declared and not known."""
    if computes is not None and computes not in UNIT_ROUNDOFF:
        raise InputError(f"computes = {computes!r}: choose one of {', '.join(UNIT_ROUNDOFF)}")


def _own(algorithm: str | None, numbers: Mapping[str, float]) -> Own:
    """Numbers of an algorithm's own, as they were handed over."""
    known = {} if algorithm is None else algorithm_named(algorithm).defaults
    for name, value in numbers.items():
        if name not in known:
            which = f"{algorithm} has {', '.join(known)}" if known else f"{algorithm or 'a subject'} has none"
            raise InputError(f"numbers = {dict(numbers)!r}: {name!r} is no number of the algorithm's own; {which}")
        if not np.isfinite(real(value)):
            raise InputError(f"numbers = {dict(numbers)!r}: give a finite number for {name!r}")
    return tuple((name, float(value)) for name, value in numbers.items())


def metadata_of(make: object) -> Metadata:
    """What `subject` has set, or the defaults."""
    found = getattr(make, "mamlcheck", None)
    return found if isinstance(found, Metadata) else Metadata()
