r"""Adapted gradients spread among tasks by little more than gradients do (ours).

Setting: Assumptions 4.3 and 4.5; any alpha >= 0; a = alpha L, x = w - alpha grad f(w), the point that no task changes.
Statement: E|g - E g|^2 <= (1 + a)^2 sigma^2, g_i = grad f_i(w - alpha grad f_i(w)), with the mean
(a sigma(w)^2 + sigma(x)^2) / (1 + a) of the variances at w and at x for sigma^2: Assumption 4.5 is used at both.
Guarantee: upper bound. Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import inner_rate_not_negative
from mamlcheck.meta.instance import InstanceOn

TITLE = "Adapted gradients spread among tasks by little more than gradients do"
STATEMENT = r"\mathbb{E}_i \, \|g_i - \mathbb{E} g\|^2 \le (1 + a)^2 \sigma^2"
WHERE = r"g_i = \nabla f_i(w - \alpha \nabla f_i(w)), \quad a = \alpha L"
GUARANTEE = "upper bound"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.5")
QUANTIFIES = ("tasks", "alpha", "w")
HYPOTHESES = (inner_rate_not_negative,)


def left(x: InstanceOn) -> Numbers:
    """E_i |g_i - E g|^2."""
    return x.adapted_gradient_spread


def right(x: InstanceOn) -> Numbers:
    """(1 + a)^2 sigma^2."""
    return x.ar.square(1 + x.alpha * x.smoothness) * x.step_task_variance
