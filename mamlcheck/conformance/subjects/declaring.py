"""What a subject declares of itself: the decorator `subject`, and the `Metadata` that it leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from mamlcheck.conformance.algorithms import algorithm as algorithm_named
from mamlcheck.errors import InputError

M = TypeVar("M", bound=Callable[..., Any])

REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True)
class Metadata:
    """What a subject declares: its algorithm, HF-MAML's delta, the reduction over tasks, the numbers of inner steps.

    None stands for what was not said.
    """

    algorithm: str | None = None
    delta: float | None = None
    reduction: str = "mean"
    steps: tuple[int, ...] | None = None

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
    steps: Sequence[int] | None = None,
) -> Callable[[M], M]:
    """Decorator of `make(problem)`: says what it is meant to be.

    algorithm: its name, such as 'MAML', 'FO-MAML' or 'ANIL'. delta: the step of HF-MAML's difference. reduction: 'mean'
    or 'sum' over tasks. steps: the numbers of inner steps that it supports. Raises `InputError`.
    """
    if algorithm is not None:
        algorithm = algorithm_named(algorithm).name
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


def metadata_of(make: object) -> Metadata:
    """What `subject` has set, or the defaults."""
    found = getattr(make, "mamlcheck", None)
    return found if isinstance(found, Metadata) else Metadata()
