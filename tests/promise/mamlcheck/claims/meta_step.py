r"""One meta step is at most twice as long as the adapted gradients are in the mean square.

Setting: every f_i is L-smooth (Assumption 4.3); alpha in [0, 1/L]; beta > 0.
Statement: |beta grad F(w)|^2 <= 4 beta^2 E_i |grad f_i(w - alpha grad f_i(w))|^2.
Guarantee: upper bound, sharp at alpha = 1/L. Source: ours, an example.
"""

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.meta.hypotheses import inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn

TITLE = "Meta step: not longer than the adapted gradients allow"
STATEMENT = r"\|\beta \nabla F(w)\|^2 \le 4 \beta^2 \, \mathbb{E}_i \|\nabla f_i(w_i')\|^2"
WHERE = r"w_i' = w - \alpha \nabla f_i(w)"
GUARANTEE = "upper bound, sharp at alpha = 1/L"
SOURCE = "ours, an example"
ASSUMPTIONS = ("4.3",)
QUANTIFIES = ("tasks", "alpha", "beta", "w")
HYPOTHESES = (inner_rate_at_most_one_over_l,)


def left(x: InstanceOn) -> Numbers:
    """|beta grad F(w)|^2."""
    return x.ar.square(x.beta) * x.ar.squared_norm(x.at_w.meta_gradient[..., 0, :])


def right(x: InstanceOn) -> Numbers:
    """4 beta^2 E_i |grad f_i(w_i')|^2."""
    squares = x.ar.squared_norm(x.at_w.adapted_gradient[..., 0, :])
    return 4 * x.ar.square(x.beta) * x.ar.weighted_sum(x.tasks.probabilities, squares, -1)
