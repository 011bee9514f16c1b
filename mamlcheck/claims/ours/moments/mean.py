r"""The mean of the adapted gradients is small where the meta-gradient is (ours).

Setting: Assumptions 4.3 and 4.5; any alpha >= 0; a = alpha L; sigma as for the spread.
Statement: (1 - a) |E g| <= |grad F(w)| + a (1 + a) sigma, g_i = grad f_i(w - alpha grad f_i(w)).
Guarantee: upper bound. Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import inner_rate_not_negative
from mamlcheck.meta.instance import InstanceOn

TITLE = "The mean adapted gradient is small where the meta-gradient is"
STATEMENT = r"(1 - a) \, \|\mathbb{E} g\| \le \|\nabla F(w)\| + a (1 + a) \sigma"
WHERE = r"g_i = \nabla f_i(w - \alpha \nabla f_i(w)), \quad a = \alpha L"
GUARANTEE = "upper bound"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.5")
QUANTIFIES = ("tasks", "alpha", "w")
HYPOTHESES = (inner_rate_not_negative,)


def left(x: InstanceOn) -> Numbers:
    """(1 - a) |E g|."""
    return (1 - x.alpha * x.smoothness) * x.ar.norm(x.mean_adapted_gradient)


def right(x: InstanceOn) -> Numbers:
    """|grad F(w)| + a (1 + a) sigma."""
    a = x.alpha * x.smoothness
    return x.ar.norm(x.meta_gradient) + a * (1 + a) * x.ar.sqrt(x.step_task_variance)
