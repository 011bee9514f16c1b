"""What a report adds of the tasks of its table: constants of each, hypotheses that fail, and a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, ball, filtering
from mamlcheck.arithmetic.arrays import Doubles, Integers
from mamlcheck.check.judging import LARGEST_ARRAY_NUMBERS, largest_array
from mamlcheck.check.plan import plan as judged_parts
from mamlcheck.check.sweeps import TableSweep, blocks
from mamlcheck.claims import Claim
from mamlcheck.errors import InputError
from mamlcheck.formats.own_table import HypothesisCount, OwnTable, TaskConstants
from mamlcheck.formats.plans import PlanDocument
from mamlcheck.formats.runs import Provenance
from mamlcheck.formats.shared import Enclosure
from mamlcheck.meta.hypotheses import Hypothesis
from mamlcheck.meta.instance import Instances
from mamlcheck.plans.making import Goal, plan_for_tasks
from mamlcheck.runs.sources import start_of
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import Table

BALLS: Arithmetic = ball
ACCURACY = Fraction(1, 10)  # eps of the plan
MOST_INSTANCES, FEWEST_INSTANCES = 128, 8  # on which hypotheses are decided once more: some take as long as a claim
MOST_NUMBERS = 2**22  # of the features of all of these
MOST_PLANNED_NUMBERS = 2**14  # of the tasks that a plan in a report holds
LEFT_OUT = (
    "the tasks are left out of the plan in this report, since they hold many numbers: mamlcheck plan --save keeps them"
)


def own_table(sweep: TableSweep, count: int, claims: Sequence[Claim], own: bool) -> OwnTable:
    """What is said of a sweep's table, the claims judged on `count` instances of it. own: whether it was chosen."""
    table, psi = sweep.table, sweep.losses[0]
    n, m, d = table.shape
    instances = min(count, MOST_INSTANCES, max(FEWEST_INSTANCES, MOST_NUMBERS // (n * m * d)))
    plan, why = _plan(table, psi)
    each = _each_alone(table, psi)
    return OwnTable(
        source=sweep.name,
        own=own,
        loss=psi.name,
        others=tuple(other.name for other in sweep.losses[1:]),
        provenance=cast(Provenance, each.provenance),
        tasks=task_constants(table, psi),
        instances=instances,
        hypotheses=failing_hypotheses(sweep, instances, claims),
        accuracy=str(ACCURACY),
        plan=plan,
        why=why,
    )


# -- constants of each task ------------------------------------------------------------------------------------------
def task_constants(table: Table, psi: Loss) -> tuple[TaskConstants, ...]:
    """The constants of every task by itself, by `ball` at w = 0."""
    alone, (whole, _) = _each_alone(table, psi), start_of(table, psi)
    one, zero = np.ones(len(table.a)), np.zeros((len(table.a), alone.d))
    bounds = alone.global_deviations
    with ball.working():
        x = Instances(alone, np.ones(len(one)), zero, zero, zero, one, one).on(ball)
        deviations = _bounds(BALLS.sqrt(x.gradient_variances))
        gradient: Numbers = whole.on(ball).at_w.gradient[..., 0, :]  # (1, n, d)
        apart = _bounds(BALLS.norm(gradient - BALLS.mean(gradient, -2)[..., None, :]))
    everywhere = None if bounds is None else np.sqrt(bounds["sigma_tilde"]).ravel().tolist()
    return tuple(
        TaskConstants(
            task=name,
            smoothness=smoothness,
            rate=math.nextafter(1 / smoothness, 0.0) if smoothness else None,
            hessian_lipschitz=bend,
            deviation=deviations[k],
            apart=apart[k],
            # A square root of doubles is rounded to nearest: the next double is not below it.
            everywhere=None if everywhere is None else math.nextafter(everywhere[k], math.inf),
        )
        for k, (name, smoothness, bend) in enumerate(
            zip(table.task_names, _floats(alone.smoothness), _floats(alone.hessian_lipschitz), strict=True)
        )
    )


def _each_alone(table: Table, psi: Loss) -> RidgeTasks:
    """Each task of a table as an instance of a block."""
    a, b = (array[:, None] for array in table.stacked())
    n = len(a)
    return RidgeTasks(a, b, np.ones(b.shape), np.zeros(n), np.full((n, 1), Fraction(1), dtype=object), (psi,))


def _floats(constants: Doubles) -> list[float]:
    return [float(value) for value in np.asarray(constants).ravel().tolist()]


def _bounds(x: Numbers) -> list[Enclosure]:
    pairs = zip(np.ravel(BALLS.lower(x)).tolist(), np.ravel(BALLS.upper(x)).tolist(), strict=True)
    return [Enclosure.of(pair) for pair in pairs]


# -- hypotheses ------------------------------------------------------------------------------------------------------
def failing_hypotheses(sweep: TableSweep, count: int, claims: Sequence[Claim]) -> tuple[HypothesisCount, ...]:
    """The hypotheses that fail, or cannot be told, somewhere among the first `count` instances; most failing first."""
    judged = [claim for part in judged_parts(tuple(claims), sweep, count) if part.count for claim in part.claims]
    asked: dict[Hypothesis, list[str]] = {}
    for claim in judged:
        for hypothesis in claim.hypotheses:
            asked.setdefault(hypothesis, []).append(claim.id)
    found = {hypothesis: np.zeros(3, dtype=int) for hypothesis in asked}  # failing, holding, open
    for _, block in blocks(sweep, count):
        length = max(1, LARGEST_ARRAY_NUMBERS // largest_array(tuple(judged), block))
        for start in range(0, len(block.alpha), length):
            _ask(found, block[start : start + length])
    counted = [
        HypothesisCount(one.name, one.text, int(failing), int(still_open), int(failing + holding + still_open),
                        tuple(asked[one]))
        for one, (failing, holding, still_open) in found.items()
        if failing or still_open
    ]  # fmt: skip
    return tuple(sorted(counted, key=lambda row: (-row.failing, -row.open, row.name)))


def _ask(found: Mapping[Hypothesis, Integers], block: Instances) -> None:
    """Add what hypotheses are on a block. One that speaks of what these tasks have not is not asked."""
    with filtering.working():
        x = block.on(filtering)
        for hypothesis, counts in found.items():
            try:
                answer = hypothesis.holds(x)
            except InputError:
                continue
            counts += [int((answer == code).sum()) for code in (0, 1, -1)]


# -- the plan --------------------------------------------------------------------------------------------------------
def _plan(table: Table, psi: Loss) -> tuple[PlanDocument | None, str | None]:
    try:
        found = plan_for_tasks(*start_of(table, psi), Goal(ACCURACY))
    except InputError as error:
        return None, str(error)
    n, m, d = table.shape
    if n * m * (d + 1) > MOST_PLANNED_NUMBERS:
        found = replace(found, instance=None, notes=(*found.notes, LEFT_OUT))
    return found, None


__all__ = ["failing_hypotheses", "own_table", "task_constants"]
