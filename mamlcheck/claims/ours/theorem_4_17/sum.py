r"""Theorem 4.17, the sum: what a run of HF-MAML gains on the average (ours).

Setting: Assumptions 4.2-4.6; alpha in [0, 1/(6L)], beta = beta~ * 1/25, B >= 20, B' and D_beta as in Lemma 4.9,
D_h >= 2 alpha^2 sigma_H^2; delta = eta / (rho alpha |v|), eta <= 1/6.
K is uniform on 0, ..., T - 1, drawn independently of the run; Delta = F(w_0) - inf F.
Statement: E[|grad F(w_K)|^2 / L(w_K)] / 42 <= Delta / T + R / (4L), with R of `mamlcheck.meta.theorems`.
As printed, with eta = 1/6, the theorem is false.
It is checked on instances whose whole run is known exactly. Guarantee: upper bound. Source: ours; the printed form is
Fallah et al. (AISTATS 2020), Theorem 4.17.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import (
    enough_tasks_of_a_step,
    inner_rate_at_most_one_over_6l,
    positive_smoothness,
    small_difference_factor,
)
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.theorems import (
    enough_hessians_everywhere,
    enough_samples_everywhere,
    enough_tasks_everywhere,
    gain,
    hf_maml_cost,
    known_run,
)

TITLE = "Theorem 4.17, the sum: what a run of HF-MAML gains on the average"
STATEMENT = (
    r"\tfrac{1}{42} \, \mathbb{E} \frac{\|\nabla F(w_K)\|^2}{L(w_K)} "
    r"\le \frac{\Delta}{T} + \frac{R}{4L}"
)
WHERE = (
    r"R = \eta^2 \left(.1574 \, \sigma^2 + \frac{.0803 \, \tilde\sigma^2}{D_o}\right) "
    r"+ \frac{.0082 \, \sigma^2}{B} + \frac{.0028 \, \tilde\sigma^2}{B D_o} + \frac{.0140 \, \tilde\sigma^2}{D_{in}}"
)
GUARANTEE = "upper bound"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Theorem 4.17"
ASSUMPTIONS = ("4.2", "4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_h", "D_beta", "B'", "B", "T", "eta")
HYPOTHESES = (
    known_run,
    inner_rate_at_most_one_over_6l,
    positive_smoothness,
    small_difference_factor,
    enough_tasks_of_a_step,
    enough_tasks_everywhere,
    enough_samples_everywhere,
    enough_hessians_everywhere,
)


def left(x: InstanceOn) -> Numbers:
    """E[|grad F(w_K)|^2 / L(w_K)] / 42."""
    return x.hf_maml_run.weighted_square / 42


def right(x: InstanceOn) -> Numbers:
    """Delta / T + R / (4L)."""
    return gain(x, hf_maml_cost(x))
