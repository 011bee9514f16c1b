"""What rigour costs: the same work by this package and by others, in one run. `table.py` writes docs/benchmarks.md.

Each benchmark is one way to do one work. Benchmarks of one group do the same, and pytest-benchmark shows them together;
`extra_info` says which table, row and column they stand in, and how many instances were done.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import peers
import pytest

import mamlcheck
from mamlcheck.arithmetic import arb, ball, filtering, float64
from mamlcheck.check.spans import block_at, span
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import HOLDS, judge
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.hunt.search import hunt
from mamlcheck.memory import keep_what_is_freed
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.meta.objective import InnerStep
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss
from mamlcheck.tasks.tables import read_table

CLAIM = load_claim("lemma_4_8")
keep_what_is_freed()  # for all that are compared, as commands do
BLOCK = len(span(0))
LATER_BLOCK = len(span(block_at(100_000)))  # of longer sweeps
FEW = 16
SHAPES = {  # and how many instances are done at once
    f"{shape}, {count} at once": (shape, count)
    for shape, count in (((4, 8, 5), BLOCK), ((4, 8, 5), LATER_BLOCK), ((16, 32, 50), 16))
}
PAIRS = 64  # of points w and u, that share a data set
SHARED = {f"{shape}, {sets} data sets": (shape, sets) for shape, sets in (((4, 8, 5), 16), ((16, 32, 50), 4))}
EVALUATIONS = 400_000  # of a hunt
ARITHMETICS = {"our `float64`": float64, "our `filtering`": filtering, "our `ball`": ball}


def place(benchmark: Any, table: str, row: str, column: str, count: int) -> None:
    """Where the outcome stands, and of how many instances it is."""
    benchmark.group = f"{table}: {row}"
    benchmark.extra_info |= {"table": table, "row": row, "column": column, "instances": count}


# -- Lemma 4.8 with log-cosh -----------------------------------------------------------------------------------------
def instances(count: int, n: int, m: int, d: int) -> Instances:
    """Ridge instances of log-cosh, a data set each."""
    rng = np.random.default_rng(0)
    shape = (count, n, m)
    tasks = RidgeTasks(
        rng.normal(size=(*shape, d)), rng.normal(size=shape), rng.normal(size=shape), np.zeros(count),
        np.full((count, n), Fraction(1, n), dtype=object), (loss("log_cosh"),) * n,
    )  # fmt: skip
    points = (rng.normal(size=(count, d)) for _ in range(3))
    block = Instances(tasks, 0.5 / tasks.smoothness, *points, np.ones(count), np.ones(count))
    _ = block.hessian_lipschitz_constant
    return block


def numbers(block: Instances) -> tuple[np.ndarray, ...]:
    """What a block consists of, as peers take it."""
    tasks: Any = block.tasks
    points = np.stack([block.w, block.u], axis=-2)
    return tasks.a, tasks.b, tasks.c, points, block.alpha, block.smoothness_constant, block.hessian_lipschitz_constant


def sides_in(block: Instances, ar: Any) -> Callable[[], Any]:
    """Both sides and their comparison in one of our arithmetics, the data being numbers of it already."""
    names = ("tasks", "alpha", "w", "u", "smoothness", "hessian_lipschitz")
    with ar.working():
        ready = block.on(ar)
        given = {name: getattr(ready, name) for name in names}

    def compare() -> Any:
        with ar.working():
            x = block.on(ar)
            x.evaluation.__dict__.update(given)
            return ar.less_equal(CLAIM.left(x), CLAIM.right(x))

    return compare


def converted(array: np.ndarray, number: Any) -> Any:
    """An array as nested lists of numbers."""
    return number(array.item()) if array.ndim == 0 else [converted(part, number) for part in array]


def by_numpy(block: Instances) -> Callable[[], Any]:
    given = numbers(block)

    def compare() -> Any:
        left, right = peers.sides(np, *given)
        return left <= right

    return compare


def by_jax(block: Instances) -> Callable[[], Any]:
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")  # one core, as for all others
    pytest.importorskip("jax", reason="JAX is not installed: pip install 'mamlcheck[jax]'")
    import jax.numpy as jnp

    compiled = peers.sides_by_jax()
    given = [jnp.asarray(x) for x in numbers(block)]

    def compare() -> Any:
        left, right = compiled(*given)
        return (left <= right).block_until_ready()

    return compare


def by_flint(block: Instances) -> Callable[[], Any]:
    a, *rest = (x[0] for x in numbers(block))
    matrices = [flint.arb_mat(task.tolist()) for task in a]
    given = [converted(x, flint.arb) for x in rest]

    def compare() -> Any:
        left, right = peers.sides_by_flint(matrices, *given)
        return left <= right

    return compare


def by_iv(block: Instances) -> Callable[[], Any]:
    given = [converted(x[0], mpmath.iv.mpf) for x in numbers(block)]

    def compare() -> Any:
        left, right = peers.sides_by_iv(*given)
        return left.b <= right.a

    return compare


BY_HAND = {"NumPy by hand": by_numpy, "JAX, `jit` and `vmap`": by_jax}
ONE_AT_A_TIME = {"python-flint by hand": by_flint, "`mpmath.iv` by hand": by_iv}
OURS = [*ARITHMETICS, "our `arb`, 64 bits"]


@pytest.mark.parametrize("how", [*BY_HAND, *OURS, *ONE_AT_A_TIME])
@pytest.mark.parametrize("row", SHAPES)
def test_both_sides_of_lemma_4_8(benchmark: Any, row: str, how: str) -> None:
    shape, all_at_once = SHAPES[row]
    count = 1 if how in ONE_AT_A_TIME else 2 if how == OURS[-1] else all_at_once
    block = instances(all_at_once, *shape)[:count]
    place(benchmark, "sides", row, how, count)
    peer = (BY_HAND | ONE_AT_A_TIME).get(how)
    work = peer(block) if peer else sides_in(block, ARITHMETICS.get(how, arb(64)))
    assert np.all(np.asarray(benchmark(work)) == 1)


def test_peers_compute_what_we_do(benchmark: Any) -> None:
    """No benchmark: what is compared has the same values."""
    block = instances(2, 2, 3, 2)
    with arb(128).working():
        x = block.on(arb(128))
        ours = np.array([[float(v) for v in side] for side in (CLAIM.left(x), CLAIM.right(x))])
    a, *rest = (x[0] for x in numbers(block))
    flints = peers.sides_by_flint([flint.arb_mat(t.tolist()) for t in a], *(converted(x, flint.arb) for x in rest))
    ivs = peers.sides_by_iv(*(converted(x[0], mpmath.iv.mpf) for x in numbers(block)))
    benchmark.group = "no benchmark"
    found = benchmark.pedantic(lambda: peers.sides(np, *numbers(block)))
    np.testing.assert_allclose(np.array(found), ours, rtol=1e-12)
    np.testing.assert_allclose([float(v) for v in flints], ours[:, 0], rtol=1e-12)
    np.testing.assert_allclose([float(v.mid) for v in ivs], ours[:, 0], rtol=1e-12)
    smooth, rho = peers.constants(*numbers(block)[:3:2])
    np.testing.assert_allclose(smooth, block.smoothness_constant, rtol=1e-9)
    np.testing.assert_allclose(rho, block.hessian_lipschitz_constant, rtol=1e-9)


# -- from data to verdict --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["NumPy by hand", "mamlcheck, certified"])
@pytest.mark.parametrize("row", SHAPES)
def test_lemma_4_8_from_data(benchmark: Any, row: str, how: str) -> None:
    """L and rho from the data, and the verdict."""
    shape, count = SHAPES[row]
    block = instances(count, *shape)
    a, b, c, points, alpha, _, _ = numbers(block)

    def by_hand() -> Any:
        left, right = peers.sides(np, a, b, c, points, alpha, *peers.constants(a, c))
        return left <= right

    def ours() -> Any:
        return judge(CLAIM, dataclasses.replace(block, tasks=dataclasses.replace(block.tasks))).codes == HOLDS

    place(benchmark, "from data", row, how, count)
    assert benchmark(by_hand if how == "NumPy by hand" else ours).all()


@pytest.mark.parametrize("how", ["NumPy by hand", "mamlcheck, certified"])
@pytest.mark.parametrize("row", SHARED)
def test_lemma_4_8_from_data_that_64_pairs_share(benchmark: Any, row: str, how: str) -> None:
    shape, sets = SHARED[row]
    block = instances(sets, *shape)
    a, b, c, _, alpha, _, _ = numbers(block)
    points = np.random.default_rng(1).normal(size=(sets, PAIRS, 2, shape[-1]))
    w = np.concatenate([points[:, :, 0], points[:, :, 1]], axis=1)
    ar = filtering  # which decides all of them

    def by_hand() -> Any:
        smooth, rho = (x[:, None] for x in peers.constants(a, c))
        left, right = peers.sides(np, *(x[:, None] for x in (a, b, c)), points, alpha[:, None], smooth, rho)
        return left <= right

    def ours() -> Any:
        fresh = dataclasses.replace(block.tasks)
        with ar.working():
            at = ar.exact(w)
            step = InnerStep(ar, fresh.on(ar), ar.exact(alpha), at)
            bounds = step.smoothness_bound(ar.exact(fresh.smoothness), ar.exact(fresh.hessian_lipschitz))
            left = ar.norm(step.meta_gradient[:, :PAIRS] - step.meta_gradient[:, PAIRS:])
            right = ar.minimum(bounds[:, :PAIRS], bounds[:, PAIRS:]) * ar.norm(at[:, :PAIRS] - at[:, PAIRS:])
            return ar.less_equal(left, right) == 1

    place(benchmark, "from data", f"{row}, {PAIRS} pairs to each", how, sets * PAIRS)
    assert benchmark(by_hand if how == "NumPy by hand" else ours).all()


@pytest.mark.parametrize("how", ["NumPy by hand", "mamlcheck, certified"])
@pytest.mark.parametrize("shape", [(4, 8, 5), (16, 32, 50), (4, 8, 500)], ids=str)
def test_constants(benchmark: Any, shape: tuple[int, int, int], how: str) -> None:
    """L and rho."""
    count = {5: 64, 50: 8, 500: 1}[shape[-1]]
    tasks: Any = instances(count, *shape).tasks

    def ours() -> Any:
        fresh = dataclasses.replace(tasks)
        return fresh.smoothness, fresh.hessian_lipschitz

    place(benchmark, "constants", f"{shape}", how, count)
    found = benchmark((lambda: peers.constants(tasks.a, tasks.c)) if how == "NumPy by hand" else ours)
    assert np.isfinite(found).all()


# -- every claim, over our own float64 -------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ARITHMETICS)
@pytest.mark.parametrize("claim_id", [c for c in claim_ids() if not load_claim(c).of_runs])
def test_sides_of_every_claim(benchmark: Any, claim_id: str, how: str) -> None:
    claim, ar = load_claim(claim_id), ARITHMETICS[how]
    sizes = BatchSizes(inner=2, outer=2, test=2)
    count = FEW if "B" in claim.quantifies else LATER_BLOCK  # each lists the batches of a step
    block = dataclasses.replace(instances(count, 4, 8, 5), sizes=sizes)

    def compare() -> Any:
        with ar.working():
            x = block.on(ar)
            return ar.less_equal(claim.left(x), claim.right(x))

    place(benchmark, "claims", f"`{claim_id}`", how, count)
    benchmark(compare)


# -- hunting and generating ------------------------------------------------------------------------------------------
def test_an_evaluation_in_a_hunt(benchmark: Any) -> None:
    """All in all: random points, instances, both sides, evolution, and what is certified."""
    work = lambda: hunt("lemma_4_8", seed=1, seconds=None, evaluations=EVALUATIONS, keep=1)  # noqa: E731
    found = benchmark.pedantic(work, rounds=3)
    place(benchmark, "hunt", "an evaluation in a hunt for Lemma 4.8", "mamlcheck", found.evaluations)
    benchmark.extra_info["per_second"] = round(found.evaluations / benchmark.stats.stats.min)


def test_generating_an_instance(benchmark: Any) -> None:
    blocks = 8
    place(benchmark, "hunt", "making an instance of a random sweep", "mamlcheck", blocks * BLOCK)
    benchmark(lambda: [RandomSweep(1).block(k) for k in range(blocks)])


# -- runs of MAML ----------------------------------------------------------------------------------------------------
RUNS, RUN_STEPS = 32, 200
BY_TORCH = (1, 50)  # seeds and steps: one seed comes after the other there, and all steps take as long


def by_torch() -> tuple[Callable[[], Any], int]:
    """Runs by PyTorch, and how many steps of one seed that makes."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mamlcheck[torch]'")
    import torch_loop

    torch.set_num_threads(1)
    a, b = map(torch.tensor, read_table("grunfeld").stacked())
    constants = mamlcheck.run("grunfeld", steps=1, seeds=1).constants
    smooth, rho = constants.smoothness, constants.hessian_lipschitz
    (_, steps) = BY_TORCH
    return lambda: torch_loop.run(a, b, 1, steps, 1 / (6 * smooth), smooth, rho), steps


def by_ours() -> tuple[Callable[[], Any], int]:
    """The same by ours, with all that `mamlcheck.run` does besides: where runs end is certified."""
    return lambda: mamlcheck.run("grunfeld", algorithms=["maml"], steps=RUN_STEPS, seeds=RUNS), RUNS * RUN_STEPS


@pytest.mark.parametrize("how", ["PyTorch by hand", "`mamlcheck.run`"])
def test_a_step_of_a_run(benchmark: Any, how: str) -> None:
    work, count = by_torch() if how == "PyTorch by hand" else by_ours()
    place(benchmark, "runs", f"Grunfeld's panel, {RUNS} seeds, {RUN_STEPS} steps", how, count)
    benchmark.pedantic(work, rounds=3, warmup_rounds=1)


def test_runs_by_torch_are_ours(benchmark: Any) -> None:
    """No benchmark: they begin with the same F and |grad F|, and end where ours do, as far as seeds differ."""
    benchmark.group = "no benchmark"
    (_, course), ours = (
        benchmark.pedantic(by_torch()[0]),
        mamlcheck.run("grunfeld", algorithms=["maml"], steps=BY_TORCH[1], seeds=RUNS).algorithms["maml"],
    )
    np.testing.assert_allclose(course[0], (ours.start_objective, ours.start_gradient_norm), rtol=1e-12)
    last, spread = ours.gradient_norm.means[-1], ours.gradient_norm.spreads[-1]
    assert last is not None
    assert spread is not None
    assert abs(course[-1][1] - last) < 6 * spread < (course[0][1] - last) / 2
