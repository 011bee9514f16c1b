"""Plans: on how many instances of a sweep each claim is judged, and why on fewer than all of them.

An expectation over batches of a table's tasks takes as many numbers as the square of their rows. On tables of long
tasks such claims are judged on the first instances only, on as many as keep the work near that of a short table, or on
none if a single instance takes too much. The instances of other sweeps are made small enough for every claim.
"""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.check.sweeps import Sweep, TableSweep
from mamlcheck.claims import Claim
from mamlcheck.meta.expectation import too_many
from mamlcheck.meta.reach import MOST_LISTED, few_drawn, refusal
from mamlcheck.meta.variables import Listed, listed

AVERAGE_NUMBERS = 2**15  # of an instance at the points of all its batches, on the average over those judged


@dataclass(frozen=True)
class Part:
    """Claims that are judged on the first `count` instances of a sweep.

    why: the reason, in a sentence, for judging them on fewer than all; empty for all.
    """

    claims: tuple[Claim, ...]
    count: int
    why: str = ""


def plan(claims: tuple[Claim, ...], sweep: Sweep, count: int) -> tuple[Part, ...]:
    """The claims in parts, each with the number of instances that its claims are judged on, at most `count`."""
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
    kinds = {kind for _, kind in listed(claim.quantifies)}
    return min((_reach_of(n, m, kind, count) for kind in kinds), default=(count, ""))


def _reach_of(n: int, m: int, kind: Listed, count: int) -> tuple[int, str]:
    """`_reach` for one kind of batches, of one sample each: sweeps draw larger batches only where those are cheap."""
    listed_only = kind is Listed.GRADIENTS_OF_EVERY_TASK and few_drawn(m, 1)
    if listed_only and not too_many(m, 1, MOST_LISTED):
        return count, ""
    tasks = kind.tasks(n)
    why = refusal(tasks, m, 1, 1)
    if why:
        return 0, f"not judged there: {why} (rows) of each task"
    numbers = tasks * m * m
    most = max(1, count * AVERAGE_NUMBERS // numbers)
    if most >= count:
        return count, ""
    return most, (
        f"judged on {most:,} of the {count:,} instances there: each takes {numbers:,} numbers, all samples of "
        f"{'the fixed task' if tasks == 1 else 'every task'} at a point of each batch"
    )
