r"""HF-MAML with full batches is off by a share eta/2 of what its tasks differ by (ours).

Setting: Assumptions 4.3-4.5; alpha in [0, 1/L], delta = eta / (rho alpha |v|) for any eta > 0; a = alpha L;
sigma as for the spread of the adapted gradients. D is the direction of HF-MAML with full batches.
Statement: (1 - a) |D - grad F(w)| <= (eta/2) ((1 + a) sigma + |D|). Where it stops, D = 0, and
|grad F(w)| <= (eta/2) (1 + a) sigma / (1 - a): with the printed eta = 1/6 that is a floor, with eta of order eps/sigma
it is of order eps.
Guarantee: upper bound. Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import (
    inner_rate_at_most_one_over_l,
)
from mamlcheck.meta.instance import InstanceOn

TITLE = "HF-MAML's floor: how far its mean direction is from the meta-gradient"
STATEMENT = r"(1 - a) \, \|D - \nabla F(w)\| \le \frac{\eta}{2} \left((1 + a) \sigma + \|D\|\right)"
WHERE = (
    r"D = \mathbb{E}_i [g_i - \alpha d_i], \quad g_i = \nabla f_i(w - \alpha \nabla f_i(w)), "
    r"\quad \delta_i = \frac{\eta}{\rho \alpha \|g_i\|}, \quad a = \alpha L"
)
GUARANTEE = "upper bound"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.4", "4.5")
QUANTIFIES = ("tasks", "alpha", "w", "eta")
HYPOTHESES = (inner_rate_at_most_one_over_l,)


def left(x: InstanceOn) -> Numbers:
    """(1 - a) |D - grad F(w)|."""
    return (1 - x.alpha * x.smoothness) * x.ar.norm(x.full_hf_maml_error)


def right(x: InstanceOn) -> Numbers:
    """(eta/2) ((1 + a) sigma + |D|)."""
    spread = (1 + x.alpha * x.smoothness) * x.ar.sqrt(x.step_task_variance)
    return x.difference_factor * (spread + x.ar.norm(x.full_hf_maml)) / 2
