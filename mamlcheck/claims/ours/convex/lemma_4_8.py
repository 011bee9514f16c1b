r"""Lemma 4.8 for convex tasks (ours): the meta-objective is smooth, with 1 in place of every 1 + a.

Setting: as for Lemma 4.8, and every f_i is convex.
Statement: |grad F(w) - grad F(u)| <= min over the points w and u of (L + alpha rho E_i |grad f_i|) |w - u|.
Guarantee: upper bound, sharp at alpha = 0 (f_i(w) = L |w|^2 / 2). Source: ours; the printed form is Fallah, Mokhtari,
Ozdaglar (AISTATS 2020), Lemma 4.8.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims import lemma_4_8 as printed
from mamlcheck.meta.hypotheses import convex_tasks
from mamlcheck.meta.instance import InstanceOn

TITLE = "Lemma 4.8 for convex tasks: the meta-objective is smooth"
STATEMENT = r"\|\nabla F(w) - \nabla F(u)\| \le \min\{M(w), M(u)\} \, \|w - u\|"
WHERE = r"M(w) = L + \alpha \rho \, \mathbb{E}_i \|\nabla f_i(w)\|, \quad \text{every } f_i \text{ convex}"
GUARANTEE = "upper bound, sharp at alpha = 0"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.8"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = (*printed.HYPOTHESES, convex_tasks)

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """min{M(w), M(u)} |w - u|."""
    slope = x.alpha * x.hessian_lipschitz
    bounds = x.smoothness[..., None] + slope[..., None] * x.at_both.mean_gradient_norm
    return x.ar.minimum(bounds[..., 0], bounds[..., 1]) * x.ar.norm(x.w - x.u)
