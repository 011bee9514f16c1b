"""What vectors are made with: gradients and Hessian-vector products of every task, each computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import TasksAt
from mamlcheck.conformance.reference import Run

START, HALFWAY, END = "start", "halfway", "end"
# How a point reads in a sentence.
POINTS = {
    START: "at the initial parameters",
    HALFWAY: "halfway between the initial and the adapted parameters",
    END: "at the adapted parameters",
}


@dataclass(frozen=True)
class Parts:
    """Gradients and products of the tasks of a run (B, n); what two vectors have in common is computed once."""

    x: Run
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def once(self, key: Hashable, made: Callable[[], Any]) -> Any:
        """What was made under a key before, or is made now."""
        if key not in self._known:
            self._known[key] = made()
        return self._known[key]

    def at(self, point: str) -> TasksAt:
        """The tasks at one of `POINTS`."""
        found: TasksAt = self.once(point, lambda: self._at(point))
        return found

    def _at(self, point: str) -> TasksAt:
        if point == START:
            return self.x.start
        end: TasksAt = self.once("path", self.x.adapt).end
        return end if point == END else self.x.tasks.at((self.x.w + end.w) / 2)

    def gradient(self, role: str, point: str) -> Numbers:
        """grad f_i over the set of a role."""
        found: Numbers = self.once((role, point), lambda: self.at(point).gradient(role))
        return found

    def product(self, role: str, point: str, of: tuple[str, str]) -> Numbers:
        """H_i over the set of a role times the gradient of (role, point): as the run takes Hessians."""
        made = partial(self._product, role, point, of)
        found: Numbers = self.once((role, point, of), made)
        return found

    def _product(self, role: str, point: str, of: tuple[str, str]) -> Numbers:
        return self.x.curvature(self.at(point), self.gradient(*of), role)
