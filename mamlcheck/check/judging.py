"""Judging: the verdicts of claims on a block of instances, in slices where whole arrays would take much memory."""

from __future__ import annotations

from collections.abc import Iterator

from mamlcheck.arithmetic import filtering
from mamlcheck.check.verdict import Verdicts, concatenated, judge_on
from mamlcheck.claims import Claim
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.reach import MOST_LISTED, few_drawn, refusal
from mamlcheck.meta.variables import Listed, listed, sizes

LARGEST_ARRAY_NUMBERS = 2**18  # 2 MiB of numbers in one array: a few dozen such arrays are alive at once

Judged = dict[str, tuple[Verdicts, Verdicts | None]]
"""For each claim id, the verdicts on the strong form and, if the tasks allow one, on the printed form."""


def judge_block(claims: tuple[Claim, ...], instances: Instances) -> Judged:
    """Judge the claims on a block of instances, those in slices whose arrays for the whole block take much memory.

    Claims that need no slices share what they compute of the block, and the others what they compute of a slice.
    """
    whole: list[Claim] = []
    sliced: list[Claim] = []
    for claim in claims:
        (whole if _slice_length((claim,), instances) >= len(instances.alpha) else sliced).append(claim)
    judged = _judge_slice(tuple(whole), instances) if whole else {}
    if sliced:
        judged |= _judge_in_slices(tuple(sliced), instances)
    return {claim.id: judged[claim.id] for claim in claims}


def _slice_length(claims: tuple[Claim, ...], instances: Instances) -> int:
    return max(1, LARGEST_ARRAY_NUMBERS // largest_array(claims, instances))


def _judge_in_slices(claims: tuple[Claim, ...], instances: Instances) -> Judged:
    length = _slice_length(claims, instances)
    starts = range(0, len(instances.alpha), length)
    parts = [_judge_slice(claims, instances[start : start + length]) for start in starts]
    return {name: _joined([part[name] for part in parts]) for name in parts[0]}


def largest_array(claims: tuple[Claim, ...], instances: Instances) -> int:
    """The size of the largest array that the claims need of one instance.

    That is one of the data, and for a claim about batches also that of all Hessians, whose variance it may ask for, and
    those of all samples at the points of all batches.
    """
    tasks, quantified = instances.tasks, {symbol for claim in claims for symbol in claim.quantifies}
    n, m = tasks.n, tasks.m
    hessians = n * m * tasks.d**2 if any(size.symbol in quantified for size in sizes()) else 0
    of_batches = [
        rows * multiset_count(m, size) * m
        for claim in claims
        for rows, size, by_samples in _listed_batches(instances, claim)
        if not (by_samples and few_drawn(m, size)) and not refusal(rows, m, tasks.width, size)
    ]
    return max([tasks.largest_array, hessians, *of_batches, *(_of_pairs(instances, claim) for claim in claims)])


def _of_pairs(instances: Instances, claim: Claim) -> int:
    """How many numbers the samples have at the points of all pairs of D_in and D_o, which HF-MAML's direction lists.

    It is asked for by the claims that quantify over both and its eta; 0 for others, and where pairs are too many.
    """
    tasks, sizes_of = instances.tasks, instances.sizes
    if not {"D_in", "D_o", "eta"} <= set(claim.quantifies):
        return 0
    if any(refusal(tasks.n, tasks.m, tasks.width, size) for size in (sizes_of.inner, sizes_of.outer)):
        return 0
    pairs = multiset_count(tasks.m, sizes_of.inner) * multiset_count(tasks.m, sizes_of.outer)
    return tasks.n * pairs * tasks.m if pairs <= MOST_LISTED else 0


def _listed_batches(instances: Instances, claim: Claim) -> Iterator[tuple[int, int, bool]]:
    """For each kind of batches that a claim lists: of how many tasks, the size, and whether every task has its own."""
    for variable, kind in listed(claim.quantifies):
        size = getattr(instances.sizes, variable.name)
        yield kind.tasks(instances.tasks.n), size, kind is Listed.GRADIENTS_OF_EVERY_TASK


def _joined(parts: list[tuple[Verdicts, Verdicts | None]]) -> tuple[Verdicts, Verdicts | None]:
    strong, printed = zip(*parts, strict=True)
    return concatenated(strong), None if printed[0] is None else concatenated(printed)


def _judge_slice(claims: tuple[Claim, ...], instances: Instances) -> Judged:
    with filtering.working():
        x = instances.on(filtering)
        strong = {claim.id: judge_on(claim, x) for claim in claims}
        printed = {}
        of_deviations = [claim for claim in claims if claim.bounds_deviations]
        if of_deviations and instances.tasks.global_deviations is not None:
            everywhere = x.with_global_deviations()
            printed = {claim.id: judge_on(claim, everywhere) for claim in of_deviations}
    return {name: (verdicts, printed.get(name)) for name, verdicts in strong.items()}


__all__ = ["Judged", "judge_block", "largest_array"]
