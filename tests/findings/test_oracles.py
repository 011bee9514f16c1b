"""The numbers of every finding, worked out again by hand: enumeration in Python's fractions, nothing of the package."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from theorem_4_17 import RATE, bend, slope

from mamlcheck.findings import execute
from mamlcheck.report.plaintext import plain_prose

HALF = Fraction(1, 2)


@pytest.fixture(scope="module")
def computed():
    """For each finding its computed values, by (case, name) as a reader sees them, in order."""
    return {
        one.finding.id: {(plain_prose(q.case), plain_prose(q.name)): q.value for q in one.example.quantities}
        for one in execute()
    }


def exact(values):
    array = np.array(values, dtype=object)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in array.ravel().tolist()]
    return out


def mean(values):
    values = list(values)
    return sum(values, Fraction(0)) / len(values)


# -- Assumption 4.5 ------------------------------------------------------------------------------------------
def test_different_curvatures(computed):
    expected = {}
    for case, curvatures in (("curvatures 1 and -1", (1, -1)), ("curvatures 1 and 1", (1, 1))):
        for w in (1, 10, 100):
            gradients = [c * (Fraction(w) - z) for c, z in zip(curvatures, (1, -1), strict=True)]
            middle = mean(gradients)
            expected[case, f"E_i (f_i'(w) - f'(w))² at w = {w}"] = mean((g - middle) ** 2 for g in gradients)
    expected["curvatures 1 and -1", "bound that holds everywhere, as the tasks state it"] = "none"
    assert computed["different_curvatures"] == expected


# -- Lemma 4.9 -----------------------------------------------------------------------------------------------
def sizes_by_hand(curvatures, centres, rho, alpha):
    """sigma^2, sigma~^2 and the printed sizes at w = 0, with L = 1."""
    samples = [[c * -Fraction(z) for c, z in zip(*row, strict=True)] for row in zip(curvatures, centres, strict=True)]
    tasks = [mean(row) for row in samples]
    sigma = mean((g - mean(tasks)) ** 2 for g in tasks)
    noise = mean(mean((g - task) ** 2 for g in row) for row, task in zip(samples, tasks, strict=True))
    return sigma, noise, math.ceil((rho * alpha) ** 2 * sigma / 2), math.ceil(4 * (rho * alpha) ** 2 * noise)


def test_batch_sizes_of_zero(computed):
    equal, noisy = ([[1], [1]], [[1], [1]]), ([[1, 1]] * 2, [[HALF, -HALF]] * 2)
    unlike = ([[1], [1]], [[1], [-1]])
    expected = {}
    for case, tasks, rho, alpha in (
        ("equal tasks, equal samples", equal, 2, 1),
        ("equal tasks, different samples", noisy, 2, 1),
        ("different tasks, a sample each", unlike, 2, 1),
        ("different tasks, ρ = 0", unlike, 0, 1),
        ("different tasks, α = 0", unlike, 2, 0),
    ):
        names = ("σ²", "σ̃²", "least B' as printed", "least D_β as printed")
        expected |= {(case, n): v for n, v in zip(names, sizes_by_hand(*tasks, rho, alpha), strict=True)}
    found = dict(computed["batch_sizes_of_zero"])
    refused = [found.pop(("a size of 0 in mamlcheck", name)) for name in ("B' = 0", "D_β = 0")]
    assert found == expected
    assert all(text.startswith("refused: batch size ") and "integer >= 1" in text for text in refused)


def test_moments_with_sizes_of_at_least_one():
    """Equal tasks, samples with gradients +-1/2 at w = 0, B' = 1 and D_beta = 4: all 16 draws of four."""
    norms = [abs(mean(draw)) for draw in itertools.product((HALF, -HALF), repeat=4)]
    stepsizes = [1 / (4 + 2 * 2 * 1 * norm) for norm in norms]
    (one,) = (e for e in execute() if e.finding.id == "batch_sizes_of_zero")
    facts = [f for f in one.example.relations if f.case == "equal tasks, different samples"]
    first, second = facts[-2:]
    assert (first.left, first.right) == (Fraction(4, 5) / 4, mean(stepsizes))
    assert (second.left, second.right) == (mean(s**2 for s in stepsizes), Fraction(25, 8) / 16)


# -- Lemma 4.10 ----------------------------------------------------------------------------------------------
INDEPENDENT = [(0, 0), (0, 1), (1, 0), (1, 1)]
DISJOINT = [(0, 1), (1, 0)]
SAME = [(0, 0), (1, 1)]


def second_moment(curvature, pairs):
    """Mean of grad f(w_i, D_o)^2 at w = 0 over pairs (D_in, D_o) of one sample each; alpha = 1/2, samples at +-1."""
    centres = (Fraction(1), Fraction(-1))
    adapted = {j: -HALF * curvature * (0 - centres[j]) for j in (0, 1)}
    return mean((curvature * (adapted[j] - centres[k])) ** 2 for j, k in pairs)


def test_samples_without_replacement(computed):
    """f = +w^2/2: disjoint halves break it, the same batch does not. f = -w^2/2: the other way round."""
    expected = {}
    for case, curvature in (("f = w²/2", 1), ("f = -w²/2", -1)):
        expected |= {
            (case, "‖g‖²"): Fraction(0),
            (case, "the printed bound as φ → 0"): HALF**2 + 1,
            (case, "the printed bound with φ = 1"): 2 * HALF**2 + 1,
            (case, "E ‖∇f(w_i, D_o)‖², independent batches"): second_moment(curvature, INDEPENDENT),
            (case, "the same, disjoint halves"): second_moment(curvature, DISJOINT),
            (case, "the same, D_o = D_in"): second_moment(curvature, SAME),
        }
    assert computed["samples_without_replacement"] == expected
    assert second_moment(1, DISJOINT) == second_moment(-1, SAME) == Fraction(9, 4)
    assert second_moment(1, SAME) == second_moment(-1, DISJOINT) == Fraction(1, 4)


# -- Theorem 4.11 --------------------------------------------------------------------------------------------
SIGNS = list(itertools.product((1, -1), repeat=2))
CENTRES = [(1, 0), (0, 1), (-1, 2), (3, 1)]


def test_operator_norm_averaging(computed):
    """Over all 16 ordered pairs of draws; the findings' batches are 10 multisets."""
    pairs = list(itertools.product(range(4), repeat=2))
    signs = [exact(np.diag(s)) for s in SIGNS]
    identity, means = exact(np.eye(2, dtype=int)), [(signs[j] + signs[k]) / 2 for j, k in pairs]

    def operator(m):
        return max(abs(m[0, 0]), abs(m[1, 1])) ** 2

    u, alpha, w = exact([Fraction(3, 5), Fraction(4, 5)]), HALF, exact([1, -2])
    hessians = [identity + s for s in signs]
    gradients = [h @ (w - exact(z)) for h, z in zip(hessians, CENTRES, strict=True)]
    gradient = sum(gradients[1:], gradients[0]) / 4
    offset = sum((h @ exact(z) for h, z in zip(hessians, CENTRES, strict=True)), exact([0, 0])) / 4

    def loss_gradient(x):
        return x - offset  # the mean Hessian is the identity

    summands = []
    for j, k in pairs:
        step = w - alpha * (gradients[j] + gradients[k]) / 2
        summands.append((identity - alpha * (hessians[j] + hessians[k]) / 2) @ loss_gradient(step))
    error = sum(summands[1:], summands[0]) / 16 - (1 - alpha) * loss_gradient(w - alpha * gradient)
    noise = mean((g - gradient) @ (g - gradient) for g in gradients)
    assert computed["operator_norm_averaging"] == {
        ("", "σ_H² = E ‖H_i(w, θ) - H_i(w)‖²"): mean(map(operator, signs)),
        ("", "E ‖H_i(w, D) - H_i(w)‖²"): mean(map(operator, means)),
        ("", "σ_H² / D"): HALF,
        ("", "the same two in Frobenius norm: the average"): mean((m**2).sum() for m in means),
        ("", "and one sample, divided by D"): mean((s**2).sum() for s in signs) / 2,
        ("", "E [(H_i(w, D) - H_i(w))²]: upper left entry"): mean((m @ m)[0, 0] for m in means),
        ("", "lower right entry"): mean((m @ m)[1, 1] for m in means),
        ("", "the other two"): mean((m @ m)[0, 1] for m in means),
        ("", "E ‖(H_i(w, D) - H_i(w)) u‖² for u = (3/5, 4/5)"): mean((m @ u) @ (m @ u) for m in means),
        ("", "Theorem 4.11: ‖∇F̂(w) - ∇F(w)‖²"): error @ error,
        ("", "its chain before rounding up: (α L)² σ̃² / D · ((1 + α L)² + α² σ_H² / D)"): HALF**2
        * noise
        / 2
        * ((1 + HALF) ** 2 + HALF**2 / 2),
    }
    assert mean(map(operator, means)) == Fraction(3, 4) > mean(map(operator, signs)) / 2


@pytest.mark.parametrize("u", [(1, 0), (0, 1), (3, -4), (Fraction(1, 3), 5)])
def test_any_fixed_vector_averages_exactly(u):
    u, means = exact(u), [exact(np.diag(a) + np.diag(b)) / 2 for a in SIGNS for b in SIGNS]
    assert mean((m @ u) @ (m @ u) for m in means) == HALF * (u @ u)


# -- Theorem 4.12 --------------------------------------------------------------------------------------------
def test_reused_stepsize_batch(computed):
    alpha, gradients = Fraction(1, 6), (Fraction(2), Fraction(-1))
    directions = [(1 - alpha) ** 2 * gradients[0], (1 + alpha) ** 2 * gradients[1]]

    def moments(count):
        first = together = Fraction(0)
        for k in range(count + 1):  # how many of the tasks drawn are the second
            chance = Fraction(math.comb(count, k), 2**count)
            norm = ((count - k) * abs(gradients[0]) + k * abs(gradients[1])) / count
            stepsize = 1 / (4 + 2 * alpha * norm)
            first += chance * stepsize
            together += chance * stepsize * ((count - k) * directions[0] + k * directions[1]) / count
        return first, together

    (stepsize, reused), (stepsize_of_many, reused_many) = moments(1), moments(20)
    assert computed["reused_stepsize_batch"] == {
        ("", "σ²"): Fraction(9, 4),
        ("", "MAML's direction for the first task"): directions[0],
        ("", "for the second"): directions[1],
        ("", "E g = ∇F(w)"): mean(directions),
        ("", "E β̃"): stepsize,
        ("", "E β̃ E g: tasks drawn apart"): stepsize * mean(directions),
        ("", "E [β̃ g]: the same task for both"): reused,
        ("", "B = B' = 20: E β̃ E g"): stepsize_of_many * mean(directions),
        ("", "B = B' = 20: E [β̃ g]"): reused_many,
    }
    assert reused == Fraction(-3, 364) < 0 < mean(directions)
    # Tasks drawn apart: all four pairs.
    betas = [1 / (4 + 2 * alpha * abs(g)) for g in gradients]
    assert mean(b * d for b in betas for d in directions) == stepsize * mean(directions)


# -- Theorem 4.15, Corollary 4.16 ----------------------------------------------------------------------------
def test_fo_maml_hessian_batch(computed):
    curvatures, centres, alpha = (1, -1), (1, -3), HALF
    gradient = mean(c * (0 - Fraction(z)) for c, z in zip(curvatures, centres, strict=True))
    outer = mean(c * (-alpha * gradient - z) for c, z in zip(curvatures, centres, strict=True))
    found = dict(computed["fo_maml_hessian_batch"])
    assert found.pop(("", "MAML without one")).startswith("refused: this algorithm takes a Hessian batch")
    assert found == {
        ("", "FO-MAML without a Hessian batch"): outer,
        ("", "FO-MAML, the first sample as Hessian batch"): outer,
        ("", "FO-MAML, the second"): outer,
        ("", "MAML, the first sample as Hessian batch"): (1 - alpha) * outer,
        ("", "MAML, the second"): (1 + alpha) * outer,
    }


def test_no_task_variance(computed):
    expected = {}
    for spread in (Fraction(1), Fraction(1, 10), Fraction(1, 100), Fraction(0)):
        tasks = [(-(spread + 1), -(spread - 1)), (-(1 - spread), -(-1 - spread))]  # gradients at w = 0
        gradients = [mean(t) for t in tasks]
        noise = mean(mean((g - mean(t)) ** 2 for g in t) for t in tasks)
        divisor = Fraction(1, 100) * mean((g - mean(gradients)) ** 2 for g in gradients)
        expected[f"σ = {spread}", "(α L σ)²"] = divisor
        expected[f"σ = {spread}", "the printed D_in / C_2"] = (
            noise / divisor if divisor else "infinite: a division by 0"
        )
    assert computed["no_task_variance"] == expected


# -- Theorem 4.17 --------------------------------------------------------------------------------------------
def test_hf_fixed_relative_error(computed):
    v = [slope(i, 0 - RATE * slope(i, Fraction(0))) for i in (0, 1)]

    def difference(i, delta):
        return (slope(i, delta * v[i]) - slope(i, -delta * v[i])) / (2 * delta)

    def hf(eta):
        return mean(v[i] - RATE * difference(i, eta / (1 * RATE * abs(v[i]))) for i in (0, 1))

    def variance(w):
        gradients = [slope(i, Fraction(w)) for i in (0, 1)]
        return mean((g - mean(gradients)) ** 2 for g in gradients)

    printed = 1 / (6 * 1 * RATE * abs(v[0]))
    assert computed["hf_fixed_relative_error"] == {
        ("", "L, certified"): HALF,
        ("", "ρ, certified"): 1,
        ("", "σ̃²"): 0,
        **{("", f"variance among tasks at w = {w}"): variance(w) for w in (0, -100, -2, 2, 100)},
        ("", "v_1 = f_1'(w_1')"): v[0],
        ("", "v_2 = f_2'(w_2')"): v[1],
        ("", "the printed δ, for both"): printed,
        ("", "mean direction of HF-MAML"): hf(Fraction(1, 6)),
        ("", "mean direction of FO-MAML"): mean(v),
        ("", "∇F(0)"): mean((1 - RATE * bend(i, Fraction(0))) * v[i] for i in (0, 1)),
        ("", "error of the difference, ‖H_1 v_1 - d_1‖"): abs(bend(0, 0) * v[0] - difference(0, printed)),
        ("", "its bound as printed, ρ δ ‖v_1‖²"): printed * v[0] ** 2,
        **{
            ("", f"mean direction of HF-MAML with η = {eta}"): hf(eta)
            for eta in (Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000))
        },
    }
    assert hf(Fraction(1, 6)) == mean(v) == 0
    assert mean((1 - RATE * bend(i, Fraction(0))) * v[i] for i in (0, 1)) == HALF


def test_hf_infinite_delta(computed):
    alpha, gradients, curvatures = Fraction(1, 6), (Fraction(-2), Fraction(0)), (1, -1)
    v = [(1 - alpha * c) * g for c, g in zip(curvatures, gradients, strict=True)]
    found = dict(computed["hf_infinite_delta"])
    for name in ("the rule with ρ = 0", "the rule with α = 0"):
        assert found.pop(("", name)).startswith("refused: delta = 1 / (6 rho alpha |v|) is infinite")
    assert found == {
        ("", "‖v‖ of the first task"): abs(v[0]),
        ("", "‖v‖ of the second task"): 0,
        ("", "what the rule divides by there: 6 ρ α ‖v‖"): 0,
        ("", "H_1 v of the first"): v[0],
        ("", "the rule for the first task"): 1 / (6 * alpha * abs(v[0])),
        ("", "in mamlcheck for the second"): 1,
        **{
            ("", f"d_1 with δ = {d}"): ((d * v[0] - 2) - (-d * v[0] - 2)) / (2 * d)
            for d in (Fraction(1, 1000), Fraction(1), Fraction(1000))
        },
    }
