"""Plans: on how many instances of a sweep each claim is judged, and why on fewer than all of them.

A claim with an expectation over batches takes, on a table of long tasks, numbers that grow with the square of the rows.
Of those claims the first instances are judged, as many as keep the work near that of a short table; where a single
instance is out of reach, none. Instances of other sweeps are made so that all is within reach.
"""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.check.sweeps import Sweep, TableSweep
from mamlcheck.claims import Claim
from mamlcheck.meta.expectation import too_many
from mamlcheck.meta.reach import MULTISET_CAP, few_drawn, refusal
from mamlcheck.meta.variables import Listed, sizes

ORDINARY = 2**15  # numbers at the points of all batches that every instance may take, on the average


@dataclass(frozen=True)
class Part:
    """Claims that are judged on the first `count` instances of a sweep. why: in a sentence, where these are not all."""

    claims: tuple[Claim, ...]
    count: int
    why: str = ""


def plan(claims: tuple[Claim, ...], sweep: Sweep, count: int) -> tuple[Part, ...]:
    """The claims in parts, each with the number of instances, of `count`, that it is judged on."""
    found: dict[tuple[int, str], list[Claim]] = {}
    for claim in claims:
        found.setdefault(_reach(claim, sweep, count), []).append(claim)
    return tuple(Part(tuple(group), most, _sentence(group, why)) for (most, why), group in found.items())


def _sentence(claims: list[Claim], why: str) -> str:
    return f"{', '.join(claim.id for claim in claims)}: {why}" if why else ""


def _reach(claim: Claim, sweep: Sweep, count: int) -> tuple[int, str]:
    """How many instances the claim is judged on, and why these are not all."""
    if not isinstance(sweep, TableSweep):
        return count, ""
    n, m, _ = sweep.table.shape
    kinds = {v.listed for v in sizes() if v.symbol in claim.quantifies} - {Listed.NOTHING}
    return min((_reach_of(n, m, listed, count) for listed in kinds), default=(count, ""))


def _reach_of(n: int, m: int, listed: Listed, count: int) -> tuple[int, str]:
    """`_reach` for one kind of batches, of one sample each: larger ones are drawn only where they are cheap."""
    listed_only = listed is Listed.GRADIENTS_OF_EVERY_TASK and few_drawn(m, 1)
    if listed_only and not too_many(m, 1, MULTISET_CAP):
        return count, ""
    tasks = listed.tasks(n)
    why = refusal(tasks, m, 1, 1)
    if why:
        return 0, f"not judged there: {why} (rows) of each task"
    numbers = tasks * m * m
    most = max(1, count * ORDINARY // numbers)
    if most >= count:
        return count, ""
    return most, (
        f"judged on {most:,} of the {count:,} instances there: each takes {numbers:,} numbers, all samples of "
        f"{'the fixed task' if tasks == 1 else 'every task'} at a point of each batch"
    )
