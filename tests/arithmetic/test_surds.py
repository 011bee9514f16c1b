"""Sums of square roots of fractions, exactly: against SymPy's roots and mpmath at 60 digits, and what they settle.

SymPy writes a root of a whole number by its square-free part, which it finds by factoring, and mpmath knows no exact
roots at all: neither shares anything with the code under test.
"""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from flint import fmpq, fmpz
from hypothesis import given, settings
from hypothesis import strategies as st

from mamlcheck.arithmetic import NotExact, arb, rational
from mamlcheck.arithmetic.exact import fraction, nearest_double
from mamlcheck.arithmetic.surds import FEWEST_BITS, LONGEST_DIVISOR, MOST_TERMS, Surd, known_fraction, root, sign
from mamlcheck.check.certified import certified
from mamlcheck.check.comparison import never_above
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import ARB_PRECISIONS_BITS, HOLDS, UNDECIDED, VIOLATED, Verdict, evaluate, judge
from mamlcheck.claims import Claim, load_claim
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances
from mamlcheck.record.brackets import exact_tightness
from mamlcheck.record.portrait import _text
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss
from mamlcheck.terminal.hunting import _arithmetic_text

PRIMES = list(sympy.primerange(2, 400))


def r(value: int | str) -> Any:
    """The root of a whole number, or of a fraction such as '2/3'."""
    exact = Fraction(value)
    return root(fmpq(exact.numerator, exact.denominator))


# -- random expressions ----------------------------------------------------------------------------------------------
Pair = tuple[Any, Any]
"""The same number twice: in the arithmetic under test, and as SymPy has it."""

FRACTIONS = st.fractions(min_value=-9, max_value=9, max_denominator=12)


def constant(value: Fraction) -> Pair:
    return fmpq(value.numerator, value.denominator), sympy.Rational(value.numerator, value.denominator)


def root_of(value: Fraction) -> Pair:
    number, symbol = constant(abs(value))
    return root(number), sympy.sqrt(symbol)


def combined(operation: str, first: Pair, second: Pair) -> Pair:
    (a, x), (b, y) = first, second
    if operation == "+":
        return a + b, x + y
    if operation == "-":
        return a - b, x - y
    return a * b, sympy.expand(x * y)


EXPRESSIONS: st.SearchStrategy[Pair] = st.recursive(
    FRACTIONS.map(constant) | FRACTIONS.map(root_of) | st.integers(2, 3000).map(Fraction).map(root_of),
    lambda inner: st.builds(combined, st.sampled_from("+-*"), inner, inner),
    max_leaves=7,
)


def as_sympy(value: Any) -> sympy.Expr:
    if not isinstance(value, Surd):
        exact = fraction(value)
        return sympy.Rational(exact.numerator, exact.denominator)
    return sum(sympy.Rational(int(c.p), int(c.q)) * sympy.sqrt(int(n)) for n, c in value.terms)


def as_mpmath(value: Any) -> mpmath.mpf:
    terms = value.terms if isinstance(value, Surd) else ((1, value),)
    return sum((mpmath.mpf(int(c.p)) / int(c.q) * mpmath.sqrt(int(n)) for n, c in terms), mpmath.mpf(0))


@settings(deadline=None)
@given(EXPRESSIONS)
def test_a_random_expression_is_what_sympy_says(pair: Pair) -> None:
    number, truth = pair
    assert sympy.expand(as_sympy(number) - truth) == 0
    assert isinstance(number, Surd) != sympy.expand(truth).is_Rational  # a fraction is never a Surd
    with mpmath.workdps(60):
        assert abs(as_mpmath(number) - mpmath.mpf(str(truth.evalf(60)))) <= mpmath.mpf(10) ** -40
    if isinstance(number, Surd):
        assert all(c != 0 for _, c in number.terms)
        cores = [sympy.prod(p for p, k in sympy.factorint(int(n)).items() if k % 2) for n, _ in number.terms]
        assert len(set(cores)) == len(cores)
        assert all(n == 1 for (n, _), core in zip(number.terms, cores, strict=True) if core == 1)


@settings(deadline=None)
@given(EXPRESSIONS, EXPRESSIONS)
def test_two_random_expressions_are_compared_as_by_sympy(first: Pair, second: Pair) -> None:
    (a, x), (b, y) = first, second
    difference = sympy.expand(x - y)
    truth = 0 if difference == 0 else int(sympy.sign(difference.evalf(60)))
    assert sign(a - b) == truth
    assert (a == b) == (truth == 0)
    assert (a < b, a <= b, a > b, a >= b) == (truth < 0, truth <= 0, truth > 0, truth >= 0)
    if truth == 0:
        assert hash(a) == hash(b)


@settings(deadline=None)
@given(EXPRESSIONS, EXPRESSIONS)
def test_a_quotient_times_the_divisor_is_the_number(first: Pair, second: Pair) -> None:
    (a, x), (b, y) = first, second
    count = len(b.terms) if isinstance(b, Surd) else 1
    if sympy.expand(y) == 0:
        with pytest.raises(ZeroDivisionError):
            _ = a / b
        return
    try:
        quotient = a / b
    except NotExact:
        assert count > LONGEST_DIVISOR
        return
    assert sympy.expand(as_sympy(quotient) * y - x) == 0


@settings(deadline=None)
@given(EXPRESSIONS)
def test_doubles_lie_next_to_the_number(pair: Pair) -> None:
    number, truth = pair
    array = np.array([number], dtype=object)
    low, high, near = (float(f(array)[0]) for f in (rational.lower, rational.upper, rational.midpoint))
    exact = sympy.expand(truth)
    for bound, way in ((low, 1), (high, -1)):
        gap = sympy.expand(exact - sympy.Rational(*bound.as_integer_ratio()))
        assert gap == 0 or way * gap.evalf(60) > 0
    assert (
        high == low
        if exact.is_Rational and sympy.Rational(*low.as_integer_ratio()) == exact
        else (high == math.nextafter(low, math.inf))
    )
    assert near in (low, high)
    if isinstance(number, Surd):
        other = low if near == high else high
        gaps = [abs((exact - sympy.Rational(*end.as_integer_ratio())).evalf(60)) for end in (near, other)]
        assert gaps[0] <= gaps[1]


# -- ties by hand ----------------------------------------------------------------------------------------------------
def test_exact_ties() -> None:
    assert r(8) == 2 * r(2)
    assert r(8) - 2 * r(2) == 0
    assert type(r(8) - 2 * r(2)) is fmpq
    assert r(2) * r(2) == 2
    assert type(r(2) * r(8)) is fmpq
    assert r(2) * r(8) == 4
    assert r("2/3") == r(6) / 3
    assert r("9/4") == fmpq(3, 2)
    assert (1 + r(2)) * (1 - r(2)) == -1
    assert (r(2) + r(3)) * (r(2) + r(3)) == 5 + 2 * r(6)
    assert r(2) * r(3) * r(6) == 6
    assert (r(12) + r(27)) / r(3) == 5
    assert r(2) != r(3)
    assert not r(2) <= 1
    assert {r(8): "one class"}[2 * r(2)] == "one class"


def test_nested_roots_are_not_exact() -> None:
    for nested in (5 + 2 * r(6), r(2), 1 + r(2)):
        with pytest.raises(NotExact, match="use arb"):
            root(nested)
    with pytest.raises(NotExact, match="negative"):
        root(1 - r(2))
    with pytest.raises(NotExact, match="negative"):
        r(-2)


def test_the_square_of_one_term_has_its_root() -> None:
    term = 3 * r("5/7")
    assert root(term * term) == term


@pytest.mark.parametrize("digits", [6, 30, 60, 400])
def test_near_ties_are_told_apart(digits: int) -> None:
    """sqrt(t^2 + 1) - t is about 1 / (2t), and sqrt(t^2 + 1) + sqrt(t^2 - 1) - 2t about -1 / (4 t^3)."""
    t = 10**digits
    assert r(t * t + 1) > t > r(t * t - 1)
    assert sign(r(t * t + 1) + r(t * t - 1) - 2 * t) == -1
    assert sign(2 * t - r(t * t + 1) - r(t * t - 1)) == 1
    hair = fmpq(1, t)
    assert r(2) + r(3) < r(2) + r(3) + hair
    assert r(2) + r(3) != r(2) + r(3) + hair


def test_bits_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mamlcheck.arithmetic.surds.MOST_BITS", FEWEST_BITS)
    with pytest.raises(NotExact, match="bits do not tell"):
        _ = r(10**60 + 1) > 10**30


def test_a_root_of_a_long_number_is_in_the_class_that_it_is_in() -> None:
    """Classes by whole numbers that no one factors: products of large primes."""
    p, q = sympy.nextprime(10**40), sympy.nextprime(10**45)
    assert r(p * q * q) == q * r(p)
    assert r(int(p)) * r(int(q)) == r(int(p * q))
    assert r(int(p * q)) / r(int(p)) == r(int(q))
    assert len((r(int(p)) + r(int(q))).terms) == 2


# -- long sums -------------------------------------------------------------------------------------------------------
def summed(numbers: list[Any]) -> Any:
    return rational.sum(np.array(numbers, dtype=object), -1).item()


def test_a_sum_has_a_largest_length() -> None:
    longest = summed([r(p) for p in PRIMES[:MOST_TERMS]])
    assert len(longest.terms) == MOST_TERMS
    assert sign(longest - r(PRIMES[0])) == 1
    with pytest.raises(NotExact, match=f"more than {MOST_TERMS} different roots"):
        _ = longest + r(PRIMES[MOST_TERMS])
    with pytest.raises(NotExact, match="different roots"):
        _ = longest * (r(401) + longest)
    assert longest + r(2) == summed([2 * r(2)] + [r(p) for p in PRIMES[1:MOST_TERMS]])  # no class is new


def test_many_lengths_of_one_class_are_one_term() -> None:
    lengths = rational.norm(rational.exact([[k, k] for k in range(200)]))
    assert rational.sum(lengths, -1).item() == 19900 * r(2)


def test_a_long_divisor_is_not_exact_but_for_its_multiples() -> None:
    four, five = (summed([r(p) for p in PRIMES[:k]]) for k in (4, 5))
    assert (1 / four) * four == 1
    with pytest.raises(NotExact, match="5 different roots"):
        _ = 1 / five
    with pytest.raises(NotExact, match="5 different roots"):
        _ = (five + r(2)) / five
    assert (five * 3) / (five * fmpq(2, 7)) == fmpq(21, 2)
    assert type(five / five) is fmpq


# -- as numbers ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("other", [3, fmpq(3), fmpz(3), np.int64(3)], ids=lambda v: type(v).__name__)
def test_other_exact_numbers_stand_on_both_sides(other: Any) -> None:
    x = r(2)
    assert x + other == other + x == 3 + r(2)
    assert x - other == -(other - x)
    assert x * other == other * x == r(18)
    assert x / other == r("2/9")
    assert other / x == 3 * r("1/2")
    assert x < other
    assert other > x
    assert x <= other
    assert other >= x
    assert x != other
    assert max(x, other) == other
    assert min(other, x) is x


@pytest.mark.parametrize("other", [0.5, "1", None, 1j])
def test_what_is_not_exact_is_refused(other: Any) -> None:
    for operation in (lambda: r(2) + other, lambda: other * r(2), lambda: r(2) / other, lambda: r(2) < other):
        with pytest.raises(TypeError):
            operation()
    assert r(2) != other


def test_a_surd_is_a_value() -> None:
    x = 1 + r(2)
    with pytest.raises(FrozenInstanceError):
        x.terms = ()
    assert pickle.loads(pickle.dumps(x)) == copy.deepcopy(x) == x
    assert float(x) == 1 + math.sqrt(2)
    assert _text(x) == "about 2.41421"
    assert repr(x) in ("1 + 1 sqrt(2)", "1 sqrt(2) + 1")
    with pytest.raises(InputError, match="not an exact number"):
        fraction(x)
    assert known_fraction(x) is None
    assert known_fraction(x - r(2)) == 1


def test_doubles_at_the_ends_of_their_range() -> None:
    tiny, huge = Fraction(2, 10**700), Fraction(2 * 10**700)
    roots = rational.sqrt(rational.exact([tiny, huge, 2]))
    above = math.sqrt(2)
    assert Fraction(above) ** 2 > 2 > Fraction(math.nextafter(above, 0)) ** 2
    assert rational.lower(roots).tolist() == [0.0, float(np.finfo(float).max), math.nextafter(above, 0)]
    assert rational.upper(roots).tolist() == [5e-324, math.inf, above]
    assert rational.midpoint(-roots).tolist() == [0.0, -math.inf, -math.sqrt(2)]
    assert nearest_double(tiny) == 0


def test_doubles_of_a_number_that_nearly_cancels_lie_next_to_it() -> None:
    """sqrt(t^2 + 1) - t = 1 / (sqrt(t^2 + 1) + t), so that 1 / (2t + 1) is below it and 1 / (2t) above."""
    t = 10**60
    near = np.array([r(t * t + 1) - t], dtype=object)
    low, high = rational.lower(near)[0], rational.upper(near)[0]
    assert high == math.nextafter(low, 1)
    assert Fraction(low) < Fraction(1, 2 * t)
    assert Fraction(high) > Fraction(1, 2 * t + 1)


def test_the_arithmetic_takes_them_apart() -> None:
    x, y = rational.sqrt(rational.exact([2, 3, 8])), rational.exact([2, 1, 3])
    assert rational.less_equal(x, y).tolist() == [1, 0, 1]
    assert rational.less_equal(x, x).tolist() == [1, 1, 1]
    assert rational.minimum(x, y).tolist() == [r(2), 1, r(8)]
    assert rational.maximum(x, 1).tolist() == x.tolist()
    assert rational.abs(-x).tolist() == x.tolist()
    assert rational.power(x, 4).tolist() == [4, 9, 64]
    assert rational.power(x, 0).tolist() == [1, 1, 1]
    assert rational.squared_norm(x).item() == 13
    assert rational.norm(x).item() == r(13)
    assert rational.mean(x, -1).item() == r(2) + r("1/3")
    assert rational.matmul(x[None, :], x[:, None]).item() == 13
    assert [type(v) for v in rational.vanishing_with(x, x)] == [Surd] * 3
    with pytest.raises(NotExact, match="divides by 0"), rational.working():
        _ = x / (x - x)


# -- verdicts --------------------------------------------------------------------------------------------------------
def exact(values: Any) -> np.ndarray:
    return np.array(values, dtype=object)


def ridge(alpha: Fraction, direction: tuple[int, int] = (1, 1)) -> Instances:
    """One task of one sample in two dimensions, (a w - 1)^2 / 2: H = a a^T, so that H g = L g with L = |a|^2."""
    tasks = RidgeTasks(exact([[[list(direction)]]]), exact([[[1]]]), exact([[[1]]]), exact([0]), exact([[1]]),
                       (loss("quadratic"),))  # fmt: skip
    w, u, one = exact([[Fraction(1, 3), 2]]), exact([[1, 0]]), exact([1])
    return Instances(tasks, exact([alpha]), w, u, u, one, one, smoothness=exact([sum(c * c for c in direction)]))


def round_quadratic(alpha: Fraction) -> Instances:
    """One task 3 |w|^2 / 2 in two dimensions, at a point with |w| = sqrt(5)."""
    tasks = QuadraticTasks(exact([[[[[3, 0], [0, 3]]]]]), exact([[[[0, 0]]]]), exact([[1]]))
    w, u, one = exact([[1, 2]]), exact([[1, 0]]), exact([1])
    return Instances(tasks, exact([alpha]), w, u, u, one, one)


def of_sides(name: str, left: Any, right: Any) -> Claim:
    return replace(load_claim("lemma_4_8"), id=name, left=left, right=right)


def bent(x: Any) -> Any:
    """|alpha H g|."""
    step = x.fixed_task
    return x.ar.norm(step.alpha * step.start.hessian_vector(step.gradient))[..., 0, 0]


def bound(x: Any) -> Any:
    """alpha L |g|."""
    return x.alpha * x.smoothness * x.ar.norm(x.fixed_task.gradient)[..., 0, 0]


@pytest.mark.parametrize("direction", [(1, 1), (1, 2), (3, 5)])
def test_equal_irrational_sides_hold(direction: tuple[int, int]) -> None:
    one = ridge(Fraction(1, 70), direction)
    claim = of_sides("tie", bent, bound)
    length = rational.norm(one.on(rational).fixed_task.gradient).item()
    assert isinstance(length, Surd)
    finest = arb(ARB_PRECISIONS_BITS[-1])
    with finest.working():  # what no precision tells
        assert evaluate(claim, one.on(finest)).codes.tolist() == [UNDECIDED]
    for sides, code in (
        (claim, HOLDS),
        (of_sides("turned", bound, bent), HOLDS),
        (of_sides("a hair above", lambda x: bent(x) * x.ar.exact(1 + Fraction(1, 10**90)), bound), VIOLATED),
        (of_sides("a hair below", lambda x: bent(x) * x.ar.exact(1 - Fraction(1, 10**90)), bound), HOLDS),
    ):
        verdicts = judge(sides, one)
        assert verdicts.codes.tolist() == [code]
        assert verdicts.arithmetic[0] in ("rational", "arb")
    assert judge(claim, one).arithmetic.tolist() == ["rational"]


def test_the_tightness_of_a_tie_of_roots_is_exactly_one() -> None:
    """|g| against 3 |w|, both 3 sqrt(5)."""
    one = round_quadratic(Fraction(1, 70))
    claim = of_sides("tie", lambda x: x.ar.norm(x.fixed_task.gradient)[..., 0, 0], lambda x: 3 * x.ar.norm(x.w))
    known = certified(claim, one)
    assert known is not None
    assert (known.ratio, known.tightness, known.arithmetic) == (1, (1.0, 1.0), "rational")
    assert known.left == known.right
    assert known.left[1] == math.nextafter(known.left[0], math.inf)
    assert exact_tightness(claim, one) == 1


def test_a_tightness_that_is_no_fraction_is_not_called_one() -> None:
    one = round_quadratic(Fraction(1, 70))
    claim = of_sides("no tie", bent, lambda x: 21 * x.alpha)  # |alpha H g| / (21 alpha) = 9 |w| / 21
    known = certified(claim, one)
    assert known is not None
    assert known.ratio is None
    assert _arithmetic_text(known) == "exact fractions and square roots"
    assert _arithmetic_text(replace(known, ratio=Fraction(1, 2))) == "exact fractions"
    assert _arithmetic_text(replace(known, arithmetic="arb")) == "Arb"
    assert exact_tightness(claim, one) is None
    low, high = (Fraction(end) for end in known.tightness)
    assert low**2 < 5 * Fraction(9, 21) ** 2 < high**2
    assert known.verdict is Verdict.HOLDS
    assert known.tightness[1] == math.nextafter(known.tightness[0], math.inf)


def test_means_over_tasks_tie_at_alpha_zero() -> None:
    """(1 - a) |E g| <= |grad F| + a sigma is an equality at a = 0: both sides are |grad f(w)|."""
    matrices = exact([[[[[2, 1], [1, 1]]], [[[1, 0], [0, -3]]]]])
    centres = exact([[[[1, 2]], [[Fraction(1, 3), 0]]]])
    tasks = QuadraticTasks(matrices, centres, exact([[Fraction(1, 3), Fraction(2, 3)]]))
    point, one = exact([[1, 1]]), exact([1])
    instance = Instances(tasks, exact([0]), point, point + 1, point, one, one)
    rate = lambda x: x.alpha * x.smoothness  # noqa: E731
    claim = of_sides(
        "means",
        lambda x: (1 - rate(x)) * x.ar.norm(x.at_w.over_tasks(x.at_w.adapted_gradient))[..., 0],
        lambda x: x.ar.norm(x.at_w.meta_gradient)[..., 0] + rate(x) * x.ar.sqrt(x.task_variance),
    )
    verdicts = judge(claim, instance)
    assert verdicts.codes.tolist() == [HOLDS]
    assert verdicts.arithmetic.tolist() == ["rational"]


def test_right_sides_with_the_same_irrational_lengths_are_compared_exactly() -> None:
    """At alpha = 1/L both forms of Lemma 4.8 are the same function of lengths: polynomial tasks need no symbols."""
    sharper, printed = load_claim("ours.lemma_4_8"), load_claim("lemma_4_8")
    seen = 0
    for block in (RandomSweep(33).block(k)[:8] for k in range(40)):
        shares = [Fraction(a) * Fraction(c) for a, c in zip(block.alpha, block.smoothness_constant, strict=True)]
        ties = [k for k, share in enumerate(shares) if share == 1]
        if not block.tasks.polynomial or block.tasks.d == 1 or not ties:
            continue
        verdicts = never_above(sharper, printed, block)
        assert all(verdicts.codes[k] == HOLDS and verdicts.arithmetic[k] != "symbolic" for k in ties)
        seen += len(ties)
    assert seen >= 3


def test_sums_of_many_lengths_are_compared() -> None:
    """Of 40 tasks: E|g_i| against itself in another order, and against a hair more."""
    lengths = [r(p) for p in PRIMES[:40]]
    whole, turned = summed(lengths), summed(lengths[::-1])
    assert whole == turned
    assert rational.less_equal(np.array([whole], dtype=object), np.array([turned], dtype=object)).tolist() == [1]
    hair = fmpq(1, 10**90)
    assert turned - hair < whole < turned + hair
    assert all(a < b for a, b in pairwise(lengths))
