"""`watch`: what one step of somebody's own training loop does, without editing the loop."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mamlcheck.conformance.diagnosis.result import Diagnosis
from mamlcheck.conformance.own.asking import what_is
from mamlcheck.conformance.own.frameworks import Loss
from mamlcheck.conformance.own.posing import own_problem
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.words import listed
from mamlcheck.errors import InputError

if TYPE_CHECKING:
    import torch

MOST_STATES_NAMED = 3  # in a note, before "and so many more"


@dataclass
class Watched:
    """What was seen of a step. problem: as it was before the step. steps: how often the optimiser stepped.

    gradient: the `.grad`s by name at the first step. state: names of the buffers, such as running statistics of batch
    norm, that are not what they were. The rest is as in `what_is`.
    """

    problem: Problem
    declared: str | None = None
    reduction: str = "mean"
    delta: float | None = None
    computes: str | None = None
    steps: int = 0
    gradient: dict[str, Any] = field(default_factory=dict)
    state: tuple[str, ...] = ()

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What the step's gradient is. Raises `InputError` where there was no step."""
        if not self.steps:
            raise InputError(
                "the optimiser took no step in the block: put its step() inside, or hand the gradient to what_is"
            )
        found = what_is(
            self.gradient,
            self.problem,
            declared=self.declared,
            reduction=self.reduction,
            delta=self.delta,
            computes=self.computes,
        )
        return replace(found, subject="the step", notes=(*found.notes, *self._notes()))

    def _notes(self) -> Iterator[str]:
        if self.steps > 1:
            yield f"The optimiser took {self.steps} steps; this is of the first."
        if self.state:
            more = len(self.state) - MOST_STATES_NAMED
            some = [*self.state[:MOST_STATES_NAMED], *([f"{more} more"] if more > 0 else [])]
            yield f"The step changed state beside the parameters: {listed(some)}."

    def __str__(self) -> str:
        return str(self.diagnosis)


@contextmanager
def watch(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    loss: Loss,
    tasks: Sequence[Any],
    alpha: Any,
    steps: int = 1,
    declared: str | None = None,
    reduction: str = "mean",
    delta: float | None = None,
    computes: str | None = None,
    **posed: Any,
) -> Iterator[Watched]:
    """What one step of a training loop in PyTorch is: a `with` block around it, which gives a `Watched`.

    model: the one that is trained. optimizer: that of the outer loop, whose step() is to be called in the block; what
    it finds in `.grad` is judged. loss, tasks, alpha, steps: what the step is of, as in `own_problem`, which takes the
    rest; declared, reduction, delta, computes: as in `what_is`. Nothing is kept from happening. Raises `InputError`.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module) or not hasattr(optimizer, "register_step_pre_hook"):
        raise InputError(
            "watch takes a torch.nn.Module and a torch.optim.Optimizer: elsewhere, hand gradients to what_is"
        )
    problem = own_problem(model, loss, tasks, alpha=alpha, steps=steps, **posed)
    seen = Watched(problem, declared, reduction, delta, computes)
    before = {name: buffer.detach().clone() for name, buffer in model.named_buffers()}

    def stepping(*_: object) -> None:
        seen.steps += 1
        if seen.steps == 1:
            named = model.named_parameters()
            seen.gradient = {
                n: None if p.grad is None else p.grad.detach().clone() for n, p in named if p.requires_grad
            }

    hook = optimizer.register_step_pre_hook(stepping)
    try:
        yield seen
    finally:
        hook.remove()
    now = dict(model.named_buffers())
    seen.state = tuple(n for n, old in before.items() if n not in now or not torch.equal(now[n], old))
