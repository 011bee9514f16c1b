r"""The tasks' own gradients at w are small where the meta-gradient is (ours): what bounds L(w) along a run.

Setting: Assumptions 4.3 and 4.5; alpha in [0, 1/L]; a = alpha L; sigma as for the spread.
Statement: (1 - a)^2 E_i|grad f_i(w)| <= |grad F(w)| + a (1 + a) sigma + (1 - a) sigma(w), at most
|grad F(w)| + (1 + a^2) sigma where sigma bounds both.
Guarantee: upper bound. Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn

TITLE = "The tasks' gradients are small where the meta-gradient is"
STATEMENT = r"(1 - a)^2 \, \mathbb{E}_i \, \|\nabla f_i(w)\| \le \|\nabla F(w)\| + a (1 + a) \sigma + (1 - a) \sigma(w)"
WHERE = r"a = \alpha L"
GUARANTEE = "upper bound"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.5")
QUANTIFIES = ("tasks", "alpha", "w")
HYPOTHESES = (inner_rate_at_most_one_over_l,)


def left(x: InstanceOn) -> Numbers:
    """(1 - a)^2 E_i |grad f_i(w)|."""
    return x.ar.square(1 - x.alpha * x.smoothness) * x.at_w.mean_gradient_norm[..., 0]


def right(x: InstanceOn) -> Numbers:
    """|grad F(w)| + a (1 + a) sigma + (1 - a) sigma(w)."""
    a = x.alpha * x.smoothness
    spread = a * (1 + a) * x.ar.sqrt(x.step_task_variance) + (1 - a) * x.ar.sqrt(x.task_variance)
    return x.ar.norm(x.meta_gradient) + spread
