r"""One inner step changes the gradient of a task by little, sharper (ours): alpha L stays where 1 stood for it.

Setting: as for the inner step.
Statement: |grad f_i(w - alpha grad f_i(w)) - grad f_i(w)|^2 <= (alpha L |grad f_i(w)|)^2.
Guarantee: upper bound, sharp. Source: ours, an example.
"""

from mamlcheck.claims import Array
from mamlcheck.claims import inner_step as printed
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "inner_step"
TITLE = "Inner step, sharper: the gradient changes by little"
STATEMENT = r"\|\nabla f_i(w') - \nabla f_i(w)\|^2 \le (\alpha L \|\nabla f_i(w)\|)^2"
WHERE = printed.WHERE
GUARANTEE = "upper bound, sharp"
SOURCE = "ours, an example"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = printed.HYPOTHESES

left = printed.left


def right(x: InstanceOn) -> Array:
    """(alpha L |grad f_i(w)|)^2."""
    return x.ar.square(x.alpha * x.smoothness) * printed.right(x)
