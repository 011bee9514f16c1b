"""Verdicts where batches are too many to enumerate: certified by moments, else at a confidence by samples.

A sampled verdict is a kind of its own, `Verdict.HOLDS_AT_CONFIDENCE`. There is no such thing as VIOLATED at confidence:
a claim of the theory is refuted by an instance that anyone can compute, or not at all. Where the sampled left side is
the larger one the verdict is UNDECIDED, which fails, and `Checked.why` says what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable

from mamlcheck.claims import Claim
from mamlcheck.meta.beyond import EXPECTATIONS, BeyondEnumeration, key_of_instance
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.sampling import Sample, stages
from mamlcheck.meta.variables import listed
from mamlcheck.tasks.equals import first_equals


def by_moments(x: InstanceOn, chosen: tuple[int, ...]) -> InstanceOn:
    """Instances of a block, with certified enclosures of what cannot be enumerated: made once for all claims."""
    known = x.evaluation.by_moments
    if chosen not in known:
        known[chosen] = BeyondEnumeration(x.given[list(chosen)])
    return InstanceOn(type(x.deviations)(known[chosen]))


def without_equals(x: InstanceOn, places: Iterable[int]) -> tuple[int, ...]:
    """Those instances of a block whose samples all differ: what others have in common depends on who they are with."""
    different = tuple(range(x.given.tasks.m))
    return tuple(k for k in places if first_equals(x.given[k : k + 1].tasks) == different)


def by_samples(x: InstanceOn, k: int, sample: Sample) -> InstanceOn:
    """Instance k of a block, with enclosures that hold at the confidence of a sample."""
    return InstanceOn(type(x.deviations)(BeyondEnumeration(x.given[k : k + 1], sample)))


def samples(claim: Claim, instance: Instances) -> tuple[Sample, ...]:
    """The samples that are tried for a claim on a block of one instance, one after the other; none beyond all work."""
    tasks = instance.tasks
    points = max((kind.tasks(tasks.n) for _, kind in listed(claim.quantifies)), default=0)
    return stages(key_of_instance(instance), max(1, points * tasks.m * tasks.width), EXPECTATIONS)


__all__ = ["by_moments", "by_samples", "samples", "without_equals"]
