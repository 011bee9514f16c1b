r"""One inner step changes the gradient of a task by little.

Setting: f_i is L-smooth (Assumption 4.3) for a fixed task i; alpha in [0, 1/L].
Statement: |grad f_i(w - alpha grad f_i(w)) - grad f_i(w)|^2 <= 2 |grad f_i(w)|^2.
Guarantee: upper bound; half of it holds too. Source: ours, an example.
"""

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.meta.hypotheses import inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn

TITLE = "Inner step: the gradient changes by little"
STATEMENT = r"\|\nabla f_i(w') - \nabla f_i(w)\|^2 \le 2 \|\nabla f_i(w)\|^2"
WHERE = r"w' = w - \alpha \nabla f_i(w)"
GUARANTEE = "upper bound"
SOURCE = "ours, an example"
ASSUMPTIONS = ("4.3",)
QUANTIFIES = ("tasks", "alpha", "w", "i")
HYPOTHESES = (inner_rate_at_most_one_over_l,)


def left(x: InstanceOn) -> Numbers:
    """|grad f_i(w') - grad f_i(w)|^2."""
    change = x.fixed_task.adapted_gradient - x.fixed_task.gradient
    return x.ar.squared_norm(change[..., 0, 0, :])


def right(x: InstanceOn) -> Numbers:
    """2 |grad f_i(w)|^2."""
    return 2 * x.ar.squared_norm(x.fixed_task.gradient[..., 0, 0, :])
