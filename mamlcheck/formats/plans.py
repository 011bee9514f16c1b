"""Shapes of plans: what `mamlcheck plan --json` prints, and what `mamlcheck run --plan` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mamlcheck.formats.codec import Document
from mamlcheck.formats.runs import Provenance


@dataclass(frozen=True)
class PlannedConstant:
    """A constant that plans rest on. value: exact, as text, not below the constant; None where it is not known.

    symbol: the paper's. source: where the number comes from, in words.
    """

    symbol: str
    value: str | None
    provenance: Provenance
    source: str


@dataclass(frozen=True)
class PlannedSizes:
    """What a run takes: T steps of B tasks with D_in, D_o and D_h samples, and B' tasks with D_beta for the step size.

    hessian: None where the algorithm draws no Hessian batch.
    """

    steps: int
    tasks: int
    inner: int
    outer: int
    hessian: int | None
    stepsize_tasks: int
    stepsize: int


@dataclass(frozen=True)
class PlannedCost:
    """Sample gradients and Hessian-vector products of samples, of one step and of all."""

    gradients_a_step: int
    products_a_step: int
    gradients: int
    products: int


@dataclass(frozen=True)
class PlannedRun:
    """A run that reaches eps, by the theorem: sizes, HF-MAML's eta (exact), what it costs, and the eps it is sure of.

    sure: the accuracy that the theorem gives for exactly these sizes, rounded up: not above eps.
    """

    sizes: PlannedSizes
    eta: str | None
    cost: PlannedCost
    sure: float


@dataclass(frozen=True)
class AlgorithmPlan:
    """The plan of an algorithm. largest_rate: the largest alpha L of its theorem. factor: c of the step size c beta~.

    run: None where the theorem cannot promise eps at this alpha; why: then the reason, a sentence. floor: the accuracy
    that no number of steps and no batch goes below by this theorem at this alpha, about, 0 where there is none.
    corollary: the same goal by the closed formulas of the corollary, None where it says nothing of it. twice: the plan
    for 2 eps.
    """

    title: str
    theorem: str
    largest_rate: str
    factor: str
    run: PlannedRun | None
    why: str | None
    floor: float
    corollary: PlannedRun | None
    twice: PlannedRun | None


@dataclass(frozen=True)
class PlanDocument(Document):
    """Plans for a goal: E|grad F(w_K)| <= accuracy, with K uniform on the steps.

    tasks: what they are, in a line. accuracy, alpha: exact, as text. provenance: of the weakest constant; guaranteed:
    whether all are exact or certified, so that the plan is a proof of its promise. notes: sentences. algorithms: by
    name. cheapest: the name of the one with the least cost, a product counted as two gradients; None where none can.
    instance: tasks and start, as an instance file has them; None for constants alone.
    """

    FORMAT: ClassVar[str] = "mamlcheck-plan"
    VERSION: ClassVar[int] = 1

    source: str
    tasks: str
    accuracy: str
    alpha: str
    provenance: Provenance
    guaranteed: bool
    constants: tuple[PlannedConstant, ...]
    notes: tuple[str, ...]
    algorithms: Mapping[str, AlgorithmPlan]
    cheapest: str | None
    instance: object

    def __str__(self) -> str:
        """One line: the goal, and the cheapest plan."""
        word = "guaranteed" if self.guaranteed else f"not guaranteed, constants {self.provenance}"
        best = None if self.cheapest is None else self.algorithms[self.cheapest]
        if best is None or best.run is None:
            return f"no plan reaches E|grad F| <= {self.accuracy} ({word})"
        cost = best.run.cost
        products = f" and {cost.products:,} Hessian-vector products" if cost.products else ""
        return (
            f"E|grad F| <= {self.accuracy} ({word}): {best.title}, {best.run.sizes.steps:,} steps, "
            f"{cost.gradients:,} sample gradients{products}"
        )

    def __repr__(self) -> str:
        return f"<PlanDocument: {self}>"


__all__ = ["AlgorithmPlan", "PlanDocument", "PlannedConstant", "PlannedCost", "PlannedRun", "PlannedSizes"]
