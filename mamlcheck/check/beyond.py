"""Verdicts where batches are too many to enumerate: certified by moments, else at a confidence by samples.

A sampled verdict is a kind of its own, `Verdict.HOLDS_AT_CONFIDENCE`. There is no such thing as VIOLATED at confidence:
a claim of the theory is refuted by an instance that anyone can compute, or not at all. Where the sampled left side is
the larger one the verdict is UNDECIDED, which fails, and `Checked.why` says what was seen.
"""

from __future__ import annotations

from mamlcheck.claims import Claim
from mamlcheck.meta.beyond import EXPECTATIONS, BeyondEnumeration, key_of_instance
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.sampling import Sample, stages
from mamlcheck.meta.variables import listed


def by_moments(x: InstanceOn, k: int) -> InstanceOn:
    """Instance k of a block, with certified enclosures of what cannot be enumerated."""
    return InstanceOn(type(x.deviations)(BeyondEnumeration(x.given[k : k + 1])))


def by_samples(x: InstanceOn, k: int, sample: Sample) -> InstanceOn:
    """Instance k of a block, with enclosures that hold at the confidence of a sample."""
    return InstanceOn(type(x.deviations)(BeyondEnumeration(x.given[k : k + 1], sample)))


def samples(claim: Claim, instance: Instances) -> tuple[Sample, ...]:
    """The samples that are tried for a claim on a block of one instance, one after the other; none beyond all work."""
    tasks = instance.tasks
    points = max((kind.tasks(tasks.n) for _, kind in listed(claim.quantifies)), default=0)
    return stages(key_of_instance(instance), max(1, points * tasks.m * tasks.width), EXPECTATIONS)


__all__ = ["by_moments", "by_samples", "samples"]
