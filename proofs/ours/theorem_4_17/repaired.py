"""Theorem 4.17, repaired: the sizes give (Delta / T + R / (4L)) (Lambda + lambda eps) <= c1 eps^2."""

from sympy import Rational

from mamlcheck.language.directions import INNER, OUTER
from mamlcheck.language.vocabulary import (
    difference_factor,
    gradient_deviation_bound,
    number,
    size_root,
    smoothness,
    step_tasks,
    task_deviation_bound,
)
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof

ENOUGH, STEPS = Rational(43, 10), Rational(336)
OF_TASKS, OF_SAMPLES = 27, 14  # of eta^2 M_0


def prove(p: Proof) -> list[Chain]:
    """A share of eps^2 for each part of the sum, and the theorem."""
    runs, known = proof_file("ours.theorem_4_12._runs"), proof_file("ours.theorem_4_17.sum")
    theorem, step, x = known.theorem(p), proof_file("ours.descent.hf_maml"), p.language
    tasks, inner, outer = step_tasks(x), size_root(x, INNER) ** 2, size_root(x, OUTER) ** 2
    sigma, noise = task_deviation_bound(x) ** 2, gradient_deviation_bound(x) ** 2
    gap, steps, smooth = number(x, "Delta"), number(x, "T"), smoothness(x)
    eta, whole = difference_factor(x), runs.growth(p, theorem)
    missed = OF_TASKS * sigma + OF_SAMPLES * noise / outer
    of_both = step.TASK_FLOOR * sigma + step.OUTER_FLOOR * noise / outer
    share = max(step.TASK_FLOOR / OF_TASKS, step.OUTER_FLOOR / OF_SAMPLES)
    parts = [
        runs.of_eps(p, theorem, "enough steps for eps", STEPS * smooth, gap, steps, 4 * smooth),
        runs.of_eps(p, theorem, "enough tasks for eps", ENOUGH, sigma, tasks, step.TASKS),
        runs.of_eps(p, theorem, "enough outer samples for eps", ENOUGH, noise, tasks * outer, step.OUTER_NOISE),
        runs.of_eps(p, theorem, "enough inner samples for eps", ENOUGH, noise, inner, step.INNER_NOISE),
    ]
    spare = eta**2 * whole * (share * missed - of_both) / (4 * smooth)  # added first, so that one factor bounds both
    end = share * number(x, "eps") ** 2
    small = runs.Part("eta is small enough", share / (4 * smooth), eta**2 * whole * share * missed / (4 * smooth), end)
    runs.assume_reached(p, theorem, [*parts, small], spare)
    return [runs.accuracy_of(p, theorem)]
