"""A claim on one instance: the verdict, both sides, and why a verdict is VACUOUS or UNDECIDED, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mamlcheck.arithmetic import NotExact, arb, ball
from mamlcheck.check.verdict import (
    ARB_PRECISIONS_BITS,
    SAMPLING,
    TOO_MANY_BATCHES,
    Verdict,
    Verdicts,
    judge,
    stronger_arithmetics,
)
from mamlcheck.claims import Claim, load_claim
from mamlcheck.display import card, interval, rich_line
from mamlcheck.errors import InputError, TooManyBatches
from mamlcheck.meta.confidence import at_confidence
from mamlcheck.meta.instance import Instances

__all__ = ["Checked", "check_claim"]

NOT_GUARANTEED = " (not guaranteed: a constant is declared or estimated, not certified)"
SEEN = {
    SAMPLING: f"; on batches that were drawn the left side is the larger one, {at_confidence()}: that is worth a "
    "smaller instance on which it can be computed, since samples refute nothing",
    TOO_MANY_BATCHES: "; neither the moments of the batches nor samples of them decide",
}
"""What is added to the sentence on batches that are too many, by what stands for the arithmetic of the verdict."""


@dataclass(frozen=True)
class Checked:
    """A claim on one instance: the verdict, enclosures of both sides as doubles, and how it was reached.

    left, right, tightness: (lower, upper); tightness, left side over right side, is None where the verdict is
    VACUOUS or at confidence, or the right side is not known to be positive. arithmetic: which one decided, or
    "sampling". guaranteed: whether all constants are proved, and the verdict is not by sampling. why: for VACUOUS the
    hypothesis that fails, for UNDECIDED what stood in the way, for HOLDS at confidence what was sampled and how sure
    that is, in a sentence, else None.
    """

    claim: str
    verdict: Verdict
    left: tuple[float, float]
    right: tuple[float, float]
    tightness: tuple[float, float] | None
    arithmetic: str
    guaranteed: bool
    why: str | None = None

    @property
    def failed(self) -> bool:
        """VIOLATED or UNDECIDED. A VACUOUS verdict is neither a failure nor support."""
        return self.verdict in (Verdict.VIOLATED, Verdict.UNDECIDED)

    def __str__(self) -> str:
        sampled = self.verdict is Verdict.HOLDS_AT_CONFIDENCE
        mark = "" if self.guaranteed or sampled else NOT_GUARANTEED
        why = f", {self.why}" if self.why else ""
        sides = f"left side in {interval(self.left)}, right side in {interval(self.right)}"
        return f"{self.claim}: {self.verdict}{mark}{why}, {sides}"

    def _repr_html_(self) -> str:
        rows = {"left side": interval(self.left), "right side": interval(self.right)}
        rows |= {"left over right": interval(self.tightness)} if self.tightness else {}
        how = "by sampling" if self.arithmetic == SAMPLING else f"{self.arithmetic} arithmetic"
        rows |= {"decided in": how, "guaranteed": "yes" if self.guaranteed else "no"}
        return card(f"{self.claim}: {self.verdict}", rows | ({"why": self.why} if self.why else {}), self.failed)

    def __rich__(self) -> object:
        return rich_line(str(self), self.failed)


def check_claim(claim: str | Claim, instance: Instances, everywhere: bool = False) -> Checked:
    """Judge one claim on one instance by rigorous arithmetic.

    claim: a claim id such as 'lemma_4_8', or a `Claim` of your own. instance: without leading axes, or a
    block of one. everywhere: judge the printed form, with deviations bounded at all points, instead of the
    strong form. Where batches are too many to enumerate, moments or samples of them decide: by samples a claim HOLDS
    at confidence at most, and `why` says so. Raises `InputError` for an unknown claim or a block of more than one
    instance.
    """
    if not isinstance(instance, Instances):
        raise InputError(
            f"a {type(instance).__name__} is not an instance: mamlcheck.instance makes one of an id or file"
        )
    block = instance if instance.shape else instance[None]
    if block.shape != (1,):
        raise InputError(f"this is a block of {block.shape} instances: check one, instance[k]")
    loaded = claim if isinstance(claim, Claim) else load_claim(claim)
    verdicts = judge(loaded, block, everywhere)
    verdict = verdicts.verdict(0)
    lower, upper = verdicts.tightness
    return Checked(
        claim=loaded.id,
        verdict=verdict,
        left=(float(verdicts.left_lower[0]), float(verdicts.left_upper[0])),
        right=(float(verdicts.right_lower[0]), float(verdicts.right_upper[0])),
        tightness=None if lower[0] != lower[0] else (float(lower[0]), float(upper[0])),
        arithmetic=str(verdicts.arithmetic[0]),
        guaranteed=block.guaranteed and verdict is not Verdict.HOLDS_AT_CONFIDENCE,
        why=_why(verdicts, loaded, block, everywhere),
    )


def _why(verdicts: Verdicts, claim: Claim, block: Instances, everywhere: bool) -> str | None:
    verdict = verdicts.verdict(0)
    if verdict is Verdict.VACUOUS:
        return _why_vacuous(claim, block, everywhere)
    if verdict is Verdict.UNDECIDED:
        return _why_undecided(verdicts, claim, block, everywhere)
    if verdict is Verdict.HOLDS_AT_CONFIDENCE:
        return f"{_why_sampled(claim, block, everywhere)}; on batches that were drawn, {at_confidence()}"
    return None


def _why_sampled(claim: Claim, block: Instances, everywhere: bool) -> str:
    """Which batches are too many to enumerate."""
    with ball.working():
        x = block.on(ball, everywhere)
        try:
            claim.left(x), claim.right(x)
        except TooManyBatches as error:
            return str(error)
    raise AssertionError(f"{claim.id} was sampled, and all its batches can be enumerated")


def _why_undecided(verdicts: Verdicts, claim: Claim, block: Instances, everywhere: bool) -> str:
    """Batches that are too many to enumerate, a side that is no number, or what no arithmetic tells apart."""
    for ar, before in ((ball, ""), (arb(ARB_PRECISIONS_BITS[0]), "ball cannot tell the sides apart, and for Arb ")):
        try:
            with ar.working():
                x = block.on(ar, everywhere)
                claim.left(x), claim.right(x)
        except TooManyBatches as error:
            return f"{before}{error}{SEEN.get(str(verdicts.arithmetic[0]), '')}"
    sides = {"left": (verdicts.left_lower, verdicts.left_upper), "right": (verdicts.right_lower, verdicts.right_upper)}
    unknown = [name for name, bounds in sides.items() if np.isinf(bounds).all()]
    if unknown:
        return (
            f"with {ARB_PRECISIONS_BITS[-1]} bits the {' and the '.join(unknown)} side is not a number: it overflows, "
            "divides by 0, or takes a root of a negative number or a logarithm of one that is not positive"
        )
    finest = arb(ARB_PRECISIONS_BITS[-1])
    with finest.working():
        x = block.on(finest, everywhere)
        for hypothesis in claim.hypotheses:
            if hypothesis.holds(x)[0] < 0:
                return f"{ARB_PRECISIONS_BITS[-1]} bits do not tell whether this instance has {hypothesis.text}"
    return f"the sides could not be told apart with {ARB_PRECISIONS_BITS[-1]} bits"


def _why_vacuous(claim: Claim, block: Instances, everywhere: bool) -> str | None:
    """The hypothesis that fails, found in the first arithmetic that can tell."""
    for ar in _arithmetics(block):
        try:
            with ar.working():
                why = claim.why_vacuous(block.on(ar, everywhere))
        except NotExact:
            continue
        if why is not None:
            return why
    return None


def _arithmetics(block: Instances) -> Iterator[Any]:
    yield ball
    yield from stronger_arithmetics(block)
