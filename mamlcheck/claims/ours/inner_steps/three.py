r"""Lemma 4.8 for three inner steps (ours): the meta-objective of three inner steps is smooth, with an explicit bound.

Setting: Assumptions 4.3 and 4.4; alpha in [0, 1/L]. F_3(w) = E_i f_i(w_3), w_{k+1} = w_k - alpha grad f_i(w_k),
w_0 = w.
Statement: |grad F_3(w) - grad F_3(u)| <= min over the points w and u of
((1 + a)^6 L + alpha rho (1 + a)^5 (1 + (1 + a) + (1 + a)^2) E_i |grad f_i|) |w - u|, a = alpha L.
Guarantee: upper bound, sharp at alpha = 1/L (f_i(w) = -L |w|^2 / 2). Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import distinct_points, inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.steps_bound import meta_gradient_change, steps_bound

TITLE = "Lemma 4.8 for three inner steps: the meta-objective is smooth"
STATEMENT = r"\|\nabla F_3(w) - \nabla F_3(u)\| \le \min\{M_3(w), M_3(u)\} \, \|w - u\|"
WHERE = (
    r"M_3(w) = (1 + a)^6 L + \alpha \rho (1 + a)^5 \left(1 + (1 + a) + (1 + a)^2\right) "
    r"\, \mathbb{E}_i \|\nabla f_i(w)\|, \quad a = \alpha L"
)
GUARANTEE = "upper bound, sharp at alpha = 1/L"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.4")
QUANTIFIES = ("tasks", "alpha", "w", "u")
HYPOTHESES = (inner_rate_at_most_one_over_l, distinct_points)


def left(x: InstanceOn) -> Numbers:
    """|grad F_3(w) - grad F_3(u)|."""
    return meta_gradient_change(x, 3)


def right(x: InstanceOn) -> Numbers:
    """min{M_3(w), M_3(u)} |w - u|."""
    stretch = 1 + x.alpha * x.smoothness
    return steps_bound(x, 3, 1 + stretch + x.ar.square(stretch))
