"""What a problem is of: a model with a loss, and tasks of it over an arithmetic.

Built-in kinds and own models are both.

A batch is a role, 'inner', 'outer' or 'hessian': each task has one set of data for each. Points and gradients are
(..., B, n), a row for each of B tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.conformance.data import Task
from mamlcheck.conformance.enclosures import Enclosure, Formula
from mamlcheck.conformance.layout import Layout
from mamlcheck.errors import MamlcheckError
from mamlcheck.programs.kinks import Kink

if TYPE_CHECKING:
    from mamlcheck.conformance.adapters.view import View


class DoesNotApply(MamlcheckError):  # noqa: N818 - reads as what it says
    """A formula needs what a problem does not have; it is not tried there."""


class TasksAt(Protocol):
    """What is known of the tasks at parameters w (..., B, n)."""

    @property
    def w(self) -> Numbers: ...

    def gradient(self, role: str) -> Numbers:
        """grad f_i(w_i) over the set of a role (..., B, n)."""

    def hessian_vector(self, v: Numbers, role: str) -> Numbers:
        """H_i(w_i) v_i over the set of a role (..., B, n), v of that shape."""

    def gradient_across(self, move: Numbers, role: str) -> Numbers:
        """grad f_i(w_i + move_i) - grad f_i(w_i - move_i) over the set of a role (..., B, n)."""

    def hessian_diagonal(self, role: str) -> Numbers:
        """The diagonal of H_i(w_i) over the set of a role (B, n), w being (B, n)."""


class Tasks(Protocol):
    """B tasks over an arithmetic."""

    def at(self, w: Numbers) -> TasksAt:
        """What is known of the tasks at parameters w (..., B, n)."""


class Kind(Protocol):
    """A model with a loss. name: in sentences. head: the parameters of its last layer. loss: the name of the loss."""

    @property
    def name(self) -> str: ...

    @property
    def layout(self) -> Layout: ...

    @property
    def head(self) -> tuple[str, ...]: ...

    @property
    def loss(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing of it, in sentences."""

    @property
    def unit_roundoff(self) -> float:
        """Of the coarsest float that the model itself computes in, whatever precision is asked for."""

    @property
    def second_derivative_off(self) -> float:
        """How far the framework's own H v is from that of the loss, relative, beyond what rounding explains; else 0."""

    @property
    def jumps(self) -> bool:
        """Whether gradients jump somewhere, as at the kink of a ReLU."""

    @property
    def unused(self) -> tuple[str, ...]:
        """The parameters that no loss depends on, by name."""

    def named(self, direction: Any) -> Any:
        """A direction as the framework of the model holds it, such as a pytree, in a form that is read by name."""

    @property
    def seconds(self) -> float:
        """About how long a direction takes in doubles, on one core."""

    @property
    def certifies(self) -> bool:
        """Whether what `enclosed` gives is proved."""

    def over(self, ar: DirectionArithmetic, tasks: Sequence[Task]) -> Tasks:
        """The tasks as numbers of an arithmetic."""

    def samples(self, role: str, tasks: Sequence[Task]) -> tuple[int, ...]:
        """The number of samples that each task has in a set."""

    def enclosed(self, formula: Formula, name: str = "") -> Enclosure:
        """A direction (n,) that subjects are held against.

        name: text that two formulas on problems of this kind share only if they are the same; empty, if unknown.
        """

    def its_side(
        self, problem: Any, direction: Any, unit_roundoff: float, found: Doubles, hessian: Any, role: str
    ) -> tuple[Any, tuple[Kink, ...]] | None:
        """A problem of this kind on the side of kinks that a direction (n,) is on, and those that rounding can turn.

        None where there are none. direction: the formula, with how it takes the Hessian, and the set that that is of.
        """

    def too_many_sides(self, problem: Any, direction: Any, unit_roundoff: float, hessian: Any, role: str) -> int:
        """How many decisions rounding can turn, if these are too many for `its_side`; else 0."""

    def between_kinks(self, problem: Any) -> Any | None:
        """A problem of this kind as if no kink lay between the ends of a difference of gradients.

        None where there are no kinks.
        """

    def view(self, framework: str, given: object) -> View:
        """A problem of this kind in the arrays of a framework."""
