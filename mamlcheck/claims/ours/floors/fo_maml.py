r"""FO-MAML with full batches is off by no more than a (|E g| + (1 + a) sigma) (ours).

Setting: Assumptions 4.3 and 4.5; any alpha >= 0; a = alpha L; sigma as for the spread of the adapted gradients.
Statement: |grad F(w) - E g| <= a |E g| + a (1 + a) sigma, g_i = grad f_i(w - alpha grad f_i(w)), and E g is the
direction of FO-MAML with full batches. Where it stops, |grad F(w)| <= (1 + a) a sigma.
Guarantee: upper bound. Source: ours; the floor is that of Corollary 4.16 in Fallah et al. (AISTATS 2020).
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import inner_rate_not_negative
from mamlcheck.meta.instance import InstanceOn

TITLE = "FO-MAML's floor: how far its mean direction is from the meta-gradient"
STATEMENT = r"\|\nabla F(w) - \mathbb{E} g\| \le a \, \|\mathbb{E} g\| + a (1 + a) \sigma"
WHERE = r"g_i = \nabla f_i(w - \alpha \nabla f_i(w)), \quad a = \alpha L"
GUARANTEE = "upper bound"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.5")
QUANTIFIES = ("tasks", "alpha", "w")
HYPOTHESES = (inner_rate_not_negative,)


def left(x: InstanceOn) -> Numbers:
    """|grad F(w) - E g|."""
    return x.ar.norm(x.meta_gradient - x.mean_adapted_gradient)


def right(x: InstanceOn) -> Numbers:
    """The share a of |E g| + (1 + a) sigma."""
    a = x.alpha * x.smoothness
    return a * (x.ar.norm(x.mean_adapted_gradient) + (1 + a) * x.ar.sqrt(x.step_task_variance))
