r"""Lemma 4.10, second moment, sharper (ours): the cross term by the bias, instead of Young's inequality with a phi.

Setting: as for the bias; g = grad f_i(w - alpha grad f_i(w)), S_in = sigma~ / sqrt(D_in), S_o = sigma~ / sqrt(D_o).
Statement: E|grad f_i(w_i, D_o)|^2 <= |g|^2 + 2 |g| psi(alpha S_in) + a^2 S_in^2 + S_o^2, a = alpha L.
Guarantee: upper bound, at most the printed one for every phi; sharp.
Source: ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims.lemma_4_10 import second_moment as printed
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "lemma_4_10.second_moment"
TITLE = "Lemma 4.10, sharper: the second moment of the adapted gradient"
STATEMENT = (
    r"\mathbb{E} \, \|\nabla f_i(w_i, D_o)\|^2 \le \|g\|^2 + 2 \|g\| \, "
    r"\psi\left(\frac{\alpha \tilde\sigma}{\sqrt{D_{in}}}\right) "
    r"+ \frac{\alpha^2 L^2 \tilde\sigma^2}{D_{in}} + \frac{\tilde\sigma^2}{D_o}"
)
WHERE = (
    r"g = \nabla f_i(w - \alpha \nabla f_i(w)), \quad "
    r"\psi(t) = \frac{\rho t^2}{2} \text{ for } \rho t \le L, \text{ else } L t - \frac{L^2}{2 \rho}"
)
GUARANTEE = "upper bound, sharp"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10"
ASSUMPTIONS = ("4.3", "4.4", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "i", "D_in", "D_o")
HYPOTHESES = printed.HYPOTHESES

left = printed.left


def _adapted(x: InstanceOn) -> Numbers:
    """g (..., d)."""
    return x.fixed_task.adapted_gradient[..., 0, 0, :]


def _excess(x: InstanceOn) -> Numbers:
    """2 |g| psi(alpha S_in) + (alpha L)^2 sigma~^2 / D_in: what the inner noise may add."""
    inner = x.ar.square(x.alpha * x.smoothness) * x.fixed_task_variance / x.sizes.inner
    return 2 * x.ar.norm(_adapted(x)) * x.noisy_gradient_bias_bound + inner


def right(x: InstanceOn) -> Numbers:
    """|g|^2 + 2 |g| psi(alpha S_in) + (alpha L)^2 sigma~^2 / D_in + sigma~^2 / D_o."""
    return x.ar.squared_norm(_adapted(x)) + _excess(x) + x.noisy_fixed_task_variance / x.sizes.outer


def reduced(x: InstanceOn) -> tuple[Numbers, Numbers]:
    """Both sides without |g|^2 and E sigma~_i(w_i)^2 / D_o: decides ties where there is no noise."""
    return x.noisy_gradient_excess, _excess(x) + x.spare_outer_variance
