"""Corrupted proofs are rejected, each with a message that names the link and what is missing."""

from __future__ import annotations

import re

import pytest
from corrupting import claim_without, corrupted, in_proof

from mamlcheck.claims import load_claim
from mamlcheck.proof.catalogue import _prove_of, check_proof

S = "ours.lemma_4_8"
F = "lemma_4_9.first_moment"
V = "ours.lemma_4_9.second_moment"
B = "ours.lemma_4_10.bias"
M = "ours.lemma_4_10.second_moment"
T = "ours.theorem_4_11"
H = "ours.hf_error.half"
G = "ours.hf_error.large_step"

# claim, what stands there, what is put in its place, the link that is to be named, what is to be said of it
CORRUPTIONS = [
    # -- a constant changed
    (S, "smooth * (1 + a) * apart,", "smooth * (2 + a) * apart,", "Lipschitz gradient once more", "left unjustified"),
    (S, "(1 + a) * x.norm(slope(u)),", "a * x.norm(slope(u)),", "Lipschitz gradient", "left unjustified"),
    (S, "(1 + a) ** 2 * smooth * apart + x.mean", "(1 + a) * smooth * apart + x.mean", "|g(w) - g(u)|", "unjustified"),
    (S, "alpha * rho * (1 + a) * mean", "alpha * rho * mean", "|g(u)| <=", "left unjustified"),
    ("lemma_4_8", "(4 * smooth + 2 * rho", "(3 * smooth + 2 * rho", "(1 + a)^2 <= 4", "left unjustified"),
    (
        "lemma_4_8",
        "+ 2 * rho * alpha * slope) * apart",
        "+ rho * alpha * slope) * apart",
        "(1 + a)^2",
        "left unjustified",
    ),
    ("lemma_4_8", "smooth * (3 + a) * apart", "smooth * (4 + a) * apart", "(1 + a)^2 <= 4", "left unjustified"),
    (F, "Rational(4, 5)", "Rational(5, 6)", "5 (4L + m)", "left unjustified"),
    (F, "m + smooth,", "m + smooth / 2,", "the noise is at most L", "left unjustified"),
    (V, "9 * smooth**2, p.hypothesis", "8 * smooth**2, p.hypothesis", "B' >= 1", "left unjustified"),
    (
        V,
        'p.hypothesis("enough tasks").times(4 / tasks)',
        'p.hypothesis("enough tasks").times(3 / tasks)',
        "B' is large enough",
        "left unjustified",
    ),
    ("lemma_4_9.second_moment", "Rational(25, 8)", "Rational(18, 10)", "1.855 <= 3.125", "left unjustified"),
    (
        "lemma_4_9.second_moment",
        "remainder=Rational(127, 100)",
        "remainder=Rational(-127, 100)",
        "1.855 <= 3.125",
        "not manifestly >= 0",
    ),
    (
        B,
        "kappa**2 * rho / 2 * x.norm(shift) ** 2",
        "kappa**2 * rho / 3 * x.norm(shift) ** 2",
        "near part",
        "unjustified",
    ),
    (B, "smooth * (1 - kappa) * x.norm(shift)", "smooth * x.norm(shift)", "a share 1 - kappa", "left unjustified"),
    ("lemma_4_10.bias", "alpha * smooth * sigma / root,", "smooth * sigma / root,", "E |noise|", "left unjustified"),
    (
        "lemma_4_10.second_moment",
        "(1 + 1 / phi) * size**2 + (1 + phi) * smooth**2 * t**2 + noise",
        "(1 + 1 / phi) * size**2 + phi * smooth**2 * t**2 + noise",
        "Young",
        "left unjustified",
    ),
    (
        "lemma_4_10.second_moment",
        "(size - phi * smooth * t) ** 2 / phi",
        "(size - smooth * t) ** 2 / phi",
        "Young",
        "left unjustified",
    ),
    ("lemma_4_10.second_moment", "sigma**2 / outer**2", "sigma**2 / outer", "deviations are at most", "unjustified"),
    (
        T,
        "root = x.root((1 + a) ** 2 + alpha**2 * bend**2)",
        "root = x.root(1 + a**2 + alpha**2 * bend**2)",
        "its root",
        "left unjustified",
    ),
    (
        T,
        "(1 + a) ** 2 + alpha**2 * bend**2, fact(fixed",
        "1 + a**2 + alpha**2 * bend**2, fact(fixed",
        "|A u| <= 1 + a",
        "unjustified",
    ),
    ("theorem_4_11", "(2 + bend) ** 2,", "(2 + bend / 2) ** 2,", "1 + a <= 2", "left unjustified"),
    (H, "rho * delta * x.norm(v) ** 2 / 2", "rho * delta * x.norm(v) ** 2 / 3", "mean-value integral", "unjustified"),
    ("hf_error", "bound, remainder=bound / 2", "bound / 4, remainder=-bound / 4", "half of it", "not manifestly >= 0"),
    (
        G,
        "2 * smooth * size - 2 * smooth**2",
        "2 * smooth * size - 3 * smooth**2",
        "theta = 2 L / T",
        "left unjustified",
    ),
    # -- a factor lost: alpha, rho, a square root
    (
        S,
        'axiom("lipschitz_hessian", TASK, w, u, g(u)).mean(TASK).times(alpha)',
        'axiom("lipschitz_hessian", TASK, w, u, g(u)).mean(TASK)',
        "|A(w) - A(u)|",
        "left unjustified",
    ),
    (S, ".times(smooth * alpha)", ".times(smooth)", "Lipschitz gradient once more", "left unjustified"),
    (B, "smooth * alpha * deviation + kappa", "smooth * deviation + kappa", "E |noise|^2", "left unjustified"),
    (
        B,
        "(1 - kappa) * smooth * alpha * deviation",
        '(1 - kappa) * smooth * alpha * deviation / size_root(x, "D_in")',
        "E |noise|^2",
        "left unjustified",
    ),
    (
        T,
        "spread = x.gradient_deviation(TASK, w) / size_root(x, BATCH)",
        "spread = x.gradient_deviation(TASK, w) / size_root(x, BATCH) ** 2",
        "variance of D_test",
        "left unjustified",
    ),
    (H, "of_ahead.times(1 / (2 * delta))", "of_ahead.times(1 / (2 * delta**2))", "mean-value integral", "unjustified"),
    # -- a sign flipped
    (S, "pull_back(x, w)(g(w) - g(u))", "pull_back(x, w)(g(w) + g(u))", "A(w) g(w) - A(u) g(u)", "left unjustified"),
    (S, "- x.meta_gradient(u), -1)", "- x.meta_gradient(u), 1)", "chain rule", "left unjustified"),
    (S, "-alpha * x.hessian(TASK, w)(dg)", "alpha * x.hessian(TASK, w)(dg)", "|A(w)| <= 1 + a", "left unjustified"),
    (S, ".times(alpha * rho * apart)", ".times(-alpha * rho * apart)", "|g(u)| <=", "not manifestly >= 0"),
    (
        B,
        ".apply(bend).within(centred, -kappa * alpha)",
        ".apply(bend).within(centred, kappa * alpha)",
        "mean 0",
        "left unjustified",
    ),
    (M, "x.inner(g, h) + x.norm(h) ** 2", "x.inner(g, h) - x.norm(h) ** 2", "the square expanded", "left unjustified"),
    (T, ".within(difference, -alpha)", ".within(difference, alpha)", "A^ g^ - A g", "left unjustified"),
    (F, "fact(near.done()).times(1 /", "fact(near.done()).times(-1 /", "E X <= m + L", "not manifestly >= 0"),
    (G, "left_over = (1 - theta) * bend(h)", "left_over = (theta - 1) * bend(h)", "a share theta", "left unjustified"),
    # -- a step left out, or its justification
    (S, '        axiom("triangle", moved, bent).mean(TASK),\n', "", "A(w) g(w) - A(u) g(u)", "left unjustified"),
    (S, 'axiom("jensen_norm", TASK, change)', "", "Jensen over tasks", "left unjustified"),
    (S, '        axiom("operator_norm", TASK, w, dg).mean(TASK).times(alpha),\n', "", "|A(w)| <= 1 + a", "unjustified"),
    (F, ".root(scale * over(noise), smooth)", "", "the noise is at most L", "left unjustified"),
    (
        T,
        "fact(squared.done()).root(product, root * a * spread).mean(TASK)",
        "fact(squared.done()).mean(TASK)",
        "the two mean squares",
        "left unjustified",
    ),
    (
        B,
        '        axiom("triangle", g_noisy - g_near, along).mean("D_in"),\n',
        "",
        "the way in two parts",
        "unjustified",
    ),
    # -- a hypothesis that the claim does not have
    (
        "ours.lemma_4_8",
        'axiom("lipschitz_gradient", TASK, w, u).times(smooth * alpha)',
        'axiom("lipschitz_gradient", TASK, w, u).times(smooth * alpha), p.hypothesis("rho <= L")',
        "Lipschitz gradient once more",
        "has no hypothesis rho <= L",
    ),
    (
        "hf_error",
        "bound, remainder=bound / 2",
        'bound, p.hypothesis("alpha <= 1/L"), remainder=bound / 2',
        "half of it is enough",
        "has no hypothesis alpha <= 1/L",
    ),
    # -- an assumption of the paper that the claim does not make
    (
        "lemma_4_10.bias",
        'axiom("lipschitz_gradient", TASK, noisy, point).mean("D_in")',
        'axiom("lipschitz_gradient", TASK, noisy, point).mean("D_in"), axiom("lipschitz_hessian", TASK, w, w, w)',
        "Lipschitz gradient",
        "is Assumption 4.4, which lemma_4_10.bias does not make",
    ),
    (
        H,
        "of_ahead.times(1 / (2 * delta)),",
        'of_ahead.times(1 / (2 * delta)), axiom("operator_norm", TASK, w, v),',
        "mean-value integral",
        "is Assumption 4.3, which ours.hf_error.half does not make",
    ),
    # -- an axiom misused
    (
        S,
        'axiom("lipschitz_gradient", TASK, adapted(x, w), adapted(x, u))',
        'axiom("lipschitz_gradient", TASK, w, u)',
        "g is a gradient",
        "left unjustified",
    ),
    (
        B,
        'axiom("unbiased_gradient", "D_o", TASK, noisy)',
        'axiom("unbiased_gradient", "D_in", TASK, noisy)',
        "D_o is independent",
        "depends on the batch D_in itself",
    ),
    (
        M,
        'axiom("gradient_moment", "D_o", TASK, noisy, Vector({}))',
        'axiom("gradient_moment", "D_in", TASK, noisy, Vector({}))',
        "variance identity over D_o",
        "depends on the batch D_in itself",
    ),
    (
        M,
        'axiom("inner_mean", "D_in", g, h)',
        'axiom("inner_mean", "D_in", g_noisy, h)',
        "the cross term",
        "depends on D_in",
    ),
    (
        T,
        'axiom("hessian_variance", BATCH, TASK, w, u)',
        'axiom("hessian_variance", BATCH, TASK, w, h)',
        "sample Hessians along u",
        "depends on the batch D_test itself",
    ),
    (
        T,
        'axiom("unbiased_hessian", BATCH, TASK, w, g)',
        'axiom("unbiased_hessian", BATCH, TASK, w, adapted_gradient(x, w, BATCH))',
        "A^ g^ - A g",
        "depends on the batch D_test itself",
    ),
    (T, 'axiom("duality", pulled, u)', 'axiom("duality", drawn(h), u)', "along the unit vector", "not the unit vector"),
    (T, 'axiom("symmetry", u, drawn, h)', 'axiom("symmetry", u, drawn, drawn(h))', "u is fixed", "left unjustified"),
    (T, 'axiom("square_root", root)', 'axiom("square_root", spread)', "its root", "is no root"),
    (
        F,
        'axiom("jensen_reciprocal", DRAW, 4 * smooth + draws)',
        'axiom("jensen_reciprocal", DRAW, draws)',
        "Jensen for the reciprocal",
        "not known to be > 0",
    ),
    (F, 'axiom("iid_mean", DRAW, draws)', 'axiom("iid_mean", DRAW, one)', "of one draw", "no mean of draws"),
    (
        B,
        'axiom("scaling", 1 - kappa, shift, p.hypothesis("kappa <= 1"))',
        'axiom("scaling", 1 - kappa, shift, p.hypothesis("alpha <= 1/L"))',
        "a share 1 - kappa",
        "the fact given says",
    ),
    (
        B,
        'axiom("mean_value_integral", TASK, point, kappa * shift, tau, change)',
        'axiom("mean_value_integral", TASK, point, shift, tau, change)',
        "near part",
        "the bound given is of",
    ),
    (
        H,
        'axiom("lipschitz_hessian", TASK, at + tau * h, at, h)',
        'axiom("lipschitz_hessian", TASK, at + h, at, h)',
        "mean-value integral",
        "the bound given is of",
    ),
    (
        S,
        'axiom("triangle", slope(u), g(u) - slope(u))',
        'axiom("triangle", slope(u))',
        "around grad f",
        "cannot take these",
    ),
    (
        S,
        'axiom("jensen_norm", TASK, change)',
        'axiom("jensen", TASK, change)',
        "Jensen over tasks",
        "neither an axiom nor",
    ),
    (
        "lemma_4_10.bias",
        'axiom("bounded_deviation", sigma)',
        'axiom("bounded_deviation", alpha)',
        "at most sigma~",
        "is no deviation at a point",
    ),
    # -- something that was never proved
    (S, "fact(grown.done())", 'fact("it is obvious")', "|g(u)| <=", "not a proved fact|neither an axiom"),
    (
        S,
        "fact(lipschitz.done())",
        "fact((x.norm(g(w) - g(u)), smooth * (1 + a) * apart))",
        "|g(w) - g(u)|",
        "not a proved fact|neither an axiom",
    ),
    # -- a ratio misused
    (G, "reach.quotient(theta).times(theta", "reach.share(theta).times(theta", "theta = 2 L / T", "left unjustified"),
    (
        G,
        'x.ratio("theta", twice, most',
        'x.ratio("theta", smoothness(x), most',
        "theta = 2 L / T",
        "does not say that L <=",
    ),
    (
        G,
        "reach.quotient(theta).times(-smooth",
        "reach.quotient(smooth).times(-smooth",
        "theta = 2 L / T",
        "is no ratio",
    ),
]


def test_there_are_enough_of_them():
    assert len(CORRUPTIONS) >= 60
    assert len({c[:3] for c in CORRUPTIONS}) == len(CORRUPTIONS)


@pytest.mark.parametrize(("claim", "old", "new", "link", "said"), CORRUPTIONS, ids=lambda v: str(v)[:40])
def test_a_corrupted_link_is_rejected_and_named(claim, old, new, link, said):
    outcome = corrupted(claim, in_proof(claim, old, new))
    assert not outcome.proved
    told = [m for m in outcome.missing if link in m and re.search(said, m)]
    assert told, outcome.missing
    assert re.search(r", step \d+ \(", told[0]), told


# -- hypotheses dropped from the claim ------------------------------------------------------------------------------
DROPPED = [
    ("lemma_4_8", "inner_rate_at_most_one_over_l", ["gradients at u, step 8", "gradients at w, step 8"]),
    ("theorem_4_11", "inner_rate_at_most_one_over_l", ["root of (1 + a)^2 + T^2, step 2"]),
    ("lemma_4_9.first_moment", "enough_stepsize_samples", ["square of the mean noise, step 4"]),
    ("lemma_4_9.second_moment", "enough_stepsize_tasks", ["variance of X, step 3"]),
    ("lemma_4_9.second_moment", "enough_stepsize_samples", ["variance of X, step 4"]),
    (
        "ours.hf_error.large_step",
        "large_step",
        [
            *(f"expansion {way}, step {k}" for way in ("ahead", "behind") for k in (3, 4)),
            "error of the difference, step 3",
        ],
    ),
]


@pytest.mark.parametrize(("claim", "hypothesis", "broken"), DROPPED)
def test_without_a_hypothesis_exactly_the_links_that_use_it_break(claim, hypothesis, broken):
    prove, _ = _prove_of(claim)
    outcome = check_proof(claim_without(load_claim(claim), hypothesis), prove)
    assert not outcome.proved
    assert [m.split(" (")[0] if "^2 + T^2" not in m else m[: len(broken[0])] for m in outcome.missing] == broken
    assert all(f"it does not assume {hypothesis}" in m for m in outcome.missing)


def test_without_l_above_0_the_quotients_are_not_defined():
    prove, _ = _prove_of("lemma_4_9.first_moment")
    outcome = check_proof(claim_without(load_claim("lemma_4_9.first_moment"), "positive_smoothness"), prove)
    assert not outcome.proved
    assert any("is not known to be > 0" in m for m in outcome.missing)


@pytest.mark.parametrize(
    "claim", ["ours.lemma_4_8", "lemma_4_10.bias", "lemma_4_10.second_moment", "ours.theorem_4_11"]
)
def test_what_does_not_need_alpha_at_most_one_over_l_is_proved_without(claim):
    prove, _ = _prove_of(claim)
    assert check_proof(claim_without(load_claim(claim), "inner_rate_at_most_one_over_l"), prove).proved
