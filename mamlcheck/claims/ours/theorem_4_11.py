r"""Theorem 4.11, sharper (ours): the same chain without its last step, which replaces a root by a sum and a by 1.

Setting: as for Theorem 4.11.
Statement: |grad F^(w) - grad F(w)| <= E_i a S_i sqrt((1 + a)^2 + alpha^2 sigma_H,i^2 / D_test),
a = alpha L, S_i = sigma~_i / sqrt(D_test).
Guarantee: upper bound. Source: ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Theorem 4.11.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims import theorem_4_11 as printed
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "theorem_4_11"
TITLE = "Theorem 4.11, sharper: batches move the meta-gradient by little"
STATEMENT = (
    r"\|\nabla \hat F(w) - \nabla F(w)\| \le \frac{a \tilde\sigma}{\sqrt{D_{test}}} "
    r"\sqrt{(1 + a)^2 + \frac{\alpha^2 \sigma_H^2}{D_{test}}}"
)
WHERE = printed.WHERE + r", \quad a = \alpha L"
GUARANTEE = "upper bound"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Theorem 4.11"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = printed.HYPOTHESES

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """E_i of a S_i sqrt((1 + a)^2 + alpha^2 sigma_H,i^2 / D_test)."""
    rate = x.alpha * x.smoothness
    deviation = x.ar.sqrt(x.gradient_variances / x.sizes.test)
    bend = x.ar.square(x.alpha)[..., None] * x.hessian_variances / x.sizes.test
    per_task = deviation * x.ar.sqrt(x.ar.square(1 + rate)[..., None] + bend)
    return rate * x.ar.weighted_sum(x.tasks.probabilities, per_task, -1)
