r"""Lemma 4.9, second moment, sharper (ours): 1.855 = 371/200 in place of 3.125.

Setting: as for Lemma 4.9. Statement: E beta~(w)^2 <= 1.855 / L(w)^2.
Guarantee: upper bound, sharp to its last digit: the best constant is 1.8549665...
Source: ours; the printed form is Fallah et al. (AISTATS 2020), Lemma 4.9.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims.lemma_4_9 import second_moment as printed
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "lemma_4_9.second_moment"
TITLE = "Lemma 4.9, sharper: the step size is not too large in the mean square"
STATEMENT = r"\mathbb{E} \, \tilde\beta(w)^2 \le \frac{1.855}{L(w)^2}"
WHERE = printed.WHERE
GUARANTEE = "upper bound"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.9"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = printed.HYPOTHESES

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """1.855 / L(w)^2 = 371 / (200 L(w)^2)."""
    return 371 / (200 * x.ar.square(x.smoothness_bound))
