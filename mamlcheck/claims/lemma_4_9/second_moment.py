r"""Lemma 4.9, second moment: the random step size beta~ is at most 3.125 / L(w)^2 in the mean square.

Setting: as for the first moment. Statement: E beta~(w)^2 <= 3.125 / L(w)^2.
Guarantee: upper bound; 1.855 is proved, so 3.125 is not sharp. Source: Fallah et al. (AISTATS 2020), Lemma 4.9.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import (
    enough_stepsize_samples,
    enough_stepsize_tasks,
    inner_rate_at_most_one_over_l,
    positive_smoothness,
)
from mamlcheck.meta.instance import InstanceOn

TITLE = "Lemma 4.9: the step size is not too large in the mean square"
STATEMENT = r"\mathbb{E} \, \tilde\beta(w)^2 \le \frac{3.125}{L(w)^2}"
WHERE = (
    r"\tilde\beta(w) = \frac{1}{\tilde L(w)}, \quad "
    r"\tilde L(w) = 4L + \frac{2 \rho \alpha}{B'} \sum_{j=1}^{B'} \|\nabla f_j(w, D_\beta)\|"
)
GUARANTEE = "upper bound"
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
    """E beta~(w)^2."""
    return x.stepsize_moments[1]


def right(x: InstanceOn) -> Numbers:
    """3.125 / L(w)^2 = 25 / (8 L(w)^2)."""
    return 25 / (8 * x.ar.square(x.smoothness_bound))
