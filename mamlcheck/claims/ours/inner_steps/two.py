r"""Lemma 4.8 for two inner steps (ours): the meta-objective of two inner steps is smooth, with an explicit bound.

Setting: Assumptions 4.3 and 4.4; alpha in [0, 1/L]. F_2(w) = E_i f_i(w_2), w_{k+1} = w_k - alpha grad f_i(w_k),
w_0 = w.
Statement: |grad F_2(w) - grad F_2(u)| <= min over the points w and u of
((1 + a)^4 L + alpha rho (1 + a)^3 (1 + (1 + a)) E_i |grad f_i|) |w - u|, a = alpha L.
Guarantee: upper bound, sharp at alpha = 1/L (f_i(w) = -L |w|^2 / 2). Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import distinct_points, inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.steps_bound import meta_gradient_change, steps_bound

TITLE = "Lemma 4.8 for two inner steps: the meta-objective is smooth"
STATEMENT = r"\|\nabla F_2(w) - \nabla F_2(u)\| \le \min\{M_2(w), M_2(u)\} \, \|w - u\|"
WHERE = (
    r"M_2(w) = (1 + a)^4 L + \alpha \rho (1 + a)^3 \left(1 + (1 + a)\right) "
    r"\, \mathbb{E}_i \|\nabla f_i(w)\|, \quad a = \alpha L"
)
GUARANTEE = "upper bound, sharp at alpha = 1/L"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.4")
QUANTIFIES = ("tasks", "alpha", "w", "u")
HYPOTHESES = (inner_rate_at_most_one_over_l, distinct_points)


def left(x: InstanceOn) -> Numbers:
    """|grad F_2(w) - grad F_2(u)|."""
    return meta_gradient_change(x, 2)


def right(x: InstanceOn) -> Numbers:
    """min{M_2(w), M_2(u)} |w - u|."""
    return steps_bound(x, 2, 2 + x.alpha * x.smoothness)
