r"""Theorem 4.15, the sum: what a run of FO-MAML gains on the average (ours).

Setting: Assumptions 4.2-4.6; alpha in [0, 1/(10L)], beta = beta~ * 1/18, B >= 20, B' and D_beta as in Lemma 4.9.
K is uniform on 0, ..., T - 1, drawn independently of the run; Delta = F(w_0) - inf F.
Statement: E[|grad F(w_K)|^2 / L(w_K)] / 49 <= Delta / T + R / (4L), with R of `mamlcheck.meta.theorems`.
It is checked on instances whose whole run is known exactly. Guarantee: upper bound. Source: ours; the printed form is
Fallah et al. (AISTATS 2020), Theorem 4.15.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import enough_tasks_of_a_step, inner_rate_at_most_one_over_10l, positive_smoothness
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.theorems import enough_samples_everywhere, enough_tasks_everywhere, fo_maml_cost, gain, known_run

TITLE = "Theorem 4.15, the sum: what a run of FO-MAML gains on the average"
STATEMENT = (
    r"\tfrac{1}{49} \, \mathbb{E} \frac{\|\nabla F(w_K)\|^2}{L(w_K)} "
    r"\le \frac{\Delta}{T} + \frac{R}{4L}"
)
WHERE = (
    r"R = .2034 \, a^2 \sigma^2 + \frac{.0071 \, \sigma^2}{B} + \frac{.0029 \, \tilde\sigma^2}{B D_o} "
    r"+ \frac{.0014 \, \tilde\sigma^2}{D_{in}}"
)
GUARANTEE = "upper bound"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Theorem 4.15"
ASSUMPTIONS = ("4.2", "4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_beta", "B'", "B", "T")
HYPOTHESES = (
    known_run,
    inner_rate_at_most_one_over_10l,
    positive_smoothness,
    enough_tasks_of_a_step,
    enough_tasks_everywhere,
    enough_samples_everywhere,
)


def left(x: InstanceOn) -> Numbers:
    """E[|grad F(w_K)|^2 / L(w_K)] / 49."""
    return x.fo_maml_run.weighted_square / 49


def right(x: InstanceOn) -> Numbers:
    """Delta / T + R / (4L)."""
    return gain(x, fo_maml_cost(x))
