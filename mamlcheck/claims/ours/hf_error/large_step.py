r"""HF error, sharper for large steps (ours): beyond T = 2L the Hessian cannot change by more than 2L.

Setting: phi is L-smooth with a rho-Lipschitz Hessian H (Assumptions 4.3, 4.4); delta > 0; T = rho delta |v| >= 2L > 0.
Statement: |H(w) v - [grad phi(w + delta v) - grad phi(w - delta v)] / (2 delta)| <= (2L - 2 L^2 / T) |v|.
Guarantee: upper bound, sharp; at T = 2L equal to half of the printed bound, for T > 2L below it.
Source: ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), text under equation (9).
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims import hf_error as printed
from mamlcheck.meta.hypotheses import large_step, positive_hessian_lipschitz, positive_smoothness
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "hf_error"
TITLE = "HF error, sharper for large steps"
STATEMENT = (
    r"\left\| H(w) v - \frac{\nabla \phi(w + \delta v) - \nabla \phi(w - \delta v)}{2 \delta} \right\| "
    r"\le \left(2L - \frac{2L^2}{T}\right) \|v\|"
)
WHERE = printed.WHERE + r", \quad T = \rho \delta \|v\|"
GUARANTEE = "upper bound, sharp"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), text under equation (9)"
ASSUMPTIONS = ("4.3", "4.4")
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = (positive_smoothness, large_step, positive_hessian_lipschitz)  # the last follows from the others

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """2 L |v| - 2 L^2 / (rho delta)."""
    return 2 * x.smoothness * x.ar.norm(x.v) - 2 * x.ar.square(x.smoothness) / (x.hessian_lipschitz * x.delta)
