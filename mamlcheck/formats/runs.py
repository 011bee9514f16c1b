"""Shapes of runs of the algorithms: what `mamlcheck run --json` prints, and the head of a file that keeps runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from mamlcheck.formats.codec import Document
from mamlcheck.formats.shared import Enclosure

Origin = Literal["default", "given", "largest of the theorem", "Lemma 4.9 at the start"]
Provenance = Literal["exact", "certified", "estimated", "declared"]


@dataclass(frozen=True)
class RunSize:
    """How many tasks or samples a step draws. symbol: the paper's. origin: where the number comes from."""

    symbol: str
    count: int
    origin: Origin


@dataclass(frozen=True)
class RunSettings:
    """What the runs are, beside their tasks: equal settings on equal tasks give equal runs.

    source: where the tasks come from. algorithms: their names. steps: how many are wanted. every: F and |grad F| are
    evaluated at each such step. seed: of the first run; the others have the seeds that follow. alpha: the inner rate,
    exact. factor: c of the step size c beta~, exact, None where each algorithm has its own. eta: of HF-MAML's
    delta = eta / (rho alpha |v|), exact.
    """

    source: str
    algorithms: tuple[str, ...]
    steps: int
    every: int
    seed: int
    seeds: int
    alpha: str
    alpha_origin: Origin
    factor: str | None
    eta: str
    sizes: tuple[RunSize, ...]

    def size(self, symbol: str) -> int:
        """The count of one of the sizes."""
        return next(size.count for size in self.sizes if size.symbol == symbol)


@dataclass(frozen=True)
class RunState(Document):
    """What a file of runs that can go on says beside its arrays. instance: tasks, rate and start, as instance files."""

    FORMAT: ClassVar[str] = "mamlcheck-run-state"
    VERSION: ClassVar[int] = 1

    settings: RunSettings
    done: int
    instance: object


@dataclass(frozen=True)
class OverSeeds:
    """The mean over the runs of an algorithm, and the standard deviation, None for a single run.

    Floats, not certified; None where they are not finite.
    """

    mean: float | None
    spread: float | None


@dataclass(frozen=True)
class Course:
    """A quantity at each step at which it was evaluated: means and standard deviations as in `OverSeeds`."""

    means: tuple[float | None, ...]
    spreads: tuple[float | None, ...]


@dataclass(frozen=True)
class SeedRun:
    """One run. point: where it is after the last step, None where that is not finite.

    objective, gradient_norm: F and |grad F| there, certified for these doubles. mean_gradient_norm: of |grad F(w_k)|
    over the steps k at which it was evaluated, a float.
    """

    seed: int
    point: tuple[float, ...] | None
    objective: Enclosure
    gradient_norm: Enclosure
    mean_gradient_norm: float | None


@dataclass(frozen=True)
class RunGuarantee:
    """What a theorem guarantees of the steps that were made: E|grad F(w_K)| <= accuracy, K uniform on the steps.

    accuracy: rounded up, None where the theorem gives nothing. why: then the reason, a sentence. provenance: of the
    weakest constant behind it; proved: whether all of them are exact or certified.
    """

    accuracy: float | None
    why: str | None
    provenance: Provenance
    proved: bool


@dataclass(frozen=True)
class AlgorithmRuns:
    """The runs of an algorithm, from one point. factor: c of the step size, exact. eta: None where it does not matter.

    start_objective, start_gradient_norm: F and |grad F| where all runs start. evaluated: the steps k of `objective` and
    `gradient_norm`, each before it is made; their ends are after the last step. mean_gradient_norm: over those steps,
    of each run: what theorems on a uniformly random iterate bound, in the mean over all draws. guarantee: their bound.
    """

    title: str
    theorem: str
    factor: str
    eta: str | None
    start_objective: float | None
    start_gradient_norm: float | None
    evaluated: tuple[int, ...]
    objective: Course
    gradient_norm: Course
    end_objective: OverSeeds
    end_gradient_norm: OverSeeds
    mean_gradient_norm: OverSeeds
    guarantee: RunGuarantee
    runs: tuple[SeedRun, ...]


@dataclass(frozen=True)
class RunConstants:
    """The constants that step sizes are made of, and the deviations at the start that B' and D_beta follow from.

    smoothness: L; hessian_lipschitz: rho. provenance: of these two. guaranteed: whether they are proved.
    task_variance: sigma^2 at the start, sample_variance: the mean over tasks of sigma~_i^2 there; certified.
    """

    smoothness: float
    hessian_lipschitz: float
    provenance: Provenance
    guaranteed: bool
    task_variance: Enclosure
    sample_variance: Enclosure


@dataclass(frozen=True)
class RunResults(Document):
    """Runs of one or several algorithms from one point, on equal draws.

    done: how many steps were made, fewer than were wanted where it was stopped early (`partial`). tasks: what they are,
    in a line. notes: in which way the runs are not those of the theorems, a sentence each.
    """

    FORMAT: ClassVar[str] = "mamlcheck-runs"
    VERSION: ClassVar[int] = 1

    partial: bool
    done: int
    tasks: str
    settings: RunSettings
    constants: RunConstants
    notes: tuple[str, ...]
    algorithms: Mapping[str, AlgorithmRuns]

    def __str__(self) -> str:
        """One line: what became of |grad F|."""
        early = f", stopped early of {self.settings.steps}" if self.partial else ""
        told = "; ".join(
            f"{one.title} {_digits(one.start_gradient_norm)} to {_digits(one.end_gradient_norm.mean)}"
            for one in self.algorithms.values()
        )
        mark = "" if self.constants.guaranteed else " (constants not guaranteed)"
        return f"{self.done} steps{early}, {self.settings.seeds} seeds: |grad F| from {told}{mark}"

    def __repr__(self) -> str:
        return f"<RunResults: {self}>"


def _digits(value: float | None) -> str:
    return "no finite number" if value is None else f"{value:.4g}"


__all__ = [
    "AlgorithmRuns", "Course", "Origin", "OverSeeds", "Provenance", "RunConstants", "RunGuarantee", "RunResults",
    "RunSettings", "RunSize", "RunState", "SeedRun",
]  # fmt: skip
