"""Table 1 with constants, for tasks at hand: the accuracy of each algorithm, its T, what a step costs, K shots.

With c1 and R of `mamlcheck.meta.theorems`, (Delta / T + R / (4L)) (Lambda + lambda eps) <= c1 eps^2 is what reaches
eps, and Lambda + lambda eps = 4 L M_0. At the T below Delta / T takes half of that (for FO-MAML 196/19 of
a^2 sigma^2 M_0), so

    MAML     B >= max(20, 3 M_0 sigma^2 / eps^2), D_in and B D_o >= 1.35 M_0 sigma~^2 / eps^2,
             T >= 168 M_0 L Delta / eps^2;
    FO-MAML  B >= max(20, 1 / a^2), D_in and B D_o >= sigma~^2 / (a sigma)^2, T >= 19 Delta / (alpha^2 sigma^2 L),
             for 4.6 sqrt(M_0) a sigma, a = alpha L;
    HF-MAML  eta = min(1/6, eps / sqrt(M_0 (27 sigma^2 + 14 sigma~^2 / D_o))), B >= max(20, 4.3 M_0 sigma^2 / eps^2),
             D_in and B D_o >= 4.3 M_0 sigma~^2 / eps^2, T >= 336 M_0 L Delta / eps^2.

All is computed by balls from bounds of the constants and rounded to the safe side. M_0 is taken at the accuracy itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, ball
from mamlcheck.arithmetic.exact import exact_array, fraction, nearest_double
from mamlcheck.check.description import describe
from mamlcheck.errors import InputError
from mamlcheck.figures.floors import floors_seen
from mamlcheck.figures.slopes import ACCURACIES, slopes
from mamlcheck.figures.slopes import instance as slopes_instance
from mamlcheck.formats.table1 import (
    CountedStep,
    Provenance,
    Slopes,
    StepCost,
    Table1,
    TableConstant,
    TablePlan,
    TableRow,
)
from mamlcheck.meta.expectation import positive_int
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.theorems import growth_at_one_sixth, growth_at_one_tenth
from mamlcheck.runs.algorithms import ALGORITHMS, Algorithm
from mamlcheck.runs.counting import Cost, cost_by_formula, counted_step
from mamlcheck.runs.draws import Sizes
from mamlcheck.runs.gap import gap_bound
from mamlcheck.runs.plan import Asked, Plan, plan_of

BALLS: Arithmetic = ball
ACCURACY = Fraction(1, 10)
COUNTED = Asked(tasks=3, inner=2, outer=5, hessian=7, stepsize_tasks=4, stepsize=6)  # all differ, and are drawn fast
LEAST_TASKS = 20  # B of the theorems
GRID = 2**20  # of HF-MAML's eta, which is rounded down


@dataclass(frozen=True)
class Assumed:
    """Bounds of the constants as balls (1,), by the names that `mamlcheck.meta.theorems` has for them.

    Deviations are None where no bound holds everywhere, Delta where none is known.
    """

    smoothness: Numbers
    hessian_lipschitz: Numbers
    alpha: Numbers
    assumed_task_variance: Numbers | None
    assumed_gradient_variance: Numbers | None
    assumed_hessian_variance: Numbers | None
    initial_gap: Numbers | None
    accuracy: Numbers
    ar = BALLS

    @property
    def rate(self) -> Numbers:
        """a = alpha L."""
        return self.alpha * self.smoothness


@dataclass(frozen=True)
class _Entry:
    """What differs from algorithm to algorithm: texts, M_0 as a function of eps, and numbers of the corollaries.

    tasks, samples: of B and of D_in in units of M_0 sigma^2 / eps^2. steps: of T. shots: of the square of
    the K-shot floor, in units of M_0 sigma~^2 / K: R / c1, twice where Delta / T takes as much.
    """

    growth: Callable[[InstanceOn], Numbers]
    reaches: str
    steps_formula: str
    cost_formula: str
    steps: int
    tasks: Fraction
    samples: Fraction
    shots: Fraction


ENTRIES: Mapping[str, _Entry] = {
    "maml": _Entry(
        growth_at_one_sixth, "any eps", "168 M_0 L Delta / eps^2",
        "B (D_in + D_o) + B' D_beta gradients, B D_h products", 168, Fraction(3), Fraction(27, 20),
        2 * 21 * Fraction(1, 250),
    ),
    "fo-maml": _Entry(
        growth_at_one_tenth, "4.6 sqrt(M_0) alpha L sigma", "19 Delta / (alpha^2 sigma^2 L)",
        "B (D_in + D_o) + B' D_beta gradients", 19, Fraction(1), Fraction(1), 49 * Fraction(7, 5000),
    ),
    "hf-maml": _Entry(
        growth_at_one_sixth, "any eps, with eta of order eps / sigma", "336 M_0 L Delta / eps^2",
        "B (D_in + D_o + 2 D_h) + B' D_beta gradients", 336, Fraction(43, 10), Fraction(43, 10),
        2 * 42 * Fraction(7, 500),
    ),
}  # fmt: skip
FIRST_ORDER_FLOOR = Fraction(46, 10)  # in units of sqrt(M_0) alpha L sigma
FIRST_ORDER_SHOTS = 49 * (Fraction(4, 19) + Fraction(1017, 5000))  # of a^2 sigma^2, where B is as large as you like


# -- the document ----------------------------------------------------------------------------------------------------
def table_1(
    start: Instances,
    source: str,
    accuracy: Fraction = ACCURACY,
    alpha: Fraction | None = None,
    gap: Fraction | None = None,
    shots: int = 1,
    seen: bool = True,
) -> Table1:
    """Table 1 for the tasks of an instance, one alone or a block of one, from its w.

    accuracy: eps. alpha: the inner rate, by default the largest that all three theorems allow. gap: Delta, declared.
    shots: K. seen: whether floors are looked at in runs and powers fitted, which takes seconds. Raises `InputError`.
    """
    positive_int("shots", shots)
    for name, value in (("accuracy", accuracy), ("gap", gap)):
        if value is not None and value <= 0:
            raise InputError(f"{name} = {value}: give a number > 0")
    plan = plan_of(start, source, replace(COUNTED, alpha=alpha))
    with ball.working():
        assumed, constants = _assumed(plan, accuracy, gap)
        rows = {each.name: _row(plan, each, assumed, shots) for each in ALGORITHMS}
    return Table1(
        source=source,
        tasks=describe(plan.instance).partition(";")[0],
        alpha=str(plan.alpha),
        accuracy=str(accuracy),
        shots=shots,
        dimension=plan.instance.tasks.d,
        guaranteed=plan.constants.guaranteed and gap is None,
        constants=constants,
        algorithms=rows,
        floors=floors_seen() if seen else (),
        slopes=fitted_slopes() if seen else (),
    )


def fitted_slopes() -> tuple[Slopes, ...]:
    """Powers of 1/eps of all three algorithms, on the tasks of `slopes`, whose sigma and Delta are known."""
    found = []
    for each in ALGORITHMS:
        planned = []
        for accuracy in ACCURACIES:
            with ball.working():
                plan = plan_of(slopes_instance(), "quadratics of one curvature", COUNTED)
                made = _planned(plan, each, _assumed(plan, accuracy, None)[0])
            if made is not None:
                planned.append((made[0].steps, made[0].a_step.gradients))
        found.append(slopes(each, None if each.product is None else planned))  # FO-MAML's accuracy is no choice
    return tuple(found)


# -- constants -------------------------------------------------------------------------------------------------------
def _assumed(plan: Plan, accuracy: Fraction, gap: Fraction | None) -> tuple[Assumed, tuple[TableConstant, ...]]:
    x = plan.instance[None].on(ball)
    provenance = plan.constants.provenance
    bounds, told = _deviations(x)
    found = gap_bound(x) if gap is None else None
    upper = nearest_above(gap) if gap is not None else None if found is None else found.upper
    said = "declared" if found is None else found.told
    known: Provenance = "declared" if gap is not None else "not known" if upper is None else "certified"
    deviations = [
        TableConstant(symbol, None if bound is None else math.nextafter(math.sqrt(bound), math.inf) if bound else 0.0,
                      "not known" if bound is None else "certified", told)
        for symbol, bound in zip(("sigma", "sigma~", "sigma_H"), bounds, strict=True)
    ]  # fmt: skip
    constants = (
        TableConstant("L", plan.constants.smoothness, provenance, "every f_i is L-smooth"),
        TableConstant("rho", plan.constants.hessian_lipschitz, provenance, "every Hessian is rho-Lipschitz"),
        *deviations,
        TableConstant("Delta", upper, known, said),
    )
    sigma, sigma_tilde, sigma_hessian = (None if bound is None else BALLS.exact([bound]) for bound in bounds)
    delta = None if upper is None else BALLS.exact([upper]) if gap is None else BALLS.exact(exact_array([gap]))
    exactly = BALLS.exact(exact_array([accuracy]))
    return Assumed(
        x.smoothness, x.hessian_lipschitz, x.alpha, sigma, sigma_tilde, sigma_hessian, delta, exactly
    ), constants


def _deviations(x: InstanceOn) -> tuple[list[float | None], str]:
    """Bounds at all points of sigma^2, sigma~^2 and sigma_H^2, and where they come from."""
    tasks = x.given.tasks
    bounds = tasks.global_deviations
    if bounds is not None:
        names = ("sigma", "sigma_tilde", "sigma_hessian")
        return [float(np.max(bounds[name])) for name in names], "a bound at all points"
    if x.run_is_known.all():
        spread = [x.task_variance, x.gradient_variances, x.hessian_variances]
        return [float(np.max(BALLS.upper(each))) for each in spread], "the same at all points: all samples bend alike"
    return [None, None, None], "no bound that holds at all points is known for these tasks"


def nearest_above(value: Fraction) -> float:
    """A double that is not below it."""
    near = nearest_double(value)
    return near if Fraction(near) >= value else math.nextafter(near, math.inf)


# -- a row -----------------------------------------------------------------------------------------------------------
def _row(plan: Plan, algorithm: Algorithm, assumed: Assumed, shots: int) -> TableRow:
    entry = ENTRIES[algorithm.name]
    made = _planned(plan, algorithm, assumed)
    sizes = plan.sizes
    counted = counted_step(plan, algorithm)
    bent = plan.constants.hessian_lipschitz > 0
    told = _by_symbol(sizes, algorithm, bent)
    reached = None if made is None else (made[1], made[2])
    return TableRow(
        title=algorithm.title,
        theorem=algorithm.theorem,
        applies=applies(plan, algorithm),
        chosen=algorithm.product is not None,
        reaches=entry.reaches,
        accuracy=None if reached is None else _above(reached[0]),
        growth=None if reached is None else _above(reached[1]),
        eta=None if made is None or made[3] is None else str(made[3]),
        steps_formula=entry.steps_formula,
        cost_formula=entry.cost_formula,
        plan=None if made is None else made[0],
        shots=_shots(algorithm, assumed, shots) if applies(plan, algorithm) else None,
        counted=CountedStep(told, _cost(cost_by_formula(algorithm, sizes, bent)), _cost(counted)),
    )


def applies(plan: Plan, algorithm: Algorithm) -> bool:
    """Whether the theorem of an algorithm allows alpha."""
    smoothness = fraction(np.asarray(plan.instance.smoothness_constant).item())
    return plan.alpha * smoothness <= algorithm.largest_rate


def _planned(
    plan: Plan, algorithm: Algorithm, assumed: Assumed
) -> tuple[TablePlan, Numbers, Numbers, Fraction | None] | None:
    """T and sizes, the accuracy, M_0 there, and HF-MAML's eta; None where a constant is not known, or there is none."""
    entry, sigma, gap = ENTRIES[algorithm.name], assumed.assumed_task_variance, assumed.initial_gap
    sigma_tilde, sigma_hessian = assumed.assumed_gradient_variance, assumed.assumed_hessian_variance
    if sigma is None or sigma_tilde is None or sigma_hessian is None or gap is None or not applies(plan, algorithm):
        return None
    if algorithm.product is None:
        floor = BALLS.square(FIRST_ORDER_FLOOR.numerator * assumed.rate) * sigma / FIRST_ORDER_FLOOR.denominator**2
        accuracy = _self_consistent(entry, assumed, floor)
        target = BALLS.square(assumed.rate) * sigma
        if not (BALLS.lower(target) > 0).all():
            return None  # Corollary 4.16 is empty at sigma = 0
        growth, unit, tasks = (
            _growth(entry, replace(assumed, accuracy=accuracy)),
            1 / target,
            1 / BALLS.square(assumed.rate),
        )
        samples, steps = sigma_tilde * unit, gap * assumed.smoothness * unit
    else:
        accuracy = assumed.accuracy
        growth = _growth(entry, assumed)
        unit = growth / BALLS.square(accuracy)
        tasks, samples = sigma * unit, sigma_tilde * unit
        steps = gap * assumed.smoothness * unit
    b = max(LEAST_TASKS, _count(_times(tasks, entry.tasks)))
    d_in = _count(_times(samples, entry.samples))
    sizes = Sizes(
        b, d_in, max(1, -(-d_in // b)), _count(2 * BALLS.square(assumed.alpha) * sigma_hessian),
        _count(_relative(assumed) * sigma / 2), _count(4 * _relative(assumed) * sigma_tilde),
    )  # fmt: skip
    bent = plan.constants.hessian_lipschitz > 0
    t = _count(entry.steps * steps)
    cost = _cost(cost_by_formula(algorithm, sizes, bent))
    eta = _eta(accuracy, growth * (27 * sigma + 14 * sigma_tilde / sizes.outer)) if algorithm.rests_on_eta else None
    return TablePlan(_by_symbol(sizes, algorithm, bent), t, cost, t * cost.gradients), accuracy, growth, eta


def _relative(assumed: Assumed) -> Numbers:
    """(rho alpha / L)^2."""
    return BALLS.square(assumed.hessian_lipschitz * assumed.alpha / assumed.smoothness)


def _growth(entry: _Entry, assumed: Assumed) -> Numbers:
    """M_0 = (Lambda + lambda eps) / (4L)."""
    return entry.growth(cast(InstanceOn, assumed)) / (4 * assumed.smoothness)


def _self_consistent(entry: _Entry, assumed: Assumed, square: Numbers) -> Numbers:
    """The eps with eps^2 = square M_0(eps): M_0 is a straight line in eps."""
    at_zero = _growth(entry, replace(assumed, accuracy=BALLS.exact([0])))
    slope = _growth(entry, replace(assumed, accuracy=BALLS.exact([1]))) - at_zero
    half = square * slope / 2
    return half + BALLS.sqrt(BALLS.square(half) + square * at_zero)


def _shots(algorithm: Algorithm, assumed: Assumed, shots: int) -> float | None:
    """A bound of E|grad F(w_K)| with D_in = K, the T of the table, and all other batches as large as you like."""
    entry, sigma, sigma_tilde = (
        ENTRIES[algorithm.name],
        assumed.assumed_task_variance,
        assumed.assumed_gradient_variance,
    )
    if sigma is None or sigma_tilde is None:
        return None
    square = _times(sigma_tilde, entry.shots) / shots
    if algorithm.product is None:
        square = square + _times(BALLS.square(assumed.rate) * sigma, FIRST_ORDER_SHOTS)
    return _above(_self_consistent(entry, assumed, square))


def _eta(accuracy: Numbers, noise: Numbers) -> Fraction:
    """min(1/6, eps / sqrt(noise)), rounded down; noise: M_0 (27 sigma^2 + 14 sigma~^2 / D_o)."""
    if not (BALLS.lower(noise) > 0).all():
        return Fraction(1, 6)
    least = float(BALLS.lower(accuracy / BALLS.sqrt(noise))[0])
    grid = GRID
    while least * grid < 1024:
        grid *= 2
    return min(Fraction(1, 6), Fraction(math.floor(least * grid), grid))


# -- small things ----------------------------------------------------------------------------------------------------
def _times(x: Numbers, factor: Fraction) -> Numbers:
    return factor.numerator * x / factor.denominator


def _above(x: Numbers) -> float | None:
    value = float(BALLS.upper(x)[0])
    return value if math.isfinite(value) else None


def _count(x: Numbers) -> int:
    """The least count >= 1 that is certainly not below a ball (1,). Raises `InputError` where it has no bound."""
    upper = float(BALLS.upper(x)[0])
    if not math.isfinite(upper):
        raise InputError("these constants ask for more steps or samples than a double holds: give a larger --accuracy")
    return max(1, math.ceil(upper))


def _cost(cost: Cost) -> StepCost:
    return StepCost(cost.gradients, cost.products)


def _by_symbol(sizes: Sizes, algorithm: Algorithm, bent: bool) -> dict[str, int]:
    """The sizes that a step of an algorithm draws, by the paper's symbols."""
    found = {"B": sizes.tasks, "D_in": sizes.inner, "D_o": sizes.outer}
    if algorithm.product is not None:
        found["D_h"] = sizes.hessian
    return found | ({"B'": sizes.stepsize_tasks, "D_beta": sizes.stepsize} if bent else {})


__all__ = ["ACCURACY", "Assumed", "fitted_slopes", "table_1"]
