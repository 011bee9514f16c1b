r"""One step of MAML with any factor c of the step size (ours): what it gains, by the moments of its direction.

Setting: Assumptions 4.3-4.6; alpha in [0, 1/L], B' and D_beta as in Lemma 4.9; any c > 0 and B >= 1.
D and V are the mean and the second moment of one task's direction, T = |D|^2 + (V - |D|^2) / B, and
L(w) (c E beta~ <grad F, D> - (L(w)/2) c^2 E beta~^2 T) is at most L(w) (F(w) - E F(w+)), by Lemma 4.8.
Statement: (2/5) c (|grad F|^2 + |D|^2) <= that + (49/80) c |D - grad F|^2 + (371/400) c^2 T.
Guarantee: lower bound of what is gained. Source: ours.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.descent import decreased_enough, wanted_decrease
from mamlcheck.meta.hypotheses import (
    enough_stepsize_samples,
    enough_stepsize_tasks,
    few_inner_batches,
    inner_rate_at_most_one_over_l,
    positive_smoothness,
)
from mamlcheck.meta.instance import InstanceOn

TITLE = "One step of MAML with any factor of the step size"
STATEMENT = (
    r"\tfrac{2}{5} c \left(\|\nabla F\|^2 + \|D\|^2\right) \le L(w) \left(c \, \mathbb{E} \tilde\beta "
    r"\langle \nabla F, D \rangle - \tfrac{L(w)}{2} c^2 \, \mathbb{E} \tilde\beta^2 \, T\right) "
    r"+ \tfrac{49}{80} c \, \|D - \nabla F\|^2 + \tfrac{371}{400} c^2 T"
)
WHERE = r"D = \mathbb{E} G_1, \quad T = \|D\|^2 + \frac{\mathbb{E} \|G_1\|^2 - \|D\|^2}{B}"
GUARANTEE = "lower bound of what a step gains"
SOURCE = "ours"
ASSUMPTIONS = ("4.3", "4.4", "4.5", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "D_in", "D_o", "D_h", "D_beta", "B'", "B", "c")
HYPOTHESES = (
    few_inner_batches,
    inner_rate_at_most_one_over_l,
    positive_smoothness,
    enough_stepsize_tasks,
    enough_stepsize_samples,
)


def left(x: InstanceOn) -> Numbers:
    """(2/5) c (|grad F(w)|^2 + |D|^2)."""
    return wanted_decrease(x, x.step_factor, x.maml)


def right(x: InstanceOn) -> Numbers:
    """The sure decrease, (49/80) c |D - grad F(w)|^2 and (371/400) c^2 T."""
    return decreased_enough(x, x.step_factor, x.maml)
