"""Simplify a witness: fewer tasks, samples and knots, and shorter numbers, as long as it stays extreme.

Like the shrinking of a failing test: one change after another is tried, and kept where the instance is shorter and the
claim on it, certified, is as tight as asked. Numbers of one array that are equal up to sign change together, so that
what the samples of a task share stays shared, and what is symmetric stays so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from mamlcheck.arithmetic.exact import fractions_of
from mamlcheck.check.certified import Certified, certified
from mamlcheck.check.verdict import Verdict
from mamlcheck.claims import Claim
from mamlcheck.errors import InputError
from mamlcheck.hunt.tightness import float_tightness
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.profiles import Splines
from mamlcheck.tasks.quadratic import QuadraticTasks
from mamlcheck.tasks.ridge import RidgeTasks

TRIALS = 4000  # changes tried at most
FLOAT_ERROR = 2.0**-16  # of a tightness by float64: what lies lower by more is not worth certifying
LONG = 64  # binary digits of a number that is not wanted
AT_THE_END = 1 - Fraction(1, 2**20)  # alpha L from which alpha is taken for 1/L
DENOMINATORS = (1, 2, 3, 4, 5, 8, 10, 12, 16, 32, 64, 100, 1000, 2**12, 2**16, 2**20)
BITS = (1, 2, 3, 4, 6, 8, 12, 16, 24)  # significant bits that all numbers of an array are rounded to

Change = Callable[[Instances], Instances]
Numbers = dict[str, np.ndarray]
"""Of one instance, without leading axes, its arrays of fractions by name."""


def simplified(
    claim: Claim,
    instance: Instances,
    found: Certified,
    least: float,
    keeps: Callable[[Instances], bool] = lambda one: True,
) -> tuple[Instances, Certified]:
    """A shorter instance, and what is certified on it: a tightness of at least `least`, and the verdict unchanged.

    instance: a block of one, or without leading axes; found: what is certified on it. A VIOLATED claim stays so.
    keeps: what else must stay true, such as that losses are bounded below.
    """
    search = _Shortener(claim, _exact(instance[0] if instance.shape else instance), found, least, keeps)
    search.run()
    return search.one[None], search.found


class _Shortener:
    def __init__(
        self, claim: Claim, one: Instances, found: Certified, least: float, keeps: Callable[[Instances], bool]
    ):
        self.claim, self.one, self.found, self.least, self.keeps = claim, one, found, least, keeps
        self.trials = 0

    def run(self) -> None:
        """Change after change, until nothing more is gained."""
        for change in _other_units(self.one):
            self._try(change, longer=True)
        before = None
        while before != _length(self.one) and self.trials < TRIALS:
            before = _length(self.one)
            for changes in (_unused, _fewer, _shorter_arrays, _shorter_numbers):
                self._use(changes)

    def _use(self, changes: Callable[[Instances], Iterator[Change]]) -> None:
        for change in changes(self.one):
            if self.trials >= TRIALS:
                return
            self._try(change)

    def _try(self, change: Change, longer: bool = False) -> None:
        try:
            candidate = change(self.one)
            if not longer and _length(candidate) >= _length(self.one):
                return
            candidate = _at_one_over_l(candidate, self.one)
        except (InputError, IndexError, ZeroDivisionError):
            return  # a change that this instance does not allow, perhaps because an earlier one was kept
        self.trials += 1
        if float_tightness(self.claim, candidate[None])[0] < self.least - FLOAT_ERROR:
            return
        found = certified(self.claim, candidate) if self.keeps(candidate) else None
        if found is None or found.tightness[0] < self.least:
            return
        if found.verdict is self.found.verdict or self.found.verdict is Verdict.UNDECIDED:
            self.one, self.found = candidate, found


# -- an instance as arrays of fractions ----------------------------------------------------------------------
def _exact(one: Instances) -> Instances:
    """The same instance, all numbers as fractions, so that constants are certified exactly where they can be."""
    return _with(one, _numbers(one))


def _numbers(one: Instances) -> Numbers:
    tasks = one.tasks
    arrays: dict[str, Any] = {name: getattr(one, name) for name in ("alpha", "w", "u", "v", "delta", "phi")}
    if isinstance(tasks, QuadraticTasks):
        arrays |= {"matrices": tasks.matrices, "centres": tasks.centres}
    else:
        arrays |= {name: getattr(tasks, name) for name in ("a", "b", "c", "mu")}
        if isinstance(tasks.profile, Splines):
            arrays |= {name: getattr(tasks.profile, name) for name in ("knots", "values", "slope")}
    arrays["probabilities"] = tasks.probabilities
    return {name: _fractions(np.asarray(x)) for name, x in arrays.items()}


def _fractions(x: np.ndarray) -> np.ndarray:
    if x.dtype == object and all(type(v) is Fraction for v in x.ravel()):
        return x
    out = np.empty(x.shape, dtype=object)
    out.reshape(-1)[:] = list(fractions_of(x))
    return out


def _with(one: Instances, numbers: Numbers) -> Instances:
    """The instance with these numbers in place of its own. Constants given by hand are left out."""
    x = _numbers(one) | numbers
    tasks: Any
    if isinstance(one.tasks, QuadraticTasks):
        tasks = QuadraticTasks(x["matrices"], x["centres"], x["probabilities"])
    else:
        profile = one.tasks.profile
        if isinstance(profile, Splines):
            profile = Splines(x["knots"], x["values"], x["slope"])
        tasks = RidgeTasks(x["a"], x["b"], x["c"], x["mu"], x["probabilities"], profile)
    rest = {name: x[name] for name in ("alpha", "w", "u", "v", "delta", "phi")}
    return Instances(tasks, task=one.task, sizes=one.sizes, **rest)


def _at_one_over_l(candidate: Instances, one: Instances) -> Instances:
    """The candidate with alpha = 1/L of its own, where that is what alpha was, or nearly."""
    if one.alpha * Fraction(one.tasks.smoothness.item()) < AT_THE_END:
        return candidate
    smoothness = Fraction(candidate.tasks.smoothness.item())
    return replace(candidate, alpha=np.array(1 / smoothness, dtype=object)) if smoothness else candidate


def _length(one: Instances) -> int:
    """Binary digits of all its numbers, each number counting, and what batch sizes add."""
    digits = sum(_digits(array) for array in _numbers(one).values())
    sizes = sum(int(size).bit_length() for size in vars(one.sizes).values())
    # A direction that is 0, or u = w, is no shorter: to other claims it says nothing.
    empty = not one.v.any() or not (one.u != one.w).any()
    return digits + sizes + one.task + LONG * empty


def _digits(array: np.ndarray) -> int:
    """Binary digits of the numbers of an array; of the denominators, twice."""
    return sum(4 + v.numerator.bit_length() + 2 * (v.denominator.bit_length() - 1) + (v < 0) for v in array.ravel())


# -- changes -------------------------------------------------------------------------------------------------


def _unused(one: Instances) -> Iterator[Change]:
    """What the claim does not look at becomes simple, and so does what is simple where it may be."""
    first = np.array([Fraction(int(k == 0)) for k in range(one.tasks.d)], dtype=object)
    uniform = np.array([Fraction(1, one.tasks.n)] * one.tasks.n, dtype=object)
    ones = np.array(Fraction(1), dtype=object)
    for numbers in ({"v": first}, {"delta": ones}, {"phi": ones}, {"u": _numbers(one)["w"] + first}):
        yield partial(_with, numbers=numbers)
    yield partial(_with, numbers={"probabilities": uniform})
    for name in vars(one.sizes):
        yield partial(_with_size_one, name=name)


def _with_size_one(one: Instances, name: str) -> Instances:
    return replace(one, sizes=replace(one.sizes, **{name: 1}))


def _fewer(one: Instances) -> Iterator[Change]:
    """One task, sample or knot less."""
    for i in reversed(range(one.tasks.n)):
        yield partial(_without_task, i=i)
    for j in reversed(range(one.tasks.m)):
        yield partial(_without, index=j, axes=dict.fromkeys((*_OF_SAMPLE, *_OF_SPLINE), 1))
    for k in reversed(range(_knots(one))):
        yield partial(_without, index=k, axes={"knots": 2, "values": 2})


def _knots(one: Instances) -> int:
    return int(_numbers(one).get("knots", np.zeros(0)).shape[-1])


_OF_SAMPLE = ("matrices", "centres", "a", "b", "c")
_OF_SPLINE = ("knots", "values", "slope")


def _without(one: Instances, index: int, axes: dict[str, int]) -> Instances:
    """The instance without the entries at `index` of an axis of the arrays named, where it has them."""
    numbers = _numbers(one)
    shorter = {name: np.delete(numbers[name], index, axis) for name, axis in axes.items() if name in numbers}
    return _with(one, shorter)


def _without_task(one: Instances, i: int) -> Instances:
    numbers = _numbers(one)
    names = [name for name in numbers if name in (*_OF_SAMPLE, *_OF_SPLINE)]
    kept = np.delete(numbers["probabilities"], i)
    shorter = {name: np.delete(numbers[name], i, 0) for name in names} | {"probabilities": kept / kept.sum()}
    if not isinstance(one.tasks, QuadraticTasks) and not isinstance(one.tasks.profile, Splines):
        raise InputError("the losses of these tasks go by task: none can be left out here")
    return _with(replace(one, task=min(one.task, one.tasks.n - 2)), shorter)


def _other_units(one: Instances) -> Iterator[Change]:
    """Units in which alpha = 1/L = 1 and the outermost knot is at 1, though numbers may be longer there at first."""
    yield _with_rate_one_over_l
    yield _in_rates
    yield _in_lengths


LENGTHS = ("w", "u", "v", "b", "centres", "knots", "slope")


def _in_lengths(one: Instances) -> Instances:
    """The same in other units of length: L and alpha stay, rho grows as knots, points and gradients shrink."""
    numbers = _numbers(one)
    places = numbers.get("knots", numbers.get("centres", np.zeros(0, dtype=object)))
    unit = max(abs(v) for v in places.ravel()) or Fraction(1)
    return _with(one, {name: numbers[name] / unit for name in LENGTHS if name in numbers})


def _in_rates(one: Instances) -> Instances:
    """The same in units of the loss in which alpha = 1: losses are multiplied by alpha."""
    numbers, alpha = _numbers(one), one.alpha.item()
    scaled: Numbers = {name: numbers[name] * alpha for name in ("matrices", "values", "slope") if name in numbers}
    if "values" not in scaled and "c" in numbers:
        scaled |= {name: numbers[name] * alpha for name in ("c", "mu")}
    return _with(one, scaled | {"alpha": one.alpha * 0 + 1})


def _with_rate_one_over_l(one: Instances) -> Instances:
    """Alpha = 1/L, and gradients at 0 smaller by as much, so that alpha times them stays: no longer the same."""
    numbers = _numbers(one)
    rate = 1 / Fraction(one.tasks.smoothness.item())
    smaller = {name: numbers[name] * one.alpha.item() / rate for name in ("slope", "centres") if name in numbers}
    return _with(one, smaller | {"alpha": one.alpha * 0 + rate})


def _shorter_arrays(one: Instances) -> Iterator[Change]:
    """All numbers of an array rounded: to few significant bits, or to a denominator."""
    for name in _numbers(one):
        for bits in BITS:
            yield partial(_mapped, name=name, change=partial(_significant, bits=bits))
        for denominator in DENOMINATORS:
            yield partial(_mapped, name=name, change=partial(_over, denominator=denominator))


def _shorter_numbers(one: Instances) -> Iterator[Change]:
    """Single numbers, with their equals up to sign in the same array, become short numbers nearby."""
    for name, array in _numbers(one).items():
        for size in sorted({abs(v) for v in array.ravel()}, key=_denominator_length):
            for short in _near(size):
                yield partial(_mapped, name=name, change=partial(_exchanged, size=size, short=short))


def _denominator_length(value: Fraction) -> tuple[int, Fraction]:
    return -value.denominator.bit_length(), value


def _over(value: Fraction, denominator: int) -> Fraction:
    return Fraction(round(value * denominator), denominator)


def _exchanged(value: Fraction, size: Fraction, short: Fraction) -> Fraction:
    """`short` with the sign of the value, where that is of the given size."""
    if abs(value) != size:
        return value
    return short if value >= 0 else -short


def _near(value: Fraction) -> Iterator[Fraction]:
    """Shorter numbers near a number >= 0, the shortest first."""
    plain = [Fraction(0), Fraction(1), Fraction(1, 2)]
    rounded = [value.limit_denominator(q) for q in DENOMINATORS]
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length()
    powers = [Fraction(2) ** round(exponent * share) for share in (0.5, 0.75, 0.9)]
    yield from dict.fromkeys(chain(plain, powers, (_significant(value, bits) for bits in BITS), rounded))


def _significant(value: Fraction, bits: int) -> Fraction:
    """The value rounded to so many significant bits."""
    if value == 0:
        return value
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length() - bits
    unit = Fraction(2) ** exponent
    return round(value / unit) * unit


def _mapped(one: Instances, name: str, change: Callable[[Fraction], Fraction]) -> Instances:
    """The instance with an array changed number by number; probabilities sum to 1 again, by the last of them."""
    array = _numbers(one)[name]
    changed = np.empty(array.shape, dtype=object)
    changed.reshape(-1)[:] = [change(v) for v in array.ravel()]
    if name == "probabilities":
        changed[-1] = 1 - changed[:-1].sum()
    if _digits(changed) >= _digits(array):
        raise InputError("no shorter")  # before anything is built of it
    return _with(one, {name: changed})


__all__ = ["simplified"]
