r"""Theorem 4.15 with numbers: the accuracy that a run of FO-MAML reaches (ours).

Setting: Assumptions 4.2-4.6; alpha in [0, 1/(10L)], beta = beta~ * 1/18, B >= 20, B' and D_beta as in Lemma 4.9.
K is uniform on 0, ..., T - 1, drawn independently of the run; Delta = F(w_0) - inf F.
Statement: (Delta / T + R / (4L)) (Lambda + lambda eps) <= eps^2 / 49 implies E|grad F(w_K)| <= eps, with R,
Lambda and lambda of `mamlcheck.meta.theorems`.
It is checked on instances whose whole run is known exactly. Guarantee: upper bound. Source: ours; the printed form is
Fallah et al. (AISTATS 2020), Theorem 4.15.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import enough_tasks_of_a_step, inner_rate_at_most_one_over_10l, positive_smoothness
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.theorems import enough_samples_everywhere, enough_tasks_everywhere, fo_maml_reaches, known_run

TITLE = "Theorem 4.15 with numbers: the accuracy that a run of FO-MAML reaches"
STATEMENT = r"\mathbb{E} \, \|\nabla F(w_K)\| \le \epsilon"
WHERE = (
    r"\left(\frac{\Delta}{T} + \frac{R}{4L}\right) (\Lambda + \lambda \epsilon) \le \tfrac{1}{49} \epsilon^2, "
    r"\quad R = .2034 \, a^2 \sigma^2 + \frac{.0071 \, \sigma^2}{B} + \frac{.0029 \, \tilde\sigma^2}{B D_o} "
    r"+ \frac{.0014 \, \tilde\sigma^2}{D_{in}}"
)
GUARANTEE = "upper bound"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Theorem 4.15"
ASSUMPTIONS = ("4.2", "4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_beta", "B'", "B", "T", "eps")
HYPOTHESES = (
    known_run,
    inner_rate_at_most_one_over_10l,
    positive_smoothness,
    enough_tasks_of_a_step,
    enough_tasks_everywhere,
    enough_samples_everywhere,
    fo_maml_reaches,
)


def left(x: InstanceOn) -> Numbers:
    """E|grad F(w_K)|."""
    return x.fo_maml_run.mean_size


def right(x: InstanceOn) -> Numbers:
    """The accuracy eps."""
    return x.accuracy
