r"""Lemma 4.10, bias, for three and more inner samples on the line (a conjecture of ours).

Setting: as for the bias of Lemma 4.10, with d = 1 and D_in >= 3.
Statement: |E grad f_i(w_i, D_o) - grad f_i(w - alpha grad f_i(w))|
    <= sqrt(2) (1 - 1/(2D))^(D - 1/2) alpha L sigma~ / sqrt(D), D = D_in.
Guarantee: none. With D = 2 it is `ours.two_samples.lemma_4_10`, and with D = 1 the printed bound; noise of two values,
of which one has probability 1/(2D), comes as close to it as one likes. Source: ours; the printed form is Fallah,
Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10.
"""

from fractions import Fraction

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims.lemma_4_10 import bias as printed
from mamlcheck.meta.hypotheses import on_a_line, three_inner_samples
from mamlcheck.meta.instance import InstanceOn

CONJECTURE = True
TITLE = "Lemma 4.10 for D_in >= 3 on the line, a conjecture: the bias"
STATEMENT = (
    r"\|\mathbb{E} \, \nabla f_i(w_i, D_o) - \nabla f_i(w - \alpha \nabla f_i(w))\| "
    r"\le \sqrt{2} \left(1 - \frac{1}{2 D_{in}}\right)^{D_{in} - 1/2} \frac{\alpha L \tilde\sigma}{\sqrt{D_{in}}}"
)
WHERE = r"w_i = w - \alpha \nabla f_i(w, D_{in}), \quad d = 1, \; D_{in} \ge 3"
GUARANTEE = "none: a conjecture, neither proved nor refuted"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = (*printed.HYPOTHESES, on_a_line, three_inner_samples)

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """sqrt(2) (1 - 1/(2D))^(D - 1/2) alpha L sigma~ / sqrt(D)."""
    size = x.sizes.inner
    share = x.ar.power(x.ar.exact([Fraction(2 * size - 1, 2 * size)]), 2 * size - 1)
    return x.alpha * x.smoothness * x.ar.sqrt(2 * share * x.fixed_task_variance / size)
