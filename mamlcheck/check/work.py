"""Work: what is done for a run, in pieces that any process can do, each without knowing of the others.

A piece travels between processes as names: of claims their ids, of a random sweep its class and seed. What comes back
are tallies, whose size does not grow with the number of instances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from mamlcheck.check.judging import Judged, judge_block
from mamlcheck.check.plan import Part
from mamlcheck.check.spans import block_at, span
from mamlcheck.check.sweeps import Sweep, blocks, instance_in
from mamlcheck.check.tally import Tally, joined, settled, tally_of
from mamlcheck.claims import Claim, claim_ids, load_claim
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances

Tallies = dict[str, Tally]
"""Of each claim, by id, what is known of it on some instances of one sweep."""

INSTANCES_OF_PIECE = 4096  # of a claim: pieces take about a second
PIECES_FOR_EACH_JOB = 8  # at least, where there are enough blocks: some take much longer than others
BLOCKS_KEPT = 4  # while contenders are certified: several of them may lie in one block


@dataclass(frozen=True)
class Judging:
    """Judge claims on the instances `first` to `end` - 1 of a sweep, each claim as far as its part reaches.

    `first` is where a block starts.
    """

    sweep: Sweep
    parts: tuple[Part, ...]
    first: int
    end: int

    def __len__(self) -> int:
        return self.end - self.first

    def cut(self, length: int) -> Iterator[Judging]:
        """The same in pieces of about `length` instances, which end where blocks do."""
        first = self.first
        while first < self.end:
            end = min(span(block_at(first + max(length, 1) - 1)).stop, self.end)
            yield replace(self, first=first, end=end)
            first = end

    def __reduce__(self) -> tuple[Any, ...]:
        parts = tuple((tuple(claim.id for claim in part.claims), part.count) for part in self.parts)
        return _judging_of, (self.sweep, parts, self.first, self.end)


def length_of_pieces(instances: int, claims: int, jobs: int) -> int:
    """How many instances are judged at a time, by each of several jobs."""
    if jobs == 1:
        return 1
    return max(1, min(instances // (PIECES_FOR_EACH_JOB * jobs), INSTANCES_OF_PIECE // max(claims, 1)))


def _judging_of(sweep: Sweep, parts: tuple[tuple[tuple[str, ...], int], ...], first: int, end: int) -> Judging:
    loaded = tuple(Part(tuple(map(load_claim, claims)), count) for claims, count in parts)
    return Judging(sweep, loaded, first, end)


def judged(work: Judging) -> Tallies:
    """The tallies of all claims that reach into these instances."""
    found: dict[str, list[Tally]] = {}
    for first, instances in blocks(work.sweep, work.end, work.first):
        verdicts: Judged = {}
        for part in work.parts:
            if part.count > first:
                verdicts |= judge_block(part.claims, _first_of(instances, part.count - first))
        for name, (strong, printed) in verdicts.items():
            block = _first_of(instances, len(strong))
            found.setdefault(name, []).append(tally_of(work.sweep, first, block, strong, printed))
    return {name: joined(tallies) for name, tallies in found.items()}


def require_shipped(claims: tuple[Claim, ...]) -> None:
    """Raise `InputError` unless other processes know all of these claims by their ids."""
    for claim in claims:
        if claim.id not in claim_ids() or load_claim(claim.id) != claim:
            raise InputError(
                f"{claim.id} is a claim of your own, which other processes do not know: judge it with jobs=1"
            )


def _first_of(instances: Instances, count: int) -> Instances:
    return instances[:count] if count < len(instances.alpha) else instances


@dataclass(frozen=True)
class Settling:
    """Certify which of the contenders in a tally of a claim on a sweep is the tightest."""

    claim: Claim
    sweep: Sweep
    tally: Tally

    def __reduce__(self) -> tuple[Any, ...]:
        return _settling_of, (self.claim.id, self.sweep, self.tally)


def _settling_of(claim: str, sweep: Sweep, tally: Tally) -> Settling:
    return Settling(load_claim(claim), sweep, tally)


def settled_by(work: Settling) -> Tally:
    """The tally in which the worst instance is the tightest, as far as Arb and exact fractions can tell."""
    block = lru_cache(maxsize=BLOCKS_KEPT)(work.sweep.block)
    return settled(work.tally, work.claim, work.sweep, lambda index: instance_in(block, index))


__all__ = ["Judging", "Settling", "Tallies", "judged", "length_of_pieces", "require_shipped", "settled_by"]
