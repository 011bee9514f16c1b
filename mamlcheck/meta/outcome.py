"""What one step of an algorithm is worth: E F(w+) for w+ = w - c beta~ Gbar, exactly, over all that the step draws.

Gbar is the mean of the directions of B tasks, equation (5), (8) or (10), each drawn with batches of its own. The step
size beta~ of Lemma 4.9 comes from B' other tasks and their batches D_beta, so that it is independent of Gbar.

Both have finitely many values, which are listed with their probabilities (`Distribution`). What B draws give is told
by how often each direction is drawn, so that K directions make C(K + B - 1, B) means. Equal directions are one: in
exact arithmetic those of equal values, in all others those that are equal by construction, since balls that overlap
need not hold the same number. On a line exact arithmetic also takes equal sums as one, whatever they are sums of.

Where rho = 0 is certified all f_i are quadratic, and so is F: then no draw of B is listed (`expected_of_quadratics`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import fractions_of
from mamlcheck.errors import InputError, TooManyBatches
from mamlcheck.meta.algorithms import (
    Product,
    difference_reach,
    hessian_difference,
    hessian_difference_within,
    task_directions,
)
from mamlcheck.meta.evaluation import Evaluation
from mamlcheck.meta.expectation import Batches, multiset_count, multisets, object_array
from mamlcheck.meta.objective import InnerStep, per_point, per_task, stochastic_smoothness
from mamlcheck.meta.reach import MOST_POINT_NUMBERS, MOST_POINT_OBJECTS
from mamlcheck.tasks.equals import first_equals

MOST_ENDS = 50_000  # different points w+ that F is evaluated at
ALGORITHMS = {
    "maml": ("inner", "outer", "hessian"),
    "fo_maml": ("inner", "outer"),
    "hf_maml": ("inner", "outer", "hessian"),
}
"""The algorithms of the theory, and the roles of the batches that each draws for a task of a step."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """Finitely many vectors (K, d), and their probabilities (K,)."""

    values: Numbers
    probabilities: Numbers

    @property
    def size(self) -> int:
        """K."""
        return int(self.probabilities.shape[0])

    def mean(self, ar: Arithmetic, of: Numbers) -> Numbers:
        """The mean (k,) of what belongs to each vector, (K, k)."""
        return ar.weighted_sum(self.probabilities[:, None], of, -2)


# -- E F(w+) ---------------------------------------------------------------------------------------------------------
def expected(x: Evaluation, algorithm: str) -> Numbers:
    """E F(w+) (...) after one step of an algorithm, a name of `ALGORITHMS`: by the way that lists less.

    Raises `TooManyBatches` where too much would have to be listed, and `InputError` for another algorithm.
    """
    if (np.asarray(x.given.tasks.hessian_lipschitz) == 0).all():
        return expected_of_quadratics(x, algorithm)
    return expected_by_enumeration(x, algorithm)


def expected_by_enumeration(x: Evaluation, algorithm: str) -> Numbers:
    """E F(w+) (...) as the sum over all points w+ that a step may end at: see `expected`."""

    def of_one(one: Evaluation) -> Numbers:
        ends = step_ends(one, algorithm)
        step = InnerStep(one.ar, one.tasks, one.alpha, ends.values.reshape(*one.given.shape, *ends.values.shape))
        return ends.mean(one.ar, step.value.reshape(ends.size, 1))

    return _over_instances(x, of_one)


def expected_of_quadratics(x: Evaluation, algorithm: str) -> Numbers:
    """E F(w+) (...) of tasks with certified rho = 0, for any B: see `expected`.

    F is quadratic then. With q(v) = E_i <A_i v, H_i A_i v>, A_i = I - alpha H_i, it is F(w - beta G) = F(w) - beta
    <grad F(w), G> + beta^2 q(G) / 2; and E q(Gbar) = q(D) + (E q(G) - q(D)) / B, D = E G, for the mean of B
    independent directions. Raises `InputError` where rho = 0 is not certified.
    """
    if not (np.asarray(x.given.tasks.hessian_lipschitz) == 0).all():
        raise InputError(
            "F is certified to be quadratic for tasks with certified rho = 0 alone, and these have a larger one: use "
            "expected_by_enumeration"
        )

    def of_one(one: Evaluation) -> Numbers:
        ar, here = one.ar, one.at_w
        direction = task_direction(one, algorithm)
        mean = direction.mean(ar, direction.values)[None]
        bent = _bend(one, ar.concatenate([direction.values, mean], 0))
        spread = direction.mean(ar, bent[:-1, None]) - bent[-1:]
        second = bent[-1:] + spread / one.sizes.step_tasks
        along = ar.sum(here.meta_gradient.reshape(mean.shape) * mean, -1)
        factor, moments = one.step_factor.reshape(1), _stepsize_moments(one)
        change = ar.square(factor) * moments[1] * second / 2 - factor * moments[0] * along
        return here.value.reshape(1) + change

    return _over_instances(x, of_one)


def _bend(x: Evaluation, v: Numbers) -> Numbers:
    """q(v) = E_i <A_i v, H_i A_i v> (P,), A_i = I - alpha H_i, for v (P, d) and one instance."""
    ar, start = x.ar, x.at_w.start
    of_tasks = (*x.given.shape, x.given.tasks.n, *v.shape)
    v = ar.broadcast_to(v, of_tasks)
    moved = v - x.at_w.alpha * start.hessian_vector(v)
    products = ar.sum(moved * start.hessian_vector(moved), -1)
    return ar.weighted_sum(x.tasks.probabilities[..., None], products, -2).reshape(of_tasks[-2])


def _stepsize_moments(x: Evaluation) -> tuple[Numbers, Numbers]:
    """(E beta~, E beta~^2) of one instance, each (1,); of no norms where these play no part, as they are roots."""
    if _settled(x):
        beta = stepsize(x).values[0]
        return beta, x.ar.square(beta)
    first, second = x.stepsize_moments
    return first.reshape(1), second.reshape(1)


# -- what a step draws -----------------------------------------------------------------------------------------------
def step_ends(x: Evaluation, algorithm: str) -> Distribution:
    """The points w+ that a step of one instance may end at."""
    ar, given = x.ar, x.given
    sizes, directions = stepsize(x), task_direction(x, algorithm)
    allowed = MOST_POINT_NUMBERS if ar.in_doubles else MOST_POINT_OBJECTS
    most = min(MOST_ENDS, allowed // (given.tasks.n * given.tasks.m * given.tasks.width)) // sizes.size
    means = mean_of_draws(ar, directions, x.sizes.step_tasks, most, "B", "directions")
    beta = x.step_factor.reshape(1, 1) * sizes.values
    moves = beta[:, None, :] * means.values
    chances = sizes.probabilities[:, None] * means.probabilities
    count = sizes.size * means.size
    return Distribution(x.w.reshape(given.tasks.d) - moves.reshape(count, given.tasks.d), chances.reshape(count))


def task_direction(x: Evaluation, algorithm: str) -> Distribution:
    """The direction of one task that a step of one instance draws, and of its batches.

    Raises `InputError` for an algorithm that is none of `ALGORITHMS`, and `TooManyBatches` for too many batches.
    """
    if algorithm not in ALGORITHMS:
        raise InputError(f"algorithm = {algorithm!r}: give one of {', '.join(map(repr, ALGORITHMS))}")
    ar, n = x.ar, x.given.tasks.n
    roles = ALGORITHMS[algorithm]
    drawn = [_batches(x, role) for role in roles]
    _refuse_too_many(x, roles, drawn)
    counts = [len(batches.counts) for batches in drawn]
    picked = np.indices(counts).reshape(len(counts), -1)  # which batch of each role, for each way to draw them all
    weights = [ar.take(batches.weights(ar), k, 0) for batches, k in zip(drawn, picked, strict=True)]
    product = _products(x, algorithm, weights[2]) if len(weights) > 2 else None
    rate, w = per_point(x.alpha), per_task(x.w[..., None, :])
    of_tasks = task_directions(x.tasks, w, rate, weights[0], weights[1], product)
    chance = x.tasks.probabilities.reshape(n, 1)
    for batches, k in zip(drawn, picked, strict=True):
        chance = chance * ar.take(batches.probabilities(ar), k, 0)
    labels = _labels(x, [batches.counts[k] for batches, k in zip(drawn, picked, strict=True)])
    shape = (n, math.prod(counts), x.given.tasks.d)
    return _merged(ar, ar.broadcast_to(of_tasks, (*x.given.shape, *shape)), chance, labels)


def _products(x: Evaluation, algorithm: str, q: Numbers) -> Product:
    """H v of equation (5), or the difference of equation (10) in its place, with delta = eta / (rho alpha |v|).

    Where rho alpha = 0 that is infinite, and delta is eta, as in `mamlcheck.meta.directions`: f_i is quadratic then, or
    nothing is subtracted.
    """
    if algorithm == "maml":
        return lambda start, v: start.hessian_vector(v, q)
    if _settled(x):
        return lambda start, v: hessian_difference(x.ar, start, v, per_point(x.difference_factor), q)
    reach = difference_reach(x.ar, x.difference_factor, x.hessian_lipschitz, x.alpha)[..., None, None, None]
    return lambda start, v: hessian_difference_within(x.ar, start, v, reach, q)


def stepsize(x: Evaluation) -> Distribution:
    """beta~ = 1 / L~(w) of one instance (K, 1), over B' tasks and their batches D_beta, Lemma 4.9."""
    ar, zero = x.ar, x.ar.exact(np.zeros((1, 1)))
    if _settled(x):
        means = Distribution(zero, ar.exact(np.ones(1)))
    else:
        batches = x.batches("stepsize")
        norms = ar.norm(x.at_w.start.gradient(batches.weights(ar)))
        chance = x.tasks.probabilities.reshape(x.given.tasks.n, 1) * batches.probabilities(ar)
        one = _merged(ar, norms[..., None], chance, _labels(x, [batches.counts]))
        means = mean_of_draws(ar, one, x.sizes.stepsize_tasks, MOST_ENDS, "B'", "lengths of gradients")
    smoothness, rho, alpha = (part.reshape(1, 1) for part in (x.smoothness, x.hessian_lipschitz, x.alpha))
    return Distribution(1 / stochastic_smoothness(smoothness, rho, alpha, means.values), means.probabilities)


def _settled(x: Evaluation) -> bool:
    """Whether beta~ is the same whatever is drawn for it: rho alpha is exactly 0."""
    numbers = (x.given.number(name) for name in ("hessian_lipschitz", "alpha"))
    return any(value == 0 for number in numbers for value in fractions_of(number))


# -- draws of a distribution -----------------------------------------------------------------------------------------
def mean_of_draws(ar: Arithmetic, one: Distribution, draws: int, most: int, name: str, what: str) -> Distribution:
    """The mean of independent draws. Raises `TooManyBatches` for more than `most` different ones.

    name: of the number of draws, as B. what: that are drawn.
    """
    if draws == 1 and one.size <= most:
        return one
    if one.size == 1:
        return Distribution(one.values, ar.exact(np.ones(1)))
    if _compares(ar) and one.values.shape[-1] == 1:
        return _mean_on_a_line(ar, one, draws, most, name, what)
    if multiset_count(one.size, draws) > most:
        raise _too_many(one.size, draws, most, name, what)
    batches = multisets(one.size, draws, most)
    return Distribution(ar.rmatvec(one.values, batches.weights(ar)), batches.chances(ar, one.probabilities))


def _mean_on_a_line(ar: Arithmetic, one: Distribution, draws: int, most: int, name: str, what: str) -> Distribution:
    """`mean_of_draws` of exact numbers, draw by draw, equal sums taken as one: in integers over common denominators."""
    values, unit = _over_common(one.values.reshape(one.size))
    chances, whole = _over_common(one.probabilities)
    steps = list(zip(values, chances, strict=True))
    sums = {0: 1}
    for _ in range(draws):
        longer: dict[int, int] = {}
        for total, ways in sums.items():
            for value, chance in steps:
                longer[total + value] = longer.get(total + value, 0) + ways * chance
        sums = longer
        if len(sums) > most:
            raise _too_many(one.size, draws, most, name, what)
    means = object_array(Fraction(total, unit * draws) for total in sums)
    of_all = whole**draws
    return Distribution(ar.exact(means)[:, None], ar.exact(object_array(Fraction(k, of_all) for k in sums.values())))


def _over_common(numbers: Any) -> tuple[list[int], int]:
    """Exact numbers (K,) as integers over one denominator."""
    exact = list(fractions_of(numbers))
    common = math.lcm(*(value.denominator for value in exact))
    return [value.numerator * (common // value.denominator) for value in exact], common


def _too_many(atoms: int, draws: int, most: int, name: str, what: str) -> TooManyBatches:
    return TooManyBatches(
        f"{name} = {draws:,} draws out of {atoms} different {what} have more than {most:,} different means: take a "
        f"smaller {name}, fewer samples or smaller batches, so that there are fewer {what}"
    )


# -- equal values ----------------------------------------------------------------------------------------------------
def _compares(ar: Arithmetic) -> bool:
    """Whether numbers that are equal can be told to be: those of fractions can."""
    return ar.name == "rational"


def _merged(ar: Arithmetic, values: Numbers, chances: Numbers, labels: Sequence[Hashable]) -> Distribution:
    """Values (..., n, P, k) of one instance with their chances (n, P), those that are equal as one.

    labels: for each, in this order; the same where they are equal by construction.
    """
    count = len(labels)
    values, chances = values.reshape(count, values.shape[-1]), chances.reshape(count)
    if _compares(ar):
        labels = [tuple(row) for row in np.asarray(values).tolist()]
    classes: dict[Hashable, list[int]] = {}
    for k, label in enumerate(labels):
        classes.setdefault(label, []).append(k)
    longest = max(map(len, classes.values()))
    # Of a class with fewer members, places are filled up with a chance of 0 that is appended.
    padded = ar.concatenate([chances, ar.exact(np.zeros(1))], 0)
    places = np.array([[*members, *[count] * (longest - len(members))] for members in classes.values()])
    together = ar.sum(ar.take(padded, places.ravel(), 0).reshape(places.shape), -1)
    return Distribution(ar.take(values, places[:, 0], 0), together)


def _labels(x: Evaluation, counts: Sequence[np.ndarray]) -> list[Hashable]:
    """For each task and each way to draw its batches what makes its values: the same for batches of equal samples.

    counts: for each role how often each sample is drawn (P, m).
    """
    if _compares(x.ar):
        return [None] * (x.given.tasks.n * len(counts[0]))  # not asked for: the values themselves are compared
    labels: list[Hashable] = []
    for i in range(x.given.tasks.n):
        first = np.asarray(first_equals(x.given.tasks.alone(i)))
        of_class = (first[:, None] == np.unique(first)).astype(np.int64)  # (m, number of different samples)
        rows = np.concatenate([drawn @ of_class for drawn in counts], axis=-1)
        labels += [(i, row.tobytes()) for row in rows]
    return labels


# -- reach, and blocks -----------------------------------------------------------------------------------------------
def _batches(x: Evaluation, role: str) -> Batches:
    size = getattr(x.sizes, role)
    try:
        return multisets(x.given.tasks.m, size, MOST_ENDS)
    except TooManyBatches as error:
        raise TooManyBatches(f"of the {role} batch, {error}") from error


def _refuse_too_many(x: Evaluation, roles: Sequence[str], drawn: Sequence[Batches]) -> None:
    """Raise `TooManyBatches` where the directions of all tasks and batches take too many numbers."""
    tasks, ways = x.given.tasks, math.prod(len(batches.counts) for batches in drawn)
    numbers = tasks.n * ways * tasks.m * tasks.width
    allowed = MOST_POINT_NUMBERS if x.ar.in_doubles else MOST_POINT_OBJECTS
    if numbers > allowed:
        sizes = ", ".join(f"{role} {getattr(x.sizes, role)}" for role in roles)
        raise TooManyBatches(
            f"{ways:,} ways to draw the batches of a task (of sizes {sizes}), with all {tasks.m:,} samples of "
            f"{tasks.n} tasks evaluated for each, take {numbers:,} numbers, more than the {allowed:,} allowed: take "
            "smaller batches or fewer samples"
        )


def _over_instances(x: Evaluation, of_one: Callable[[Evaluation], Numbers]) -> Numbers:
    """A number (1,) of each instance as numbers (...): one by one, since each has directions of its own."""
    ones = [x] if math.prod(x.given.shape) == 1 else [x.alone(k, x.ar) for k in range(x.given.shape[0])]
    return x.ar.concatenate([of_one(one) for one in ones], 0).reshape(x.given.shape)


__all__ = [
    "ALGORITHMS", "Distribution", "expected", "expected_by_enumeration", "expected_of_quadratics", "mean_of_draws",
    "step_ends", "stepsize", "task_direction",
]  # fmt: skip
