r"""One step of HF-MAML with the step size of Theorem 4.17 (ours): the descent, with numbers.

Setting: Assumptions 4.3-4.6; alpha in [0, 1/(6L)], beta = beta~ / 25, B >= 20, B' and D_beta as in Lemma 4.9, D_h large
enough, as D_h >= 2 alpha^2 sigma_H^2 is; delta = eta / (rho alpha |v|) with
eta <= 1/6, any delta where that is infinite. s^2 = sigma~^2 / D_in, t^2 = sigma~^2 / D_o; the sure decrease is at most
F(w) - E F(w+), by Lemma 4.8.
Statement: |grad F(w)|^2 / 42 <= L(w) (sure decrease) + eta^2 (.1574 sigma^2 + .0803 t^2) + .0082 sigma^2 / B
    + .0028 t^2 / B + .0140 s^2. The printed delta is eta = 1/6.
Guarantee: lower bound of what a step gains. Source: ours; the printed form is in the proof of Theorem 4.17 in
Fallah et al. (AISTATS 2020).
"""

from fractions import Fraction

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.descent import sure_decrease
from mamlcheck.meta.hypotheses import (
    enough_difference_samples,
    enough_stepsize_samples,
    enough_stepsize_tasks,
    enough_tasks_of_a_step,
    few_inner_batches,
    inner_rate_at_most_one_over_6l,
    positive_smoothness,
    small_difference_factor,
)
from mamlcheck.meta.instance import InstanceOn

TITLE = "One step of HF-MAML with the step size of Theorem 4.17"
STATEMENT = (
    r"\tfrac{1}{42} \|\nabla F(w)\|^2 \le L(w) \, \Delta + \eta^2 \left(.1574 \, \sigma^2 + .0803 \, t^2\right) "
    r"+ \frac{.0082 \, \sigma^2}{B} + \frac{.0028 \, t^2}{B} + .0140 \, s^2"
)
WHERE = (
    r"\Delta = c \, \mathbb{E} \tilde\beta \langle \nabla F, D \rangle - \tfrac{L(w)}{2} c^2 \, "
    r"\mathbb{E} \tilde\beta^2 \, T \le F(w) - \mathbb{E} F(w^+), \quad c = \tfrac{1}{25}, "
    r"\quad s^2 = \frac{\tilde\sigma^2}{D_{in}}, \quad t^2 = \frac{\tilde\sigma^2}{D_o}"
)
GUARANTEE = "lower bound of what a step gains"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_h", "D_beta", "B'", "B", "eta")
HYPOTHESES = (
    few_inner_batches,
    inner_rate_at_most_one_over_6l,
    positive_smoothness,
    small_difference_factor,
    enough_tasks_of_a_step,
    enough_stepsize_tasks,
    enough_stepsize_samples,
    enough_difference_samples,
)


def left(x: InstanceOn) -> Numbers:
    """|grad F(w)|^2 / 42."""
    return x.ar.squared_norm(x.meta_gradient) / 42


def right(x: InstanceOn) -> Numbers:
    """L(w) times the sure decrease, the floor, and what the batches cost."""
    eta, outer_variance = x.ar.square(x.difference_factor), x.noisy_mean_gradient_variance / x.sizes.outer
    of_tasks, of_samples = x.ar.exact(Fraction(1574, 10000)), x.ar.exact(Fraction(803, 10000))
    floor = eta * (of_tasks * x.step_task_variance + of_samples * outer_variance)
    tasks = x.ar.exact(Fraction(82, 10000)) * x.step_task_variance / x.sizes.step_tasks
    outer = x.ar.exact(Fraction(28, 10000)) * outer_variance / x.sizes.step_tasks
    inner = x.ar.exact(Fraction(140, 10000)) * x.mean_gradient_variance / x.sizes.inner
    return sure_decrease(x, x.ar.exact(Fraction(1, 25)), x.hf_maml) + floor + tasks + outer + inner
