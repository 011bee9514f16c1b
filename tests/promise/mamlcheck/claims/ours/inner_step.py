r"""One inner step changes the gradient of a task by at most its size, sharper (ours).

Setting: as for the inner step. Statement: |grad f_i(w - alpha grad f_i(w)) - grad f_i(w)|^2 <= |grad f_i(w)|^2.
Guarantee: upper bound, sharp at alpha = 1/L. Source: ours, an example.
"""

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.claims import inner_step as printed
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "inner_step"
TITLE = "Inner step, sharper: the gradient changes by at most its size"
STATEMENT = r"\|\nabla f_i(w') - \nabla f_i(w)\|^2 \le \|\nabla f_i(w)\|^2"
WHERE = printed.WHERE
GUARANTEE = "upper bound, sharp at alpha = 1/L"
SOURCE = "ours, an example"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = printed.HYPOTHESES

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """|grad f_i(w)|^2."""
    return printed.right(x) / 2
