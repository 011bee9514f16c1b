r"""Lemma 4.10, bias, for two inner samples on the line (ours): 0.9186 of the printed bound.

Setting: as for the bias of Lemma 4.10, with d = 1 and D_in = 2.
Statement: |E grad f_i(w_i, D_o) - grad f_i(w - alpha grad f_i(w))| <= (3 sqrt(3) / 8) alpha L sigma~.
Guarantee: upper bound, 3 sqrt(6) / 8 of the printed one; the constant cannot be smaller: noise of two values, of which
one has probability 1/4, and gradients with a sharp bend at w - alpha grad f_i(w) come as close to it as one likes.
Source: ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims.lemma_4_10 import bias as printed
from mamlcheck.meta.hypotheses import on_a_line, two_inner_samples
from mamlcheck.meta.instance import InstanceOn

TITLE = "Lemma 4.10 for D_in = 2 on the line: the bias of the adapted gradient"
STATEMENT = (
    r"\|\mathbb{E} \, \nabla f_i(w_i, D_o) - \nabla f_i(w - \alpha \nabla f_i(w))\| "
    r"\le \frac{3 \sqrt{3}}{8} \, \alpha L \tilde\sigma"
)
WHERE = r"w_i = w - \alpha \nabla f_i(w, D_{in}), \quad d = 1, \; D_{in} = 2"
GUARANTEE = "upper bound, sharp"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = (*printed.HYPOTHESES, on_a_line, two_inner_samples)

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """(3 sqrt(3) / 8) alpha L sigma~."""
    return x.alpha * x.smoothness * x.ar.sqrt(27 * x.fixed_task_variance / 64)
