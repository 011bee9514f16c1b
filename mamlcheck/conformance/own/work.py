"""How much work a direction is in Arb, and how far it is: for a word on the time that it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mamlcheck.conformance.own.losses import BatchLoss
from mamlcheck.programs.cost import operations

Report = Callable[[str], None]

# Of Arb at 256 bits, measured on one core: a guess, by which it is decided what is certified at once.
SECONDS_A_PRODUCT, SECONDS_AN_OPERATION = 15e-9, 200e-9


def seconds(loss: BatchLoss, what: str) -> float:
    """About how long Arb takes for the gradient of a loss, or its H v."""
    products, others = operations(loss.gradient if what == "gradient" else loss.hessian_vector)
    return SECONDS_A_PRODUCT * products + SECONDS_AN_OPERATION * others


@dataclass
class Work:
    """Gradients and products that are to be computed, and those that are. expected: in seconds by the guess."""

    report: Report
    parts: int = 0
    expected: float = 0.0
    done_parts: int = 0
    done: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def foresee(self, loss: BatchLoss, what: str) -> None:
        """One more will be computed."""
        self.parts += 1
        self.expected += seconds(loss, what)

    def finish(self, loss: BatchLoss, what: str) -> None:
        """One more has been computed."""
        self.done_parts += 1
        self.done += seconds(loss, what)
        taken = time.monotonic() - self.started
        left = taken * max(self.expected - self.done, 0) / self.done
        self.report(
            f"certifying: {self.done_parts} of {self.parts} gradients and Hessian-vector products, "
            f"about {left:.0f} s left"
        )

    def again(self) -> None:
        """All of it is computed again, in a finer precision."""
        self.done_parts, self.done, self.started = 0, 0.0, time.monotonic()
