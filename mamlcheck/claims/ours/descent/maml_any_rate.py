r"""One step of MAML for every inner rate below 1/L (ours): the descent, where Theorem 4.12 asks alpha <= 1/(6L).

Setting: Assumptions 4.3-4.6; alpha in [0, 1/L], a = alpha L, g = 1 - a, beta = c beta~ with any c <= 2/5,
B g^2 >= 37.1 c ((1 + a)^2 + 1/2), B' and D_beta as in Lemma 4.9, D_h large enough, as D_h >= 2 alpha^2 sigma_H^2 is.
s^2 = sigma~^2 / D_in, t^2 = sigma~^2 / D_o; the sure decrease is at most F(w) - E F(w+), by Lemma 4.8.
Statement, divided by g^2: (3/10) c |grad F(w)|^2 <= L(w) (sure decrease) + (49/80) c (1 + a)^2 a^2 s^2
    + (371/400) (c^2/B) ((1 + a)^2 + 1/2) ((2 + 4 a^2/g^2) (1 + a)^2 sigma^2 + 2 a^2 s^2 + t^2).
Guarantee: lower bound of what a step gains. At a <= 1/6 and c = 1/12 it allows B >= 9, where 20 is printed.
Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.descent import sure_decrease
from mamlcheck.meta.hypotheses import (
    enough_hessian_samples,
    enough_stepsize_samples,
    enough_stepsize_tasks,
    enough_tasks_for_the_rate,
    few_inner_batches,
    inner_rate_at_most_one_over_l,
    positive_smoothness,
    small_step_factor,
)
from mamlcheck.meta.instance import InstanceOn

TITLE = "One step of MAML for every inner rate below 1/L"
STATEMENT = (
    r"\tfrac{3}{10} c g^2 \|\nabla F(w)\|^2 \le g^2 \left(L(w) \, \Delta + \tfrac{49}{80} c (1 + a)^2 a^2 s^2\right) "
    r"+ \frac{371 c^2}{400 B} \left((1 + a)^2 + \tfrac12\right) \left((2 g^2 + 4 a^2)(1 + a)^2 \sigma^2 "
    r"+ g^2 (2 a^2 s^2 + t^2)\right)"
)
WHERE = (
    r"g = 1 - a, \quad \Delta = c \, \mathbb{E} \tilde\beta \langle \nabla F, D \rangle - \tfrac{L(w)}{2} c^2 \, "
    r"\mathbb{E} \tilde\beta^2 \, T \le F(w) - \mathbb{E} F(w^+), \quad s^2 = \frac{\tilde\sigma^2}{D_{in}}, "
    r"\quad t^2 = \frac{\tilde\sigma^2}{D_o}"
)
GUARANTEE = "lower bound of what a step gains"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_h", "D_beta", "B'", "B", "c")
HYPOTHESES = (
    few_inner_batches,
    inner_rate_at_most_one_over_l,
    positive_smoothness,
    small_step_factor,
    enough_tasks_for_the_rate,
    enough_stepsize_tasks,
    enough_stepsize_samples,
    enough_hessian_samples,
)


def left(x: InstanceOn) -> Numbers:
    """(3/10) c g^2 |grad F(w)|^2."""
    gap = x.ar.square(1 - x.alpha * x.smoothness)
    return 3 * x.step_factor * gap * x.ar.squared_norm(x.meta_gradient) / 10


def right(x: InstanceOn) -> Numbers:
    """g^2 times L(w) times the sure decrease, and what the batches cost."""
    a, c = x.alpha * x.smoothness, x.step_factor
    gap, more, inner = x.ar.square(1 - a), x.ar.square(1 + a), x.ar.square(a) * x.mean_gradient_variance / x.sizes.inner
    decrease = gap * (sure_decrease(x, c, x.maml) + 49 * c * more * inner / 80)
    tasks = (2 * gap + 4 * x.ar.square(a)) * more * x.step_task_variance
    samples = gap * (2 * inner + x.noisy_mean_gradient_variance / x.sizes.outer)
    return decrease + 371 * x.ar.square(c) * (2 * more + 1) * (tasks + samples) / (800 * x.sizes.step_tasks)
