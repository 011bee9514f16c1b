"""Whole formulas in `filter`: both sides of every claim hold what Arb finds at 256 bits, and no verdict is another one.

Instances are random ones, and these bent into corners: points that are equal, nearly so, at 0 or far away; numbers and
losses scaled by powers of two up to 2**300, subnormal differences, rates of 0 and tiny ones.

A short run is part of the tests; MAMLCHECK_FUZZ=100 makes it a hundred times as long, and MAMLCHECK_FUZZ_SEED another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import flint
import numpy as np
import pytest

from mamlcheck.arithmetic import BeyondFilter, FilterArray, arb, ball, filtering
from mamlcheck.arithmetic import filter as module
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import UNDECIDED, VACUOUS, evaluate
from mamlcheck.claims import Claim, load_claims
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances

BLOCKS = 12 * int(os.environ.get("MAMLCHECK_FUZZ", "1"))
SEED = int(os.environ.get("MAMLCHECK_FUZZ_SEED", "1"))
INSTANCES = 3  # of a block that are held against Arb
BITS = 256
CLAIMS = load_claims()
SCALES = (0, 0, 0, 1, -1, 30, -30, 100, -100, 119, -119, 300, -300)


def small(block: Instances) -> bool:
    return block.tasks.n * block.tasks.m * block.tasks.d <= 600


def bent(block: Instances, rng: np.random.Generator) -> Instances:
    """The block with some of its instances in corners, of one scale or of several."""
    count = len(block.alpha)
    def powers() -> np.ndarray:
        return np.ldexp(1.0, rng.choice(SCALES, count) if rng.random() < 0.5 else np.full(count, rng.choice(SCALES)))

    w, u, v, delta, alpha = (np.array(x, dtype=float) for x in (block.w, block.u, block.v, block.delta, block.alpha))
    with np.errstate(all="ignore"):
        match int(rng.integers(9)):
            case 0:
                w, u = w * powers()[:, None], u * powers()[:, None]
            case 1:
                u = w + (u - w) * powers()[:, None]
            case 2:
                u[::2] = w[::2]
            case 3:
                w[::2] = 0.0
            case 4:
                alpha = alpha * np.minimum(powers(), 1.0)
                alpha[::3] = 0.0
            case 5:
                delta, v = delta * powers(), v * powers()[:, None]
                v[::3] = 0.0
            case 6:
                u = np.nextafter(w, np.inf)
            case 7:
                w[:, 0] = 5e-324
            case _:
                scale = powers()
                with np.errstate(all="ignore"):
                    return replace(block, tasks=block.tasks.scaled(scale), alpha=alpha / scale)
    return replace(block, w=w, u=u, v=v, delta=delta, alpha=alpha)


def blocks(seed: int, count: int) -> Iterator[Instances]:
    """Blocks of instances, every other one bent."""
    sweep, k, made = RandomSweep(seed), 0, 0
    while made < count:
        block = sweep.block(k)
        k += 1
        if not small(block):
            continue
        rng = np.random.default_rng([seed, k])
        some = block[:8]
        try:
            yield bent(some, rng) if k % 3 else some
        except InputError:  # a scale that these numbers do not bear
            continue
        made += 1


def outside(x: FilterArray, exact: np.ndarray) -> int:
    """How many numbers of `filter` do not hold what is exactly so, as an Arb enclosure (1, ...) of one instance."""
    with filtering.working():
        low, high = filtering.lower(x).ravel(), filtering.upper(x).ravel()
    with flint.ctx.workprec(BITS):
        return sum(
            bool(value < flint.arb(a)) or bool(value > flint.arb(b))
            for a, b, value in zip(low.tolist(), high.tolist(), exact.ravel(), strict=True)
        )


def sides(claim: Claim, x: Any) -> tuple[Any, Any] | None:
    try:
        return claim.left(x), claim.right(x)
    except (BeyondFilter, InputError):
        return None


def misses(block: Instances, claims: tuple[Claim, ...] = CLAIMS) -> tuple[int, int]:
    """(how many sides of how many are wrong, how many were looked at)."""
    fine = arb(BITS)
    with filtering.working():
        x = block.on(filtering)
        found = {claim.id: sides(claim, x) for claim in claims}
    wrong = looked = 0
    for k in range(min(INSTANCES, len(block.alpha))):
        with fine.working():
            one = block[k : k + 1].on(fine)
            for claim in claims:
                both = found[claim.id]
                exact = None if both is None else sides(claim, one)
                if both is None or exact is None:
                    continue
                for side, value in zip(both, exact, strict=True):
                    looked += 1
                    wrong += outside(side[k : k + 1], value)
    return wrong, looked


@pytest.mark.parametrize("k", range(4))
def test_both_sides_of_every_claim_hold_what_arb_finds(k):
    looked = 0
    for block in blocks(100 * SEED + k, BLOCKS // 4):
        wrong, count = misses(block)
        assert wrong == 0, block
        looked += count
    assert looked > 100 * (BLOCKS // 12)


def test_no_verdict_is_another_one_than_that_of_ball():
    decided = 0
    for block in blocks(100 * SEED + 50, BLOCKS):
        with ball.working():
            x, y = block.on(filtering), block.on(ball)
            for claim in CLAIMS:
                try:
                    first, second = evaluate(claim, x), evaluate(claim, y)
                except (BeyondFilter, InputError):
                    continue
                both = (first.codes != UNDECIDED) & (second.codes != UNDECIDED)
                assert (first.codes[both] == second.codes[both]).all(), (claim.id, block)
                decided += int((both & (first.codes != VACUOUS)).sum())
    assert decided > 100


def near_tie_share(distance: float) -> float:
    """The share of instances, points 1 apart, on which `filter` tells the left side of Lemma 4.8 from one so near."""
    claim = next(c for c in CLAIMS if c.id == "lemma_4_8")
    block = next(b for b in (RandomSweep(1).block(k) for k in range(50)) if b.tasks.kind == "ridge" and small(b))
    with filtering.working():
        x = replace(block, u=np.asarray(block.w) + 1).on(filtering)
        left = claim.left(x)
        right = filtering.exact(filtering.midpoint(left) * (1 + distance))
        return float((filtering.less_equal(left, right) >= 0).mean())


def test_near_ties_are_decided():
    """The errors are far below what a random instance leaves between its sides, and near ties are told apart."""
    assert near_tie_share(1e-8) > 0.9
    assert near_tie_share(-1e-8) > 0.9
    assert near_tie_share(0) == 0


TEETH = {
    "sums": lambda real: lambda mid, size, excess, length, units, reach: real(mid, size, excess, 1, units / 8, reach),
}


@pytest.mark.parametrize("which", TEETH)
def test_teeth(which, monkeypatch):
    """Bounds of sums that forget how long they are do not hold."""
    monkeypatch.setattr(module, "_summed", TEETH[which](module._summed))
    assert sum(misses(block)[0] for block in blocks(7, 6)) > 0
