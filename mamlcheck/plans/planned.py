"""Runs as a plan has them: `mamlcheck run --plan FILE`."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from mamlcheck.disk import read_text
from mamlcheck.errors import InputError
from mamlcheck.formats.plans import PlanDocument, PlannedRun
from mamlcheck.meta.files import instance_from_content, parsed_content
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.writing import FORMAT, VERSION
from mamlcheck.runs.algorithms import algorithms_named
from mamlcheck.runs.plan import Asked
from mamlcheck.tasks.written import number

LARGEST_BYTES = 2**28
MOST_DRAWS = 2**26  # of one step of one run: they are held in memory at once


def read_plan(path: str | Path) -> PlanDocument:
    """The plan in a file. Raises `InputError`."""
    try:
        return PlanDocument.from_json(json.loads(read_text(path, LARGEST_BYTES, "a plan")))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no plan: {error}. Give a file that `mamlcheck plan --save` wrote") from error


def planned_start(plan: PlanDocument) -> tuple[Instances, str] | None:
    """The tasks and the start of a plan, and where they come from; None for constants alone. Raises `InputError`."""
    if plan.instance is None:
        return None
    content = parsed_content(json.dumps(plan.instance), FORMAT, VERSION)
    return instance_from_content(content)[0], plan.source


def planned_run(plan: PlanDocument, names: tuple[str, ...] = ()) -> tuple[str, PlannedRun]:
    """The algorithm that is run, and how: the one that is named, else the cheapest. Raises `InputError`."""
    named = tuple(each.name for each in algorithms_named(names)) if names else ()
    if len(named) > 1:
        raise InputError(f"{', '.join(named)}: the sizes of a plan are those of one algorithm: name one of them")
    name = named[0] if named else plan.cheapest
    if name is None:
        raise InputError(f"the plan has no run that reaches {plan.accuracy}: plan a larger one")
    chosen = plan.algorithms.get(name)
    if chosen is None or chosen.run is None:
        why = "it is not in the plan" if chosen is None else str(chosen.why)
        raise InputError(f"the plan has no run of {name}: {why}")
    return name, chosen.run


def asked_by(plan: PlanDocument, asked: Asked) -> Asked:
    """What a plan asks of runs. asked: the algorithm, seeds and evaluations; its steps, where they are not 0, are made
    in place of those of the plan. Raises `InputError`.
    """
    name, run = planned_run(plan, tuple(asked.algorithms))
    sizes = run.sizes
    hessian = sizes.hessian or 1
    samples = sizes.inner + sizes.outer + hessian
    draws = sizes.tasks * (1 + samples) + sizes.stepsize_tasks * (1 + sizes.stepsize)
    if draws > MOST_DRAWS:
        raise InputError(
            f"a step of this plan draws {draws:,} numbers, and at most {MOST_DRAWS:,} are held: plan a larger accuracy"
        )
    return replace(
        asked,
        algorithms=(name,),
        steps=asked.steps or sizes.steps,
        alpha=number(plan.alpha, "alpha"),
        eta=None if run.eta is None else number(run.eta, "eta"),
        tasks=sizes.tasks,
        inner=sizes.inner,
        outer=sizes.outer,
        hessian=hessian,
        stepsize_tasks=sizes.stepsize_tasks,
        stepsize=sizes.stepsize,
    )


def checked_against(plan: PlanDocument, instance: Instances) -> None:
    """Raise `InputError` where tasks have a larger L or rho than a plan for constants alone was made for."""
    declared = {one.symbol: Fraction(one.value) for one in plan.constants if one.value is not None}
    for symbol, own in (("L", instance.smoothness_constant), ("rho", instance.hessian_lipschitz_constant)):
        if Fraction(own.item()) > declared.get(symbol, Fraction(0)):
            raise InputError(f"{symbol} of these tasks is above that of the plan: make a plan for these tasks")


__all__ = ["asked_by", "checked_against", "planned_run", "planned_start", "read_plan"]
