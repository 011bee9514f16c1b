r"""Lemma 4.8 for one inner step (ours): the meta-objective of one inner step is smooth, with an explicit bound.

Setting: Assumptions 4.3 and 4.4; alpha in [0, 1/L]. F_1(w) = E_i f_i(w_1), w_{k+1} = w_k - alpha grad f_i(w_k),
w_0 = w.
Statement: |grad F_1(w) - grad F_1(u)| <= min over the points w and u of
((1 + a)^2 L + alpha rho (1 + a) E_i |grad f_i|) |w - u|, a = alpha L. It is the sharper form of Lemma 4.8.
Guarantee: upper bound, sharp at alpha = 1/L (f_i(w) = -L |w|^2 / 2). Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import distinct_points, inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.steps_bound import meta_gradient_change, steps_bound

TITLE = "Lemma 4.8 for one inner step: the meta-objective is smooth"
STATEMENT = r"\|\nabla F_1(w) - \nabla F_1(u)\| \le \min\{M_1(w), M_1(u)\} \, \|w - u\|"
WHERE = (
    r"M_1(w) = (1 + a)^2 L + \alpha \rho (1 + a) "
    r"\, \mathbb{E}_i \|\nabla f_i(w)\|, \quad a = \alpha L"
)
GUARANTEE = "upper bound, sharp at alpha = 1/L"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.4")
QUANTIFIES = ("tasks", "alpha", "w", "u")
HYPOTHESES = (inner_rate_at_most_one_over_l, distinct_points)


def left(x: InstanceOn) -> Numbers:
    """|grad F_1(w) - grad F_1(u)|."""
    return meta_gradient_change(x, 1)


def right(x: InstanceOn) -> Numbers:
    """min{M_1(w), M_1(u)} |w - u|."""
    return steps_bound(x, 1, 1)
