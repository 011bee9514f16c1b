"""What a report adds of the algorithms at work: computed once where it is made, and shown from the results alone.

HF-MAML's difference, the runs and Figure 1 are the same in every report; Table 1 is for the table at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from mamlcheck.arithmetic.exact import double_above
from mamlcheck.check.runner import Progress
from mamlcheck.errors import InputError
from mamlcheck.figures import figure_1
from mamlcheck.figures.difference_errors import difference_errors
from mamlcheck.figures.floors import floors_seen
from mamlcheck.figures.table_1 import table_1
from mamlcheck.findings import Relation
from mamlcheck.formats.dynamics import Dynamics, FigureOne, FigureStart, FloorBound
from mamlcheck.formats.findings import RelationRecord
from mamlcheck.formats.runs import RunResults
from mamlcheck.formats.table1 import Table1
from mamlcheck.runs.making import begun
from mamlcheck.runs.plan import Asked, Plan, plan_of
from mamlcheck.runs.sources import start_of
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import Table

RUN_TABLE = "grunfeld"  # whose runs are shown, whatever the report's table: small, and all of its constants are proved
RUNS = Asked(steps=400, seeds=4, every=10)
FLOOR_STEPS = 400
PARTS = 5  # of which progress is told
LEVEL = 2  # of the losses that are drawn as circles

Part = TypeVar("Part")


def dynamics_of(table: Table, losses: Sequence[Loss], progress: Progress = lambda done: None) -> Dynamics:
    """All of it, with Table 1 for a table under the first of its losses. progress: told of each part."""

    def told(part: Part) -> Part:
        progress(1)
        return part

    plan = plan_of(*start_of(RUN_TABLE), RUNS)
    table1, why = told(_table1(table, losses))
    return Dynamics(
        differences=told(difference_errors()),
        runs=told(_made(plan)),
        floors=told(floor_bounds(plan)),
        table1=table1,
        why=why,
        figure_1=told(figure_one()),
    )


def _made(plan: Plan) -> RunResults:
    found = begun(plan).make()
    if found.partial:  # runs that are made by themselves end early at Ctrl-C; here it is meant for the whole report
        raise KeyboardInterrupt
    return found


def floor_bounds(plan: Plan) -> tuple[FloorBound, ...]:
    """What is proved of |grad F| where FO-MAML and HF-MAML come to rest with full batches, rounded up.

    The claims bound it at every point; where the direction is 0 they say a (1 + a) sigma, and
    (eta / 2) (1 + a) sigma / (1 - a), with a = alpha L < 1.
    """
    known = plan.known
    if known.sigma is None or known.provenance not in ("exact", "certified"):
        return ()
    a, sigma = plan.alpha * known.smoothness.value, known.sigma.value
    bounds: list[tuple[str, str, str, Fraction]] = [
        ("FO-MAML", "ours.floors.fo_maml", "a (1 + a) sigma", a * (1 + a) * sigma)
    ]
    if a < 1:
        of_difference = plan.eta / 2 * (1 + a) * sigma / (1 - a)
        bounds.append(("HF-MAML", "ours.floors.hf_maml", "(eta / 2) (1 + a) sigma / (1 - a)", of_difference))
    return tuple(FloorBound(name, claim, formula, double_above(value)) for name, claim, formula, value in bounds)


def _table1(table: Table, losses: Sequence[Loss]) -> tuple[Table1 | None, str | None]:
    try:
        found = table_1(*start_of(table, losses[0]), seen=False)
    except InputError as error:
        return None, str(error)
    return replace(found, floors=floors_seen(FLOOR_STEPS)), None


def figure_one() -> FigureOne:
    """Figure 1 as a record: the example's numbers as they are, exact."""
    return FigureOne(
        names=figure_1.NAMES,
        centres=tuple((float(x), float(y)) for x, y in figure_1.CENTRES),
        curvatures=tuple(str(curvature) for curvature in figure_1.CURVATURES),
        alpha=str(figure_1.ALPHA),
        level=float(LEVEL),
        radii=tuple(float(2 * LEVEL / curvature) ** 0.5 for curvature in figure_1.CURVATURES),
        starts=tuple(_start(start) for start in figure_1.starts()),
        relations=tuple(_record(relation) for relation in figure_1.example().relations),
    )


def _start(start: figure_1.Start) -> FigureStart:
    return FigureStart(
        steps=start.steps,
        point=tuple(str(x) for x in start.point),
        at=tuple(float(x) for x in start.point),
        losses=tuple(tuple(str(loss) for loss in row) for row in start.losses),
        mean_losses=tuple(str(mean) for mean in start.mean_losses),
    )


def _record(fact: Relation) -> RelationRecord:
    return RelationRecord(fact.case, fact.text, str(fact.left), fact.relation, str(fact.right), fact.holds)


__all__ = ["dynamics_of", "figure_one", "floor_bounds"]
