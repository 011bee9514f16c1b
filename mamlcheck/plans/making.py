"""Plans for tasks, or for constants that are given: what each algorithm takes to reach eps, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction

import numpy as np

from mamlcheck.check.description import describe
from mamlcheck.errors import InputError
from mamlcheck.formats.plans import (
    AlgorithmPlan,
    PlanDocument,
    PlannedConstant,
    PlannedCost,
    PlannedRun,
    PlannedSizes,
)
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.writing import instance_content
from mamlcheck.plans.corollaries import by_corollary
from mamlcheck.plans.pilot import PILOT_STEPS, estimated
from mamlcheck.plans.search import PRODUCT_IN_GRADIENTS, costs_of, needed_sizes, planned
from mamlcheck.runs.algorithms import Algorithm, algorithms_named
from mamlcheck.runs.constants import NO_DEVIATIONS, Constant, Constants, constants_of
from mamlcheck.runs.plan import Asked, plan_of
from mamlcheck.runs.theorems import THEOREMS, Numbers, Theorem

SYMBOLS = {
    "smoothness": "L", "hessian_lipschitz": "rho", "sigma": "sigma", "sigma_tilde": "sigma~",
    "sigma_hessian": "sigma_H", "gap": "Delta",
}  # fmt: skip
NAMES = {symbol: name for name, symbol in SYMBOLS.items()} | {"sigma_tilde": "sigma_tilde", "delta": "gap"}
NO_INSTANCE = "constants that are given"
UNIT_GAP = "Delta is not given: steps are those for Delta = 1, and they grow in proportion to it"
OWN = ("smoothness", "hessian_lipschitz")  # constants that an instance may have by hand
ALONG = f"along {PILOT_STEPS} steps of descent on F"
LOWEST = f"the lowest F of {PILOT_STEPS} steps of descent"
PROVED = ("exact", "certified")


@dataclass(frozen=True)
class Goal:
    """What a plan is to reach, and how. accuracy: eps. algorithms: names, all three where there is none.

    alpha: the inner rate, None for the largest that the theorems of these algorithms allow. given: constants by their
    names in `SYMBOLS`, in place of what is known of the tasks.
    """

    accuracy: Fraction
    algorithms: Sequence[str] = ()
    alpha: Fraction | None = None
    given: Mapping[str, Fraction] | None = None


def constants_named(given: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Constants by the names of `SYMBOLS`, from the paper's symbols. Raises `InputError`."""
    found = {}
    for symbol, value in given.items():
        if symbol not in NAMES:
            raise InputError(f"there is no constant {symbol!r}: give {', '.join(SYMBOLS.values())}")
        if value < 0 or (NAMES[symbol] == "smoothness" and value == 0):
            raise InputError(f"{symbol} = {value}: give a number {'> 0' if symbol == 'L' else '>= 0'}")
        found[NAMES[symbol]] = value
    return found


def plan_for_tasks(instance: Instances, source: str, goal: Goal) -> PlanDocument:
    """The plan for runs from the w of an instance. source: where it comes from, in words. Raises `InputError`."""
    _check(goal)
    given = goal.given or {}
    asked = Asked(algorithms=tuple(goal.algorithms), alpha=goal.alpha, stepsize_tasks=1, stepsize=1)
    own = plan_of(_with_own(instance, given), source, asked)
    one = own.instance
    declared = {name: Constant(value, "declared") for name, value in given.items() if name not in OWN}
    proved = replace(constants_of(one), **declared)
    constants = estimated(one, proved)
    notes = [
        f"{why}: estimated {ALONG if why == NO_DEVIATIONS else 'by ' + LOWEST}, so that nothing is guaranteed"
        for why in proved.missing
    ]
    sources = {name: _source(name, proved, constants, given) for name in SYMBOLS}
    return _document(
        goal,
        source,
        describe(one).partition(";")[0],
        own.alpha,
        constants,
        sources,
        tuple(notes),
        instance_content(one),
    )


def plan_for_constants(goal: Goal) -> PlanDocument:
    """The plan for constants alone, Delta = 1 where it is left out. Raises `InputError`."""
    _check(goal)
    given = dict(goal.given or {})
    missing = [symbol for name, symbol in SYMBOLS.items() if name not in given and name != "gap"]
    if missing:
        raise InputError(f"{', '.join(missing)} not given: give tasks, or all of L, rho, sigma, sigma~ and sigma_H")
    notes = () if "gap" in given else (UNIT_GAP,)
    given.setdefault("gap", Fraction(1))
    constants = Constants(**{name: Constant(value, "declared") for name, value in given.items()})
    largest = min(each.largest_rate for each in algorithms_named(goal.algorithms))
    alpha = largest / given["smoothness"] if goal.alpha is None else goal.alpha
    return _document(goal, NO_INSTANCE, NO_INSTANCE, alpha, constants, dict.fromkeys(SYMBOLS, "given"), notes, None)


def _check(goal: Goal) -> None:
    if goal.accuracy <= 0:
        raise InputError(f"accuracy = {goal.accuracy}: give an eps > 0")
    if goal.alpha is not None and goal.alpha <= 0:
        raise InputError(f"alpha = {goal.alpha}: give a number > 0")


def _with_own(instance: Instances, given: Mapping[str, Fraction]) -> Instances:
    """One instance with the L and rho that are given, which its runs have then, too."""
    one = instance[0] if instance.shape else instance
    return replace(one, **{name: np.array(given[name], dtype=object) for name in OWN if name in given})


def _source(name: str, proved: Constants, constants: Constants, given: Mapping[str, Fraction]) -> str:
    if name in given:
        return "given"
    found = getattr(proved, name)
    if name in ("smoothness", "hessian_lipschitz"):
        return "of the tasks"
    if found is None:
        return LOWEST if name == "gap" else ALONG
    if name == "gap":
        return (
            "F at the start, the minimum of F"
            if found.provenance == "exact"
            else "F at the start, the infima of losses"
        )
    return "at all points"


# -- the document ------------------------------------------------------------------------------------------------------
def _document(
    goal: Goal, source: str, tasks: str, alpha: Fraction, constants: Constants, sources: Mapping[str, str],
    notes: tuple[str, ...], instance: object,
) -> PlanDocument:  # fmt: skip
    numbers = constants.numbers(alpha)
    if numbers is None:
        raise InputError("; ".join(constants.missing))
    plans = {each.name: _of_algorithm(each, numbers, goal.accuracy) for each in algorithms_named(goal.algorithms)}
    provenance = constants.provenance
    return PlanDocument(
        source=source,
        tasks=tasks,
        accuracy=str(goal.accuracy),
        alpha=str(alpha),
        provenance=provenance,
        guaranteed=provenance in PROVED,
        constants=tuple(
            PlannedConstant(SYMBOLS[field.name], str(one.value), one.provenance, sources[field.name])
            for field in fields(Constants)
            if (one := getattr(constants, field.name)) is not None
        ),
        notes=notes,
        algorithms=plans,
        cheapest=min(
            (name for name, plan in plans.items() if plan.run is not None), key=lambda name: price(plans[name].run),
            default=None,
        ),
        instance=instance,
    )  # fmt: skip


def price(run: PlannedRun | None) -> int:
    """Sample gradients in all, a Hessian-vector product counted as two."""
    return 0 if run is None else run.cost.gradients + PRODUCT_IN_GRADIENTS * run.cost.products


def _of_algorithm(algorithm: Algorithm, numbers: Numbers, accuracy: Fraction) -> AlgorithmPlan:
    theorem = THEOREMS[algorithm.name]
    run, why = _run(algorithm, theorem, numbers, accuracy)
    twice, _ = _run(algorithm, theorem, numbers, 2 * accuracy)
    closed = by_corollary(algorithm.name, numbers, accuracy)
    return AlgorithmPlan(
        title=algorithm.title,
        theorem=algorithm.theorem,
        largest_rate=str(algorithm.largest_rate),
        factor=str(algorithm.factor),
        run=run,
        why=why,
        floor=theorem.floor(numbers) if algorithm.name == "fo-maml" else 0.0,
        corollary=None if closed is None else _planned_run(algorithm, theorem, closed),
        twice=twice,
    )


def _run(
    algorithm: Algorithm, theorem: Theorem, numbers: Numbers, accuracy: Fraction
) -> tuple[PlannedRun | None, str | None]:
    """A run that reaches eps, or why there is none."""
    failing = theorem.failing(replace(numbers, sizes=needed_sizes(algorithm.name, numbers)))
    if failing:
        return None, f"{theorem.name} needs {' and '.join(one.text for one in failing)}"
    try:
        found = planned(algorithm.name, numbers, accuracy)
    except InputError as error:
        return None, str(error)
    if found is None:
        return None, (
            f"the bound of {theorem.name} keeps a floor of about {theorem.floor(numbers):.3g}, proportional to "
            f"alpha L sigma, whatever the steps and batches"
        )
    return _planned_run(algorithm, theorem, found), None


def _planned_run(algorithm: Algorithm, theorem: Theorem, found: Numbers) -> PlannedRun:
    sizes, costs = found.sizes, costs_of(algorithm.name, found.sizes)
    accuracy = theorem.accuracy(found)
    if accuracy is None:
        raise InputError(f"the bound of {theorem.name} exceeds the largest double: scale the constants down")
    gradients, products = costs.gradients(sizes), costs.hessian_products(sizes)
    return PlannedRun(
        sizes=PlannedSizes(
            sizes.run_steps, sizes.step_tasks, sizes.inner, sizes.outer,
            sizes.hessian if algorithm.product is not None else None, sizes.stepsize_tasks, sizes.stepsize,
        ),
        eta=str(found.eta) if algorithm.rests_on_eta else None,
        cost=PlannedCost(gradients, products, sizes.run_steps * gradients, sizes.run_steps * products),
        sure=accuracy,
    )  # fmt: skip


__all__ = ["Goal", "constants_named", "plan_for_constants", "plan_for_tasks", "price"]
