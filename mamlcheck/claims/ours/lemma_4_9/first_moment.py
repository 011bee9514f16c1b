r"""Lemma 4.9, first moment, from above (ours): the random step size beta~ is at most 49/40 of 1 / L(w) in the mean.

Setting: as for Lemma 4.9. Statement: E beta~(w) <= 49 / (40 L(w)).
Guarantee: upper bound, sharp. With the printed lower bound it says how far E beta~ is from 1 / L(w): a step along a
direction that may point the wrong way needs both. Source: ours; the other side is Fallah et al. (AISTATS 2020),
Lemma 4.9.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims.lemma_4_9 import first_moment as printed
from mamlcheck.meta.instance import InstanceOn

TITLE = "Lemma 4.9, the other side: the step size is not too large in the mean"
STATEMENT = r"\mathbb{E} \, \tilde\beta(w) \le \frac{49}{40 \, L(w)}"
WHERE = printed.WHERE
GUARANTEE = "upper bound, sharp"
SOURCE = "ours; the lower bound is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.9"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = printed.HYPOTHESES


def left(x: InstanceOn) -> Numbers:
    """E beta~(w)."""
    return x.stepsize_moments[0]


def right(x: InstanceOn) -> Numbers:
    """49 / (40 L(w))."""
    return 49 / (40 * x.smoothness_bound)
