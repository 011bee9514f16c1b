r"""Lemma 4.8, sharper (ours): the same chain without its last step, which replaces a = alpha L by 1.

Setting: as for Lemma 4.8.
Statement: |grad F(w) - grad F(u)| <= min over the points w and u of
((1 + a)^2 L + alpha rho (1 + a) E_i |grad f_i|) |w - u|, a = alpha L.
Guarantee: upper bound; equal to the printed one at alpha = 1/L, 1/4 of its first term as alpha goes to 0.
Source: ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.8.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims import lemma_4_8 as printed
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "lemma_4_8"
TITLE = "Lemma 4.8, sharper: the meta-objective is smooth"
STATEMENT = r"\|\nabla F(w) - \nabla F(u)\| \le \min\{M(w), M(u)\} \, \|w - u\|"
WHERE = r"M(w) = (1 + a)^2 L + \alpha \rho (1 + a) \, \mathbb{E}_i \|\nabla f_i(w)\|, \quad a = \alpha L"
GUARANTEE = "upper bound, sharp at alpha = 1/L"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.8"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = printed.HYPOTHESES

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """min{M(w), M(u)} |w - u|."""
    stretch = 1 + x.alpha * x.smoothness
    slope = x.alpha * x.hessian_lipschitz * stretch
    flat = x.ar.square(stretch) * x.smoothness
    bounds = flat[..., None] + slope[..., None] * x.at_both.mean_gradient_norm
    return x.ar.minimum(bounds[..., 0], bounds[..., 1]) * x.ar.norm(x.w - x.u)
