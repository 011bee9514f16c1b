"""A claim certified on one instance: its verdict, and how tight it is there, by exact fractions or Arb.

A verdict of a sweep stops where it is decided. Here the precision grows until the tightness, left side over right side,
is known to `RELATIVE_WIDTH`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import NotExact, arb, rational
from mamlcheck.arithmetic.exact import fraction
from mamlcheck.check.verdict import ESCALATION, HOLDS, UNDECIDED, VERDICTS, Verdict, Verdicts, evaluate, judge
from mamlcheck.claims import Claim
from mamlcheck.errors import MamlcheckError, TooManyBatches
from mamlcheck.meta.instance import Instances

RELATIVE_WIDTH = 2.0**-40  # of an enclosure of the tightness, beyond which more bits are tried


class Contradiction(MamlcheckError):  # noqa: N818 - reads as what it says
    """Two results of rigorous arithmetic exclude each other: one of them is wrong."""


@dataclass(frozen=True)
class Certified:
    """A claim on one instance, by rigorous arithmetic: its verdict, and bounds of lhs / rhs and of both sides.

    ratio: lhs / rhs itself, where it is known as a fraction.
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
    """The claim on one instance, in exact fractions where it stays rational, else by Arb at growing precision.

    None where the hypotheses fail or cannot be decided, a side is unknown or not positive, batches cannot be
    enumerated, or a constant is only declared: nothing is certified then.
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
    if best and best.verdict is Verdict.UNDECIDED:  # a tie of irrational numbers, which reduced sides may settle
        return replace(best, verdict=judge(claim, one).verdict(0))
    return best


def _arithmetics(one: Instances) -> Iterator[Any]:
    if one.tasks.polynomial or one.tasks.alone(one.task).polynomial:
        yield rational
    yield from (arb(bits) for bits in ESCALATION)


def _bounds(claim: Claim, one: Instances, ar: Any) -> Certified | None:
    x = one.on(ar)
    if claim.hypotheses_hold(x)[0] != 1:  # first, since beyond its hypotheses a side need not exist
        return None
    judged: Verdicts = evaluate(claim, x)
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
    exact = fraction(ratio[0]) if ar.name == rational.name else None
    return Certified(VERDICTS[code], tightness, ar.name, left, right, exact)


def _narrow(lower: float, upper: float) -> bool:
    return upper - lower <= RELATIVE_WIDTH * upper


__all__ = ["Certified", "Contradiction", "certified"]
