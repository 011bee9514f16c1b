"""Verdicts: one claim on instances, decided by rigorous arithmetic as cheaply as it can be.

Verdicts are found like exact geometric predicates (Shewchuk, Discrete & Computational Geometry 18, 1997). `filter`
judges a whole block first, at little more than the cost of plain doubles. The instances that it leaves open go to
`ball` together. Each one that is still open goes to `arb` with growing precision, and to exact fractions where the
tasks are polynomial: fractions, and sums of their square roots (`arithmetic.surds`), settle ties. Only what is open
after all of these is UNDECIDED.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np

from mamlcheck.arithmetic import BeyondFilter, NotExact, arb, ball, filtering, rational
from mamlcheck.check.beyond import by_moments, by_samples, samples, without_equals
from mamlcheck.claims import Claim
from mamlcheck.errors import InputError, TooManyBatches
from mamlcheck.meta.instance import InstanceOn, Instances

ARB_PRECISIONS_BITS = (64, 128, 256)  # tried one after the other where ball leaves an instance open
TOO_MANY_BATCHES = "none"  # in place of the arithmetic that decided: no arithmetic enumerates so many batches
SAMPLING = "sampling"  # in its place where sampled batches decided, or show what they cannot decide


class Verdict(Enum):
    """What is known of a claim on an instance."""

    HOLDS = "HOLDS"
    VIOLATED = "VIOLATED"
    UNDECIDED = "UNDECIDED"
    VACUOUS = "VACUOUS"  # a hypothesis fails: never counted as support
    HOLDS_AT_CONFIDENCE = "HOLDS at confidence"  # by sampling, at the confidence of `meta.sampling`: nothing is proved

    def __str__(self) -> str:
        return self.value


VERDICTS = tuple(Verdict)
HOLDS, VIOLATED, UNDECIDED, VACUOUS, HOLDS_AT_CONFIDENCE = range(5)  # positions in VERDICTS, for arrays


@dataclass(frozen=True)
class Verdicts:
    """A claim on a block of N instances, as arrays (N,).

    codes: positions in `VERDICTS`. left_*, right_*: bounds of both sides. arithmetic: the name of the one that decided;
    `SAMPLING` where sampled batches did, and then the bounds hold at their confidence.
    """

    codes: np.ndarray
    left_lower: np.ndarray
    left_upper: np.ndarray
    right_lower: np.ndarray
    right_upper: np.ndarray
    arithmetic: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    def verdict(self, k: int) -> Verdict:
        """The verdict on instance k of the block."""
        return VERDICTS[int(self.codes[k])]

    def sides(self, k: int) -> dict[str, dict[str, float]]:
        """Enclosures of both sides on instance k."""
        return {
            "lhs": {"lower": float(self.left_lower[k]), "upper": float(self.left_upper[k])},
            "rhs": {"lower": float(self.right_lower[k]), "upper": float(self.right_upper[k])},
        }

    @property
    def tightness(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of lhs / rhs (N,), rounded outward; NaN where VACUOUS or where rhs is not known to be positive, and
        where the sides are known at a confidence only: nothing that was sampled becomes a measured tightness.

        The verdict bounds it too: it is at most 1 where the claim HOLDS, and at least 1 where it is VIOLATED, even if
        the enclosures of the sides overlap.
        """
        with np.errstate(all="ignore"):
            known = (self.codes != VACUOUS) & (self.right_lower > 0) & np.isfinite(self.left_upper)
            known &= self.codes != HOLDS_AT_CONFIDENCE
            lower = np.nextafter(np.maximum(self.left_lower, 0.0) / self.right_upper, 0.0)
            upper = np.nextafter(self.left_upper / self.right_lower, np.inf)
        upper = np.where(self.left_upper == 0, 0.0, upper)
        upper = np.where(self.codes == HOLDS, np.minimum(upper, 1.0), upper)
        lower = np.where(self.codes == VIOLATED, np.maximum(lower, 1.0), lower)
        return np.where(known, lower, np.nan), np.where(known, upper, np.nan)


def concatenated(parts: Sequence[Verdicts]) -> Verdicts:
    """The verdicts on a block, joined from those on its slices."""
    return Verdicts(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Verdicts)))


def judge(claim: Claim, instances: Instances, everywhere: bool = False) -> Verdicts:
    """Judge a claim on a block of instances, which has one leading axis.

    everywhere: judge the printed form, with deviations that are bounded everywhere, instead of the strong form.
    """
    with filtering.working():
        return judge_on(claim, instances.on(filtering, everywhere))


def judge_on(claim: Claim, x: InstanceOn) -> Verdicts:
    """Judge a claim on instances that are in `filter`, or in `ball`, already.

    Claims that are judged on the same x share its quantities. Call it inside the arithmetic's `working()`.
    """
    try:
        block = evaluate(claim, x)
    except BeyondFilter:
        return judge_on(claim, x.some(tuple(range(len(x.given.alpha))), ball))
    unlisted = block.arithmetic == TOO_MANY_BATCHES
    open_to_others = np.flatnonzero((block.codes == UNDECIDED) & ~unlisted)
    if x.ar == filtering and len(open_to_others):
        _write(block, open_to_others, judge_on(claim, x.some(tuple(open_to_others.tolist()), ball)))
    elif x.ar != filtering:
        for k in open_to_others.tolist():
            _settle(claim, x, block, k)
    _go_beyond(claim, x, block, np.flatnonzero((block.codes == UNDECIDED) & unlisted))
    return block


def _go_beyond(claim: Claim, x: InstanceOn, block: Verdicts, unlisted: np.ndarray) -> None:
    """Write what is known of the instances of a block whose batches cannot be enumerated: by moments, all at once where
    that is the same as one by one, and then each that is left by itself.
    """
    together = without_equals(x, unlisted.tolist()) if len(unlisted) > 1 else ()
    if len(together) > 1:
        with ball.working():
            answer = evaluate(claim, by_moments(x, together))
        decided = np.flatnonzero(answer.codes != UNDECIDED)
        places = np.array(together)[decided]
        _write(block, places, Verdicts(*(getattr(answer, field.name)[decided] for field in fields(Verdicts))))
        unlisted = np.setdiff1d(unlisted, places)
    for k in unlisted.tolist():
        _write(block, k, _beyond_enumeration(claim, x, k))


def _beyond_enumeration(claim: Claim, x: InstanceOn, k: int) -> Verdicts:
    """Instance k of a block whose batches cannot be enumerated: by moments, and then by growing samples.

    Whatever is not decided keeps the sides that are certified, and no sampled ones.
    """
    with ball.working():  # whatever the arithmetic of the block: all quantities are balls here
        return _by_moments_or_samples(claim, x, k)


def _by_moments_or_samples(claim: Claim, x: InstanceOn, k: int) -> Verdicts:
    """See `_beyond_enumeration`."""
    certified = evaluate(claim, by_moments(x, (k,)))
    if certified.codes[0] != UNDECIDED:
        return certified
    settled = _without_a_list(claim, x, k)
    if settled is not None:
        return settled
    certified.arithmetic[:] = TOO_MANY_BATCHES
    if np.isinf(certified.left_lower[0]) and np.isinf(certified.right_upper[0]):
        return certified  # beyond moments as well, such as an expectation that a claim of a user's takes by itself
    for sample in samples(claim, x.given[k : k + 1]):
        sampled = evaluate(claim, by_samples(x, k, sample))
        if sampled.codes[0] == UNDECIDED:
            continue
        if sampled.codes[0] == HOLDS:
            sampled.codes[:], sampled.arithmetic[:] = HOLDS_AT_CONFIDENCE, SAMPLING
            return sampled
        certified.arithmetic[:] = SAMPLING
        break
    return certified


def _without_a_list(claim: Claim, x: InstanceOn, k: int) -> Verdicts | None:
    """What a stronger arithmetic decides of instance k where it needs no list of batches after all, or None.

    So it is at a point where no sample has a gradient: moments in balls leave a tie such as 0 <= 0 open.
    """
    for ar in stronger_arithmetics(x.given[k : k + 1]):
        try:
            with ar.working():
                answer = evaluate(claim, x.alone(k, ar))
        except NotExact:
            continue
        except TooManyBatches:
            return None
        if answer.arithmetic[0] == TOO_MANY_BATCHES:
            return None
        if answer.codes[0] != UNDECIDED:
            return answer
    return None


def evaluate(claim: Claim, x: InstanceOn) -> Verdicts:
    """Judge a claim in the arithmetic of x alone. What that leaves open is UNDECIDED."""
    ar = x.ar
    hypotheses = claim.hypotheses_hold(x)
    shape = x.given.shape
    try:
        left, right = claim.left(x), claim.right(x)
    except TooManyBatches:
        return _without_sides(np.where(hypotheses == 0, VACUOUS, UNDECIDED), TOO_MANY_BATCHES)
    except InputError as error:
        if ar == filtering and (hypotheses < 0).any():
            raise BeyondFilter(f"a hypothesis may fail without which a side need not exist: {error}") from error
        if hypotheses.all():  # none is known to fail
            raise
        if hypotheses.any():
            return concatenated([evaluate(claim, x.alone(k, ar)) for k in range(len(hypotheses))])
        return _without_sides(np.full(shape, VACUOUS), ar.name)  # where a hypothesis fails, a side need not exist
    bounds = [np.array(np.broadcast_to(b, shape)) for s in (left, right) for b in (ar.lower(s), ar.upper(s))]
    left_lower, left_upper, right_lower, right_upper = bounds
    comparison = ar.less_equal(left, right)
    if (comparison < 0).any() and (reduced := _reduced_sides(claim)) is not None:
        comparison = np.where(comparison < 0, ar.less_equal(*reduced(x)), comparison)
    codes = codes_of(hypotheses, comparison)
    arithmetic = np.full(shape, ar.name, dtype=object)
    return Verdicts(codes, left_lower, left_upper, right_lower, right_upper, arithmetic)


def _without_sides(codes: np.ndarray, arithmetic: str) -> Verdicts:
    """Verdicts for which nothing is known of the sides."""
    below, above = np.full(codes.shape, -np.inf), np.full(codes.shape, np.inf)
    decided_by = np.full(codes.shape, arithmetic, dtype=object)
    return Verdicts(codes.astype(np.int8), below, above, below.copy(), above.copy(), decided_by)


def codes_of(hypotheses: np.ndarray, comparison: np.ndarray) -> np.ndarray:
    """Positions in `VERDICTS` (int8). This is the only place where a comparison becomes a verdict."""
    decided = np.where(comparison == 1, HOLDS, np.where(comparison == 0, VIOLATED, UNDECIDED))
    return np.where(hypotheses == 0, VACUOUS, np.where(hypotheses == 1, decided, UNDECIDED)).astype(np.int8)


def _settle(claim: Claim, x: InstanceOn, block: Verdicts, k: int) -> None:
    """Judge instance k of the block in stronger arithmetics until one decides, and write the outcome into the block.

    If the reduced sides decide, the full sides are not recomputed and keep their ball enclosures.
    """
    reduced = _reduced_sides(claim)
    for ar in stronger_arithmetics(x.given[k : k + 1]):
        try:
            with ar.working():
                one = x.alone(k, ar)
                if reduced is not None:
                    code = codes_of(claim.hypotheses_hold(one), ar.less_equal(*reduced(one)))[0]
                    if code != UNDECIDED:
                        block.codes[k], block.arithmetic[k] = code, ar.name
                        return
                answer = evaluate(claim, one)
        except NotExact:
            continue
        except TooManyBatches:  # more than objects can enumerate, although `ball` could: what it found stands
            return
        if answer.arithmetic[0] == TOO_MANY_BATCHES:
            return
        _write(block, k, answer)
        if answer.codes[0] != UNDECIDED:
            return


def _write(block: Verdicts, places: np.ndarray | int, answer: Verdicts) -> None:
    """Write verdicts on some instances of a block, or on one of them, into the verdicts on the block."""
    for field in fields(Verdicts):
        found = getattr(answer, field.name)
        getattr(block, field.name)[places] = found[0] if isinstance(places, int) else found


def _reduced_sides(claim: Claim) -> Callable[[InstanceOn], tuple[Any, Any]] | None:
    """Both sides without the term that they share; None where the claim gives none.

    Raises `InputError` where the claim's full sides do not differ from its reduced ones by one term that they share.
    """
    return None if claim.reduced_sides is None else _shown(claim)


@lru_cache(maxsize=64)
def _shown(claim: Claim) -> Callable[[InstanceOn], tuple[Any, Any]]:
    """The claim's reduced sides, once it is proved that they share one term with the full ones."""
    from mamlcheck.language.statement import share_one_term  # imports SymPy, which only ties need

    why_not = share_one_term(claim)
    if why_not is not None or claim.reduced is None:
        raise InputError(f"{claim.id}: `reduced` cannot stand for the sides: {why_not}. Mend it, or leave it out")
    return claim.reduced.sides


def stronger_arithmetics(instances: Instances) -> Iterator[Any]:
    """What is tried after `ball`: Arb with few bits, exact fractions for polynomial tasks, then Arb with more bits.

    Exact fractions come early, because sides that 64 bits cannot tell apart are nearly always equal; a length that is
    no fraction is a root of one, and as exact. They are also tried where the fixed task alone is polynomial: claims
    about that task stay exact then.
    """
    yield arb(ARB_PRECISIONS_BITS[0])
    if instances.tasks.polynomial or instances.tasks.alone(instances.task).polynomial:
        yield rational
    yield from (arb(bits) for bits in ARB_PRECISIONS_BITS[1:])


def finite_or_none(value: float) -> float | None:
    """A float for JSON: None where it is infinite or NaN."""
    return value if math.isfinite(value) else None
