r"""The number of iterations is O(1) L Delta / eps^2 under Assumption 4.7 alone: without it no constant serves."""

from __future__ import annotations

import math
from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import batches_of, block, full, only, splines
from mamlcheck.meta.algorithms import maml_direction
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.objective import stochastic_smoothness

TITLE = "The O(1) in the number of iterations"
PLACE = "Corollary 4.13, with Assumption 4.7"
PRINTED = (
    r"MAML with batches that are large enough finds an $\epsilon$-FOSP in $\Delta \, O(L / \epsilon^2)$ iterations."
)
TRUE = (
    r"The constant holds a factor that grows like $1 + \rho \alpha \sigma / L$, which Assumption 4.7 "
    r"($\rho \alpha / L = O(1)$, $\sigma^2 + \tilde\sigma^2 = O(1)$) hides. It is no slack of the proof: on the "
    r"instances below $L$, $\rho$, $\alpha$, $\Delta$ and the start are the same, and the iterations that MAML takes "
    r"grow like $\sigma$."
)
WHY = (
    r"The step size is about $c / (4L + 2 \rho \alpha \mathbb{E}_i \|\nabla f_i(w)\|)$, and the mean of the norms "
    r"can be of order $\sigma$ however small $\nabla F(w)$ is. Larger batches average directions, and do not make "
    r"the step size larger."
)
HANDLED = r"No claim holds an O(1): Lemmas 4.8 and 4.9 are about $L(w)$ itself, the norms in it included."
SEE = ("mamlcheck.claims.lemma_4_8", "mamlcheck.meta.objective.stochastic_smoothness")

ALPHA = Fraction(1, 6)
STEPSIZE = Fraction(1, 12)  # what the theorem multiplies beta~ by
KNOTS = (-4, -3, -2, 2, 3, 4)
SECOND = (1, 0, 1, 1, 0, 1)
START = Fraction(1)
SHARE = Fraction(1, 2)  # epsilon as a share of the first |grad F|
PULLS = (Fraction(36), Fraction(360), Fraction(3600))  # sigma


def _at(pull: Fraction, w: Fraction) -> InstanceOn:
    tasks = splines([[KNOTS]] * 2, [[SECOND]] * 2, [[pull], [-pull]])
    return block(tasks, ALPHA, [w]).on(rational)


def _lost(x: InstanceOn) -> Fraction:
    """1 - w+ / w of a step with both tasks and all of their data."""
    batches = batches_of([0, 1], *[full(2, 1)] * 3)
    slope = stochastic_smoothness(x.smoothness, x.hessian_lipschitz, x.alpha, x.at_w.mean_gradient_norm)
    direction = only(maml_direction(rational, x.tasks, x.alpha, x.w[..., None, :], batches))
    return STEPSIZE / only(slope) * direction / only(x.w)


def _fall(pull: Fraction) -> Fraction:
    """Delta = F(w_0) - min F, whose minimum is at 0.

    F'(w) = (1 - alpha phi'(w)) (phi(w_1') + phi(w_2')) / 2, where w_1' + w_2' = 2 (w - alpha phi(w)) has the sign of w,
    and phi, which is odd and nowhere falls, gives the sum the sign of w or 0.
    """
    return only(_at(pull, START).at_w.value) - only(_at(pull, Fraction(0)).at_w.value)


def example() -> Example:
    """Two tasks of the same curvature that pull to opposite sides, ever harder; both in each step."""
    quantities: list[Quantity] = []
    relations: list[Relation] = []
    first = _at(PULLS[0], START)
    epsilon, fall = SHARE * only(first.at_w.meta_gradient), _fall(PULLS[0])
    # Both adapted parameters move with w between the places checked below, where f_i'' = 1, so that grad F is linear
    # in w, and w_k = w_0 (1 - lost)^k. The mean of |grad F| over k < T is at most |grad F(w_0)| / (T lost) ...
    enough = math.ceil(1 / (SHARE * _lost(first)))
    for pull in PULLS:
        x, case = _at(pull, START), rf"$\sigma = {pull}$"
        lost = _lost(x)
        # ... and, by Bernoulli's inequality, the last of them at least |grad F(w_0)| (1 - T lost).
        last, least = only(x.at_w.meta_gradient) * (1 - enough * lost), math.ceil((1 - SHARE) / lost)
        nearest = min(abs(only(_at(pull, w).at_w.adapted[:, i])) for i in (0, 1) for w in (Fraction(0), START))
        quantities += [
            Quantity(r"$\beta \, \|\nabla F(w)\| / w$, the share of $w$ that a step takes away", lost, case),
            Quantity(r"the least $T$ for which $\|\nabla F(w_T)\| \le \epsilon$ is possible", least, case),
        ]
        relations += [
            Relation(r"$L$", only(x.smoothness), "=", 1, case),
            Relation(r"$\rho$", only(x.hessian_lipschitz), "=", 1, case),
            Relation(r"$\Delta$", _fall(pull), "=", fall, case),
            Relation(r"the variance among tasks, here and everywhere", only(x.task_variance), "=", pull**2, case),
            Relation(r"adapted parameters stay where $f_i'' = 1$", nearest, ">=", max(KNOTS), case),
            Relation(r"so that each step takes the same share", _lost(_at(pull, START / 2)), "=", lost, case),
        ]
        if pull == PULLS[0]:
            bound = only(x.at_w.meta_gradient) / (enough * lost)
            relations.append(Relation(rf"$T = {enough}$ is enough: the mean is at most", bound, "<=", epsilon, case))
        else:
            text = rf"$T = {enough}$ is not: $\|\nabla F(w_k)\|$ is at least this for all $k \le T$"
            relations.append(Relation(text, last, ">", epsilon, case))
            relations.append(
                Relation(rf"what is needed exceeds that of $\sigma = {PULLS[0]}$", least, ">", enough, case)
            )
    return Example(
        setting=(
            r"Two equally likely tasks in one dimension, one sample each: $f_i'(w) = \phi(w) \pm \sigma$ with "
            r"$\phi(0) = 0$ and $\phi' = 1$ but for two dents, from 1 down to 0 and back to 1 on $[-4, -2]$ and on "
            r"$[2, 4]$. "
            rf"$\alpha = {ALPHA} = 1 / (6L)$, $\beta_k = \tilde\beta / 12$, $w_0 = {START}$, both tasks in each step, "
            r"$\epsilon = \|\nabla F(w_0)\| / 2$."
        ),
        quantities=(
            Quantity(r"$\|\nabla F(w_0)\|$", only(first.at_w.meta_gradient)),
            Quantity(r"$\epsilon$", epsilon),
            Quantity(r"$\Delta$", fall),
            Quantity(r"$T$ that is enough for the first of the instances", enough),
            *quantities,
        ),
        relations=tuple(relations),
    )
