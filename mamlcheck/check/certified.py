"""A claim certified on one instance: its verdict, and how tight it is there, by exact fractions and roots or by Arb.

A sweep stops at the first arithmetic that decides. Here the precision grows further, until the enclosure of the
tightness (left side over right side) has a relative width of at most `LARGEST_RELATIVE_WIDTH`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import NotExact, arb, ball, rational
from mamlcheck.arithmetic.surds import known_fraction
from mamlcheck.check.verdict import (
    ARB_PRECISIONS_BITS,
    HOLDS,
    TOO_MANY_BATCHES,
    UNDECIDED,
    VERDICTS,
    Verdict,
    Verdicts,
    evaluate,
    judge,
)
from mamlcheck.claims import Claim
from mamlcheck.errors import MamlcheckError, TooManyBatches
from mamlcheck.meta.instance import Instances

LARGEST_RELATIVE_WIDTH = 2.0**-40  # of an enclosure of the tightness; a wider one is computed again with more bits


class Contradiction(MamlcheckError):  # noqa: N818 - reads as what it says
    """Two results of rigorous arithmetic exclude each other: one of them is wrong."""


@dataclass(frozen=True)
class Certified:
    """A claim on one instance, by rigorous arithmetic.

    tightness: bounds of left side over right side. arithmetic: the name of the one that decided. left, right: bounds of
    the sides. ratio: left side over right side as a fraction, None where it is not known to be one.
    """

    verdict: Verdict
    tightness: tuple[float, float]
    arithmetic: str
    left: tuple[float, float]
    right: tuple[float, float]
    ratio: Fraction | None

    def __str__(self) -> str:
        return f"{self.verdict}, tightness in [{self.tightness[0]!r}, {self.tightness[1]!r}] ({self.arithmetic})"


def certified(claim: Claim, instance: Instances) -> Certified | None:
    """Certify a claim on one instance: in exact fractions and roots if it can be, else by Arb with growing precision.

    Nothing is certified, and None returned, where a hypothesis fails or cannot be decided, the right side is not known
    to be positive, the left side not to be finite, batches are too many to enumerate, or a constant is only declared.
    """
    one = instance if instance.shape else instance[None]
    if not one.guaranteed:
        return None
    best: Certified | None = None
    for ar in _arithmetics(one):
        try:
            with ar.working():
                best = _bounds(claim, one, ar) or best
        except NotExact:
            continue
        except TooManyBatches:
            return None
        if best and best.verdict is not Verdict.UNDECIDED and _narrow(*best.tightness):
            return best
    if best and best.verdict is Verdict.UNDECIDED:  # equal irrational sides, which reduced sides may settle
        return replace(best, verdict=judge(claim, one).verdict(0))
    return best


def at_most(claim: Claim, instance: Instances) -> float:
    """A double that left side over right side does not exceed on one instance, by balls: infinite where they say none.

    Balls are narrower than what judges whole blocks, and cost little beside Arb.
    """
    one = instance if instance.shape else instance[None]
    with ball.working():
        upper = float(evaluate(claim, one.on(ball)).tightness[1][0])
    return upper if upper >= 0 else math.inf  # NaN where nothing is known


def _arithmetics(one: Instances) -> Iterator[Any]:
    """Exact fractions and roots first, where the tasks are polynomial; then Arb."""
    if one.tasks.polynomial or one.tasks.alone(one.task).polynomial:
        yield rational
    yield from (arb(bits) for bits in ARB_PRECISIONS_BITS)


def _bounds(claim: Claim, one: Instances, ar: Any) -> Certified | None:
    """What one arithmetic says. Raises `Contradiction` where the verdict and the tightness exclude each other."""
    x = one.on(ar)
    if claim.hypotheses_hold(x)[0] != 1:  # decided first: where one fails, a side need not exist
        return None
    judged: Verdicts = evaluate(claim, x)
    if judged.arithmetic[0] == TOO_MANY_BATCHES:
        raise TooManyBatches(f"the batches of {claim.id} on this instance are not listed in {ar.name}")
    code = int(judged.codes[0])
    if not judged.right_lower[0] > 0 or not np.isfinite(judged.left_upper[0]):
        return None
    ratio = claim.left(x) / claim.right(x)
    tightness = float(ar.lower(ratio)[0]), float(ar.upper(ratio)[0])
    if code != UNDECIDED and not (tightness[0] <= 1 if code == HOLDS else tightness[1] >= 1):
        raise Contradiction(
            f"{claim.id} is {VERDICTS[code]} in {ar.name}, but left side over right side lies in {list(tightness)}: "
            "one of the two is wrong. Please report this with the instance, `mamlcheck show ID --save FILE`"
        )
    if not np.isfinite(tightness).all():
        return None
    left = float(judged.left_lower[0]), float(judged.left_upper[0])
    right = float(judged.right_lower[0]), float(judged.right_upper[0])
    exact = known_fraction(ratio[0]) if ar.name == rational.name else None
    return Certified(VERDICTS[code], tightness, ar.name, left, right, exact)


def _narrow(lower: float, upper: float) -> bool:
    return upper - lower <= LARGEST_RELATIVE_WIDTH * upper


__all__ = ["Certified", "Contradiction", "at_most", "certified"]
