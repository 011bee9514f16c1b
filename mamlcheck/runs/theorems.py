"""What Theorems 4.12, 4.15 and 4.17 with numbers say of constants and sizes, in exact fractions.

The hypotheses and both sides of the last one are those that the proved claims have
(`mamlcheck.claims.ours.theorem_4_12` and its like): no formula stands here a second time. A deviation may be replaced
by any number above it, so sigma is a fraction, and sigma^2 its exact square: nothing is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import rational
from mamlcheck.arithmetic.exact import double_above, fraction
from mamlcheck.claims.ours.theorem_4_12 import accuracy as theorem_4_12
from mamlcheck.claims.ours.theorem_4_15 import accuracy as theorem_4_15
from mamlcheck.claims.ours.theorem_4_17 import accuracy as theorem_4_17
from mamlcheck.meta import theorems
from mamlcheck.meta.hypotheses import Hypothesis
from mamlcheck.meta.instance import BatchSizes


@dataclass(frozen=True)
class Numbers:
    """All that a theorem speaks of, as exact numbers.

    smoothness: L. hessian_lipschitz: rho. sigma, sigma_tilde, sigma_hessian: bounds of the deviations at all points.
    gap: Delta = F(w_0) - inf F, or more. eta: of HF-MAML's delta. sizes: D_in, D_o, D_h, D_beta, B', B and T.
    """

    smoothness: Fraction
    hessian_lipschitz: Fraction
    sigma: Fraction
    sigma_tilde: Fraction
    sigma_hessian: Fraction
    gap: Fraction
    alpha: Fraction
    eta: Fraction = Fraction(1, 6)
    sizes: BatchSizes = field(default_factory=lambda: BatchSizes(step_tasks=20))


class _Seen:
    """These numbers by the names that claims have for them, as arrays of fractions of one element."""

    def __init__(self, numbers: Numbers, accuracy: Fraction):
        self.ar, self.sizes = rational, numbers.sizes
        self._exact = {
            "smoothness": numbers.smoothness, "hessian_lipschitz": numbers.hessian_lipschitz, "alpha": numbers.alpha,
            "difference_factor": numbers.eta, "initial_gap": numbers.gap, "accuracy": accuracy,
            "assumed_task_variance": numbers.sigma**2, "assumed_gradient_variance": numbers.sigma_tilde**2,
            "assumed_hessian_variance": numbers.sigma_hessian**2,
        }  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        if name not in self._exact:
            raise AttributeError(f"theorems on whole runs speak of no {name!r}")
        array = self.__dict__[name] = rational.exact([self._exact[name]])
        return array


@dataclass(frozen=True)
class Theorem:
    """A theorem with numbers. cost: R. growth: Lambda + lambda eps. reaches: its last hypothesis, on eps.

    others: all other hypotheses that its proof needs.
    """

    name: str
    cost: Callable[[Any], Any]
    growth: Callable[[Any], Any]
    reaches: Hypothesis
    others: tuple[Hypothesis, ...]

    def failing(self, numbers: Numbers) -> tuple[Hypothesis, ...]:
        """The hypotheses that do not hold, but for that on eps."""
        return tuple(one for one in self.others if not _holds(one, numbers, Fraction(1)))

    def promises(self, numbers: Numbers, accuracy: Fraction) -> bool:
        """Whether all hypotheses hold for this eps > 0, exactly: then E|grad F(w_K)| <= eps."""
        return not self.failing(numbers) and _holds(self.reaches, numbers, accuracy)

    def parts(self, numbers: Numbers) -> Parts:
        """The numbers in (Delta / T + R / (4L)) (Lambda + lambda eps) <= c1 eps^2, exactly."""
        seen: Any = (_Seen(numbers, Fraction(eps)) for eps in (0, 1))
        at_zero, at_one = seen
        (condition,) = self.reaches.says
        constant, sum_ = (_number(self.growth(x)) for x in (at_zero, at_one))
        return Parts(
            gain=_number(theorems.gain(at_one, self.cost(at_one))),
            constant=constant,
            slope=sum_ - constant,
            share=_number(condition.right(at_one)),
        )

    def accuracy(self, numbers: Numbers) -> float | None:
        """The least double eps that these steps and sizes guarantee; None where a hypothesis fails or there is none.

        The smallest root of c1 eps^2 = gain (Lambda + lambda eps), found in doubles and moved up until the theorem's
        own hypothesis holds in fractions: rounding can only make it larger.
        """
        if self.failing(numbers):
            return None
        parts = self.parts(numbers)
        if parts.gain == 0:
            return 0.0
        eps = parts.root()
        for _ in range(MOST_ULPS):
            if not math.isfinite(eps):
                return None
            if eps > 0 and _holds(self.reaches, numbers, Fraction(eps)):
                return eps
            eps = math.nextafter(eps, math.inf)
        return None

    def floor(self, numbers: Numbers) -> float:
        """About the accuracy that no number of steps and no batch improves on, at this alpha and eta."""
        return self.parts(endless(numbers)).root()


MOST_ULPS = 64  # that a root found in doubles is moved by: its formula rounds less than ten times
ENDLESS = 2**200  # steps and samples that stand for infinitely many


def endless(numbers: Numbers) -> Numbers:
    """With so many steps and samples that what they cost is nothing."""
    sizes = dict.fromkeys(("step_tasks", "inner", "outer", "run_steps"), ENDLESS)
    return replace(numbers, sizes=BatchSizes(**{**vars(numbers.sizes), **sizes}))


@dataclass(frozen=True)
class Parts:
    """gain = Delta / T + R / (4L), Lambda = constant, lambda = slope and c1 = share."""

    gain: Fraction
    constant: Fraction
    slope: Fraction
    share: Fraction

    @cached_property
    def middle(self) -> Fraction:
        """gain lambda / (2 c1)."""
        return self.gain * self.slope / (2 * self.share)

    def root(self) -> float:
        """About the eps > 0 with gain (constant + slope eps) = share eps^2."""
        square = self.middle**2 + self.gain * self.constant / self.share
        return double_above(self.middle + root_above(square))

    def most_gain(self, accuracy: Fraction) -> Fraction:
        """The largest gain that reaches eps."""
        return self.share * accuracy**2 / (self.constant + self.slope * accuracy)


ROOT_BITS = 64  # of a root that is rounded up


def root_above(square: Fraction) -> Fraction:
    """A fraction not below the square root, exact for squares of fractions, else larger by a part of 2**-ROOT_BITS."""
    above, below = square.numerator, square.denominator
    roots = math.isqrt(above), math.isqrt(below)
    if roots[0] ** 2 == above and roots[1] ** 2 == below:
        return Fraction(*roots)
    # sqrt(x) = sqrt(4^k x) / 2^k, and 4^k x is taken large enough to be rounded up to an integer.
    k = max(0, ROOT_BITS - (above.bit_length() - below.bit_length()) // 2)
    scaled = -(-(above << 2 * k) // below)
    return Fraction(math.isqrt(scaled - 1) + 1, 1 << k)


def _holds(hypothesis: Hypothesis, numbers: Numbers, accuracy: Fraction) -> bool:
    x = _Seen(numbers, accuracy)
    for one in hypothesis.says:
        left, right = _number(one.left(x)), _number(one.right(x))
        if not (left < right if one.strict else left <= right):
            return False
    return True


def _number(side: Any) -> Fraction:
    """A side of a hypothesis, or a formula, as the fraction that it is."""
    return fraction(np.asarray(side, dtype=object).reshape(-1)[0])


def _theorem(name: str, cost: Any, growth: Any, claim: Any) -> Theorem:
    *others, reaches = (one for one in claim.HYPOTHESES if one is not theorems.known_run)
    return Theorem(name, cost, growth, reaches, tuple(others))


THEOREMS = {
    "maml": _theorem("Theorem 4.12", theorems.maml_cost, theorems.growth_at_one_sixth, theorem_4_12),
    "fo-maml": _theorem("Theorem 4.15", theorems.fo_maml_cost, theorems.growth_at_one_tenth, theorem_4_15),
    "hf-maml": _theorem("Theorem 4.17", theorems.hf_maml_cost, theorems.growth_at_one_sixth, theorem_4_17),
}
"""By the names of algorithms. `known_run` is left out: it says what is checked on instances, and not what is true."""

__all__ = ["THEOREMS", "Numbers", "Parts", "Theorem", "endless", "root_above"]
