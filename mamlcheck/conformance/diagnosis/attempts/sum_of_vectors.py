"""A sum of a few vectors with a meaning, such as Hessian-vector products, with the same coefficients throughout."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from mamlcheck.conformance.algorithms import algorithm, algorithms
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, times
from mamlcheck.conformance.diagnosis.fits import UNNAMED, Question
from mamlcheck.conformance.diagnosis.made_of.fitting import Seen, Sum, sum_of
from mamlcheck.conformance.diagnosis.made_of.readings import FEW_ROUNDINGS, number, reading
from mamlcheck.conformance.diagnosis.made_of.records import parts_of_sum
from mamlcheck.conformance.diagnosis.scales import Scale
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Difference, Hessian
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.words import listed

ORDER = 140
MOST_TASKS = 6  # of so many, whether some are left out is tried
MOST_TERMS_OF_SOME = 2  # of a sum over some of the tasks
TASKS_LEFT_OUT = Cause("task_weights", "Most likely the loop over tasks starts too late or ends too early.")


def attempt(question: Question) -> Explanation | None:
    """The sum over all tasks that explains the observations; or over some of them."""
    for hessian in _ways(question):
        found = sum_of(Seen(question.seen, [o.problem for o in question.seen], hessian))
        if found is not None:
            return _of_sum(question, found, None)
    for hessian in _ways(question):
        for some in _some(question):
            moved = [_of_tasks(o.problem, some) for o in question.seen]
            found = sum_of(Seen(question.seen, moved, hessian), MOST_TERMS_OF_SOME)
            if found is not None:
                return _of_sum(question, found, some)
    return None


def _ways(question: Question) -> Iterator[Hessian]:
    """By differences first, where a delta was declared."""
    if question.metadata.delta is not None:
        yield Difference(question.metadata.delta)
    yield "exact"


def _some(question: Question) -> Iterator[tuple[int, ...]]:
    """Which tasks may be the only ones that count, most of them first."""
    counts = {len(o.problem.tasks) for o in question.seen}
    count = counts.pop()
    if not counts and count <= MOST_TASKS:
        for size in range(count - 1, 0, -1):
            yield from combinations(range(count), size)


def _of_tasks(given: Problem, some: tuple[int, ...] | None) -> Problem:
    return given if some is None else given.but(tasks=tuple(given.key.tasks[i] for i in some))


def _of_sum(question: Question, found: Sum, some: tuple[int, ...] | None) -> Explanation:
    said = reading(found)

    def allows(o: Observation) -> bool:
        return found.holds(o, _of_tasks(o.problem, some))

    def predicts(o: Observation) -> np.ndarray:
        return found.enclosed(_of_tasks(o.problem, some))[0]

    e = Explanation(
        said.found or algorithm(question.declared or next(iter(algorithms()))),
        said.defects,
        said.clauses,
        said.causes,
        error=max(found.error(o, _of_tasks(o.problem, some)) for o in question.seen),
        scale=said.scale,
        allows=allows,
        predicts=predicts,
        nameless=said.found is None,
        made_of=parts_of_sum(found, [(o, _of_tasks(o.problem, some)) for o in question.seen]),
    )
    if some is not None:
        count = len(question.seen[0].problem.tasks)
        left = [str(i + 1) for i in range(count) if i not in some]
        kept = listed([str(i + 1) for i in some])
        clause = f"only task{'s'[: len(some) - 1]} {kept} of {count} count{'' if some[1:] else 's'}"
        e = adding(e, TASKS_LEFT_OUT.id, f"{clause}: task {' and '.join(left)} is left out", TASKS_LEFT_OUT)
    return _scaled(question, e, said.scale)


def _scaled(question: Question, e: Explanation, scale: float) -> Explanation:
    """With what the whole is multiplied by."""
    for known in question.scales:
        if all(math.isclose(scale, known.factor(o.problem), rel_tol=FEW_ROUNDINGS) for o in question.seen):
            return times(e, known)
    return times(e, Scale((UNNAMED,), number(scale), (), lambda p: scale))
