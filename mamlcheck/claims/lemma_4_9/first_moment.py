r"""Lemma 4.9, first moment: the random step size beta~ is at least 0.8 / L(w) in the mean.

Setting: Assumptions 4.3-4.6; alpha in [0, 1/L]; B' >= max(1, (rho alpha sigma / L)^2 / 2) tasks and
D_beta >= max(1, (2 rho alpha sigma~ / L)^2) samples each, drawn for the step size alone.
Statement: E beta~(w) >= 0.8 / L(w), beta~ = 1/L~(w), L~(w) = 4L + 2 rho alpha (1/B') sum_j |grad f_j(w, D_beta)|.
Guarantee: lower bound; 0.8 is sharp. B' plays no part in it. Source: Fallah et al. (AISTATS 2020), Lemma 4.9.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import (
    enough_stepsize_samples,
    enough_stepsize_tasks,
    inner_rate_at_most_one_over_l,
    positive_smoothness,
)
from mamlcheck.meta.instance import InstanceOn

TITLE = "Lemma 4.9: the step size is large enough in the mean"
STATEMENT = r"\frac{0.8}{L(w)} \le \mathbb{E} \, \tilde\beta(w)"
WHERE = (
    r"\tilde\beta(w) = \frac{1}{\tilde L(w)}, \quad "
    r"\tilde L(w) = 4L + \frac{2 \rho \alpha}{B'} \sum_{j=1}^{B'} \|\nabla f_j(w, D_\beta)\|"
)
GUARANTEE = "lower bound, sharp"
SOURCE = "Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.9"
ASSUMPTIONS = ("4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_beta", "B'")
HYPOTHESES = (
    inner_rate_at_most_one_over_l,
    positive_smoothness,
    enough_stepsize_tasks,
    enough_stepsize_samples,
)


def left(x: InstanceOn) -> Numbers:
    """0.8 / L(w)."""
    return 4 / (5 * x.smoothness_bound)


def right(x: InstanceOn) -> Numbers:
    """E beta~(w)."""
    return x.stepsize_moments[0]
