"""Corollary 4.13 with numbers: the sizes give (Delta / T + R / (4L)) (Lambda + lambda eps) <= c1 eps^2."""

from sympy import Rational

from mamlcheck.language.directions import INNER, OUTER
from mamlcheck.language.vocabulary import (
    gradient_deviation_bound,
    number,
    size_root,
    smoothness,
    step_tasks,
    task_deviation_bound,
)
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof

TASKS, SAMPLES, STEPS = Rational(3), Rational(27, 20), Rational(168)


def prove(p: Proof) -> list[Chain]:
    """A share of eps^2 for each part of the sum, and the theorem."""
    runs, known = proof_file("ours.theorem_4_12._runs"), proof_file("ours.theorem_4_12.sum")
    theorem, step, x = known.theorem(p), proof_file("ours.descent.maml"), p.language
    tasks, inner, outer = step_tasks(x), size_root(x, INNER) ** 2, size_root(x, OUTER) ** 2
    sigma, noise = task_deviation_bound(x) ** 2, gradient_deviation_bound(x) ** 2
    gap, steps, smooth = number(x, "Delta"), number(x, "T"), smoothness(x)
    parts = [
        runs.of_eps(p, theorem, "enough steps for eps", STEPS * smooth, gap, steps, 4 * smooth),
        runs.of_eps(p, theorem, "enough tasks for eps", TASKS, sigma, tasks, step.TASKS),
        runs.of_eps(p, theorem, "enough outer samples for eps", SAMPLES, noise, tasks * outer, step.OUTER_NOISE),
        runs.of_eps(p, theorem, "enough inner samples for eps", SAMPLES, noise, inner, step.INNER_NOISE),
    ]
    runs.assume_reached(p, theorem, parts)
    return [runs.accuracy_of(p, theorem)]
