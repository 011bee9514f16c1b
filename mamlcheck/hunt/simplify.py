"""Simplify a witness: fewer tasks, samples and knots, and shorter numbers, as long as it stays extreme.

This works like the shrinking of a failing test. One change after another is tried. It is kept if the instance becomes
shorter and the claim is certified to be as tight on it as asked. Numbers of one array that are equal up to sign change
together: what the samples of a task share stays shared, and what is symmetric stays symmetric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain

import numpy as np

from mamlcheck.arithmetic.exact import fraction, fractions_of
from mamlcheck.check.certified import Certified, certified
from mamlcheck.check.verdict import Verdict
from mamlcheck.claims import Claim
from mamlcheck.errors import InputError
from mamlcheck.hunt.tightness import float_tightness
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.variables import Shape, Variable, arrays, indices, own_arrays, sizes
from mamlcheck.tasks.family import Tasks

MOST_TRIALS = 4000  # changes that are evaluated
FLOAT_TIGHTNESS_ERROR = 2.0**-16  # an instance that misses by more than this, by float64, is not certified
DIGITS_OF_AN_EMPTY_VECTOR = 64  # what a vector that says nothing counts
NEARLY_ONE = 1 - Fraction(1, 2**20)  # alpha is taken for 1/L if alpha L is at least this
SHORT_DENOMINATORS = (1, 2, 3, 4, 5, 8, 10, 12, 16, 32, 64, 100, 1000, 2**12, 2**16, 2**20)
SIGNIFICANT_BITS = (1, 2, 3, 4, 6, 8, 12, 16, 24)  # numbers are rounded to so many of them

Change = Callable[[Instances], Instances]
NumbersByName = dict[str, np.ndarray]
"""The arrays of one instance without leading axes, by name, with all numbers as fractions."""


def simplified(
    claim: Claim,
    instance: Instances,
    found: Certified,
    least: float,
    keeps: Callable[[Instances], bool] = lambda one: True,
) -> tuple[Instances, Certified]:
    """A shorter instance (a block of one), and what is certified on it: the same verdict, and a tightness >= `least`.

    instance: a block of one, or an instance without leading axes. found: what is certified on it. keeps: what else must
    stay true of the instance, such as that its losses are bounded below.

    Raises `InputError` where a constant of the tasks is given by hand: other tasks have other constants, and what is
    certified with one given by hand says nothing of the certified one.
    """
    for variable in arrays():
        if variable.of_tasks and getattr(instance, variable.name) is not None:
            raise InputError(
                f"{variable.symbol} is given by hand: only instances with certified constants are simplified. Leave "
                f"{variable.name} out, and certify the claim again"
            )
    search = _Shortener(claim, _exact(instance[0] if instance.shape else instance), found, least, keeps)
    search.run()
    return search.one[None], search.found


class _Shortener:
    """The instance so far, what is certified on it, and how many changes have been evaluated."""

    def __init__(
        self, claim: Claim, one: Instances, found: Certified, least: float, keeps: Callable[[Instances], bool]
    ):
        self.claim, self.one, self.found, self.least, self.keeps = claim, one, found, least, keeps
        self.trials = 0

    def run(self) -> None:
        """Try all changes again and again, until none makes the instance shorter."""
        for change in _other_units(self.one):
            self._try(change, longer=True)
        before = None
        while before != _length(self.one) and self.trials < MOST_TRIALS:
            before = _length(self.one)
            for changes in (_unused, _fewer, _shorter_arrays, _shorter_numbers):
                self._use(changes)

    def _use(self, changes: Callable[[Instances], Iterator[Change]]) -> None:
        for change in changes(self.one):
            if self.trials >= MOST_TRIALS:
                return
            self._try(change)

    def _try(self, change: Change, longer: bool = False) -> None:
        """Keep a change if it may be kept. longer: whether it may make the instance longer."""
        try:
            candidate = change(self.one)
            if not longer and _length(candidate) >= _length(self.one):
                return
            candidate = _at_one_over_l(candidate, self.one)
        except (InputError, IndexError, ZeroDivisionError):
            return  # the instance does not allow this change, perhaps because an earlier change was kept
        self.trials += 1
        if float_tightness(self.claim, candidate[None])[0] < self.least - FLOAT_TIGHTNESS_ERROR:
            return
        found = certified(self.claim, candidate) if self.keeps(candidate) else None
        if found is None or found.tightness[0] < self.least:
            return
        if found.verdict is self.found.verdict or self.found.verdict is Verdict.UNDECIDED:
            self.one, self.found = candidate, found


# -- an instance as arrays of fractions ----------------------------------------------------------------------
def _exact(one: Instances) -> Instances:
    """The same instance with all numbers as fractions, from which constants are certified exactly where possible."""
    return _with(one, _numbers(one))


def _numbers(one: Instances) -> NumbersByName:
    numbers = {variable.name: getattr(one, variable.name) for variable in own_arrays()} | one.tasks.numbers()
    return {name: _fractions(np.asarray(x)) for name, x in numbers.items()}


def _fractions(x: np.ndarray) -> np.ndarray:
    if x.dtype == object and all(type(v) is Fraction for v in x.ravel()):
        return x
    out = np.empty(x.shape, dtype=object)
    out.reshape(-1)[:] = list(fractions_of(x))
    return out


def _with(one: Instances, numbers: NumbersByName) -> Instances:
    """The instance with these numbers in place of its own. Constants given by hand are left out."""
    return _of(one, one.tasks.with_numbers(numbers), numbers)


def _of(one: Instances, tasks: Tasks, numbers: NumbersByName) -> Instances:
    """The instance with other tasks, and these numbers of its own. Constants given by hand are left out."""
    rest = {variable.name: numbers.get(variable.name, getattr(one, variable.name)) for variable in own_arrays()}
    of_tasks = {index.name: min(getattr(one, index.name), tasks.n - 1) for index in indices()}
    return Instances(tasks, sizes=one.sizes, **of_tasks, **rest)


def _at_one_over_l(candidate: Instances, one: Instances) -> Instances:
    """The candidate with alpha = 1/L for its own L, if alpha was 1/L or nearly 1/L in `one`."""
    if one.alpha * Fraction(one.tasks.smoothness.item()) < NEARLY_ONE:
        return candidate
    smoothness = Fraction(candidate.tasks.smoothness.item())
    return replace(candidate, alpha=np.array(1 / smoothness, dtype=object)) if smoothness else candidate


def _length(one: Instances) -> int:
    """How long an instance is: the binary digits of all its numbers, batch sizes and indices of tasks."""
    usual = {v.name: Fraction(v.default) for v in own_arrays() if v.default is not None and not v.is_vector}
    digits = sum(_digits(x) for name, x in _numbers(one).items() if name not in usual or (x != usual[name]).any())
    of_sizes = sum(int(size).bit_length() for size in vars(one.sizes).values())
    of_tasks = sum(int(getattr(one, index.name)) for index in indices())
    # With a direction that is 0, or with u = w, an instance would say nothing about other claims: that is not shorter.
    empty = any(_says_nothing(one, variable) for variable in own_arrays())
    return digits + of_sizes + of_tasks + DIGITS_OF_AN_EMPTY_VECTOR * empty


def _says_nothing(one: Instances, variable: Variable) -> bool:
    """Whether a direction is 0, or a point is the same as the point that it is near to."""
    value = getattr(one, variable.name)
    if variable.near:
        return bool((value == getattr(one, variable.near)).all())
    return variable.shape is Shape.DIRECTION and not value.any()


def _digits(array: np.ndarray) -> int:
    """Binary digits of the numbers of an array; those of denominators count twice, and each number counts 4 more."""
    return sum(4 + v.numerator.bit_length() + 2 * (v.denominator.bit_length() - 1) + (v < 0) for v in array.ravel())


# -- changes -------------------------------------------------------------------------------------------------
def _unused(one: Instances) -> Iterator[Change]:
    """Give a simple value to each variable, the probabilities and the batch sizes, one after another.

    What the claim does not use can always be changed in this way.
    """
    uniform = np.array([Fraction(1, one.tasks.n)] * one.tasks.n, dtype=object)
    for variable in sorted(own_arrays(), key=lambda variable: bool(variable.near)):  # last those that are near another
        simple = variable.simple if variable.default is None else variable.default
        if simple is not None:
            yield partial(_with, numbers={variable.name: _simple(one, variable, Fraction(simple))})
    yield partial(_with, numbers={"probabilities": uniform})
    for size in sizes():
        yield partial(_with_simple_size, size=size)


def _simple(one: Instances, variable: Variable, simple: Fraction) -> np.ndarray:
    """The simplest value of a variable. That of a vector is along the first axis."""
    if not variable.is_vector:
        return np.array(simple, dtype=object)
    along = np.array([simple * (k == 0) for k in range(one.tasks.d)], dtype=object)
    return along + _numbers(one)[variable.near] if variable.near else along


def _with_simple_size(one: Instances, size: Variable) -> Instances:
    return replace(one, sizes=replace(one.sizes, **{size.name: int(size.default or 1)}))


def _fewer(one: Instances) -> Iterator[Change]:
    """Remove one task, sample or knot, the last first."""
    for axis in one.tasks.shortenable:
        for index in reversed(range(one.tasks.lengths[axis])):
            yield partial(_without, axis=axis, index=index)


def _without(one: Instances, axis: str, index: int) -> Instances:
    """The instance without one task, sample or knot. If the fixed task is beyond the last one, the last is fixed."""
    tasks = one.tasks.without(axis, index)
    return _of(one, tasks, {})


def _other_units(one: Instances) -> Iterator[Change]:
    """Change to units in which alpha = 1/L = 1 and the outermost knot is at 1, even if the numbers are longer there."""
    yield _with_rate_one_over_l
    yield _in_rates
    yield _in_lengths


def _in_lengths(one: Instances) -> Instances:
    """The same instance in a unit of length in which the outermost knot is at 1, and L and alpha are what they were."""
    unit = max((abs(fraction(v)) for places in one.tasks.places() for v in places.ravel()), default=Fraction(0))
    unit = unit or Fraction(1)
    return _in_units(one, loss=unit**2, length=unit)


def _in_rates(one: Instances) -> Instances:
    """The same instance in a unit of the loss in which alpha = 1: all losses are multiplied by alpha."""
    return _in_units(one, loss=1 / one.alpha.item(), length=Fraction(1))


def _in_units(one: Instances, loss: Fraction, length: Fraction) -> Instances:
    """The same instance in units that are so many of the old ones."""
    scales = {variable.name: loss**variable.unit.loss * length**variable.unit.length for variable in own_arrays()}
    numbers = {name: getattr(one, name) / scale for name, scale in scales.items() if scale != 1}
    return _of(one, one.tasks.in_units(loss=loss, length=length), numbers)


def _with_rate_one_over_l(one: Instances) -> Instances:
    """Another instance: alpha = 1/L, and alpha times the gradients at 0 is what it was."""
    rate = 1 / Fraction(one.tasks.smoothness.item())
    return _of(one, one.tasks.pulled(one.alpha.item() / rate), {"alpha": one.alpha * 0 + rate})


def _shorter_arrays(one: Instances) -> Iterator[Change]:
    """Round all numbers of an array, to few significant bits or to a common denominator."""
    for name in _numbers(one):
        for bits in SIGNIFICANT_BITS:
            yield partial(_mapped, name=name, change=partial(_significant, bits=bits))
        for denominator in SHORT_DENOMINATORS:
            yield partial(_mapped, name=name, change=partial(_over, denominator=denominator))


def _shorter_numbers(one: Instances) -> Iterator[Change]:
    """Replace one number, and all that equal it up to sign in the same array, by a short number nearby."""
    for name, array in _numbers(one).items():
        for size in sorted({abs(v) for v in array.ravel()}, key=_denominator_length):
            for short in _near(size):
                yield partial(_mapped, name=name, change=partial(_exchanged, size=size, short=short))


def _denominator_length(value: Fraction) -> tuple[int, Fraction]:
    return -value.denominator.bit_length(), value


def _over(value: Fraction, denominator: int) -> Fraction:
    return Fraction(round(value * denominator), denominator)


def _exchanged(value: Fraction, size: Fraction, short: Fraction) -> Fraction:
    """`short` with the sign of the value if its absolute value is `size`; else the value itself."""
    if abs(value) != size:
        return value
    return short if value >= 0 else -short


def _near(value: Fraction) -> Iterator[Fraction]:
    """Shorter numbers near a number >= 0, the shortest first."""
    plain = [Fraction(0), Fraction(1), Fraction(1, 2)]
    rounded = [value.limit_denominator(q) for q in SHORT_DENOMINATORS]
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length()
    powers = [Fraction(2) ** round(exponent * share) for share in (0.5, 0.75, 0.9)]
    yield from dict.fromkeys(chain(plain, powers, (_significant(value, bits) for bits in SIGNIFICANT_BITS), rounded))


def _significant(value: Fraction, bits: int) -> Fraction:
    """The value rounded to so many significant bits."""
    if value == 0:
        return value
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length() - bits
    unit = Fraction(2) ** exponent
    return round(value / unit) * unit


def _mapped(one: Instances, name: str, change: Callable[[Fraction], Fraction]) -> Instances:
    """The instance with each number of an array changed. The last probability is set so that they sum to 1 again.

    Raises `InputError` where that makes the array no shorter.
    """
    array = _numbers(one)[name]
    changed = np.empty(array.shape, dtype=object)
    changed.reshape(-1)[:] = [change(v) for v in array.ravel()]
    if name == "probabilities":
        changed[-1] = 1 - changed[:-1].sum()
    if _digits(changed) >= _digits(array):
        raise InputError("no shorter")  # known before an instance is built, which costs more
    return _with(one, {name: changed})


__all__ = ["simplified"]
