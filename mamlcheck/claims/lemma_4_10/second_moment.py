r"""Lemma 4.10, second moment: the gradient at a noisily adapted parameter is not much larger.

Setting: as for the bias; any phi > 0; g = grad f_i(w - alpha grad f_i(w)).
Statement: E|grad f_i(w_i, D_o)|^2
    <= (1 + 1/phi) |g|^2 + (1 + phi) alpha^2 L^2 sigma~^2 / D_in + sigma~^2 / D_o.
Guarantee: upper bound. Source: Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10.
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import InstanceOn

TITLE = "Lemma 4.10: the second moment of the adapted gradient"
STATEMENT = (
    r"\mathbb{E} \, \|\nabla f_i(w_i, D_o)\|^2 \le \left(1 + \frac{1}{\phi}\right) \|g\|^2 "
    r"+ (1 + \phi) \frac{\alpha^2 L^2 \tilde\sigma^2}{D_{in}} + \frac{\tilde\sigma^2}{D_o}"
)
WHERE = r"w_i = w - \alpha \nabla f_i(w, D_{in}), \quad g = \nabla f_i(w - \alpha \nabla f_i(w))"
GUARANTEE = "upper bound"
SOURCE = "Fallah, Mokhtari, Ozdaglar (AISTATS 2020), Lemma 4.10"
ASSUMPTIONS = ("4.3", "4.6")
QUANTIFIES = ("tasks", "alpha", "w", "i", "phi", "D_in", "D_o")
HYPOTHESES = (inner_rate_at_most_one_over_l,)


def left(x: InstanceOn) -> Numbers:
    """E |grad f_i(w_i, D_o)|^2."""
    return x.noisy_gradient_second_moment


def right(x: InstanceOn) -> Numbers:
    """(1 + 1/phi) |g|^2 + (1 + phi) (alpha L)^2 sigma~^2 / D_in + sigma~^2 / D_o."""
    g_squared = x.ar.squared_norm(x.fixed_task.adapted_gradient)[..., 0, 0]
    inner = x.ar.square(x.alpha * x.smoothness) * x.fixed_task_variance / x.sizes.inner
    outer = x.noisy_fixed_task_variance / x.sizes.outer
    return (1 + 1 / x.phi) * g_squared + (1 + x.phi) * inner + outer
