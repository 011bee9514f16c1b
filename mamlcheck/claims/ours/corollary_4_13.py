r"""Corollary 4.13 with numbers: how many steps, tasks and samples are enough for an accuracy (ours).

Setting: as for the accuracy of Theorem 4.12; M_0 = 1 + (rho alpha / (2L)) (l0 sigma + l1 eps), l0 = 37/25, l1 = 36/25.
Statement: B >= max(20, 3 M_0 sigma^2 / eps^2), D_in and B D_o >= 1.35 M_0 sigma~^2 / eps^2 and
T >= 168 M_0 L Delta / eps^2
give E|grad F(w_K)| <= eps.
It is checked on instances whose whole run is known exactly. Guarantee: upper bound. Source: ours; the printed form is
Fallah et al. (AISTATS 2020), Corollary 4.13.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import enough_tasks_of_a_step, inner_rate_at_most_one_over_6l, positive_smoothness
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.theorems import (
    enough_for_maml,
    enough_hessians_everywhere,
    enough_samples_everywhere,
    enough_tasks_everywhere,
    known_run,
)

TITLE = "Corollary 4.13 with numbers: what is enough for an accuracy of MAML"
STATEMENT = r"\mathbb{E} \, \|\nabla F(w_K)\| \le \epsilon"
WHERE = (
    r"B \ge \frac{3 M_0 \sigma^2}{\epsilon^2}, \quad D_{in}, B D_o \ge \frac{1.35 \, M_0 \tilde\sigma^2}{\epsilon^2}, "
    r"\quad T \ge \frac{168 M_0 L \Delta}{\epsilon^2}, "
    r"\quad M_0 = 1 + \tfrac{\rho \alpha}{2L} \left(l_0 \sigma + l_1 \epsilon\right)"
)
GUARANTEE = "upper bound"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Corollary 4.13"
ASSUMPTIONS = ("4.2", "4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_h", "D_beta", "B'", "B", "T", "eps")
HYPOTHESES = (
    known_run,
    inner_rate_at_most_one_over_6l,
    positive_smoothness,
    enough_tasks_of_a_step,
    enough_tasks_everywhere,
    enough_samples_everywhere,
    enough_hessians_everywhere,
    enough_for_maml,
)


def left(x: InstanceOn) -> Numbers:
    """E|grad F(w_K)|."""
    return x.maml_run.mean_size


def right(x: InstanceOn) -> Numbers:
    """The accuracy eps."""
    return x.accuracy
