"""Integers that satisfy a theorem's condition at about the least cost: floats search, and fractions decide.

T is what the other sizes leave: ceil(Delta / (G - R / (4L))), G the largest gain that reaches eps. R is a sum of terms
such as sigma^2 / B, and the cost of a step a sum of products of sizes: a geometric program, whose logarithm is convex
in the logarithms of B, D_in and D_o, so that steps along these, of all three in turn, end near the least one. What the
search ends at is decided in exact fractions, and T is moved up where the floats were too low.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from fractions import Fraction

from mamlcheck.errors import InputError
from mamlcheck.meta.instance import BatchSizes
from mamlcheck.runs.theorems import THEOREMS, Numbers, Theorem, endless

LEAST_TASKS = 20  # B that the theorems ask for
PRODUCT_IN_GRADIENTS = 2  # what a Hessian-vector product counts against a gradient: two passes, as in a difference
ETA_SHARE = Fraction(1, 100)  # of the gain that HF-MAML's eta may take: it costs nothing, but floats are to bear it
ETA_BITS = 8  # of an eta that is shorter than 1/6
MOST_COUNT = 10**15  # of a size or of steps that a plan may have
STRIDES = (4.0, 2.0, 1.4, 1.15, 1.05, 1.01)  # by which sizes are changed, one after the other
MOST_MOVES = 400  # of one stride


@dataclass(frozen=True)
class Costs:
    """What one step costs beside B, D_in and D_o. hessian_gradients: gradients a task beside these. products: likewise.

    stepsize: gradients of the step size.
    """

    hessian_gradients: int
    products: int
    stepsize: int

    def gradients(self, sizes: BatchSizes) -> int:
        """Sample gradients of a step."""
        return int(sizes.step_tasks * (sizes.inner + sizes.outer + self.hessian_gradients) + self.stepsize)

    def hessian_products(self, sizes: BatchSizes) -> int:
        """Hessian-vector products of samples of a step."""
        return int(sizes.step_tasks * self.products)

    def weight(self, tasks: float, inner: float, outer: float) -> float:
        """Both together, in gradients."""
        each = inner + outer + self.hessian_gradients + PRODUCT_IN_GRADIENTS * self.products
        return tasks * each + self.stepsize


def costs_of(name: str, sizes: BatchSizes) -> Costs:
    """The costs of an algorithm with these D_h, B' and D_beta."""
    of_stepsize = sizes.stepsize_tasks * sizes.stepsize
    return Costs(
        hessian_gradients=2 * sizes.hessian if name == "hf-maml" else 0,
        products=sizes.hessian if name == "maml" else 0,
        stepsize=of_stepsize,
    )


def needed_sizes(name: str, numbers: Numbers) -> BatchSizes:
    """B', D_beta and D_h, the least integers that the hypotheses allow; D_h = 1 where the algorithm draws none."""
    bend = numbers.hessian_lipschitz * numbers.alpha / numbers.smoothness
    counts = {
        "stepsize_tasks": (bend * numbers.sigma) ** 2 / 2,
        "stepsize": (2 * bend * numbers.sigma_tilde) ** 2,
        "hessian": Fraction(0) if name == "fo-maml" else 2 * (numbers.alpha * numbers.sigma_hessian) ** 2,
    }
    sizes = {key: max(1, math.ceil(count)) for key, count in counts.items()}
    for key, count in sizes.items():
        if count > MOST_COUNT:
            raise InputError(f"{key} of {count:.3g} would be needed: take a smaller alpha")
    return BatchSizes(**sizes, step_tasks=LEAST_TASKS)


def planned(name: str, numbers: Numbers, accuracy: Fraction) -> Numbers | None:
    """The numbers with sizes, and eta, that reach eps, decided in fractions; None where no sizes do.

    numbers: with alpha and constants; its sizes are not used. The hypotheses on alpha must hold. Raises `InputError`
    where sizes would be too large to be counted.
    """
    theorem = THEOREMS[name]
    start = replace(numbers, sizes=needed_sizes(name, numbers))
    if name == "hf-maml":
        start = replace(start, eta=small_eta(theorem, start, accuracy))
    goal = theorem.parts(start).most_gain(accuracy)
    if theorem.parts(endless(start)).gain >= goal:
        return None
    found = _Search(theorem, start, goal, costs_of(name, start.sizes)).best()
    return _decided(theorem, found, accuracy, goal)


def small_eta(theorem: Theorem, numbers: Numbers, accuracy: Fraction) -> Fraction:
    """The largest of 1/6, 1/8, ... (a short fraction) whose share of the gain is at most `ETA_SHARE`, whatever D_o."""
    largest = Fraction(1, 6)
    least_outer = replace(numbers, eta=largest, sizes=BatchSizes(**{**vars(endless(numbers).sizes), "outer": 1}))
    taken = theorem.parts(least_outer).gain - theorem.parts(replace(least_outer, eta=Fraction(0))).gain
    allowed = ETA_SHARE * theorem.parts(numbers).most_gain(accuracy)
    if taken <= allowed:
        return largest
    # taken goes with eta^2; the root of a float is rounded, so that it is checked by whoever uses it.
    ratio = math.sqrt(float(allowed / taken)) / 6
    if ratio < 2.0**-500:
        raise InputError("eps is too small against the other constants: the eta of HF-MAML would be no double")
    return short_below(ratio)


def short_below(value: float) -> Fraction:
    """The number rounded down to `ETA_BITS`, so that it can be read and typed."""
    mantissa, power = math.frexp(value)
    return Fraction(math.floor(mantissa * 2**ETA_BITS), 2**ETA_BITS) * Fraction(2) ** power


class _Search:
    """The search in floats over B, D_in and D_o."""

    def __init__(self, theorem: Theorem, numbers: Numbers, goal: Fraction, costs: Costs):
        self.numbers, self.costs = numbers, costs
        # R / (4L) as fixed + a / B + b / (B D_o) + c / D_in + e / D_o, read off the theorem's own formula.
        self.terms = [float(part / goal) for part in _parts_of_cost(theorem, numbers)]
        self.gap = float(numbers.gap / goal)

    def steps(self, tasks: float, inner: float, outer: float) -> float:
        """T that these sizes leave, infinite where they take too much."""
        fixed, a, b, c, e = self.terms
        left = 1 - fixed - a / tasks - b / (tasks * outer) - c / inner - e / outer
        return max(1.0, self.gap / left) if left > 1e-12 else math.inf

    def price(self, sizes: tuple[float, float, float]) -> float:
        return self.steps(*sizes) * self.costs.weight(*sizes)

    def best(self) -> Numbers:
        """The numbers with the cheapest sizes found, integers."""
        at = self._start()
        price = self.price(at)
        for stride in STRIDES:
            for _ in range(MOST_MOVES):
                moves = (
                    tuple(
                        max(least, x * stride**k) for x, k, least in zip(at, powers, (LEAST_TASKS, 1, 1), strict=True)
                    )
                    for powers in itertools.product((-1, 0, 1), repeat=3)
                )
                lower, there = min((self.price(move), move) for move in moves)  # type: ignore[arg-type]
                if lower >= price:
                    break
                price, at = lower, there  # type: ignore[assignment]
        return self._rounded(at)

    def _start(self) -> tuple[float, float, float]:
        """Batches that take a half of the gain, and leave the other to T."""
        fixed, a, b, c, e = self.terms
        room = (1 - fixed) / 2
        if room <= 1e-12:
            raise InputError("eps is so near to what the theorem can reach that no sizes are found: take a larger eps")
        tasks, outer = max(LEAST_TASKS, 4 * a / room), max(1.0, 4 * e / room)
        return tasks, max(1.0, 4 * c / room), max(outer, 4 * b / (room * tasks))

    def _rounded(self, at: tuple[float, float, float]) -> Numbers:
        """The cheapest of the integers around, T left to be found."""
        if max(at) > MOST_COUNT or not math.isfinite(self.price(at)):
            raise InputError("this eps would take more than 1e15 tasks, samples or steps: take a larger eps")
        around = itertools.product(*({max(1, math.floor(x)), math.ceil(x)} for x in at))
        found = min(around, key=lambda sizes: (self._whole_price(sizes), sizes))
        tasks, inner, outer = found
        sizes = {**vars(self.numbers.sizes), "step_tasks": tasks, "inner": inner, "outer": outer}
        return replace(self.numbers, sizes=BatchSizes(**sizes))

    def _whole_price(self, sizes: tuple[int, ...]) -> float:
        steps = self.steps(*sizes)
        return (math.ceil(steps) if math.isfinite(steps) else steps) * self.costs.weight(*sizes)


def _parts_of_cost(theorem: Theorem, numbers: Numbers) -> tuple[Fraction, ...]:
    """R / (4L) = fixed + a / B + b / (B D_o) + c / D_in + e / D_o, by its values at sizes of 1 and without end."""

    def at(**sizes: int) -> Fraction:
        free = endless(numbers)
        return theorem.parts(replace(free, sizes=BatchSizes(**{**vars(free.sizes), **sizes}))).gain

    fixed = at()
    tasks, inner, outer = at(step_tasks=1) - fixed, at(inner=1) - fixed, at(outer=1) - fixed
    both = at(step_tasks=1, outer=1) - fixed - tasks - outer
    return fixed, tasks, both, inner, outer


def _decided(theorem: Theorem, numbers: Numbers, accuracy: Fraction, goal: Fraction) -> Numbers:
    """The numbers with the least T that the theorem's hypotheses allow, decided in fractions."""
    unlimited = replace(numbers, sizes=BatchSizes(**{**vars(numbers.sizes), "run_steps": 1}))
    of_batches = theorem.parts(replace(unlimited, gap=Fraction(0))).gain
    left = goal - of_batches
    if left <= 0:
        raise InputError("eps is so near to what the theorem can reach that no sizes are found: take a larger eps")
    steps = max(1, math.ceil(numbers.gap / left))
    if steps > MOST_COUNT:
        raise InputError("this eps would take more than 1e15 steps: take a larger eps")
    found = replace(numbers, sizes=BatchSizes(**{**vars(numbers.sizes), "run_steps": steps}))
    if not theorem.promises(found, accuracy):
        raise InputError(f"no sizes are found that {theorem.name} allows for eps = {accuracy}: take a larger eps")
    return found


__all__ = ["PRODUCT_IN_GRADIENTS", "Costs", "costs_of", "needed_sizes", "planned", "short_below", "small_eta"]
