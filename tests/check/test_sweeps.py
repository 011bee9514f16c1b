"""Sweeps: what they cover, and that every instance is a function of its id."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.arithmetic import ball
from mamlcheck.check.sweeps import (
    BLOCK,
    RandomSweep,
    TableSweep,
    blocks,
    instance_at,
    instance_id,
    parse_id,
)
from mamlcheck.errors import InputError
from mamlcheck.meta.files import instance_text
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.profiles import Losses, Splines
from mamlcheck.tasks.quadratic import QuadraticTasks
from mamlcheck.tasks.tables import read_table

SEEN = [RandomSweep(1).block(k) for k in range(160)]  # the blocks of 10,000 instances


def test_every_size_of_tasks_samples_and_dimensions_is_reached() -> None:
    assert {1, 2, 3, 16} <= {b.tasks.n for b in SEEN}
    assert {1, 2, 3, 32} <= {b.tasks.m for b in SEEN}
    dimensions = {b.tasks.d for b in SEEN}
    assert min(dimensions) == 1
    assert max(dimensions) >= 45


def test_every_family_and_every_loss_is_reached() -> None:
    ridge = [b.tasks for b in SEEN if not isinstance(b.tasks, QuadraticTasks)]
    assert len(ridge) < len(SEEN)
    assert any(isinstance(t.profile, Splines) for t in ridge)
    mixes = [t.profile.of_task for t in ridge if isinstance(t.profile, Losses)]
    assert len({loss.name for mix in mixes for loss in mix}) == 8
    assert any(len(set(mix)) > 1 for mix in mixes)
    assert any((t.c < 0).any() and (t.c > 0).any() for t in ridge)
    assert any((t.mu > 0).any() for t in ridge)


def test_inner_rates_are_zero_tiny_inside_and_exactly_one_over_l() -> None:
    shares = [
        a * Fraction(c)
        for b in SEEN
        for a, c in zip(b.alpha.tolist(), b.smoothness_constant.tolist(), strict=True)
        if c > 0
    ]
    assert all(0 <= s <= 1 for s in shares)
    assert shares.count(1) > 2000
    assert shares.count(0) > 200
    assert any(0 < s < Fraction(1, 10**6) for s in shares)
    assert any(Fraction(1, 10) < s < Fraction(9, 10) for s in shares)


def test_the_corners_are_reached() -> None:
    def identical(b: Instances) -> bool:
        data = b.tasks.centres if isinstance(b.tasks, QuadraticTasks) else b.tasks.a
        return b.tasks.n > 1 and bool((data == data[:, :1]).all())

    assert any(b.tasks.n == 1 for b in SEEN)
    assert any(b.tasks.m == 1 for b in SEEN)
    assert any(identical(b) for b in SEEN)
    assert any((b.w == 0).all() for b in SEEN)  # a stationary point of every task
    assert any((b.hessian_lipschitz_constant == 0).all() for b in SEEN)
    assert any(
        (np.array([[Fraction(v) for v in r] for r in b.tasks.probabilities]) != Fraction(1, b.tasks.n)).any()
        for b in SEEN
    )
    sizes = [b.sizes for b in SEEN]
    for role in ("inner", "outer", "hessian", "stepsize", "test", "stepsize_tasks"):
        assert len({getattr(s, role) for s in sizes}) >= 5, role


def test_stationary_blocks_have_gradients_that_are_exactly_zero() -> None:
    """In `ball` already, but for splines: there exact fractions settle what rests on it."""
    stationary = [b for b in SEEN if (b.w == 0).all()]
    smooth = [b for b in stationary if not isinstance(getattr(b.tasks, "profile", None), Splines)]
    assert smooth
    for block in smooth:
        with ball.working():
            gradient = block.on(ball).at_w.gradient
        assert (gradient.mid == 0).all()
        assert gradient.rad is None or (gradient.rad == 0).all()


def test_an_instance_is_a_function_of_its_id() -> None:
    sweep = RandomSweep(77)
    found = {instance_id(sweep, first + k): block[k] for first, block in blocks(sweep, 3 * BLOCK) for k in (0, 17, 63)}
    for text, expected in found.items():
        parsed = parse_id(text)
        assert parsed is not None
        assert (parsed.name, parsed.seed) == ("random-1", 77)
        again = instance_at(RandomSweep(parsed.seed), parsed.index)
        assert instance_text(again) == instance_text(expected)


def test_seeds_and_blocks_give_different_instances() -> None:
    texts = {instance_text(RandomSweep(seed).block(k)[0]) for seed in range(4) for k in range(4)}
    assert len(texts) == 16


def test_a_longer_sweep_begins_with_the_shorter_one() -> None:
    short = [block for _, block in blocks(RandomSweep(5), BLOCK + 10)]
    long = [block for _, block in blocks(RandomSweep(5), 3 * BLOCK)]
    assert [len(b.alpha) for b in short] == [BLOCK, 10]
    assert instance_text(short[1][9]) == instance_text(long[1][9])


def test_a_single_instance_keeps_the_constants_its_block_certified() -> None:
    for block in SEEN[:12]:
        one = block[5:6]
        assert one.smoothness_constant.tolist() == [block.smoothness_constant[5]]
        assert one.hessian_lipschitz_constant.tolist() == [block.hessian_lipschitz_constant[5]]
        alone = dataclasses.replace(one.tasks)  # certified afresh: the same 40 bits
        assert alone.smoothness.tolist() == one.tasks.smoothness.tolist()
        assert alone.hessian_lipschitz.tolist() == one.tasks.hessian_lipschitz.tolist()


def test_table_sweeps_take_the_losses_in_turn() -> None:
    sweep = TableSweep(read_table("grunfeld"), 3)
    names = [sweep.block(k).tasks.profile.of_task[0].name for k in range(4)]  # type: ignore[union-attr]
    assert names == list(sweep.losses)
    assert sweep.block(0).tasks.n == 11
    assert sweep.block(0).tasks.m == 20


@pytest.mark.parametrize("seed", [-1, 2**63, True, 1.5, "1"])
def test_seeds_out_of_range_are_refused(seed: object) -> None:
    with pytest.raises(InputError, match="seed"):
        RandomSweep(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "random-1", "random-1/1", "random-1/-1/2", "a b/1/2", "random-1/1/2/3", "/1/2"])
def test_what_is_no_id_is_not_parsed(text: str) -> None:
    assert parse_id(text) is None
