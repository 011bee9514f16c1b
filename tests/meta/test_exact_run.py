"""Runs that are known exactly, against every sequence of draws in plain fractions; the theorems on them."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import mamlcheck
from mamlcheck.arithmetic import arb, ball, rational
from mamlcheck.arithmetic.exact import fraction
from mamlcheck.claims import load_claim
from mamlcheck.errors import InputError
from mamlcheck.meta.exact_run import FACTORS
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks

H, ALPHA = Fraction(3, 2), Fraction(1, 20)
CENTRES = ((-1, 2), (4, 1))
SHARES = (Fraction(1, 3), Fraction(2, 3))
START = Fraction(5)
STEPS = 3


def exact(values: object) -> np.ndarray:
    array = np.array(values, dtype=object)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in array.ravel().tolist()]
    return out


def instance(steps: int = STEPS, tasks_drawn: int = 1, d: int = 1, **more: object) -> Instances:
    centres = exact(CENTRES)[..., None] * exact([1, 2, -1][:d])
    matrices = np.broadcast_to(H * exact(np.eye(d, dtype=int)), (2, 2, d, d))
    tasks = QuadraticTasks(matrices, centres, exact(SHARES))
    point, one = START * exact([1] * d), exact(1)
    sizes = BatchSizes(step_tasks=tasks_drawn, run_steps=steps)
    return Instances(tasks, exact(ALPHA), point, point + 1, point, one, one, sizes=sizes, **more)[None]


# -- by hand ---------------------------------------------------------------------------------------------------------
def gradient(i: int, w: Fraction, samples: tuple[int, ...] = (0, 1)) -> Fraction:
    return H * (w - sum(Fraction(CENTRES[i][j]) for j in samples) / len(samples))


def meta_gradient(w: Fraction) -> Fraction:
    return sum(p * (1 - ALPHA * H) * gradient(i, w - ALPHA * gradient(i, w)) for i, p in enumerate(SHARES))


def directions(w: Fraction, algorithm: str) -> list[tuple[Fraction, Fraction]]:
    """Every direction of one task with one inner and one outer sample, and its probability."""
    found = []
    for i, inner, outer in product((0, 1), repeat=3):
        v = gradient(i, w - ALPHA * gradient(i, w, (inner,)), (outer,))
        found.append((v if algorithm == "fo_maml" else (1 - ALPHA * H) * v, SHARES[i] / 4))
    return found


def mean_square_by_hand(algorithm: str, tasks_drawn: int) -> Fraction:
    """(1/T) sum_k E|grad F(w_k)|^2 over every sequence of draws."""
    beta = FACTORS[algorithm] / (4 * H)
    points, total = {START: Fraction(1)}, Fraction(0)
    for _ in range(STEPS):
        total += sum(p * meta_gradient(w) ** 2 for w, p in points.items())
        after: dict[Fraction, Fraction] = {}
        for w, p in points.items():
            for drawn in product(directions(w, algorithm), repeat=tasks_drawn):
                share = p
                for _, q in drawn:
                    share *= q
                end = w - beta * sum(g for g, _ in drawn) / tasks_drawn
                after[end] = after.get(end, Fraction(0)) + share
        points = after
    return total / STEPS


@pytest.mark.parametrize("tasks_drawn", [1, 2])
@pytest.mark.parametrize("algorithm", sorted(FACTORS))
def test_the_mean_square_is_that_of_every_sequence_of_draws(algorithm: str, tasks_drawn: int) -> None:
    x = instance(tasks_drawn=tasks_drawn)
    by_hand = mean_square_by_hand(algorithm, tasks_drawn)
    with rational.working():
        assert fraction(getattr(x.on(rational), f"{algorithm}_run").mean_square[0]) == by_hand
    for ar in (ball, arb(128)):
        with ar.working():
            found = getattr(x.on(ar), f"{algorithm}_run").mean_square
            low, high = float(ar.lower(found)[0]), float(ar.upper(found)[0])
            assert Fraction(low) <= by_hand <= Fraction(high)
            assert high - low < 1e-12 * high


def test_the_gap_is_that_to_the_minimum() -> None:
    def objective(w: Fraction) -> Fraction:
        return sum(
            p * sum(H * (w - ALPHA * gradient(i, w) - c) ** 2 / 4 for c in CENTRES[i]) for i, p in enumerate(SHARES)
        )

    lowest = START - meta_gradient(START) / ((1 - ALPHA * H) ** 2 * H)
    assert meta_gradient(lowest) == 0
    with rational.working():
        assert fraction(instance().on(rational).initial_gap[0]) == objective(START) - objective(lowest)


def test_the_mean_size_is_enclosed() -> None:
    """E|grad F(w_K)| over every sequence of draws is between the bounds, and these are apart."""
    beta = FACTORS["maml"] / (4 * H)
    points, total = {START: Fraction(1)}, Fraction(0)
    for _ in range(STEPS):
        total += sum(p * abs(meta_gradient(w)) for w, p in points.items())
        points = _after(points, beta)
    with ball.working():
        found = instance().on(ball).maml_run.mean_size
        low, high = float(ball.lower(found)[0]), float(ball.upper(found)[0])
    assert Fraction(low) <= total / STEPS <= Fraction(high)
    assert low < high


def _after(points: dict[Fraction, Fraction], beta: Fraction) -> dict[Fraction, Fraction]:
    after: dict[Fraction, Fraction] = {}
    for w, p in points.items():
        for g, q in directions(w, "maml"):
            after[w - beta * g] = after.get(w - beta * g, Fraction(0)) + p * q
    return after


# -- the theorems ----------------------------------------------------------------------------------------------------
RUNS = [c.id for c in mamlcheck.claims() if "T" in c.quantifies]


@pytest.mark.parametrize("claim", RUNS)
@pytest.mark.parametrize("d", [1, 2])
def test_theorems_hold_on_known_runs(claim: str, d: int) -> None:
    verdicts = set()
    for steps, (size, tasks_drawn), eps in product((1, 10**6), ((1, 20), (800, 1000)), (Fraction(1, 4), 4000)):
        x = instance(steps, tasks_drawn, d, accuracy=exact(eps))
        checked = mamlcheck.check_claim(claim, _with(x, {"inner": size, "outer": size}))
        assert str(checked.verdict) in ("HOLDS", "VACUOUS"), checked
        verdicts.add(str(checked.verdict))
    assert "HOLDS" in verdicts


def _with(x: Instances, sizes: dict[str, int]) -> Instances:
    from dataclasses import replace

    return replace(x, sizes=replace(x.sizes, **sizes))


@pytest.mark.parametrize("claim", [c for c in RUNS if c.endswith("sum")])
def test_a_hundred_times_the_progress_would_be_false(claim: str) -> None:
    from dataclasses import replace

    true = load_claim(claim)
    false = replace(true, left=lambda x: 100 * true.left(x))
    assert str(mamlcheck.check_claim(false, instance(10**4, 20)).verdict) == "VIOLATED"


def test_other_tasks_have_no_known_run() -> None:
    x = mamlcheck.instance("random-2/1/9")
    assert not x.on(ball).run_is_known.any()
    with pytest.raises(InputError, match="one curvature"):
        _ = x.on(ball).maml_run
    said = str(mamlcheck.check_claim("ours.theorem_4_12.sum", x))
    assert "VACUOUS" in said
    assert "known exactly" in said
