r"""The theorems speak of an iterate drawn at random, and not of the last one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from mamlcheck.arithmetic import rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import batches_of, block, full, only, splines
from mamlcheck.meta.algorithms import maml_direction
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.objective import stochastic_smoothness

TITLE = "The solution that MAML finds is one of its iterates"
PLACE = "Theorem 4.12"
PRINTED = (
    r"MAML finds a solution $w_\epsilon$ with $\mathbb{E} \|\nabla F(w_\epsilon)\| \le \epsilon$ in $T$ iterations."
)
TRUE = (
    r"What is bounded is the mean of $\|\nabla F(w_k)\|$ over $k < T$: $w_\epsilon$ is the iterate of a uniformly "
    r"random $k$, drawn apart from the run. The best iterate is as good, but to know it takes $\nabla F$. Of the last "
    r"one nothing is said: on the instance below the random iterate meets an $\epsilon$ that the last one exceeds."
)
WHY = (
    r"The proof adds up what each step descends, and $F$ can fall by no more than $\Delta$ in all. Nothing makes "
    r"$\|\nabla F(w_k)\|$ fall from step to step: from a start near a maximum of $F$ it grows."
)
HANDLED = (
    r"No claim is about a run. The descent of one step, `ours.descent.maml`, holds at every point, and does not say "
    r"that $\|\nabla F\|$ falls."
)
SEE = ("mamlcheck.claims.ours.descent.maml", "mamlcheck.meta.descent.sure_decrease")

ALPHA = Fraction(1, 6)
STEPSIZE = Fraction(1, 12)  # what the theorem multiplies beta~ by
KNOTS = (-3, -1, 1, 3)
SECOND = (1, -1, -1, 1)
START = Fraction(1, 10)
ITERATES = 4


def _at(w: Fraction) -> InstanceOn:
    return block(splines([[KNOTS]], [[SECOND]], [[0]]), ALPHA, [w]).on(rational)


def _next(x: InstanceOn) -> Fraction:
    """One step of MAML with the whole data; there is one task, and so nothing to draw."""
    batches = batches_of([0], *[full(1, 1)] * 3)
    slope = stochastic_smoothness(x.smoothness, x.hessian_lipschitz, x.alpha, x.at_w.mean_gradient_norm)
    direction = only(maml_direction(rational, x.tasks, x.alpha, x.w[..., None, :], batches))
    return only(x.w) - STEPSIZE / only(slope) * direction


def example() -> Example:
    """One spline task with a maximum at 0, started beside it."""
    w, sizes = START, []
    values = []
    for _ in range(ITERATES):
        x = _at(w)
        sizes.append(abs(only(x.at_w.meta_gradient)))
        values.append(only(x.at_w.value))
        w = _next(x)
    start = _at(START)
    epsilon = sum(sizes, Fraction(0)) / ITERATES
    return Example(
        setting=(
            r"One task in one dimension, one sample ($\sigma = \tilde\sigma = 0$): $f'' = -1$ on $[-1, 1]$ and 1 "
            rf"outside $[-3, 3]$, linear between, $f'(0) = 0$. $\alpha = {ALPHA} = 1 / (6L)$, "
            rf"$\beta_k = \tilde\beta / 12$, $w_0 = {START}$, $T = {ITERATES}$."
        ),
        quantities=(
            Quantity("$L$, certified", only(start.smoothness)),
            Quantity(r"$\rho$, certified", only(start.hessian_lipschitz)),
            *(Quantity(rf"$\|\nabla F(w_{k})\|$", size) for k, size in enumerate(sizes)),
            Quantity(r"$\epsilon$, their mean", epsilon),
        ),
        relations=(
            Relation(r"the hypothesis $\alpha \le 1 / (6L)$", ALPHA, "<=", 1 / (6 * only(start.smoothness))),
            *(
                Relation(rf"$F$ falls in step {k}", after, "<", before)
                for k, (before, after) in enumerate(pairwise(values))
            ),
            Relation(r"the last $\|\nabla F\|$ is the largest", sizes[-1], "=", max(sizes)),
            Relation(r"and exceeds what a random iterate has in the mean", sizes[-1], ">", epsilon),
            Relation("the best iterate has less", min(sizes), "<", epsilon),
        ),
    )
