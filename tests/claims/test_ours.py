"""The sharper forms: each right side against an oracle, at most the printed one, and psi at its edges."""

from __future__ import annotations

import contextlib
import dataclasses
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
from known import CLAIMS

from mamlcheck.arithmetic import NotExact, arb, ball, float64, rational
from mamlcheck.check.comparison import never_above, with_open_lengths
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import HOLDS, UNDECIDED, VACUOUS, VIOLATED, judge
from mamlcheck.claims import load_claim, load_claims
from mamlcheck.meta.centred import centred_change
from mamlcheck.meta.hypotheses import large_step
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.spline import SplineTasks

OURS = tuple(claim.id for claim in load_claims(("ours",)))
SHARPER = tuple(claim.id for claim in load_claims(("ours",)) if claim.sharpens)


# -- the right sides, by hand ------------------------------------------------------------------------------------
def psi(smoothness: Any, lipschitz: Any, t: Any) -> Any:
    """As theory has it, with its two cases."""
    if lipschitz * t <= smoothness:
        return lipschitz * t**2 / 2
    return smoothness * t - smoothness**2 / (2 * lipschitz)


def length(x: Any) -> Any:
    return mpmath.sqrt(sum(v * v for v in x))


class ByHand:
    """The right sides on one instance, in mpmath, from the oracle's tasks."""

    def __init__(self, oracle: Any, one: Instances):
        number = lambda x: oracle.to_mp(Fraction(np.asarray(x).ravel()[0]))  # noqa: E731
        self.tasks = oracle.tasks(one.tasks, (0,))
        self.shares = oracle.probabilities(one.tasks, (0,))
        self.p = [oracle.to_mp(v) for v in self.shares]
        self.alpha, self.L, self.rho = map(number, (one.alpha, one.smoothness_constant, one.hessian_lipschitz_constant))
        self.delta = number(one.delta)
        self.w, self.u, self.v = (oracle.numbers(x[0]) for x in (one.w, one.u, one.v))
        self.a = self.alpha * self.L
        self.exact_alpha = oracle.numbers(one.alpha)[0]
        self.fixed, self.sizes, self.mp = self.tasks[one.task], one.sizes, oracle.to_mp
        self.sequences = oracle.sequences

    def vector(self, x: Any) -> list[Any]:
        return [self.mp(v) for v in np.asarray(x).ravel().tolist()]

    def mean_length(self, w: Any) -> Any:
        return sum(p * length(self.vector(t.gradient(w))) for p, t in zip(self.p, self.tasks, strict=True))

    def ours_lemma_4_8(self) -> Any:
        bounds = [(1 + self.a) ** 2 * self.L + self.alpha * self.rho * (1 + self.a) * self.mean_length(x)
                  for x in (self.w, self.u)]  # fmt: skip
        return min(bounds) * length(self.vector(self.w - self.u))

    def ours_lemma_4_9_second_moment(self) -> Any:
        bound = 4 * self.L + 2 * self.rho * self.alpha * self.mean_length(self.w)
        return mpmath.mpf("1.855") / bound**2

    def ours_lemma_4_9_first_moment(self) -> Any:
        return mpmath.mpf("1.225") / (4 * self.L + 2 * self.rho * self.alpha * self.mean_length(self.w))

    # -- moments and floors: g_i, and the variances at w and at x = w - alpha grad f(w) ------------------------------
    def mean_of(self, vectors: Any) -> Any:
        """E_i of a vector for each task, in mpmath."""
        lists = [self.vector(v) for v in vectors]
        return [sum(p * v[k] for p, v in zip(self.p, lists, strict=True)) for k in range(len(lists[0]))]

    def spread(self, at: Any) -> Any:
        """E_i |grad f_i - grad f|^2 at a point."""
        slopes = [self.vector(t.gradient(at)) for t in self.tasks]
        mean = self.mean_of(slopes)
        return sum(p * sum((a - b) ** 2 for a, b in zip(s, mean, strict=True))
                   for p, s in zip(self.p, slopes, strict=True))  # fmt: skip

    def variance(self) -> Any:
        """(a sigma(w)^2 + sigma(x)^2) / (1 + a)."""
        lift = self.tasks[0].lift
        mean = sum(lift(p) * t.gradient(self.w) for p, t in zip(self.shares, self.tasks, strict=True))
        there = lift(self.w) - lift(self.exact_alpha) * mean
        return (self.a * self.spread(self.w) + self.spread(there)) / (1 + self.a)

    def adapted_gradients(self) -> Any:
        return [t.gradient(t.adapted(self.exact_alpha, self.w)) for t in self.tasks]

    def meta_gradient(self) -> Any:
        pulled = [g - t.lift(self.exact_alpha) * (t.hessian(self.w) @ g)
                  for t, g in zip(self.tasks, self.adapted_gradients(), strict=True)]  # fmt: skip
        return self.mean_of(pulled)

    def ours_moments_spread(self) -> Any:
        return (1 + self.a) ** 2 * self.variance()

    def ours_moments_mean(self) -> Any:
        return length(self.meta_gradient()) + self.a * (1 + self.a) * mpmath.sqrt(self.variance())

    def ours_moments_start(self) -> Any:
        return self.ours_moments_mean() + (1 - self.a) * mpmath.sqrt(self.spread(self.w))

    def ours_floors_fo_maml(self) -> Any:
        mean = length(self.mean_of(self.adapted_gradients()))
        return self.a * (mean + (1 + self.a) * mpmath.sqrt(self.variance()))

    def ours_lemma_4_10_bias(self) -> Any:
        noise = mpmath.sqrt(self.mp(self.fixed.gradient_variance(self.w)) / self.sizes.inner)
        return psi(self.L, self.rho, self.alpha * noise)

    def ours_lemma_4_10_second_moment(self) -> Any:
        noise = self.mp(self.fixed.gradient_variance(self.w)) / self.sizes.inner
        g = length(self.vector(self.fixed.gradient(self.fixed.adapted(self.exact_alpha, self.w))))
        batches = self.sequences(self.fixed.m, self.sizes.inner)
        points = [self.fixed.adapted(self.exact_alpha, self.w, q) for q in batches]
        outer = sum(self.mp(self.fixed.gradient_variance(x)) for x in points) / len(points) / self.sizes.outer
        cross = psi(self.L, self.rho, self.alpha * mpmath.sqrt(noise))
        return g**2 + 2 * g * cross + self.a**2 * noise + outer

    def ours_theorem_4_11(self) -> Any:
        total = mpmath.mpf(0)
        for p, task in zip(self.p, self.tasks, strict=True):
            noise = self.mp(task.gradient_variance(self.w)) / self.sizes.test
            bend = self.mp(task.hessian_variance(self.w)) / self.sizes.test
            total += p * self.a * mpmath.sqrt(noise) * mpmath.sqrt((1 + self.a) ** 2 + self.alpha**2 * bend)
        return total

    def ours_hf_error_half(self) -> Any:
        return self.rho * self.delta * length(self.vector(self.v)) ** 2 / 2

    def ours_hf_error_large_step(self) -> Any:
        reach = self.rho * self.delta * length(self.vector(self.v))
        return (2 * self.L - 2 * self.L**2 / reach) * length(self.vector(self.v))


@cache
def small_instances() -> list[Instances]:
    """Single instances of every family with few samples and few batches."""
    found = []
    for k in range(120):
        block = RandomSweep(23).block(k)
        tasks = block.tasks
        if tasks.n * tasks.m * tasks.d <= 32 and 1 < tasks.m**block.sizes.inner <= 64:
            found += [block[j : j + 1] for j in range(2)]
    return found


def test_the_small_instances_are_of_every_family() -> None:
    assert {type(one.tasks).__name__ for one in small_instances()} == {"RidgeTasks", "SplineTasks", "QuadraticTasks"}
    assert len(small_instances()) >= 15


def by_hand(claim_id: str) -> str:
    """The name of the right side in `ByHand`."""
    return claim_id.replace(".", "_")


def test_the_sharper_forms_that_are_known_are_derived_by_hand() -> None:
    assert all(hasattr(ByHand, by_hand(claim)) for claim in CLAIMS if claim.startswith("ours."))


@pytest.mark.parametrize("claim_id", [claim for claim in OURS if hasattr(ByHand, by_hand(claim))])
@pytest.mark.parametrize("ar", [float64, ball, arb(128)], ids=repr)
def test_right_sides_are_those_derived_by_hand(oracle: Any, ar: Any, claim_id: str) -> None:
    claim, checked = load_claim(claim_id), 0
    for one in small_instances():
        with ar.working():
            x = one.on(ar)
            if claim.hypotheses_hold(x)[0] != 1:
                continue
            computed = claim.right(x)
        truth = getattr(ByHand(oracle, one), by_hand(claim_id))()
        oracle.check(ar, computed, [truth], width=2.0**-40 if ar.name == "arb" else None)
        checked += 1
    assert checked >= 3


# -- at most the printed right sides -----------------------------------------------------------------------------
@cache
def compared_on() -> list[Instances]:
    """The same for all claims, since making them takes longer than judging."""
    return [RandomSweep(31).block(k)[:8] for k in range(16)]


@pytest.mark.parametrize("claim_id", SHARPER)
def test_never_above_the_printed_form(claim_id: str) -> None:
    claim = load_claim(claim_id)
    assert claim.sharpens is not None
    printed, holds = load_claim(claim.sharpens), 0
    for block in compared_on():
        verdicts = never_above(claim, printed, block)
        assert set(verdicts.codes.tolist()) <= {HOLDS, VACUOUS}
        holds += int((verdicts.codes == HOLDS).sum())
        if block.tasks.global_deviations is not None and claim.bounds_deviations:
            everywhere = never_above(claim, printed, block[:4], everywhere=True)
            assert set(everywhere.codes.tolist()) <= {HOLDS, VACUOUS}
    assert holds >= 20


def test_a_comparison_can_fail() -> None:
    """Printed against sharper: violated wherever a < 1; and a form a hair above the printed one is found."""
    sharper, printed = load_claim("ours.lemma_4_8"), load_claim("lemma_4_8")
    hair = dataclasses.replace(sharper, right=lambda x: printed.right(x) * x.ar.exact(1 + Fraction(1, 10**40)))
    for k in range(6):
        block = RandomSweep(32).block(k)[:8]
        share = np.array(
            [Fraction(a) * Fraction(c) for a, c in zip(block.alpha, block.smoothness_constant, strict=True)]
        )
        turned = never_above(printed, sharper, block)
        assert (turned.codes[share < 1] == VIOLATED).all()
        assert (turned.codes[share == 1] == HOLDS).all()
        assert (never_above(hair, printed, block).codes == VIOLATED).all()


def test_ties_at_one_over_l_are_settled_with_lengths_left_open() -> None:
    """At alpha = 1/L both forms of Lemma 4.8 are the same function of an irrational length: no ball can tell."""
    sharper, printed = load_claim("ours.lemma_4_8"), load_claim("lemma_4_8")
    block = next(b for b in (RandomSweep(33).block(k)[:16] for k in range(20)) if not b.tasks.polynomial)
    verdicts = never_above(sharper, printed, block)
    ties = [k for k in range(16) if Fraction(block.alpha[k]) * Fraction(block.smoothness_constant[k]) == 1]
    assert ties
    assert all(verdicts.arithmetic[k] == "symbolic" for k in ties)
    x = with_open_lengths(block[ties[0] : ties[0] + 1])
    assert (sharper.right(x) - printed.right(x)).tolist() == [0]
    assert len(printed.right(x).item().free_symbols) == 2


# -- psi ---------------------------------------------------------------------------------------------------------
GRID = [Fraction(k, 4) for k in (0, 1, 2, 3, 4, 7, 16)]
TRIPLES = [(c, rho, t) for c in GRID for rho in GRID for t in GRID if c > 0 or rho == 0]


def test_psi_is_the_least_over_all_ways_to_split_the_step() -> None:
    for c, rho, t in TRIPLES:
        value = psi(c, rho, t)
        splits = [(1 - k) * c * t + rho * k**2 * t**2 / 2 for k in [Fraction(j, 64) for j in range(65)]]
        assert value <= min(splits)
        best = min(Fraction(1), c / (rho * t)) if rho * t else Fraction(1)
        assert value == (1 - best) * c * t + rho * best**2 * t**2 / 2


@pytest.mark.parametrize("ar", [float64, ball, arb(128), rational], ids=repr)
def test_psi_in_every_arithmetic_and_case_at_once(oracle: Any, ar: Any) -> None:
    """A block that holds both cases, rho = 0, L = 0 and t = 0; and each alone."""
    columns = [
        np.array(column, dtype=object) for column in zip(*((c, r, t**2) for c, r, t in TRIPLES if c), strict=True)
    ]
    truth = [psi(c, rho, t) for c, rho, t in TRIPLES if c]
    with ar.working():
        oracle.check(ar, centred_change(ar, *map(ar.exact, columns)), truth)
        for c, rho, t in TRIPLES:
            parts = (ar.exact(np.array([v], dtype=object)) for v in (c, rho, t**2))
            oracle.check(ar, centred_change(ar, *parts), [psi(c, rho, t)])


def test_psi_takes_no_root_where_none_is_needed() -> None:
    two = rational.exact(np.array([2], dtype=object))
    assert centred_change(rational, two, rational.exact([1]), two)[0] == 1  # t = sqrt(2): rho t^2 / 2


# -- what the runner needs of them -------------------------------------------------------------------------------
def one_task(matrices: Any, alpha: Any, w: Any, v: Any, delta: Any, rho: Any = None) -> Instances:
    exact = lambda x: np.array(x, dtype=object)  # noqa: E731
    tasks = QuadraticTasks(exact([[matrices]]), exact([[[[0] * len(v)] * len(matrices)]]), exact([[1]]))
    lipschitz = None if rho is None else exact([rho])
    one = exact([1])
    return Instances(tasks, exact([alpha]), exact([w]), exact([v]), exact([v]), exact([delta]), one, smoothness=one,
                     hessian_lipschitz=lipschitz)  # fmt: skip


@pytest.mark.parametrize(
    ("delta", "holds"), [(Fraction(2), 1), (2 - Fraction(1, 10**30), 0), (2 + Fraction(1, 10**30), 1)]
)
def test_a_step_is_large_from_exactly_two_l_on(delta: Fraction, holds: int) -> None:
    """L = 1, rho = 1/5, |v| = |(3, 4)| = 5: T = delta, decided exactly in every arithmetic."""
    one = one_task([[[1, 0], [0, 1]]], Fraction(1, 2), [0, 0], [3, 4], delta, rho=Fraction(1, 5))
    for ar in (ball, arb(64), rational):
        with ar.working():
            assert large_step.holds(one.on(ar)).tolist() == [holds]


def test_a_small_step_says_what_it_is() -> None:
    one = one_task([[[1]]], Fraction(1, 2), [0], [1], 1, rho=1)
    with ball.working():
        why = load_claim("ours.hf_error.large_step").why_vacuous(one.on(ball))
    assert why == "rho delta |v| = 1 is less than 2L = 2: HF error, sharper for large steps needs rho delta |v| >= 2L"


def test_quadratics_have_exactly_no_bias_in_every_arithmetic() -> None:
    """What is linear in the noise is left out, so that 0 <= 0 is decided at once."""
    straight = [b for b in (RandomSweep(1).block(k)[:4] for k in range(60)) if not b.hessian_lipschitz_constant.any()]
    assert len(straight) >= 5
    for block in straight:
        verdicts = judge(load_claim("ours.lemma_4_10.bias"), block)
        assert (verdicts.codes == HOLDS).all()
        assert np.isin(verdicts.arithmetic, ["filter", "ball"]).all()
        assert (verdicts.left_upper == 0).all()


def test_reduced_sides_differ_from_the_sides_by_the_same_amount() -> None:
    claim, seen = load_claim("ours.lemma_4_10.second_moment"), 0
    assert claim.reduced_sides is not None
    for one in small_instances():
        if not one.tasks.polynomial or one.tasks.d > 1:
            continue
        x = one.on(rational)
        with contextlib.suppress(NotExact):  # a root that is no fraction: another instance will do
            left, right = claim.left(x), claim.right(x)
            reduced_left, reduced_right = claim.reduced_sides(x)
            assert (left - reduced_left == right - reduced_right).all()
            seen += 1
    assert seen >= 3


def test_splines_without_kinks_do_not_bend() -> None:
    splines = (np.array([[[0.0, 1.0]]]), np.array([[[0.3, 0.3]]]), np.array([[0.7]]))
    ones = np.ones((1, 1))
    tasks = SplineTasks(ones[..., None], ones / 3, ones, np.zeros(()), np.ones(1), *splines)
    with ball.working():
        step = ball.exact(np.array([[[0.1]]]))
        bend = tasks.on(ball).at(ball.exact(np.array([[[0.9]]]))).gradient_bend(step)
        assert ball.upper(bend).tolist() == ball.lower(bend).tolist() == [[[0.0]]]


def test_undecided_is_not_hidden_by_a_comparison() -> None:
    """A side that is nothing but noise stays UNDECIDED."""
    claim = load_claim("ours.hf_error.half")
    noisy = dataclasses.replace(claim, right=lambda x: x.ar.norm(x.at_w.gradient[..., 0, 0, :]))
    block = next(b for b in (RandomSweep(34).block(k)[:2] for k in range(20)) if not b.tasks.polynomial)
    assert (never_above(noisy, noisy, block).codes == UNDECIDED).all()
