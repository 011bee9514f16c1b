r"""One step of MAML with the step size of Theorem 4.12 (ours): the descent, with numbers.

Setting: Assumptions 4.3-4.6; alpha in [0, 1/(6L)], beta = beta~ / 12, B >= 20, B' and D_beta as in Lemma 4.9, D_h large
enough, as D_h >= 2 alpha^2 sigma_H^2 is. s^2 = sigma~^2 / D_in, t^2 = sigma~^2 / D_o; the sure decrease is at most
F(w) - E F(w+), by Lemma 4.8.
Statement: |grad F(w)|^2 / 21 <= L(w) (sure decrease) + .0353 sigma^2 / B + .0120 t^2 / B + .0040 s^2.
Guarantee: lower bound of what a step gains. Source: ours; the printed form is in the proof of Theorem 4.12 in
Fallah et al. (AISTATS 2020).
"""

from fractions import Fraction

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.descent import sure_decrease
from mamlcheck.meta.hypotheses import (
    enough_hessian_samples,
    enough_stepsize_samples,
    enough_stepsize_tasks,
    enough_tasks_of_a_step,
    few_inner_batches,
    inner_rate_at_most_one_over_6l,
    positive_smoothness,
)
from mamlcheck.meta.instance import InstanceOn

TITLE = "One step of MAML with the step size of Theorem 4.12"
STATEMENT = (
    r"\tfrac{1}{21} \|\nabla F(w)\|^2 \le L(w) \, \Delta + \frac{.0353 \, \sigma^2}{B} "
    r"+ \frac{.0120 \, t^2}{B} + .0040 \, s^2"
)
WHERE = (
    r"\Delta = c \, \mathbb{E} \tilde\beta \langle \nabla F, D \rangle - \tfrac{L(w)}{2} c^2 \, "
    r"\mathbb{E} \tilde\beta^2 \, T \le F(w) - \mathbb{E} F(w^+), \quad c = \tfrac{1}{12}, "
    r"\quad s^2 = \frac{\tilde\sigma^2}{D_{in}}, \quad t^2 = \frac{\tilde\sigma^2}{D_o}"
)
GUARANTEE = "lower bound of what a step gains"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_h", "D_beta", "B'", "B")
HYPOTHESES = (
    few_inner_batches,
    inner_rate_at_most_one_over_6l,
    positive_smoothness,
    enough_tasks_of_a_step,
    enough_stepsize_tasks,
    enough_stepsize_samples,
    enough_hessian_samples,
)


def left(x: InstanceOn) -> Numbers:
    """|grad F(w)|^2 / 21."""
    return x.ar.squared_norm(x.meta_gradient) / 21


def right(x: InstanceOn) -> Numbers:
    """L(w) times the sure decrease, and what the batches cost."""
    tasks = x.ar.exact(Fraction(353, 10000)) * x.step_task_variance / x.sizes.step_tasks
    outer = 3 * x.noisy_mean_gradient_variance / (250 * x.sizes.outer * x.sizes.step_tasks)
    inner = x.mean_gradient_variance / (250 * x.sizes.inner)
    return sure_decrease(x, x.ar.exact(Fraction(1, 12)), x.maml) + tasks + outer + inner
