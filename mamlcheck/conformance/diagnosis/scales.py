"""The factors that a wrong mean, rate or sign leaves in a direction, each with its name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.problems.problem import Problem


@dataclass(frozen=True)
class Scale:
    """A factor that a direction may be off by. defects: ids; says: words after 'times'; causes: the likely reasons."""

    defects: tuple[str, ...]
    says: str
    causes: tuple[Cause, ...]
    factor: Callable[[Problem], float]


def _named(defect: str, says: str, cause: str, factor: Callable[[Problem], float]) -> Scale:
    return Scale((defect,), says, (Cause(defect, cause),), factor)


def task_count(given: Problem) -> float:
    """The number of tasks."""
    return float(len(given.tasks))


def samples(given: Problem, role: str) -> float:
    """The number of samples of a set; NaN, by which nothing is scaled, where it differs from task to task."""
    counts = set(given.samples(role))
    return float(counts.pop()) if len(counts) == 1 else math.nan


SAME_DIGITS = 12  # of factors that are the same number, computed in one way or another
EITHER = Cause("scaled_by_either", "Tasks, or sets, of other sizes, or another rate, would tell which of these it is.")
ONE = Scale((), "", (), lambda p: 1.0)
SUM_OVER_TASKS = _named(
    "sum_over_tasks",
    "the number of tasks: a sum over tasks, not their mean",
    "Most likely the losses of the tasks are added up and not divided by their number.",
    task_count,
)
OVER_ALPHA = _named(
    "scaled_by_1_over_alpha",
    "1 / alpha",
    "Most likely an update is divided by the inner rate.",
    lambda p: 1 / p.alpha if p.alpha else math.inf,
)
_BY_TASKS = (
    SUM_OVER_TASKS,
    _named(
        "scaled_by_1_over_tasks",
        "1 over the number of tasks: the mean over tasks is divided by their number once more",
        "Most likely both the loss and the gradient are averaged.",
        lambda p: 1 / task_count(p),
    ),
)
_BY_SAMPLES = (
    _named(
        "scaled_by_1_over_query",
        "1 over the number of query samples",
        "Most likely a mean loss is divided by the batch size once more.",
        lambda p: 1 / samples(p, "outer"),
    ),
    _named(
        "scaled_by_1_over_support",
        "1 over the number of support samples",
        "Most likely the outer loss is divided by the size of the inner batch.",
        lambda p: 1 / samples(p, "inner"),
    ),
    _named(
        "scaled_by_query",
        "the number of query samples: the outer loss is a sum over samples, not their mean",
        "Most likely the outer loss is added up over the batch.",
        lambda p: samples(p, "outer"),
    ),
    _named(
        "scaled_by_support",
        "the number of support samples",
        "Most likely the outer loss is multiplied by the size of the inner batch.",
        lambda p: samples(p, "inner"),
    ),
    _named("scaled_by_alpha", "alpha", "Most likely the meta step uses the inner rate as well.", lambda p: p.alpha),
    OVER_ALPHA,
    _named(
        "scaled_by_beta",
        "beta, the meta rate",
        "Most likely the update is returned, not the direction: divide (before - after) by the rate.",
        lambda p: p.beta,
    ),
)
_SIGN = _named(
    "sign_flipped",
    "-1: the sign is flipped",
    "Most likely the update is after - before, or the loss is negated.",
    lambda p: -1.0,
)
# Where a sum over tasks was declared.
AS_DECLARED = Scale((), "", (), task_count)
MEAN_OVER_TASKS = Scale(
    ("mean_over_tasks",), "1 over the number of tasks: the mean, where a sum was declared", (), lambda p: 1.0
)


def scales(summed: bool = False) -> Iterator[Scale]:
    """The factors with a name, the simplest first: each of the three sorts alone, then together.

    summed: a sum over tasks was declared, and is no defect.
    """
    if summed:
        yield AS_DECLARED
        yield MEAN_OVER_TASKS
    for scale in _every():
        if not summed or (scale.defects and scale.defects != SUM_OVER_TASKS.defects):
            yield scale


def told_apart(some: Iterable[Scale], problems: Sequence[Problem]) -> Iterator[Scale]:
    """The factors as far as these problems tell them apart: of those that are the same number on all, the one with the
    fewest defects, or all of these as one. Left out are those that are no number, as there is nothing to scale by.
    """
    groups: dict[tuple[str, ...], list[Scale]] = {}
    for scale in some:
        factors = [scale.factor(p) for p in problems]
        if all(math.isfinite(factor) and factor for factor in factors):
            groups.setdefault(tuple(f"{factor:.{SAME_DIGITS}e}" for factor in factors), []).append(scale)
    for alike in groups.values():
        fewest = min(len(scale.defects) for scale in alike)
        yield _either([scale for scale in alike if len(scale.defects) == fewest], problems[0])


def _either(alike: Sequence[Scale], given: Problem) -> Scale:
    """One of them, and nobody can say which."""
    first, *others = alike
    if not others:
        return first
    defects = tuple(dict.fromkeys(defect for scale in alike for defect in scale.defects))
    says = f"{first.factor(given):.6g}, which may be " + ", or ".join(scale.says for scale in alike)
    return Scale(defects, says, (EITHER,), first.factor)


def _every() -> Iterator[Scale]:
    yield from (ONE, *_BY_TASKS, *_BY_SAMPLES, _SIGN)
    pairs = [(a, b) for a in _BY_TASKS for b in _BY_SAMPLES] + [(_SIGN, s) for s in (*_BY_TASKS, *_BY_SAMPLES)]
    for a, b in pairs:
        yield _both(a, b)


def _both(a: Scale, b: Scale) -> Scale:
    return Scale(
        (*a.defects, *b.defects),
        f"{a.says}; and times {b.says}",
        (*a.causes, *b.causes),
        lambda p: a.factor(p) * b.factor(p),
    )
