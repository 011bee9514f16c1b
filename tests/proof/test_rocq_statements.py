"""The statement of a claim that is written by hand for Rocq says what the claim computes.

The definitions and statements of `proofs/rocq` are read again by a reader of their own, and computed on small tasks on
a line at 50 digits; the claim's formulas are enclosed there too. Where `mamlcheck prove` reads the claim's sides
as terms, and Rocq holds its theorem to the statement, this holds the statement to the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import fractions_drawn
import numpy as np
import pytest
from fractions_drawn import fractions
from mpmath import mp, mpf
from reading_rocq import assumed_sides, definitions, exactly, iterates, model, number, sides
from steps_in_fractions import losses_of

from mamlcheck.arithmetic import arb
from mamlcheck.claims import claim_ids, is_of_runs, load_claim
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.proof.rocq.check import library
from mamlcheck.proof.rocq.files import statement_name
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.spline import SplineTasks

DIGITS = 50
KNOWN = definitions(library()["Model"], library()["Runs"], library()["Claims"])
STATED = [claim for claim in claim_ids() if statement_name(claim) in KNOWN]  # that all are is tested in test_rocq
CLAIMS = [claim for claim in STATED if not is_of_runs(claim)]
RUNS = [claim for claim in STATED if is_of_runs(claim)]
SIZES = BatchSizes(inner=2, outer=1, hessian=1, test=2, stepsize=1, stepsize_tasks=2, step_tasks=3)


def on_a_line(kind: str, seed: int) -> Instances:
    """One instance: two tasks that are not equally likely, of two samples each, and numbers that are all different."""
    rng = np.random.default_rng(seed)
    shares = fractions([Fraction(1, 4), Fraction(3, 4)])
    if kind == "quadratics":
        matrices, centres = (fractions_drawn.draws(rng, 2, 2, denominator=4, size=6) for _ in range(2))
        tasks = QuadraticTasks(matrices[..., None, None], centres[..., None], shares)
    else:
        gaps = fractions_drawn.draws(rng, 2, 2, 3, denominator=2, size=3)
        knots = np.cumsum(np.abs(gaps) + Fraction(1, 2), axis=-1) - 2
        values = fractions_drawn.draws(rng, 2, 2, 3, denominator=2, size=4)
        tasks = SplineTasks.on_a_line(knots, values, fractions_drawn.draws(rng, 2, 2, denominator=2, size=6), shares)
    block = tasks.with_numbers({name: array[None] for name, array in tasks.numbers().items()})

    def point(*value: int) -> np.ndarray:
        return fractions([Fraction(*value)])[None]

    def one(*value: int) -> np.ndarray:
        return fractions([Fraction(*value)])

    return Instances(
        tasks=block, alpha=one(1, 5), w=point(1, 2), u=point(-2, 3), v=point(3, 4), delta=one(7, 8), phi=one(5, 9),
        sizes=SIZES, step_factor=one(1, 3), difference_factor=one(1, 7), smoothness=one(3), hessian_lipschitz=one(8),
    )  # fmt: skip


def names(given: Instances) -> dict[str, object]:
    """What the names in statements stand for on an instance."""
    losses = losses_of(given.tasks)
    shares = [Fraction(p) for p in given.tasks.probabilities[0]]
    found = model(losses, shares)

    def noise(i: int, x: mpf, z: int) -> mpf:
        """|H_i(x, z) - H_i(x)|."""
        bends = [loss.bend(exactly(x)) for loss in losses[i]]
        return number(abs(bends[z] - sum(bends) / len(bends)))

    found |= {
        "alpha": number(Fraction(given.alpha[0])), "L": mpf(3), "rho": mpf(8), "phi": number(Fraction(given.phi[0])),
        "delta": number(Fraction(given.delta[0])), "c": mpf(1) / 3, "eta": mpf(1) / 7, "mu": mpf(0), "i": 0,
        "o": lambda i: lambda x: lambda z: noise(i, x, z),
        **{f"n_{symbol}": size for symbol, size in (("D_in", 2), ("D_o", 1), ("D_h", 1), ("D_test", 2), ("D_beta", 1))},
        "n_tasks": 2, "n_step": 3,
    }  # fmt: skip
    return found | {name: number(Fraction(getattr(given, name)[0, 0])) for name in "wuv"}


def written(claim: str) -> str:
    """The name of a claim's statement: of its form at points, where there are two."""
    name = statement_name(claim)
    return f"{name}_strong" if f"{name}_strong" in KNOWN else name


def near(first: mpf, second: mpf) -> bool:
    return abs(first - second) <= mpf(10) ** -30 * (1 + abs(second))


def enclosed(given: Instances, *formulas: Callable[[Any], Any]) -> list[tuple[mpf, mpf]]:
    """What formulas of an instance come to: the middle of each enclosure, and its radius."""
    ar = arb(256)
    with ar.working():
        x = given.on(ar)
        values = [np.ravel(x.ar.exact([1]) * formula(x))[0] for formula in formulas]
        return [(mpf(v.mid().str(DIGITS, radius=False)), mpf(v.rad().str(DIGITS, radius=False))) for v in values]


def by_the_claim(given: Instances, *formulas: Callable[[Any], Any]) -> list[mpf]:
    """What formulas of an instance come to, where that is known well."""
    found = enclosed(given, *formulas)
    assert all(radius < mpf(10) ** -40 for _, radius in found)
    return [middle for middle, _ in found]


def agree(by_hand: Sequence[mpf], by_claim: Sequence[tuple[mpf, mpf]]) -> bool:
    """Whether numbers lie in enclosures, but for their own rounding."""
    pairs = zip(by_hand, by_claim, strict=True)
    return all(
        abs(number - middle) <= radius + mpf(10) ** -30 * (1 + abs(middle)) for number, (middle, radius) in pairs
    )


@pytest.mark.parametrize("kind", ["splines", "quadratics"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_the_statement_by_hand_is_the_claim(claim: str, kind: str) -> None:
    mp.dps = DIGITS
    given, formulas = on_a_line(kind, len(claim)), load_claim(claim)
    by_hand = sides(written(claim), KNOWN, names(given))
    by_claim = enclosed(given, formulas.left, formulas.right)
    assert agree(by_hand, by_claim), (by_hand, by_claim)


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_the_statement_assumes_the_claim_assumes(claim: str) -> None:
    """Each inequality between numbers is one of the claim's hypotheses, multiplied by something or squared."""
    mp.dps = DIGITS
    given = on_a_line("splines", len(claim))
    shares = []
    for one in (one for hypothesis in load_claim(claim).hypotheses for one in hypothesis.says):
        if "listed" not in one.name:  # of what is checked, and not of what is true
            left, right = by_the_claim(given, one.left, one.right)
            shares.append(left / right if right else mpf(0))
    for left, right in assumed_sides(written(claim), KNOWN, names(given)):
        share = left / right
        assert any(near(share**power, known) for power in (1, 2) for known in shares), (left, right, shares)


def a_run() -> Instances:
    """A run of two steps that is known exactly: quadratic tasks of one curvature, so that rho = 0."""
    curvature = fractions([Fraction(3, 2)] * 4).reshape(1, 2, 2, 1, 1)
    centres = fractions(list(map(Fraction, (-1, 2, 4, 1)))).reshape(1, 2, 2, 1)
    tasks = QuadraticTasks(curvature, centres, fractions([Fraction(1, 3), Fraction(2, 3)])[None])
    point, one = fractions([Fraction(5)])[None], fractions([Fraction(1)])
    return Instances(
        tasks, fractions([Fraction(1, 20)]), point, point + 1, point, one, one, sizes=BatchSizes(run_steps=2),
        accuracy=fractions([Fraction(7, 3)]), difference_factor=fractions([Fraction(1, 9)]),
    )  # fmt: skip


def names_of_a_run(given: Instances) -> dict[str, Any]:
    variances = [
        lambda x: x.assumed_task_variance, lambda x: x.assumed_gradient_variance, lambda x: x.assumed_hessian_variance,
    ]  # fmt: skip
    sigmas = map(mp.sqrt, by_the_claim(given, *variances))
    gap, smooth = by_the_claim(given, lambda x: x.initial_gap, lambda x: x.smoothness)
    found = names(given) | dict(zip(("sigma", "sigma_tilde", "sigma_H"), sigmas, strict=True))
    found |= {f"n_{size}": 1 for size in ("D_in", "D_o", "D_h", "D_test", "D_beta", "tasks", "step")} | {"n_run": 2}
    found |= {
        "w_0": found["w"], "Delta": gap, "L": smooth, "rho": mpf(0), "eps": mpf(7) / 3, "eta": mpf(1) / 9,
    }  # fmt: skip
    return found | {"iterates": iterates(KNOWN, found)}


@pytest.mark.alike
@pytest.mark.parametrize("claim", RUNS)
def test_a_statement_about_a_whole_run_is_the_claim(claim: str) -> None:
    """On a run whose every sequence of draws is listed; rho = 0 there, so that what it multiplies is not compared."""
    mp.dps = DIGITS
    given, formulas = a_run(), load_claim(claim)
    known = names_of_a_run(given)
    by_hand, by_claim = sides(written(claim), KNOWN, known), enclosed(given, formulas.left, formulas.right)
    assert agree(by_hand, by_claim), (by_hand, by_claim)
    shares = []
    for one in (one for hypothesis in formulas.hypotheses for one in hypothesis.says):
        left, right = by_the_claim(given, one.left, one.right)
        shares.append(left / right if right else mpf(0))
    for left, right in assumed_sides(written(claim), KNOWN, known):
        assert any(near(left / right, share) for share in shares), (left, right, shares)


@pytest.mark.parametrize(
    ("claim", "old", "new"),
    [
        ("lemma_4_8", "4 * L + 2 * rho", "5 * L + 2 * rho"),
        ("ours.lemma_4_9.second_moment", "371 / (200", "372 / (200"),
        ("ours.descent.maml", "353 / 10000", "354 / 10000"),
        ("ours.descent.hf_maml", "(1 / 25)", "(1 / 24)"),
        (
            "lemma_4_10.bias",
            "alpha * L * gradient_deviation i w / sqrt",
            "alpha * L * gradient_deviation i w / 2 / sqrt",
        ),
        ("theorem_4_11", "batch_meta_gradient n_D_test alpha w", "batch_meta_gradient 1 alpha w"),
    ],
)
def test_another_statement_is_seen_to_be_another(claim: str, old: str, new: str) -> None:
    mp.dps = DIGITS
    texts = [library()[name] for name in ("Model", "Runs", "Claims")]
    assert any(old in text for text in texts)
    changed = definitions(*(text.replace(old, new) for text in texts))
    given, formulas = on_a_line("splines", len(claim)), load_claim(claim)
    by_hand = sides(written(claim), changed, names(given))
    assert not agree(by_hand, enclosed(given, formulas.left, formulas.right))
