"""Inner rates that differ by step or by parameter: what alpha is multiplied by, as plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Rates:
    """For each inner step, or for all of them where there is one alone, a number for each parameter (n,) float64.

    digest: text that two share only if their numbers are the same, bit by bit.
    """

    digest: str
    steps: tuple[Array, ...] = field(compare=False, repr=False)

    @property
    def by_step(self) -> bool:
        """Whether each inner step has its own."""
        return len(self.steps) > 1

    @property
    def by(self) -> str:
        """What they differ by, in words."""
        parts = any((step != step[0]).any() for step in self.steps)
        return f"by {' and '.join(['step'] * self.by_step + ['parameter'] * parts)}"

    def of(self, step: int) -> Array:
        """Those of an inner step (n,)."""
        return self.steps[step if self.by_step else 0]

    def reach(self, steps: int) -> bool:
        """Whether so many inner steps have rates."""
        return not self.by_step or steps <= len(self.steps)


def rates_of(steps: Iterable[Array]) -> Rates:
    """The rates of inner steps, each (n,)."""
    found = tuple(np.array(step, dtype="<f8") for step in steps)
    text = hashlib.sha256(repr([step.shape for step in found]).encode())
    for step in found:
        step.flags.writeable = False
        text.update(step.tobytes())
    return Rates(text.hexdigest(), found)
