"""Speed, as ratios measured in one run, with nothing beside it:

pytest tests/benchmarks/bench_speed.py --benchmark-enable --benchmark-only -n 0

Kept out of the ordinary test run by its name. Each benchmark times one thing with pytest-benchmark, times what it is
compared with right beside it, writes the ratio under `extra_info`, and fails where a promised ratio is missed.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mamlcheck.arithmetic import arb, ball, filtering, float64
from mamlcheck.check.spans import span
from mamlcheck.check.verdict import HOLDS, judge
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.objective import InnerStep
from mamlcheck.meta.reciprocal import reciprocal_moments
from mamlcheck.proof.catalogue import has_proof, proved
from mamlcheck.proof.waterfall import waterfall
from mamlcheck.tasks.certificate import certified_supremum
from mamlcheck.tasks.expression import variable
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import builtin_losses, loss

BLOCK = len(span(0))
SHAPES = {"small": ((4, 8, 5), BLOCK), "large": ((16, 32, 50), BLOCK)}  # in blocks, as the runner judges the first
MIX = sorted(psi.name for psi in builtin_losses())
CLAIM = load_claim("lemma_4_8")


def instances(count: int, n: int, m: int, d: int) -> Instances:
    """A block of ridge instances, the built-in losses in turn; constants are certified before anything is timed."""
    rng = np.random.default_rng(0)
    names = sorted(MIX[i % len(MIX)] for i in range(n))
    tasks = RidgeTasks(
        rng.normal(size=(count, n, m, d)), rng.normal(size=(count, n, m)), rng.normal(size=(count, n, m)),
        np.zeros(count), np.full((count, n), Fraction(1, n), dtype=object), tuple(loss(k) for k in names),
    )  # fmt: skip
    points = (rng.normal(size=(count, d)) for _ in range(3))
    block = Instances(tasks, 0.5 / tasks.smoothness, *points, np.ones(count), np.ones(count))
    _ = block.hessian_lipschitz_constant
    return block


def verdicts(block: Instances, ar: Any) -> Callable[[], np.ndarray]:
    """Both sides of Lemma 4.8 and their comparison, data on hand as numbers of the arithmetic."""
    with ar.working():
        ready = block.on(ar)
        numbers = (ready.tasks, ready.alpha, ready.w, ready.u, ready.smoothness, ready.hessian_lipschitz)
    names = ("tasks", "alpha", "w", "u", "smoothness", "hessian_lipschitz")

    def judge() -> np.ndarray:
        with ar.working():
            x = block.on(ar)
            x.evaluation.__dict__.update(zip(names, numbers, strict=True))
            return np.asarray(ar.less_equal(CLAIM.left(x), CLAIM.right(x)))

    return judge


def seconds(function: Callable[[], Any], repeats: int = 7) -> float:
    """The least of several times, after a warm-up."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("size", SHAPES)
def test_lemma_4_8_in_ball(benchmark: Any, size: str) -> None:
    """At least 20 times the rate of arb at 64 bits, at most 5 times the cost of float64."""
    shape, count = SHAPES[size]
    block = instances(count, *shape)
    assert (verdicts(block, ball)() == 1).all()
    benchmark(verdicts(block, ball))
    in_ball = seconds(verdicts(block, ball)) / count
    in_float = seconds(verdicts(block, float64)) / count
    in_arb = seconds(verdicts(block[:2], arb(64)), 3) / 2
    benchmark.extra_info |= {
        "verdicts_per_second": round(1 / in_ball),
        "cost_over_float64": round(in_ball / in_float, 2),
        "rate_over_arb64": round(in_arb / in_ball, 1),
    }
    print(size, benchmark.extra_info)
    assert in_arb / in_ball >= 20
    assert in_ball / in_float <= 5


@pytest.mark.parametrize("size", SHAPES)
def test_sharing_one_data_set_among_many_pairs(benchmark: Any, size: str) -> None:
    """From exact data to verdicts, the certificates of L and rho included: at least twice the rate of a data set each.

    The sides alone, with constants at hand, gain less: `rate_of_the_sides_alone`.
    """
    shape, count = SHAPES[size]
    block = instances(count, *shape)
    one = block[:1]
    points = np.random.default_rng(1).normal(size=(1, 2 * count, shape[-1]))

    def sides(fresh: RidgeTasks) -> np.ndarray:
        ar = filtering
        with ar.working():
            w = ar.exact(points)
            step = InnerStep(ar, fresh.on(ar), ar.exact(one.alpha), w)
            gradients = step.meta_gradient
            bounds = step.smoothness_bound(ar.exact(fresh.smoothness), ar.exact(fresh.hessian_lipschitz))
            left = ar.norm(gradients[:, :count] - gradients[:, count:])
            right = ar.minimum(bounds[:, :count], bounds[:, count:]) * ar.norm(w[:, :count] - w[:, count:])
            return ar.less_equal(left, right)

    def unshared() -> np.ndarray:
        fresh = dataclasses.replace(block, tasks=dataclasses.replace(block.tasks))  # nothing certified yet
        return judge(CLAIM, fresh).codes

    assert (sides(one.tasks) == 1).all()
    assert (unshared() == HOLDS).all()
    benchmark(lambda: sides(dataclasses.replace(one.tasks)))
    shared = seconds(lambda: sides(dataclasses.replace(one.tasks)))
    ratio = seconds(unshared, 3) / shared
    benchmark.extra_info |= {
        "verdicts_per_second": round(count / shared),
        "rate_over_unshared": round(ratio, 2),
        "rate_of_the_sides_alone": round(seconds(verdicts(block, filtering)) / seconds(lambda: sides(one.tasks)), 2),
    }
    print(size, benchmark.extra_info)
    assert ratio >= 2


@pytest.mark.parametrize("draws", [1, 2, 7, 100, 10_000])
def test_lemma_4_9_expectations_at_480_atoms(benchmark: Any, draws: int) -> None:
    """E beta~ and E beta~^2: at most 15 ms each."""
    rng = np.random.default_rng(2)
    values = ball.exact(10 * rng.random(480))
    probabilities = ball.exact(np.full(480, Fraction(1, 480), dtype=object))
    benchmark(lambda: reciprocal_moments(ball, ball.exact(4), values, probabilities, draws))
    assert benchmark.stats.stats.median <= 2 * 0.015


@pytest.mark.parametrize("order", ["second", "third"])
@pytest.mark.parametrize(
    "name",
    ["quadratic", "log_cosh", "log1p_square", "welsch", "geman_mcclure", "sin", "softplus", "tanh_squared"],
)
def test_certifying_a_loss(benchmark: Any, name: str, order: str) -> None:
    """sup|psi''| or sup|psi'''| over all reals: at most 50 ms for both after derivation."""
    psi = loss(name)
    derivative = psi.derivative({"second": 2, "third": 3}[order])
    benchmark(lambda: certified_supremum(derivative, variable()))
    assert benchmark.stats.stats.median <= 0.025


# -- proofs ----------------------------------------------------------------------------------------------------------
PROVE_SECONDS, WATERFALL_SECONDS = 30.0, 0.1  # what is promised, on two cores
PROVED = [claim for claim in claim_ids() if has_proof(claim)]


def test_all_proofs(benchmark: Any) -> None:
    """The kernel on every proof, from the files on."""

    def prove() -> bool:
        proved.cache_clear()
        return all(proved(claim).proved for claim in PROVED)

    assert benchmark.pedantic(prove, rounds=3)
    benchmark.extra_info["seconds"] = benchmark.stats.stats.min
    assert benchmark.stats.stats.min <= PROVE_SECONDS


@pytest.mark.parametrize("claim", [claim for claim in PROVED if not load_claim(claim).of_runs])
def test_waterfall_of_one_instance(benchmark: Any, claim: str) -> None:
    """The chain of a claim on one instance at (4, 8, 5), in ball."""
    proof, one = proved(claim), instances(1, 4, 8, 5)
    benchmark.pedantic(waterfall, args=(proof, one), rounds=5, warmup_rounds=1)
    benchmark.extra_info["seconds"] = benchmark.stats.stats.min
    assert benchmark.stats.stats.min <= WATERFALL_SECONDS
