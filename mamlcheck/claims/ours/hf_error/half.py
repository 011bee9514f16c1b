r"""HF error, sharper (ours): half of the printed bound.

Setting: as for the HF error.
Statement: |H(w) v - [grad phi(w + delta v) - grad phi(w - delta v)] / (2 delta)| <= rho delta |v|^2 / 2.
Guarantee: upper bound, sharp: the mean of |tau| over [-delta, delta] is delta / 2.
Source: ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), text under equation (9).
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.claims import hf_error as printed
from mamlcheck.meta.instance import InstanceOn

SHARPENS = "hf_error"
TITLE = "HF error, sharper: half of the printed bound"
STATEMENT = (
    r"\left\| H(w) v - \frac{\nabla \phi(w + \delta v) - \nabla \phi(w - \delta v)}{2 \delta} \right\| "
    r"\le \frac{\rho \delta \|v\|^2}{2}"
)
WHERE = printed.WHERE
GUARANTEE = "upper bound, sharp"
SOURCE = "ours; the printed form is Fallah, Mokhtari, Ozdaglar (AISTATS 2020), text under equation (9)"
ASSUMPTIONS = printed.ASSUMPTIONS
QUANTIFIES = printed.QUANTIFIES
HYPOTHESES = printed.HYPOTHESES

left = printed.left


def right(x: InstanceOn) -> Numbers:
    """rho delta |v|^2 / 2."""
    return x.hessian_lipschitz * x.delta * x.ar.squared_norm(x.v) / 2
