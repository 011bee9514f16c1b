"""Moments of a reciprocal, E[1/(c + X)] and E[1/(c + X)^2], for the step size of Lemma 4.9.

X is the mean of any number of independent draws from a finite distribution, so that it has too many values to list. Its
transform has a closed form, and the moments are integrals of it, enclosed by an exponential sum with bounded errors
(`_by_transform`). This module knows finite distributions, no tasks and no claims.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np

from mamlcheck.arithmetic import Arithmetic, FilterArray, NotExact, Numbers, ball, filtering, float64
from mamlcheck.errors import InputError
from mamlcheck.meta.expectation import (
    MOST_MULTISETS,
    multiset_count,
    multisets,
    object_array,
    positive_int,
    too_many,
)

__all__ = ["reciprocal_moments"]


ENUMERATED_ATOMS = 16_384  # multisets times atoms up to which enumerating beats summing the transform
EXPONENTIALS_AT_ONCE = 2**18  # enough to keep NumPy busy, few enough to stay in the cache
MOST_QUADRATURE_NODES = 20_000  # of one rule
GUARD_BITS = 8  # the truncations are kept this far above the precision: the rounding errors are larger anyway


def reciprocal_moments(
    ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers, draws: int, cap: int = MOST_MULTISETS
) -> tuple[Numbers, Numbers]:
    """(E[1/(c+X)], E[1/(c+X)^2]) where X is the mean of `draws` independent draws from a finite distribution.

    c (...) > 0; values (..., K) >= 0; probabilities (..., K) or (K,), >= 0 and of sum exactly 1; leading axes
    broadcast, and both results have their broadcast shape. One draw is a plain sum, few multisets are
    enumerated, everything else is an exponential sum with bounded errors (`_by_transform`). Without `exp`
    (rational, symbolic) equal atoms are merged and multisets enumerated, up to `cap` of them per instance.

    Raises `InputError` for a c that is certainly not positive, a value that is certainly negative,
    probabilities that certainly do not sum to 1; `NotExact` where rational arithmetic would need more than
    `cap` multisets. Source: the step sizes of Lemma 4.9.
    """
    draws = positive_int("draws", draws)
    lead = np.broadcast_shapes(c.shape, values.shape[:-1], probabilities.shape[:-1])
    atoms = values.shape[-1]
    if atoms < 1 or probabilities.shape[-1] != atoms:
        raise InputError(
            f"{atoms} values and {probabilities.shape[-1]} probabilities: give one probability for each value"
        )
    count = math.prod(lead)
    c = ar.broadcast_to(c, lead).reshape(count)
    values = ar.broadcast_to(values, (*lead, atoms)).reshape(count, atoms)
    probabilities = ar.broadcast_to(probabilities, (*lead, atoms)).reshape(count, atoms)
    _refuse_impossible(ar, c, values, probabilities)
    if count == 0:
        return c.reshape(lead), c.reshape(lead)
    with ar.working():
        first, second = _moments(ar, c, values, probabilities, draws, cap)
    return first.reshape(lead), second.reshape(lead)


def _moments(
    ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers, draws: int, cap: int
) -> tuple[Numbers, Numbers]:
    """`reciprocal_moments` for c (I,), values and probabilities (I, K), by the cheapest way that is tight."""
    atoms = values.shape[-1]
    if draws == 1 or atoms == 1:
        return _moments_of(ar, c, values, probabilities)
    if ar.name in ("rational", "symbolic"):
        return _by_merged_enumeration(ar, c, values, probabilities, draws, cap)
    if draws <= 64 and atoms * multiset_count(atoms, draws) <= ENUMERATED_ATOMS:
        return _by_enumeration(ar, c, values, probabilities, draws)
    if isinstance(c, FilterArray):  # exponentials of numbers of all sizes need a bound for each
        return _by_transform_in_balls(c, values, probabilities, draws)
    return _by_transform(ar, c, values, probabilities, draws)


def _refuse_impossible(ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers) -> None:
    zero, one = ar.exact(0), ar.exact(1)
    if (ar.less_equal(c, zero) == 1).any():
        raise InputError("c <= 0 on some instance: E[1/(c + X)] needs c > 0 (Lemma 4.9 has c = 4L)")
    if (ar.less_equal(zero, values) == 0).any():
        raise InputError("a value is negative: E[1/(c + X)] is bounded for values >= 0, norms for instance")
    if (ar.less_equal(zero, probabilities) == 0).any():
        raise InputError("a probability is negative: give probabilities >= 0 of sum 1")
    total = ar.sum(probabilities, -1)
    if ar.rigorous and ((ar.less_equal(total, one) == 0) | (ar.less_equal(one, total) == 0)).any():
        raise InputError(
            "the probabilities do not sum to 1: give exact numbers (Fraction(1, 3), not 0.3333), "
            "or divide the weights by their sum"
        )


def _moments_of(ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers) -> tuple[Numbers, Numbers]:
    """The plain sums: c (I,), values and probabilities (I, K)."""
    inverse = 1 / (c[:, None] + values)
    return ar.weighted_sum(probabilities, inverse, -1), ar.weighted_sum(probabilities, ar.square(inverse), -1)


def _by_enumeration(
    ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers, draws: int, cap: int = MOST_MULTISETS
) -> tuple[Numbers, Numbers]:
    """Over all multisets of the atoms, of which there are at most `cap`; c (I,), values and probabilities (I, K)."""
    batches = multisets(values.shape[-1], draws, cap)
    means = ar.matvec(batches.weights(ar), values)
    return _moments_of(ar, c, means, batches.chances(ar, probabilities))


def _by_merged_enumeration(
    ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers, draws: int, cap: int
) -> tuple[Numbers, Numbers]:
    """`_by_enumeration` in an exact arithmetic, instance by instance, equal atoms taken as one."""
    firsts, seconds = [], []
    of_instance = zip(np.asarray(values).tolist(), np.asarray(probabilities).tolist(), strict=True)
    for i, pairs in enumerate(of_instance):
        mass: dict[Any, Any] = {}
        for value, probability in zip(*pairs, strict=True):
            mass[value] = mass[value] + probability if value in mass else probability
        atoms, weights = (object_array(part)[None, :] for part in (mass.keys(), mass.values()))
        if len(mass) == 1:
            first, second = _moments_of(ar, c[i : i + 1], atoms, weights)
        else:
            refusal = too_many(len(mass), draws, cap)
            if refusal:
                raise NotExact(f"{refusal}: ball and arb enclose these moments for any number of draws")
            first, second = _by_enumeration(ar, c[i : i + 1], atoms, weights, draws, cap)
        firsts.append(first)
        seconds.append(second)
    return ar.concatenate(firsts, 0), ar.concatenate(seconds, 0)


@dataclass(frozen=True, eq=False)
class _Rule:
    """Nodes t_k = exp(k step), k = first .. first + count - 1; `order` moments for those left of it.

    `step` <= 1 is a double with few bits, so that k step is exact; `first` (I,) int64. Whatever the rule, the
    result encloses: it decides only how tight it is. Where rate t > 2 (see `_right`) is not certain at the last
    node, the result is unbounded.
    """

    step: float
    first: np.ndarray
    count: int
    order: int


@dataclass(frozen=True, eq=False)
class _Shift:
    """c + X = (c + low) + (X - low): `low` (I,) a double below all atoms, `rate` (I,) one below c + low."""

    low: np.ndarray
    rate: np.ndarray
    bounded: np.ndarray  # where rate is known to be positive, bool (I,)


def _by_transform(
    ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers, draws: int
) -> tuple[Numbers, Numbers]:
    """The moments from the transform g(t) = E[exp(-t (c + X))] = exp(-c t) (E[exp(-t value / draws)])^draws.

    Put t = exp(x) in 1/s^j = int_0^inf t^(j-1) exp(-s t) dt, j = 1, 2, and take the trapezoidal rule of step
    h over the whole line. Poisson summation gives its error in closed form: with w = 2 pi / h,

        sum_k h t_k^j exp(-s t_k) = s^-j (1 + sum_{k != 0} s^(i k w) Gamma(j - i k w)),        t_k = exp(k h),

    so it is right up to the relative error `_aliasing(h, j)` uniformly in s > 0, and hence in expectation
    over s = c + X >= 0 (an exponential sum for 1/s: Beylkin and Monzon, Appl. Comput. Harmon. Anal. 28,
    2010). The nodes at both ends that are not summed are enclosed by `_left` and `_right`. All terms are
    positive: no cancellation.
    """
    chunk = max(1, EXPONENTIALS_AT_ONCE // (64 * values.shape[-1]))
    firsts, seconds = [], []
    for start in range(0, c.shape[0], chunk):
        part = slice(start, start + chunk)
        first, second = _transform_chunk(ar, c[part], values[part], probabilities[part], draws)
        firsts.append(first)
        seconds.append(second)
    return ar.concatenate(firsts, 0), ar.concatenate(seconds, 0)


def _by_transform_in_balls(
    c: FilterArray, values: Any, probabilities: Any, draws: int
) -> tuple[FilterArray, FilterArray]:
    """`_by_transform` of arrays in `filter`."""
    chances: Any = filtering.in_ball(probabilities)
    moments: Any = _by_transform(ball, filtering.in_ball(c), filtering.in_ball(values), chances, draws)
    first, second = (filtering.between(ball.lower(x), ball.upper(x)) for x in moments)
    return first, second


def _transform_chunk(
    ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers, draws: int, rule: _Rule | None = None
) -> tuple[Numbers, Numbers]:
    """`_by_transform` for one chunk of instances, with a rule of its own unless one is given."""
    shift = _shift(ar, c, values)
    if rule is None:
        rule = _choose_rule(ar, c, values, probabilities, draws, shift)
    low = ar.exact(shift.low)
    rate = c + low
    excess = values - low[:, None]
    t = ar.exp(ar.exact((rule.first[:, None] + np.arange(rule.count)) * rule.step))  # (I, N)
    g = _transform(ar, t, rate, excess, probabilities, draws)
    series = _scaled_moments(ar, t[:, :1] * (c[:, None] + values), probabilities, draws, rule.order)
    # `_right` needs rate t > 2 at the last node; where that is not certain, exp(t) out of range say, nothing is known.
    known = _known(ar, shift.bounded & (ar.lower(t[:, -1] * ar.exact(shift.rate)) > 2))
    moments = []
    for j in (1, 2):
        terms = t * g if j == 1 else ar.square(t) * g
        total = ar.sum(terms, -1) + _left(ar, t[:, 0], series, rule.step, j)
        total = total + _right(ar, terms[:, -1], t[:, -1], shift, rule.step, j)
        moment = ar.exact(rule.step) * total / (1 + _symmetric(ar, _aliasing(rule.step, j)))
        moments.append(moment if known is None else moment * known)
    return moments[0], moments[1]


def _transform(
    ar: Arithmetic, t: Numbers, rate: Numbers, excess: Numbers, probabilities: Numbers, draws: int
) -> Numbers:
    """g(t) = exp(-rate t) phi^draws, phi = E[exp(-t excess / draws)]; t (I, N), excess (I, K), result (I, N).

    phi - 1 is summed instead of phi, so that many draws, which raise phi to a large power, cost no accuracy.
    Where phi is not certainly above what this leaves of it, g lies between 0 and its value at an upper bound.
    """
    exponents = (t * ar.exact(Fraction(-1, draws)))[:, :, None] * excess[:, None, :]
    change = ar.matvec(probabilities[:, None, :], ar.expm1(exponents))[:, :, 0]
    phi = 1 + change
    least = 2.0 ** (GUARD_BITS - min(ar.precision, 1000))
    positive = ar.lower(phi) > least
    if positive.all():
        return ar.exp(draws * ar.log1p(change) - rate[:, None] * t)
    upper = np.nan_to_num(ar.upper(phi), nan=1.0)  # phi <= 1 whatever is known of it
    highest = np.where(positive, 1.0, np.clip(upper, least, 1.0))
    above = ar.exact(positive.astype(np.float64))
    log_phi = ar.log1p(change * above) + ar.log(ar.exact(highest))
    return ar.exp(draws * log_phi - rate[:, None] * t) * (above + (1 - above) * _unit(ar))


def _scaled_moments(ar: Arithmetic, scaled: Numbers, probabilities: Numbers, draws: int, order: int) -> Numbers:
    """E[S^n] / n! for n = 0 .. order, (I, order + 1), S the mean of `draws` draws of `scaled` (I, K).

    They are the coefficients of A(x)^draws, A(x) = sum_n E[(scaled / draws)^n] x^n / n!, by the recurrence
    b_n = sum_{k=1..n} (k (draws + 1) / n - 1) a_k b_(n-k) (J. C. P. Miller; Knuth, TAOCP 2, section 4.7).
    """
    share = scaled * ar.exact(Fraction(1, draws))
    powers = [share]
    for _ in range(1, order):
        powers.append(powers[-1] * share)
    factorials, factors = _recurrence(ar, draws, order)
    one_draw = ar.matvec(probabilities[:, None, :], ar.stack(powers, 1))[:, :, 0] * factorials
    out = [ar.broadcast_to(ar.exact(1), (scaled.shape[0],))]
    for n in range(1, order + 1):
        out.append(ar.weighted_sum(factors[n - 1], one_draw[:, :n] * ar.stack(out[::-1], -1), -1))
    return ar.stack(out, -1)


@lru_cache(maxsize=64)
def _recurrence(ar: Arithmetic, draws: int, order: int) -> tuple[Numbers, list[Numbers]]:
    """1/n! for n = 1 .. order, and the factors k (draws + 1) / n - 1, k = 1 .. n, for each n."""
    factorials = ar.exact(object_array(Fraction(1, math.factorial(n)) for n in range(1, order + 1)))
    return factorials, [
        ar.exact(object_array(Fraction(k * (draws + 1), n) - 1 for k in range(1, n + 1))) for n in range(1, order + 1)
    ]


def _left(ar: Arithmetic, t: Numbers, series: Numbers, step: float, j: int) -> Numbers:
    """sum_{i >= 1} t_i^j E[exp(-t_i s)] over the nodes t_i = t exp(-i step) left of the first one, t (I,).

    `series[:, n]` = E[(t s)^n] / n!. Taylor's polynomial of exp(-y) of odd or even degree bounds it from
    below or above for y >= 0, so the remainder lies between 0 and the first omitted term; each power sums
    geometrically.
    """
    terms = series * _geometric(ar, step, series.shape[-1], j)
    total = ar.sum(terms[:, :-1], -1) + _remainder(ar, terms[:, -1])
    return total * (t if j == 1 else ar.square(t))


@lru_cache(maxsize=64)
def _geometric(ar: Arithmetic, step: float, count: int, j: int) -> Numbers:
    """(-1)^n sum_{i >= 1} exp(-i step (n + j)), n = 0 .. count - 1."""
    powers = np.arange(j, count + j)
    return ar.exact((-1.0) ** np.arange(count)) / ar.expm1(ar.exact(powers * step))


def _remainder(ar: Arithmetic, bound: Numbers) -> Numbers:
    """A number between 0 and `bound`."""
    return bound * _unit(ar)


def _right(ar: Arithmetic, term: Numbers, t: Numbers, shift: _Shift, step: float, j: int) -> Numbers:
    """sum_{i >= 1} t_i^j g(t_i) over the nodes t_i = t exp(i step) right of the last; term = t^j g(t), (I,).

    g(t + u) <= g(t) exp(-rate u) and t_i - t >= i step t, so the sum lies between 0 and
    term * sum_i exp(j i step - rate t i step) = term / (exp(step (rate t - j)) - 1), given rate t > j.
    """
    gap = t * ar.exact(shift.rate) - j
    return _remainder(ar, term / ar.expm1(gap * ar.exact(step)))


@lru_cache(maxsize=64)
def _aliasing(step: float, j: int) -> flint.arb:
    """An upper bound of sum_{k != 0} |Gamma(j + i k w)|, w = 2 pi / step, step <= 1: see `_by_transform`.

    |Gamma(1 + iy)|^2 = pi y / sinh(pi y) and |Gamma(2 + iy)|^2 = (1 + y^2) |Gamma(1 + iy)|^2. From k to k + 1
    the square falls by a factor of at most 8 exp(-pi w) < 1/4, since sinh(a + b) >= exp(b) sinh(a): the sum
    over k >= 1 is at most twice its first term.
    """
    with flint.ctx.workprec(64):
        y = 2 * flint.arb.pi() / flint.arb(step)
        square = flint.arb.pi() * y / (flint.arb.pi() * y).sinh()
        if j == 2:
            square *= 1 + y * y
        return (4 * square.sqrt()).upper()


@lru_cache(maxsize=64)
def _unit(ar: Arithmetic) -> Numbers:
    """A number known only to lie in [0, 1]."""
    return ar.from_arb(object_array([flint.arb(0.5, 0.5)]))[0]


def _symmetric(ar: Arithmetic, bound: flint.arb) -> Numbers:
    """A number known only to lie in [-bound, bound]."""
    return ar.from_arb(object_array([flint.arb(0, bound)]))


def _known(ar: Arithmetic, bounded: np.ndarray) -> Numbers | None:
    """1 where `bounded`, else a number of which nothing is known; None where all are bounded."""
    if bounded.all():
        return None
    return ar.from_arb(object_array(flint.arb(1) if b else flint.arb("nan") for b in bounded.tolist()))


def _shift(ar: Arithmetic, c: Numbers, values: Numbers) -> _Shift:
    low = ar.lower(values).min(axis=-1)
    low = np.where(np.isfinite(low), np.maximum(low, 0.0), 0.0)  # the values are known to be >= 0
    rate = np.nextafter(ar.lower(c) + low, -np.inf)
    bounded = np.isfinite(rate) & (rate > 0)
    return _Shift(low, np.where(bounded, rate, 1.0), bounded)


def _choose_rule(
    ar: Arithmetic, c: Numbers, values: Numbers, probabilities: Numbers, draws: int, shift: _Shift
) -> _Rule:
    """A rule that truncates about 2**(GUARD_BITS - precision) of the moments. Plain floats: it only tunes."""
    bits = max(8, ar.precision - GUARD_BITS)
    order = max(6, ar.precision // 4)
    target = bits * math.log(2)
    with np.errstate(all="ignore"):
        s = _tame(ar.midpoint(c))[:, None] + _tame(ar.midpoint(values))
        p = _tame(ar.midpoint(probabilities))
        mean = np.maximum((p * s).sum(-1), shift.rate)
        top = s.max(axis=-1)
        scale = top * ((p * (s / top[:, None]) ** order).sum(-1)) ** (1.0 / order)
        scale = np.where(np.isfinite(scale) & (scale > 0), scale, top)
        last_moment = np.asarray(_scaled_moments(float64, s / scale[:, None], p, draws, order))[:, -1]
        log_moment = np.log(np.where(last_moment > 0, last_moment, 1.0)) + order * np.log(scale)
        logs = [(-target + math.log(order + j) - j * np.log(mean) - log_moment) / (order + j) for j in (1, 2)]
        left = np.minimum(*logs)
        # exp(-rate T) T^2 against 1 / mean^2, and rate T >= 4 for `_right`. Differences of logarithms, since a quotient
        # by a subnormal rate overflows.
        log_rate = np.log(shift.rate)
        right = np.log(target + 4 + 2 * (np.log(mean) - log_rate)) - log_rate
    step = _step(target)
    last = np.ceil(right / step).astype(np.int64)
    first = np.where(np.isfinite(left), np.floor(left / step), last - 8).astype(np.int64)
    count = int(np.clip((last - first).max() + 1, 8, MOST_QUADRATURE_NODES))
    # Where instances differ, those that need fewer nodes get more on the left: on the right exp overflows.
    return _Rule(step, last - count + 1, count, order)


def _tame(x: np.ndarray) -> np.ndarray:
    """Sizes of numbers, finite whatever they are: small enough that sums of a thousand stay so too."""
    return np.asarray(np.minimum(np.nan_to_num(np.abs(x), nan=1.0, posinf=1e300), 1e300))


@lru_cache(maxsize=64)
def _step(target: float) -> float:
    """The largest multiple of 2**-9 up to 1 that makes `_aliasing(., 2)` at most exp(-target)."""
    step = math.pi**2 / target  # the error falls as exp(-pi^2 / step), times the two factors below
    for _ in range(8):
        factor = 4 * math.hypot(1, 2 * math.pi / step) * math.sqrt(4 * math.pi**2 / step)
        step = math.pi**2 / (target + math.log(factor))
    return min(1.0, max(1.0, math.floor(step * 512)) / 512)
