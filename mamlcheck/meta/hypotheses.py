"""Hypotheses that claims share: inequalities between quantities of instances, as data.

What a hypothesis says is written once, as both sides of its inequalities, and is read three ways: a verdict decides it
on instances, a proof may use it as a fact, and people read its text. So a proof cannot assume anything else than what
is decided. Where the sides need the exact numbers of an instance alone (alpha, L, rho, delta, points, batch sizes), a
tie is settled in exact fractions and roots; else it is as far decided as the arithmetic at hand allows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from mamlcheck.arithmetic import Arithmetic, NotExact, Numbers, ball, rational
from mamlcheck.arithmetic.exact import fraction, fractions_of, nearest_double
from mamlcheck.errors import TooManyBatches
from mamlcheck.meta.given import BatchSizes, Given
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.variables import array_names

Side = Callable[[Any], Any]  # of an `InstanceOn`, or of its `ExactNumbers`

ARRAY_NAMES = array_names()


@dataclass(frozen=True)
class Inequality:
    """left <= right, or left < right where `strict`, for quantities of an instance. name: what a proof calls it."""

    name: str
    left: Side
    right: Side
    strict: bool = False


@dataclass(frozen=True)
class Hypothesis:
    """What a claim assumes of an instance.

    name: an identifier. text: what people read, after "needs". says: inequalities that hold together. found: what a
    block of one instance on which it fails has instead, such as "alpha = 0"; None where there is nothing to say.
    """

    name: str
    text: str
    says: tuple[Inequality, ...]
    found: Callable[[InstanceOn], str] | None = None

    def holds(self, x: InstanceOn) -> np.ndarray:
        """Decide on instances (...): 1 holds, 0 fails, -1 cannot be told in this arithmetic (int8)."""
        answer = np.ones(x.given.shape, dtype=np.int8)
        for inequality in self.says:
            try:
                answer = both(answer, _decided(inequality, x))
            except TooManyBatches:  # it cannot be told here; where the sides can be computed another way, it can be
                answer = both(answer, np.full(x.given.shape, -1, dtype=np.int8))
        return answer

    def seems_to_hold(self, x: InstanceOn) -> np.ndarray:
        """The same for searches (..., bool): in the arithmetic of x alone, where float64 rounds a tie either way."""
        found = np.ones(x.given.shape, dtype=bool)
        for inequality in self.says:
            found &= _compared(inequality, x, x.given.shape) == 1
        return found


def both(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two decisions together (int8): 0 where one certainly fails, 1 where both certainly hold, else -1."""
    return np.where((first == 0) | (second == 0), 0, np.minimum(first, second)).astype(np.int8)


# -- deciding --------------------------------------------------------------------------------------------------------
class NeedsMoreThanNumbers(AttributeError):  # noqa: N818 - reads as what it says
    """A side of an inequality asks for what the exact numbers of an instance do not tell."""


class ExactNumbers:
    """The exact numbers of instances in one arithmetic, by the names that `InstanceOn` has for them, and nothing else.

    So what is decided on them rests on no deviation, and is the same in both forms of a claim.
    """

    def __init__(self, given: dict[str, np.ndarray], sizes: BatchSizes, ar: Arithmetic):
        self._given, self.sizes, self.ar = given, sizes, ar

    @staticmethod
    def of(instances: Given, ar: Arithmetic) -> ExactNumbers:
        """All of a block."""
        return ExactNumbers({name: instances.number(name) for name in ARRAY_NAMES}, instances.sizes, ar)

    def some(self, index: Any) -> ExactNumbers:
        """Those of the instances at an index, or of one with no leading axes."""
        given = {name: np.asarray(value[index]) for name, value in self._given.items()}
        return ExactNumbers(given, self.sizes, self.ar)

    def __getattr__(self, name: str) -> Numbers:
        if name not in ARRAY_NAMES:
            raise NeedsMoreThanNumbers(name)
        return self.ar.exact(self._given[name])


def _decided(inequality: Inequality, x: InstanceOn) -> np.ndarray:
    if inequality not in x.evaluation.decided:
        try:
            answer = _on_numbers(inequality, x)
        except NeedsMoreThanNumbers:
            return _compared(inequality, x, x.given.shape)
        if (answer < 0).any():
            _settle(inequality, ExactNumbers.of(x.given, rational), answer)
        answer.setflags(write=False)  # shared by all claims
        x.evaluation.decided[inequality] = answer
    return x.evaluation.decided[inequality]


def _settle(inequality: Inequality, numbers: ExactNumbers, answer: np.ndarray) -> None:
    """Decide in exact fractions what balls left open, together or, where a number is not exact, one by one."""
    if answer.ndim == 0:
        one = _in_fractions(inequality, numbers, ())
        answer[...] = -1 if one is None else one
        return
    left_open = np.nonzero(answer < 0)
    together = _in_fractions(inequality, numbers.some(left_open), left_open[0].shape)
    if together is not None:
        answer[left_open] = together
        return
    for index in zip(*left_open, strict=True):
        one = _in_fractions(inequality, numbers.some(index), ())
        answer[index] = -1 if one is None else one


class _NumbersAtHand:
    """The numbers of instances that are in `filter` or in balls already."""

    def __init__(self, x: InstanceOn):
        self._x, self.sizes, self.ar = x, x.sizes, x.ar

    def __getattr__(self, name: str) -> Numbers:
        if name not in ARRAY_NAMES:
            raise NeedsMoreThanNumbers(name)
        value: Numbers = getattr(self._x, name)
        return value


def _on_numbers(inequality: Inequality, x: InstanceOn) -> np.ndarray:
    """In bounded doubles whatever the arithmetic of the claim is: plain floats would round a tie away."""
    numbers = _NumbersAtHand(x) if x.ar.in_doubles and x.ar.rigorous else ExactNumbers.of(x.given, ball)
    with ball.working():
        return _compared(inequality, numbers, x.given.shape)


def _in_fractions(inequality: Inequality, numbers: ExactNumbers, shape: tuple[int, ...]) -> np.ndarray | None:
    """None where a number is beyond fractions and their roots, or something is divided by 0."""
    try:
        with rational.working():
            return _compared(inequality, numbers, shape)
    except NotExact:
        return None


def _compared(inequality: Inequality, x: Any, shape: tuple[int, ...]) -> np.ndarray:
    left, right = (_array(side(x), x.ar) for side in (inequality.left, inequality.right))
    if inequality.strict:
        back = np.broadcast_to(x.ar.less_equal(right, left), shape)
        return np.where(back < 0, -1, 1 - back).astype(np.int8)
    return np.array(np.broadcast_to(x.ar.less_equal(left, right), shape), dtype=np.int8)


def _array(side: Numbers | int | Fraction, ar: Arithmetic) -> Numbers:
    return ar.exact(side) if isinstance(side, (int, Fraction)) else side


# -- the hypotheses --------------------------------------------------------------------------------------------------
def _zero(x: Any) -> int:
    return 0


def _rate(x: ExactNumbers) -> Numbers:
    return x.alpha


def _rate_found(x: InstanceOn) -> str:
    alpha, smoothness = _only(x.given.alpha), _only(x.given.smoothness_constant)
    if alpha < 0:
        return f"alpha = {number_text(alpha)} is negative"
    return f"alpha = {number_text(alpha)} exceeds 1/L = {number_text(1 / smoothness)}"


inner_rate_at_most_one_over_l = Hypothesis(
    name="inner_rate_at_most_one_over_l",
    text="alpha in [0, 1/L]",
    says=(
        Inequality("alpha >= 0", _zero, _rate),
        Inequality("alpha <= 1/L", lambda x: x.alpha * x.smoothness, lambda x: 1),
    ),
    found=_rate_found,
)


def _below_share(k: int) -> Callable[[InstanceOn], str]:
    def found(x: InstanceOn) -> str:
        alpha, smoothness = _only(x.given.alpha), _only(x.given.smoothness_constant)
        if alpha < 0:
            return f"alpha = {number_text(alpha)} is negative"
        return f"alpha = {number_text(alpha)} exceeds 1/({k}L) = {number_text(1 / (k * smoothness))}"

    return found


inner_rate_at_most_one_over_6l = Hypothesis(
    name="inner_rate_at_most_one_over_6l",
    text="alpha in [0, 1/(6L)]",
    says=(
        Inequality("alpha >= 0", _zero, _rate),
        Inequality("alpha <= 1/(6L)", lambda x: 6 * x.alpha * x.smoothness, lambda x: 1),
    ),
    found=_below_share(6),
)

inner_rate_at_most_one_over_10l = Hypothesis(
    name="inner_rate_at_most_one_over_10l",
    text="alpha in [0, 1/(10L)]",
    says=(
        Inequality("alpha >= 0", _zero, _rate),
        Inequality("alpha <= 1/(10L)", lambda x: 10 * x.alpha * x.smoothness, lambda x: 1),
    ),
    found=_below_share(10),
)

positive_inner_rate = Hypothesis(
    name="positive_inner_rate",
    text="alpha > 0",
    says=(Inequality("alpha > 0", _zero, _rate, strict=True),),
    found=lambda x: f"alpha = {number_text(_only(x.given.alpha))}",
)

positive_smoothness = Hypothesis(
    name="positive_smoothness",
    text="L > 0",
    says=(Inequality("L > 0", _zero, lambda x: x.smoothness, strict=True),),
    found=lambda x: f"L = {number_text(_only(x.given.smoothness_constant))}",
)

positive_hessian_lipschitz = Hypothesis(
    name="positive_hessian_lipschitz",
    text="rho > 0",
    says=(Inequality("rho > 0", _zero, lambda x: x.hessian_lipschitz, strict=True),),
    found=lambda x: f"rho = {number_text(_only(x.given.hessian_lipschitz_constant))}",
)

convex_tasks = Hypothesis(
    name="convex_tasks",
    text="convex tasks, known to be so: mu >= 0, where v . H_i(w) v >= mu |v|^2",
    says=(Inequality("mu >= 0", _zero, lambda x: x.least_curvature),),
    found=lambda x: "no certificate that all tasks are convex",
)

on_a_line = Hypothesis(
    name="on_a_line",
    text="d = 1",
    says=(Inequality("d <= 1", lambda x: x.dimension, lambda x: 1),),
    found=lambda x: f"d = {x.given.tasks.d}",
)

two_inner_samples = Hypothesis(
    name="two_inner_samples",
    text="D_in = 2",
    says=(
        Inequality("D_in >= 2", lambda x: 2, lambda x: x.sizes.inner),
        Inequality("D_in <= 2", lambda x: x.sizes.inner, lambda x: 2),
    ),
    found=lambda x: f"D_in = {x.sizes.inner}",
)

three_inner_samples = Hypothesis(
    name="three_inner_samples",
    text="D_in >= 3",
    says=(Inequality("D_in >= 3", lambda x: 3, lambda x: x.sizes.inner),),
    found=lambda x: f"D_in = {x.sizes.inner}",
)

distinct_points = Hypothesis(
    name="distinct_points",
    text="two different points w and u",
    says=(Inequality("w != u", _zero, lambda x: x.ar.squared_norm(x.w - x.u), strict=True),),
    found=lambda x: "w = u",
)


def needed_stepsize_tasks(x: InstanceOn) -> Numbers:
    """(rho alpha sigma)^2: Lemma 4.9 needs a B' that is at least this / (2 L^2)."""
    bend: Numbers = x.ar.square(x.hessian_lipschitz * x.alpha)
    return bend * x.task_variance


def needed_stepsize_samples(x: InstanceOn) -> Numbers:
    """(2 rho alpha sigma~)^2: Lemma 4.9 needs a D_beta that is at least this / L^2."""
    bend: Numbers = x.ar.square(x.hessian_lipschitz * x.alpha)
    return 4 * bend * x.mean_gradient_variance


def _size_found(name: str, size: int, x: InstanceOn, needed: Numbers) -> str:
    least = float(x.ar.lower(needed / x.ar.square(x.smoothness))[0])
    return f"{name} = {size} is less than {math.ceil(least):,}" if 0 < least < 2**53 else f"{name} = {size} is too few"


enough_stepsize_tasks = Hypothesis(
    name="enough_stepsize_tasks",
    text="B' >= max(1, (rho alpha sigma / L)^2 / 2)",  # B' >= 1 of every instance
    says=(
        Inequality(
            "enough tasks", needed_stepsize_tasks, lambda x: 2 * x.sizes.stepsize_tasks * x.ar.square(x.smoothness)
        ),
    ),
    found=lambda x: _size_found("B'", x.sizes.stepsize_tasks, x, needed_stepsize_tasks(x) / 2),
)

enough_stepsize_samples = Hypothesis(
    name="enough_stepsize_samples",
    text="D_beta >= max(1, (2 rho alpha sigma~ / L)^2)",  # D_beta >= 1 of every instance
    says=(
        Inequality("enough samples", needed_stepsize_samples, lambda x: x.sizes.stepsize * x.ar.square(x.smoothness)),
    ),
    found=lambda x: _size_found("D_beta", x.sizes.stepsize, x, needed_stepsize_samples(x)),
)


enough_tasks_of_a_step = Hypothesis(
    name="enough_tasks_of_a_step",
    text="B >= 20",
    says=(Inequality("B >= 20", lambda x: 20, lambda x: x.sizes.step_tasks),),
    found=lambda x: f"B = {x.sizes.step_tasks}",
)

small_step_factor = Hypothesis(
    name="small_step_factor",
    text="c <= 2/5",
    says=(Inequality("c <= 2/5", lambda x: 5 * x.step_factor, lambda x: 2),),
    found=lambda x: f"c = {number_text(_only(x.given.step_factor))}",
)


def _wanted_tasks(x: InstanceOn) -> Numbers:
    """37.1 c ((1 + a)^2 + 1/2), a = alpha L."""
    wanted: Numbers = 371 * x.step_factor * (2 * x.ar.square(1 + x.alpha * x.smoothness) + 1) / 20
    return wanted


enough_tasks_for_the_rate = Hypothesis(
    name="enough_tasks_for_the_rate",
    text="B (1 - a)^2 >= 37.1 c ((1 + a)^2 + 1/2), a = alpha L",
    says=(
        Inequality(
            "enough tasks for the rate",
            _wanted_tasks,
            lambda x: x.sizes.step_tasks * x.ar.square(1 - x.alpha * x.smoothness),
        ),
    ),
    found=lambda x: f"B = {x.sizes.step_tasks} is too few",
)

# D_h >= 2 alpha^2 sigma_H^2 is enough: then the mean over D_h alone is small enough for each v.
enough_hessian_samples = Hypothesis(
    name="enough_hessian_samples",
    text="D_h so large that 2 alpha^2 E|(H_i(w, D_h) - H_i(w)) v|^2 <= E|v|^2, which D_h >= 2 alpha^2 sigma_H^2 is",
    says=(Inequality("enough Hessian samples", lambda x: 2 * x.maml.hessian_noise, lambda x: x.fo_maml.second_moment),),
    found=lambda x: f"D_h = {x.sizes.hessian} is too few",
)

# What is checked, and not what is true: the proofs do without it. HF-MAML's direction is not linear in v.
few_inner_batches = Hypothesis(
    name="few_inner_batches",
    text="so few batches D_in that all are listed",
    says=(Inequality("all inner batches listed", lambda x: int(not x.inner_batches_in_reach), lambda x: 0),),
    found=lambda x: f"D_in = {x.sizes.inner} of {x.given.tasks.m} samples",
)

few_pairs_of_batches = Hypothesis(
    name="few_pairs_of_batches",
    text="so few batches D_in and D_o that all their pairs are listed",
    says=(Inequality("all pairs listed", lambda x: int(not x.outer_pairs_in_reach), lambda x: 0),),
    found=lambda x: f"D_in = {x.sizes.inner} and D_o = {x.sizes.outer} of {x.given.tasks.m} samples",
)

enough_difference_samples = Hypothesis(
    name="enough_difference_samples",
    text="D_h so large that 2 alpha^2 E|d_i(D_h) - d_i|^2 <= E|v|^2, which D_h >= 2 alpha^2 sigma_H^2 is",
    says=(
        Inequality("enough Hessian samples", lambda x: 2 * x.hf_maml.hessian_noise, lambda x: x.fo_maml.second_moment),
    ),
    found=lambda x: f"D_h = {x.sizes.hessian} is too few",
)

small_difference_factor = Hypothesis(
    name="small_difference_factor",
    text="eta <= 1/6",
    says=(Inequality("eta <= 1/6", lambda x: 6 * x.difference_factor, lambda x: 1),),
    found=lambda x: f"eta = {number_text(_only(x.given.difference_factor))}",
)


def _squared_reach(x: ExactNumbers) -> Numbers:
    """T^2 = (rho delta |v|)^2: the Hessian changes by at most T over the step delta v."""
    return x.ar.square(x.hessian_lipschitz * x.delta) * x.ar.squared_norm(x.v)


def _step_found(x: InstanceOn) -> str:
    numbers = ExactNumbers.of(x.given, rational).some((0,))
    squares = (_squared_reach(numbers), 4 * numbers.ar.square(numbers.smoothness))
    step, twice = (_root_text(fraction(np.asarray(square, dtype=object).item())) for square in squares)
    return f"rho delta |v| = {step} is less than 2L = {twice}"


def _root_text(square: Fraction) -> str:
    """About the root of a number of any size."""
    with mpmath.workdps(15):
        root = mpmath.sqrt(mpmath.mpf(square.numerator) / square.denominator)
        return f"{float(root):.6g}" if math.isfinite(float(root)) else str(mpmath.nstr(root, 6))


large_step = Hypothesis(
    name="large_step",
    text="rho delta |v| >= 2L",
    says=(Inequality("2L <= T", lambda x: 4 * x.ar.square(x.smoothness), _squared_reach),),
    found=_step_found,
)


def known_hypotheses() -> tuple[Hypothesis, ...]:
    """All of this module, in the order in which they stand."""
    return tuple(value for value in globals().values() if isinstance(value, Hypothesis))


# -- how numbers are written -----------------------------------------------------------------------------------------
def _only(values: np.ndarray) -> Fraction:
    """The one number of a block of one instance."""
    (value,) = fractions_of(values)
    return value


def number_text(value: Fraction) -> str:
    """An exact number as a short decimal where it has one, else as a fraction, or, if that is long, about."""
    if max(abs(value.numerator), value.denominator) > 10**24:
        return f"about {nearest_double(value):.6g}"
    for digits in range(13):
        if (value * 10**digits).denominator == 1:
            text = f"{abs(value) * 10**digits}".rjust(digits + 1, "0")
            whole, rest = text[: len(text) - digits], text[len(text) - digits :]
            return ("-" if value < 0 else "") + whole + (f".{rest}" if rest else "")
    return str(value)
