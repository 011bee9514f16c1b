r"""Theorem 4.11: the stochastic meta-objective has nearly the gradient of the meta-objective.

Setting: Assumptions 4.3-4.6; alpha in (0, 1/L]; one batch D_test for the inner gradient and the Hessian.
Statement: |grad F^(w) - grad F(w)| <= 2 alpha L sigma~ / sqrt(D_test) + alpha^2 L sigma_H sigma~ / D_test.
Guarantee: upper bound. Source: Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Theorem 4.11.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import inner_rate_at_most_one_over_l, positive_inner_rate
from mamlcheck.meta.instance import InstanceOn

TITLE = "Theorem 4.11: batches move the meta-gradient by little"
STATEMENT = (
    r"\|\nabla \hat F(w) - \nabla F(w)\| \le \frac{2 \alpha L \tilde\sigma}{\sqrt{D_{test}}} "
    r"+ \frac{\alpha^2 L \sigma_H \tilde\sigma}{D_{test}}"
)
WHERE = r"\hat F(w) = \mathbb{E}_i \, \mathbb{E}_{D_{test}} \, f_i(w - \alpha \nabla f_i(w, D_{test}))"
GUARANTEE = "upper bound"
SOURCE = "Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Theorem 4.11"
ASSUMPTIONS = ("4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_test")
HYPOTHESES = (positive_inner_rate, inner_rate_at_most_one_over_l)


def left(x: InstanceOn) -> Numbers:
    """|grad F^(w) - grad F(w)|."""
    return x.ar.norm(x.stochastic_meta_gradient_error)


def right(x: InstanceOn) -> Numbers:
    """E_i of 2 alpha L sigma~_i / sqrt(D_test) + alpha^2 L sigma_H,i sigma~_i / D_test."""
    rate = x.alpha * x.smoothness
    deviation = x.ar.sqrt(x.gradient_variances / x.sizes.test)
    bend = x.alpha[..., None] * x.ar.sqrt(x.hessian_variances / x.sizes.test)
    per_task = deviation * (2 + bend)
    return rate * x.ar.weighted_sum(x.tasks.probabilities, per_task, -1)
