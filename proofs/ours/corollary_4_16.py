"""Corollary 4.16 with numbers: the sizes give (Delta / T + R / (4L)) (Lambda + lambda eps) <= c1 eps^2."""

from sympy import Rational

from mamlcheck.language.directions import INNER, OUTER
from mamlcheck.language.terms import Expr
from mamlcheck.language.vocabulary import (
    gradient_deviation_bound,
    inner_rate,
    number,
    size_root,
    smoothness,
    step_tasks,
    task_deviation_bound,
)
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof

STEPS, ABOVE = Rational(19), Rational(529, 25)


def prove(p: Proof) -> list[Chain]:
    """A share of eps^2 for each part of the sum, and the theorem."""
    runs, known = proof_file("ours.theorem_4_12._runs"), proof_file("ours.theorem_4_15.sum")
    theorem, step, x = known.theorem(p), proof_file("ours.descent.fo_maml"), p.language
    tasks, inner, outer = step_tasks(x), size_root(x, INNER) ** 2, size_root(x, OUTER) ** 2
    sigma, noise = task_deviation_bound(x) ** 2, gradient_deviation_bound(x) ** 2
    gap, steps, smooth = number(x, "Delta"), number(x, "T"), smoothness(x)
    floor = (inner_rate(x) * smooth) ** 2 * sigma
    share = runs.growth(p, theorem) / (4 * smooth)

    def of_floor(name: str, enough: Expr, of: Expr, by: Expr, weight: Expr) -> object:
        """weight of / by growth / (4L) <= weight floor / enough growth / (4L), from enough of <= by floor."""
        return runs.Part(
            name, weight * share / (enough * by), weight * share * of / by, weight * share * floor / enough
        )

    total = 4 / STEPS + step.FLOOR + step.TASKS + step.OUTER_NOISE + step.INNER_NOISE
    runs.assume_reached(
        p,
        theorem,
        [
            of_floor("enough steps for the floor", STEPS * smooth, gap, steps, 4 * smooth),
            of_floor("enough tasks for the floor", Rational(1), sigma, tasks, step.TASKS),
            of_floor("enough outer samples for the floor", Rational(1), noise, tasks * outer, step.OUTER_NOISE),
            of_floor("enough inner samples for the floor", Rational(1), noise, inner, step.INNER_NOISE),
            runs.Part(
                "eps is above the floor",
                total / (ABOVE * 4 * smooth),
                total * share * floor,
                total * number(x, "eps") ** 2 / ABOVE,
            ),
        ],
    )
    return [runs.accuracy_of(p, theorem)]
