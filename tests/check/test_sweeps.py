"""Sweeps: what they cover, and that every instance is a function of its id."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mamlcheck.arithmetic import ball
from mamlcheck.check import sweeps
from mamlcheck.check.ids import of_another_version, parse_id, sweep_named
from mamlcheck.check.spans import ALIGNMENT, LEVELS, block_at, span
from mamlcheck.check.sweeps import (
    RandomSweep,
    Sweep,
    TableSweep,
    blocks,
    instance_at,
    instance_id,
    table_losses,
)
from mamlcheck.errors import InputError
from mamlcheck.meta.files import instance_text
from mamlcheck.meta.instance import Instances
from mamlcheck.record.sources import instance
from mamlcheck.tasks import losses
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import read_table

BLOCK = len(span(0))


@cache
def seen() -> list[Instances]:
    """Blocks of 10,000 instances, made when a test first asks for them."""
    return [RandomSweep(1).block(k) for k in range(block_at(10_000))]


def test_every_size_of_tasks_samples_and_dimensions_is_reached() -> None:
    assert {1, 2, 3, 16} <= {b.tasks.n for b in seen()}
    assert {1, 2, 3, 32} <= {b.tasks.m for b in seen()}
    dimensions = {b.tasks.d for b in seen()}
    assert min(dimensions) == 1
    assert max(dimensions) >= 45


def test_every_family_and_every_loss_is_reached() -> None:
    ridge = [b.tasks for b in seen() if not isinstance(b.tasks, QuadraticTasks)]
    assert len(ridge) < len(seen())
    assert any(isinstance(t, SplineTasks) for t in ridge)
    mixes = [t.losses for t in ridge if isinstance(t, RidgeTasks)]
    assert len({loss.name for mix in mixes for loss in mix}) == 8
    assert any(len(set(mix)) > 1 for mix in mixes)
    assert any((t.c < 0).any() and (t.c > 0).any() for t in ridge)
    assert any((t.mu > 0).any() for t in ridge)


def test_inner_rates_are_zero_tiny_inside_and_exactly_one_over_l() -> None:
    shares = [
        a * Fraction(c)
        for b in seen()
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

    assert any(b.tasks.n == 1 for b in seen())
    assert any(b.tasks.m == 1 for b in seen())
    assert any(identical(b) for b in seen())
    assert any((b.w == 0).all() for b in seen())  # a stationary point of every task
    assert any((b.hessian_lipschitz_constant == 0).all() for b in seen())
    assert any(
        (np.array([[Fraction(v) for v in r] for r in b.tasks.probabilities]) != Fraction(1, b.tasks.n)).any()
        for b in seen()
    )
    sizes = [b.sizes for b in seen()]
    for role in ("inner", "outer", "hessian", "stepsize", "test", "stepsize_tasks"):
        assert len({getattr(s, role) for s in sizes}) >= 5, role


def test_stationary_blocks_have_gradients_that_are_exactly_zero() -> None:
    """In `ball` already, but for splines: there exact fractions settle what rests on it."""
    stationary = [b for b in seen() if (b.w == 0).all()]
    smooth = [b for b in stationary if not isinstance(b.tasks, SplineTasks)]
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
        assert (parsed.name, parsed.seed) == ("random-2", 77)
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
    for block in seen()[:12]:
        one = block[5:6]
        assert one.smoothness_constant.tolist() == [block.smoothness_constant[5]]
        assert one.hessian_lipschitz_constant.tolist() == [block.hessian_lipschitz_constant[5]]
        alone = dataclasses.replace(one.tasks)  # certified afresh: the same 40 bits
        assert alone.smoothness.tolist() == one.tasks.smoothness.tolist()
        assert alone.hessian_lipschitz.tolist() == one.tasks.hessian_lipschitz.tolist()


def test_table_sweeps_take_the_losses_in_turn() -> None:
    sweep = TableSweep(read_table("grunfeld"), 3)
    taken = [sweep.block(k).tasks.losses[0] for k in range(4)]  # type: ignore[union-attr]
    assert taken == list(sweep.losses)
    assert [psi.name for psi in taken] == ["log_cosh", "quadratic", "log1p_square", "welsch"]
    assert sweep.block(0).tasks.n == 11
    assert sweep.block(0).tasks.m == 20


# -- an id keeps its meaning -------------------------------------------------------------------------------------
def exact_bytes(x: Any) -> bytes:
    """The numbers of an array, whatever type holds them: 0.0 and -0.0 are one number."""
    numbers = np.asarray(x)
    if numbers.dtype == np.float64:
        return f"{numbers.shape}".encode() + (numbers + 0.0).astype("<f8").tobytes()
    return f"{numbers.shape} {[str(Fraction(v)) for v in numbers.ravel().tolist()]}".encode()


def parts_of(block: Instances) -> Iterator[Any]:
    """Everything that a version 1 sweep draws, by name: a field that comes later has no part in it."""
    tasks, sizes = block.tasks, block.sizes
    yield "QuadraticTasks" if tasks.kind == "quadratic" else "RidgeTasks"
    if isinstance(tasks, QuadraticTasks):
        yield from (tasks.matrices, tasks.centres)
    else:
        yield from (tasks.a, tasks.b, tasks.c, tasks.mu)
        if isinstance(tasks, RidgeTasks):
            yield from (f"{psi.name}: {psi.text}" for psi in tasks.losses)
        else:
            yield from (tasks.knots, tasks.values, tasks.slope)
    yield tasks.probabilities
    yield from (block.alpha, block.w, block.u, block.v, block.delta, block.phi)
    roles = (sizes.inner, sizes.outer, sizes.hessian, sizes.stepsize, sizes.test, sizes.stepsize_tasks)
    yield str((block.task, *roles))


def digest(sweep: Sweep, count: int) -> str:
    """SHA-256 of the exact numbers of the first blocks, and of the first of each length if more than one is wanted."""
    content = hashlib.sha256()
    for k in (*range(count), *(level[0] for level in LEVELS[1:] if count > 1)):
        for part in parts_of(sweep.block(k)):
            content.update(part.encode() if isinstance(part, str) else exact_bytes(part))
    return content.hexdigest()


# Ridge tasks, quadratics, splines and all losses are among them; the same with every kernel of OpenBLAS.
PINNED = {
    "random-2": (16, "b89ddbbbec1151423c9a38dd3fbb676c4ad96f2acb5adbe3c0cf82c20cb51cc1"),
    "grunfeld-2": (8, "e5c5d9e71b5b4e20e43d1273afe5f6c4c228c604545d8446dc175ac4395fceda"),
    "family-quadratic-2": (1, "5325246b248987ebe7186990e0c2e517caa654571d31eb095c3c2801a2eaca0f"),
    "family-ridge-2": (6, "faafc8a4ad81925f68da5a4c2a21b61fa0961eef00995e280c493a46163b0951"),
    "family-spline-2": (6, "9d354e92387351c3b125fba464b7b01be4c1a0ff401704fca0be54c5140c30bb"),
}


def pinned_sweep(name: str, module: Any) -> Sweep:
    """Of seed 1, as a module of sweeps makes it."""
    word = name.removesuffix("-2")
    sweep: Sweep
    if word == "random":
        sweep = module.RandomSweep(1)
    elif word.startswith("family-"):
        sweep = module.FamilySweep(word.removeprefix("family-"), 1)
    else:
        sweep = module.TableSweep(read_table(word), 1)
    assert sweep.name == name
    return sweep


@pytest.mark.parametrize("name", PINNED)
def test_a_name_is_of_its_sweep(name: str) -> None:
    assert type(sweep_named(name, 1)) is type(pinned_sweep(name, sweeps))
    assert sweep_named(name, 1) is not None
    assert of_another_version(name) is None


@pytest.mark.parametrize("name", PINNED)
def test_ids_mean_what_they_meant(name: str) -> None:
    """A digest that is another one needs another version in the sweep's name: never a new digest here."""
    count, known = PINNED[name]
    assert digest(pinned_sweep(name, sweeps), count) == known


@pytest.mark.parametrize("name", PINNED)
def test_a_new_built_in_loss_changes_no_id(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a built-in loss that is written in another way, or that goes, before sweeps are imported."""
    cosh = Loss("log_cosh", "log(cosh(-t))")
    more = (Loss("cosine", "1 - cos(t)"), cosh, *losses.builtin_losses()[2:])
    monkeypatch.setattr(losses, "builtin_losses", lambda: more)
    assert losses.loss("log_cosh") == cosh
    found = importlib.util.spec_from_file_location("sweeps_of_another_day", sweeps.__file__)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    monkeypatch.setitem(sys.modules, found.name, module)
    found.loader.exec_module(module)
    count, known = PINNED[name]
    assert digest(pinned_sweep(name, module), count) == known


# -- blocks ------------------------------------------------------------------------------------------------------
def test_blocks_follow_each_other_and_start_where_the_index_says() -> None:
    end = LEVELS[-1][1] + 3 * LEVELS[-1][2]
    k = expected = 0
    while expected < end:
        indices = span(k)
        assert indices.start == expected
        assert {block_at(index) for index in (indices.start, indices[1], indices[-1])} == {k}
        k, expected = k + 1, indices.stop
    assert [len(span(level[0])) for level in LEVELS] == [64, 256, 512]
    assert [span(first).start for first, _, _ in LEVELS] == [start for _, start, _ in LEVELS]
    for index in range(0, end, ALIGNMENT):
        assert span(block_at(index)).start == index


def test_a_block_is_no_larger_than_the_largest_of_the_shortest() -> None:
    """Shapes are held to that by the length of the block; short ones have room for all shapes."""
    largest = max(d**2 * min(16 * 32, sweeps.HESSIAN_NUMBERS // d**3) for d in range(1, 51))
    assert largest * len(span(0)) <= sweeps.BLOCK_NUMBERS
    for level in LEVELS[1:]:
        blocks = [RandomSweep(1).block(level[0] + k).tasks for k in range(8)]
        assert all(len(t.probabilities) * t.n * t.m * t.d**2 <= sweeps.BLOCK_NUMBERS for t in blocks)


def test_the_last_instance_of_a_sweep_is_found_at_once() -> None:
    index = 2**40 - 1
    assert index in span(block_at(index))
    assert instance_at(RandomSweep(3), index).shape == (1,)


@pytest.mark.parametrize("first", [0, 2**12 - 64, 2**12, 2**16 - 256])
def test_a_range_is_made_of_whole_blocks_up_to_its_end(first: int) -> None:
    sweep = RandomSweep(5)
    found = list(blocks(sweep, first + 400, first))
    assert [start for start, _ in found] == [
        start for start in range(first, first + 400) if start == span(block_at(start)).start
    ]
    assert sum(len(block.alpha) for _, block in found) == 400
    for start, block in found:
        assert instance_text(block[-1]) == instance_text(instance_at(sweep, start + len(block.alpha) - 1)[0])


# -- versions ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["random-1", "family-spline-1", "grunfeld-1", "firms-0123abcd-1", "random-3"])
def test_a_name_of_another_version_is_refused_with_what_made_it_and_what_to_do(name: str) -> None:
    assert sweep_named(name, 1) is None
    said = of_another_version(name)
    assert said is not None
    assert f"{name} is version {name[-1]} of its sweep" in said
    if name.endswith("1"):
        assert "0.1.0" in said
        assert "`mamlcheck show ID --save FILE`" in said
        assert f"an id of {name[:-1]}2" in said
    with pytest.raises(InputError) as refused:
        instance(f"{name}/1/123")
    assert str(refused.value) == said


@pytest.mark.parametrize("name", ["random", "random-0", "random-x", "family-unknown-1", "nothing-1", "-1"])
def test_other_names_are_no_versions(name: str) -> None:
    assert of_another_version(name) is None
    with pytest.raises(InputError, match="no source of instances is called"):
        instance(f"{name}/1/123")


# -- tables ------------------------------------------------------------------------------------------------------
FIRMS = "firm,y,x,z\nA,1,2,1\nA,2,5,3\nB,1,3,9\nB,3,1,2\n"


def name_of(content: str, folder: Path, given: tuple[Loss, ...] | None = None, **arguments: Any) -> str:
    (folder / "firms.csv").write_text(content)
    table = read_table(folder / "firms.csv", "firm", "y", **arguments)
    return TableSweep(table, 1, table_losses(given)).name


def test_the_ids_of_a_table_are_those_of_its_numbers(tmp_path: Path) -> None:
    """What is read in another way, from a file that was changed or under other losses, has other ids."""
    plain = name_of(FIRMS, tmp_path)
    assert plain == name_of(FIRMS, tmp_path)
    assert re.fullmatch(r"firms-[0-9a-f]{8}-2", plain)
    others = {
        name_of(FIRMS.replace("5", "5.5"), tmp_path),
        name_of(FIRMS, tmp_path, features=["x"]),
        name_of(FIRMS, tmp_path, standardise=False),
        name_of(FIRMS, tmp_path, intercept=True),
        name_of(FIRMS, tmp_path, given=("sin",)),  # type: ignore[arg-type]
        name_of(FIRMS, tmp_path, given=("sin", "welsch")),  # type: ignore[arg-type]
    }
    assert len(others | {plain}) == 7
    # Named like a source of its own, a table cannot have that source's ids.
    assert name_of(FIRMS, tmp_path, name="random") not in ("random-2", plain)
    assert name_of(FIRMS, tmp_path, name="grunfeld") != "grunfeld-2"
    assert TableSweep(read_table("grunfeld", "year"), 1).name != "grunfeld-2"
    assert TableSweep(read_table("grunfeld"), 1, table_losses(["sin"])).name != "grunfeld-2"


def test_a_table_says_whether_it_is_standardised() -> None:
    assert "2 features (value, capital), standardised; losses" in TableSweep(read_table("grunfeld"), 1).description
    plain = read_table("grunfeld", standardise=False)
    assert "2 features (value, capital); losses" in TableSweep(plain, 1).description


def test_losses_of_a_table_by_name_and_by_expression() -> None:
    named, written = table_losses(["sin", "t**2/2 + cos(t)"])
    assert named == losses.loss("sin")
    assert written.text == "t**2/2 + cos(t)"
    assert [psi.name for psi in table_losses(None)] == ["log_cosh", "quadratic", "log1p_square", "welsch"]
    sweep = TableSweep(read_table("grunfeld"), 1, (named, written))
    assert [sweep.block(k).tasks.losses[0] for k in range(3)] == [named, written, named]  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"'sinus' is no loss by name .*geman_mcclure.*as an expression in t: "):
        table_losses(["sinus"])
    with pytest.raises(InputError, match=r"exp\(t\)"):  # not smooth enough: sup|psi''| is infinite
        table_losses(["exp(t)"])
    with pytest.raises(InputError, match="give a list"):
        table_losses("sin")


@pytest.mark.parametrize("seed", [-1, 2**63, True, 1.5, "1"])
def test_seeds_out_of_range_are_refused(seed: object) -> None:
    with pytest.raises(InputError, match="seed"):
        RandomSweep(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "random-2", "random-2/1", "random-2/-1/2", "a b/1/2", "random-2/1/2/3", "/1/2"])
def test_what_is_no_id_is_not_parsed(text: str) -> None:
    assert parse_id(text) is None


def test_advice_on_a_loss_works_where_it_was_given() -> None:
    """A text cannot declare constants, a `Loss` can; and a long text is not repeated whole."""
    with pytest.raises(InputError, match="take another loss") as refused:
        table_losses(["sin(t**2)"])
    assert "declared" not in str(refused.value)
    with pytest.raises(InputError, match="or give declared_second"):
        Loss.from_expression("sin(t**2)").sup_second  # noqa: B018
    with pytest.raises(InputError) as long:
        table_losses(["1e400*t**2"])
    assert len(str(long.value)) < 600


def test_what_is_declared_of_a_loss_is_part_of_the_ids_of_a_table() -> None:
    said: tuple[dict[str, int], ...] = ({}, {"declared_second": 9}, {"declared_third": 9}, {"declared_third": 8})
    losses = [Loss.from_expression("t**2/2 + cos(t)", **word) for word in said]
    assert len({TableSweep(read_table("grunfeld"), 1, (psi,)).name for psi in losses}) == 4


def test_no_losses_are_the_usual_ones() -> None:
    assert table_losses([]) == table_losses(None)
