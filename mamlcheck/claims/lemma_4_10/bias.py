r"""Lemma 4.10, bias: adapting with a batch moves the expected gradient by little.

Setting: Assumptions 4.3 and 4.6 for a fixed task i; alpha in [0, 1/L]; independent batches D_in and D_o.
Statement: |E grad f_i(w_i, D_o) - grad f_i(w - alpha grad f_i(w))| <= alpha L sigma~ / sqrt(D_in),
w_i = w - alpha grad f_i(w, D_in).
Guarantee: upper bound. Source: Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn

TITLE = "Lemma 4.10: the bias of the adapted gradient"
STATEMENT = (
    r"\|\mathbb{E} \, \nabla f_i(w_i, D_o) - \nabla f_i(w - \alpha \nabla f_i(w))\| "
    r"\le \frac{\alpha L \tilde\sigma}{\sqrt{D_{in}}}"
)
WHERE = r"w_i = w - \alpha \nabla f_i(w, D_{in})"
GUARANTEE = "upper bound"
SOURCE = "Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10"
ASSUMPTIONS = ("4.3", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "i", "D_in")
HYPOTHESES = (inner_rate_at_most_one_over_l,)


def left(x: InstanceOn) -> Numbers:
    """|E grad f_i(w_i, D_o) - grad f_i(w_i')|."""
    return x.ar.norm(x.noisy_gradient_bias)


def right(x: InstanceOn) -> Numbers:
    """alpha L sigma~ / sqrt(D_in)."""
    return x.alpha * x.smoothness * x.ar.sqrt(x.fixed_task_variance / x.sizes.inner)
