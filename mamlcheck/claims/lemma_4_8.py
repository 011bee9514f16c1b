r"""Lemma 4.8: the meta-objective is smooth, with a bound that grows with the gradients.

Setting: every f_i is L-smooth with a rho-Lipschitz Hessian (Assumptions 4.3, 4.4); alpha in [0, 1/L].
Statement: |grad F(w) - grad F(u)| <= min{L(w), L(u)} |w - u|, L(w) = 4L + 2 rho alpha E_i |grad f_i(w)|.
Guarantee: upper bound; sharp at alpha = 1/L. Source: Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.8.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import distinct_points, inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn

TITLE = "Lemma 4.8: the meta-objective is smooth"
STATEMENT = r"\|\nabla F(w) - \nabla F(u)\| \le \min\{L(w), L(u)\} \, \|w - u\|"
WHERE = r"L(w) = 4L + 2 \rho \alpha \, \mathbb{E}_i \|\nabla f_i(w)\|"
GUARANTEE = "upper bound, sharp at alpha = 1/L"
SOURCE = "Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.8"
ASSUMPTIONS = ("4.3", "4.4")
QUANTIFIES = ("tasks", "alpha", "w", "u")
HYPOTHESES = (inner_rate_at_most_one_over_l, distinct_points)


def left(x: InstanceOn) -> Numbers:
    """|grad F(w) - grad F(u)|."""
    gradients = x.at_both.meta_gradient
    return x.ar.norm(gradients[..., 0, :] - gradients[..., 1, :])


def right(x: InstanceOn) -> Numbers:
    """min{L(w), L(u)} |w - u|."""
    bounds = x.at_both.smoothness_bound(x.smoothness, x.hessian_lipschitz)
    return x.ar.minimum(bounds[..., 0], bounds[..., 1]) * x.ar.norm(x.w - x.u)
