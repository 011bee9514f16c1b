r"""Remark 4.14 with numbers: what a run of MAML reaches for the stochastic meta-objective F^ (ours).

Setting: as for the accuracy eps of Theorem 4.12; a = alpha L, and D_test samples for F^, equation (3).
Statement: E|grad F^(w_K)| <= eps + 2 a sigma~ / sqrt(D_test) + a alpha sigma_H sigma~ / D_test.
It is checked on instances whose whole run is known exactly. Guarantee: upper bound. Source: ours; the printed form is
Fallah et al. (AISTATS 2020), Remark 4.14.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import enough_tasks_of_a_step, inner_rate_at_most_one_over_6l, positive_smoothness
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.theorems import (
    enough_hessians_everywhere,
    enough_samples_everywhere,
    enough_tasks_everywhere,
    known_run,
    maml_reaches,
)

TITLE = "Remark 4.14 with numbers: what a run of MAML reaches for the stochastic meta-objective"
STATEMENT = (
    r"\mathbb{E} \, \|\nabla \hat F(w_K)\| \le \epsilon + \frac{2 a \tilde\sigma}{\sqrt{D_{test}}} "
    r"+ \frac{a \alpha \sigma_H \tilde\sigma}{D_{test}}"
)
WHERE = (
    r"\left(\frac{\Delta}{T} + \frac{R}{4L}\right) (\Lambda + \lambda \epsilon) \le \tfrac{1}{21} \epsilon^2, "
    r"\quad a = \alpha L"
)
GUARANTEE = "upper bound"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Remark 4.14"
ASSUMPTIONS = ("4.2", "4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_h", "D_test", "D_beta", "B'", "B", "T", "eps")
HYPOTHESES = (
    known_run,
    inner_rate_at_most_one_over_6l,
    positive_smoothness,
    enough_tasks_of_a_step,
    enough_tasks_everywhere,
    enough_samples_everywhere,
    enough_hessians_everywhere,
    maml_reaches,
)


def left(x: InstanceOn) -> Numbers:
    """E|grad F^(w_K)|."""
    return x.maml_run.mean_test_size


def right(x: InstanceOn) -> Numbers:
    """The accuracy eps, and what batches of D_test samples move the gradient by."""
    noise, rate = x.assumed_gradient_variance, x.alpha * x.smoothness
    bend = x.alpha * x.ar.sqrt(x.assumed_hessian_variance * noise) / x.sizes.test
    return x.accuracy + rate * (2 * x.ar.sqrt(noise / x.sizes.test) + bend)
