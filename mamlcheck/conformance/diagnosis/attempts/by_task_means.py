"""An algorithm whose directions of the tasks are put together by something else than weights that are always the same:
the worst task alone, weights by the losses, each divided by its norm, a median.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.conformance.diagnosis.attempts.weighed import one_by_one
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, algorithms_of, lost, unit_of
from mamlcheck.conformance.diagnosis.parts.searching import FAMILY, can_be_taken_apart
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Run
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 105
MOST_TRIED = 6  # of all algorithms, those that fit best

Array = np.ndarray


@dataclass(frozen=True)
class Mean:
    """A way to put the tasks together. of: directions (B, n), losses (B,) and the mean's factor to (n,). most: how far
    the result can be off by what the directions are off by (B,), as a norm. by_loss: whether it needs the losses.
    """

    defect: str
    says: str
    cause: str
    of: Callable[[Array, Array], Array]
    most: Callable[[Array, Array, Array], float]
    by_loss: bool = False


def _weighed(weights: Callable[[Array, Array], Array]) -> dict[str, Callable[..., object]]:
    """A weighted sum, whose weights are a function of the norms of the directions and of the losses."""

    def of(directions: Array, losses: Array) -> Array:
        return np.asarray(weights(np.linalg.norm(directions, axis=1), losses) @ directions)

    def most(directions: Array, losses: Array, off: Array) -> float:
        return float(np.abs(weights(np.linalg.norm(directions, axis=1), losses)) @ off)

    return {"of": of, "most": most}


def _softmax(losses: Array) -> Array:
    shares: Array = np.exp(losses - losses.max())
    return np.asarray(shares / shares.sum())


def _only(index: int, count: int) -> Array:
    found: Array = np.eye(count)[index]
    return found


MEANS = (
    Mean(
        "worst_task",
        "only one task counts, the one with the largest outer loss",
        "Most likely a maximum over the losses of tasks is taken.",
        by_loss=True,
        **_weighed(lambda norms, losses: _only(int(np.argmax(losses)), len(losses))),  # type: ignore[arg-type]
    ),
    Mean(
        "best_task",
        "only one task counts, the one with the smallest outer loss",
        "Most likely a minimum over the losses of tasks is taken.",
        by_loss=True,
        **_weighed(lambda norms, losses: _only(int(np.argmin(losses)), len(losses))),  # type: ignore[arg-type]
    ),
    Mean(
        "tasks_normalised",
        "the direction of each task is normalised, divided by its norm, before they are averaged",
        "Most likely the gradient of each task is normalised or clipped before it is added.",
        **_weighed(lambda norms, losses: 1 / (len(norms) * norms)),  # type: ignore[arg-type]
    ),
    Mean(
        "tasks_by_loss",
        "the tasks are weighted by a softmax of their outer losses",
        "Most likely hard tasks are meant to count more.",
        by_loss=True,
        **_weighed(lambda norms, losses: _softmax(losses)),  # type: ignore[arg-type]
    ),
    Mean(
        "tasks_by_loss",
        "the tasks are weighted by a softmax of their negative outer losses",
        "Most likely easy tasks are meant to count more.",
        by_loss=True,
        **_weighed(lambda norms, losses: _softmax(-losses)),  # type: ignore[arg-type]
    ),
    Mean(
        "tasks_by_loss",
        "the tasks are weighted by their outer losses over the sum of these",
        "Most likely the losses are multiplied by weights that are made of them.",
        by_loss=True,
        **_weighed(lambda norms, losses: losses / losses.sum()),  # type: ignore[arg-type]
    ),
    Mean(
        "median_of_tasks",
        "it is the median over tasks of each component, not their mean",
        "Most likely a median is meant to be robust against single tasks.",
        of=lambda directions, losses: np.asarray(np.median(directions, axis=0)),
        # A median moves by no more than the value that moves most.
        most=lambda directions, losses, off: float(np.linalg.norm(off)),
    ),
)


def attempt(question: Question) -> Explanation | None:
    """The first algorithm whose directions of single tasks fit so."""
    if len(question.widest.problem.tasks) < 2:
        return None
    losses = can_be_taken_apart(question)  # those of own problems are known by their gradients alone
    for c in list(algorithms_of(question))[:MOST_TRIED]:
        for mean in MEANS:
            if mean.by_loss and not (losses and c.algorithm.name in FAMILY.values()):
                continue  # its outer losses are not those of plain inner steps
            if all(_held(question, c, mean, o) for o in question.seen):
                return _of_mean(question, c, mean)
    return None


def _held(question: Question, c: Candidate, mean: Mean, o: Observation) -> bool:
    """Whether an observation is what the mean makes of the tasks, within rounding."""
    parts = list(one_by_one(o.problem))
    losses = np.array([_loss(c, p) for p in parts]) if mean.by_loss else np.zeros(len(parts))
    factor, x = question.wanted_factor(o), o.direction
    screened = np.stack([c.screened(p) for p in parts])
    if np.linalg.norm(x - factor * mean.of(screened, losses)) > TELLING_SHARE * o.size:
        return False
    unit = unit_of(o)
    enclosed = [c.enclosed(p) for p in parts]
    middle = np.stack([e.midpoint for e in enclosed])
    off = np.array([unit * c.tolerance(p) + np.linalg.norm(e.radius) for p, e in zip(parts, enclosed, strict=True)])
    # Twice, as the weights are computed of rounded numbers too.
    allowed = 2 * abs(factor) * mean.most(middle, losses, off) + lost(o, unit)
    return float(np.linalg.norm(x - factor * mean.of(middle, losses))) <= allowed


def _loss(c: Candidate, given: Problem) -> float:
    """The outer loss of the one task of a built-in problem at its adapted parameters, in doubles."""
    kind = kinds()[given.name]
    with float64.working():
        end = c.algorithm.on(Run(float64, given)).adapt().end
        x, y = end.tasks.data["outer"]
        outputs = kind.network.forward(float64, kind.layout.unflatten(end.w), x)
        return float(np.asarray(kind.criterion.value(float64, outputs, y)).item())


def _of_mean(question: Question, c: Candidate, mean: Mean) -> Explanation:
    return Explanation(
        c.algorithm,
        (mean.defect,),
        (mean.says,),
        (Cause(mean.defect, mean.cause),),
        error=max(_error(question, c, mean, o) for o in question.seen),
        scale=question.wanted_factor(question.seen[0]),
        candidate=c,
        allows=lambda o: _held(question, c, mean, o),
    )


def _error(question: Question, c: Candidate, mean: Mean, o: Observation) -> float:
    parts = list(one_by_one(o.problem))
    losses = np.array([_loss(c, p) for p in parts]) if mean.by_loss else np.zeros(len(parts))
    middle = np.stack([c.enclosed(p).midpoint for p in parts])
    return float(np.linalg.norm(o.direction - question.wanted_factor(o) * mean.of(middle, losses))) / o.size
