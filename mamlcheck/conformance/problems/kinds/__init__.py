"""The kinds of conformance problems, one file each, found by its place in this folder.

A file says `NETWORK`, `CRITERION` and `SEED`, from which its data are drawn, and may say its `ORDER` among the kinds.
Its name, with dashes for underscores, is that of the kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from mamlcheck.arithmetic import arb
from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.protocol import DirectionArithmetic
from mamlcheck.conformance import adapters
from mamlcheck.conformance.adapters.view import Given, View
from mamlcheck.conformance.data import SAMPLES_OF_ROLE, UNIT_ROUNDOFF, Task
from mamlcheck.conformance.enclosures import Enclosure, Formula, enclosed_by, narrow
from mamlcheck.conformance.layout import Layout
from mamlcheck.conformance.networks import Criterion, Network
from mamlcheck.conformance.problems.tasks import NetworkTasks, network_tasks
from mamlcheck.place import modules_in

ENCLOSURE_BITS = (128, 256, 512, 1024)  # tried in turn: a long recursion, as of a solver, loses bits in each step


@dataclass(frozen=True)
class ProblemKind:
    """A network with a criterion. seed: of the initial parameters and the data."""

    name: str
    network: Network
    criterion: Criterion
    seed: int

    @property
    def features(self) -> int:
        """The number of inputs of a sample."""
        return self.network.first.inputs

    @property
    def outputs(self) -> int:
        """The number of outputs: of classes, where targets are labels."""
        return self.network.head.outputs

    @property
    def layout(self) -> Layout:
        """How the parameters lie in a flat vector."""
        return self.network.layout

    @property
    def head(self) -> tuple[str, ...]:
        """The parameters of the last layer."""
        return tuple(self.network.head.shapes)

    @property
    def loss(self) -> str:
        """The name of the criterion."""
        return self.criterion.name

    @property
    def notes(self) -> tuple[str, ...]:
        """There is nothing to say."""
        return ()

    @property
    def unit_roundoff(self) -> float:
        """Of doubles: it computes in whatever it is given."""
        return UNIT_ROUNDOFF["float64"]

    @property
    def second_derivative_off(self) -> float:
        """They are made of operations that frameworks differentiate rightly."""
        return 0.0

    @property
    def jumps(self) -> bool:
        """They are smooth."""
        return False

    @property
    def unused(self) -> tuple[str, ...]:
        """Every parameter counts."""
        return ()

    def named(self, direction: object) -> object:
        """As it is: its parameters have names in every framework."""
        return direction

    @property
    def seconds(self) -> float:
        """Less than can be told from none."""
        return 0.0

    @property
    def certifies(self) -> bool:
        """References are enclosed by Arb."""
        return True

    def over(self, ar: DirectionArithmetic, tasks: Sequence[Task]) -> NetworkTasks:
        """The tasks as numbers of an arithmetic."""
        return network_tasks(ar, self.network, self.criterion, tasks)

    def samples(self, role: str, tasks: Sequence[Task]) -> tuple[int, ...]:
        """The number of samples that each task has in a set: the same."""
        return (SAMPLES_OF_ROLE[role],) * len(tasks)

    def enclosed(self, formula: Formula, name: str = "") -> Enclosure:
        """A direction (n,), enclosed by Arb: with as many bits as a narrow enclosure takes, or with the most."""
        for bits in ENCLOSURE_BITS:
            found = enclosed_by(arb(bits), formula)
            if narrow(found):
                break
        return found

    def its_side(
        self, problem: object, direction: object, unit_roundoff: float, found: Doubles, hessian: object, role: str
    ) -> None:
        """Its losses have no kinks."""

    def too_many_sides(self, *asked: object) -> int:
        """They have no kinks."""
        return 0

    def between_kinks(self, problem: object) -> None:
        """Its losses have no kinks."""

    def view(self, framework: str, given: object) -> View:
        """A problem of this kind in a framework."""
        return adapters.view_of(framework, cast("Given", given))  # its kind is this one, which has the formulas


def kinds_with(loss: str | None) -> dict[str, ProblemKind]:
    """The kinds with a loss, by its name; all of them, where it is None."""
    return {name: kind for name, kind in kinds().items() if loss in (None, kind.loss)}


@cache
def kinds() -> dict[str, ProblemKind]:
    """All kinds by name, in order; what any kind would do for is done with the first."""
    found = {}
    for file in modules_in(__name__, __path__):
        name = file.__name__.rpartition(".")[2].replace("_", "-")
        found[name] = ProblemKind(name, file.NETWORK, file.CRITERION, file.SEED)
    return found
