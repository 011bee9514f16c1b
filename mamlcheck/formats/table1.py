"""Shapes of the paper's Table 1 with constants: what `mamlcheck table1 --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from mamlcheck.formats.codec import Document
from mamlcheck.formats.shared import Enclosure

Provenance = Literal["exact", "certified", "estimated", "declared", "not known"]


@dataclass(frozen=True)
class TableConstant:
    """A constant that the theorems take. symbol: the paper's. upper: a number that it is at most, None where none is
    known.

    provenance: of that number. told: what it is, in words, or why it is not known.
    """

    symbol: str
    upper: float | None
    provenance: Provenance
    told: str


@dataclass(frozen=True)
class StepCost:
    """Gradients of samples, and products of samples' Hessians with a vector."""

    gradients: int
    products: int


@dataclass(frozen=True)
class CountedStep:
    """What one step evaluates. sizes: by the paper's symbols. formula: the cost by it; counted: as it was counted."""

    sizes: Mapping[str, int]
    formula: StepCost
    counted: StepCost


@dataclass(frozen=True)
class TablePlan:
    """What an algorithm is to take for the accuracy. sizes: by the paper's symbols. steps: T. a_step: by the formula.

    in_all: sample gradients of all T steps.
    """

    sizes: Mapping[str, int]
    steps: int
    a_step: StepCost
    in_all: int


@dataclass(frozen=True)
class TableRow:
    """An algorithm. applies: whether alpha is one that its theorem allows. chosen: whether it reaches any accuracy.

    accuracy: what E|grad F(w_K)| is at most after that; growth: M_0; both None where a constant is not known, and so is
    `plan`. eta: of HF-MAML, exact. shots: a bound of E|grad F(w_K)| with D_in = K and all else as large as you like.
    cost: a step's, by a formula. counted: on sizes that all differ.
    """

    title: str
    theorem: str
    applies: bool
    chosen: bool
    reaches: str
    accuracy: float | None
    growth: float | None
    eta: str | None
    steps_formula: str
    cost_formula: str
    plan: TablePlan | None
    shots: float | None
    counted: CountedStep


@dataclass(frozen=True)
class FloorCourse:
    """|grad F| along a run with all tasks and all data in each step. point, end: w after the last step, and |grad F| at
    that double, certified; the others are floats.
    """

    title: str
    eta: str | None
    steps: tuple[int, ...]
    gradient_norm: tuple[float, ...]
    point: float
    end: Enclosure


@dataclass(frozen=True)
class FloorSeen:
    """A floor, seen in runs. finding: that has the tasks. rest: where the algorithm comes to rest; floor: |grad F|
    there; both exact. of: the algorithm that has the floor.
    """

    name: str
    finding: str
    of: str
    start: str
    alpha: str
    rest: str
    floor: str
    courses: tuple[FloorCourse, ...]


@dataclass(frozen=True)
class Slope:
    """A power of 1/eps. quantity: what grows. by_theorem: fitted to the sizes that the theorem asks for, None
    where it reaches no eps of choice.

    found: fitted to the least that exactly known runs need, floats.
    """

    quantity: str
    by_theorem: float | None
    found: float


@dataclass(frozen=True)
class Slopes:
    """Powers of 1/eps of an algorithm, fitted over these eps. steps: the least T of each, tasks: the least B."""

    title: str
    accuracies: tuple[float, ...]
    steps: tuple[int, ...]
    tasks: tuple[int, ...]
    slopes: tuple[Slope, ...]


@dataclass(frozen=True)
class Table1(Document):
    """Table 1 for the tasks at hand. source, tasks: where they come from and what they are. shots: K.

    alpha, accuracy: exact.
    """

    FORMAT: ClassVar[str] = "mamlcheck-table1"
    VERSION: ClassVar[int] = 1

    source: str
    tasks: str
    alpha: str
    accuracy: str
    shots: int
    dimension: int
    guaranteed: bool
    constants: tuple[TableConstant, ...]
    algorithms: Mapping[str, TableRow]
    floors: tuple[FloorSeen, ...]
    slopes: tuple[Slopes, ...]


__all__ = [
    "CountedStep", "FloorCourse", "FloorSeen", "Provenance", "Slope", "Slopes", "StepCost", "Table1", "TableConstant",
    "TablePlan", "TableRow",
]  # fmt: skip
