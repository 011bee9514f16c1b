"""Shapes of what a report shows beside its claims: HF-MAML's finite difference, runs, Table 1 and Figure 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mamlcheck.formats.findings import RelationRecord
from mamlcheck.formats.runs import RunResults
from mamlcheck.formats.table1 import Table1


@dataclass(frozen=True)
class MeasuredDifferences:
    """The error of a finite difference as floats of one precision have it.

    roundoff: u. points: (delta, error), delta a number of that precision, the error of what was computed in it from the
    exact Hessian-vector product, found in fractions and given as the nearest double. rounding: for each point a proved
    bound of what rounding may add to the error that exact numbers have. best: the delta at which the proved bound of
    both errors together is least, about.
    """

    precision: Literal["float64", "float32"]
    roundoff: float
    points: tuple[tuple[float, float], ...]
    rounding: tuple[float, ...]
    best: float


@dataclass(frozen=True)
class DifferenceErrors:
    """The error of HF-MAML's finite difference against delta, on one exact task in one dimension.

    task: what it is, in words. product: H(w) v; smoothness: L; hessian_lipschitz: rho; gradient: |grad phi(w)|;
    direction: |v|; alpha: an inner rate of the theorem; printed_delta: 1 / (6 rho alpha |v|); all exact, as text.
    deltas: where what follows is given. error: of the exact difference, computed in fractions. printed: the bound of
    the paper; sharper: the least that is proved. All three are nearest doubles of exact numbers.
    """

    task: str
    product: str
    smoothness: str
    hessian_lipschitz: str
    gradient: str
    direction: str
    alpha: str
    printed_delta: str
    deltas: tuple[float, ...]
    error: tuple[float, ...]
    printed: tuple[float, ...]
    sharper: tuple[float, ...]
    measured: tuple[MeasuredDifferences, ...]


@dataclass(frozen=True)
class FloorBound:
    """What |grad F| is at most where an algorithm with full batches comes to rest. value: rounded up; claim: whose
    proof says so; formula: it, in words.
    """

    algorithm: str
    claim: str
    formula: str
    value: float


@dataclass(frozen=True)
class FigureStart:
    """A point to start from in Figure 1. steps: it minimises the mean loss after as many inner steps.

    point: its coordinates. losses: of each task after 0, 1, ... steps from it, a row for each number of steps;
    mean_losses: their means. All exact, as text; `at` is the point in doubles.
    """

    steps: int
    point: tuple[str, ...]
    at: tuple[float, ...]
    losses: tuple[tuple[str, ...], ...]
    mean_losses: tuple[str, ...]


@dataclass(frozen=True)
class FigureOne:
    """Figure 1 of the paper as an exact example: quadratics in the plane, by their names, centres and curvatures.

    curvatures, alpha: exact, as text. radii: how far each task is from its centre where its loss is `level`, in
    doubles. relations: what is so there, each decided in fractions.
    """

    names: tuple[str, ...]
    centres: tuple[tuple[float, float], ...]
    curvatures: tuple[str, ...]
    alpha: str
    level: float
    radii: tuple[float, ...]
    starts: tuple[FigureStart, ...]
    relations: tuple[RelationRecord, ...]


@dataclass(frozen=True)
class Dynamics:
    """What the page shows of the algorithms at work.

    runs: of all three from one point, with what their theorems guarantee; floors: of `runs`, proved bounds, empty where
    no deviation is bounded at all points. table1: for the tasks of the report's table, with the floors seen in runs
    with all data; None where it cannot be made, and `why` says why.
    """

    differences: DifferenceErrors
    runs: RunResults
    floors: tuple[FloorBound, ...]
    table1: Table1 | None
    why: str | None
    figure_1: FigureOne


__all__ = [
    "DifferenceErrors", "Dynamics", "FigureOne", "FigureStart", "FloorBound", "MeasuredDifferences",
]  # fmt: skip
