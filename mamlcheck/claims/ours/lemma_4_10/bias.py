r"""Lemma 4.10, bias, sharper (ours): noise of mean 0 moves a gradient only as far as the Hessian changes.

Setting: Assumptions 4.3, 4.4 and 4.6 for a fixed task i; alpha in [0, 1/L]; independent batches D_in and D_o.
Statement: |E grad f_i(w_i, D_o) - grad f_i(w - alpha grad f_i(w))| <= psi(alpha S), S = sigma~ / sqrt(D_in),
psi(t) = rho t^2 / 2 for t <= L / rho, else L t - L^2 / (2 rho); psi = 0 for rho = 0.
Guarantee: upper bound, at most the printed one and half of it for alpha S <= L / rho; sharp.
Source: ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims.lemma_4_10 import bias as printed
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "lemma_4_10.bias"
TITLE = "Lemma 4.10, sharper: the bias of the adapted gradient"
STATEMENT = (
    r"\|\mathbb{E} \, \nabla f_i(w_i, D_o) - \nabla f_i(w - \alpha \nabla f_i(w))\| "
    r"\le \psi\left(\frac{\alpha \tilde\sigma}{\sqrt{D_{in}}}\right)"
)
WHERE = (
    r"w_i = w - \alpha \nabla f_i(w, D_{in}), \quad "
    r"\psi(t) = \frac{\rho t^2}{2} \text{ for } \rho t \le L, \text{ else } L t - \frac{L^2}{2 \rho}"
)
GUARANTEE = "upper bound, sharp"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10"
ASSUMPTIONS = ("4.3", "4.4", "4.6")
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = printed.HYPOTHESES

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """psi(alpha S)."""
    return x.noisy_gradient_bias_bound
