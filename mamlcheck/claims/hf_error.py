r"""HF error: the Hessian-vector product of HF-MAML is a finite difference with a small error.

Setting: phi has a rho-Lipschitz Hessian H (Assumption 4.4); delta > 0. Here phi = f_i for a fixed task i.
Statement: |H(w) v - [grad phi(w + delta v) - grad phi(w - delta v)] / (2 delta)| <= rho delta |v|^2.
Guarantee: upper bound; half of it holds too, and that is sharp.
Source: Fallah, Mokhtari, Ozdaglar (AISTATS 2020), text under equation (9).
"""

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.instance import InstanceOn

TITLE = "HF error: the finite difference of HF-MAML"
STATEMENT = (
    r"\left\| H(w) v - \frac{\nabla \phi(w + \delta v) - \nabla \phi(w - \delta v)}{2 \delta} \right\| "
    r"\le \rho \delta \|v\|^2"
)
WHERE = r"\phi = f_i, \quad H = \nabla^2 \phi"
GUARANTEE = "upper bound"
SOURCE = "Fallah, Mokhtari, Ozdaglar (AISTATS 2020), text under equation (9)"
ASSUMPTIONS = ("4.4",)
QUANTIFIES = ("tasks", "w", "v", "delta", "i")
HYPOTHESES = ()


def left(x: InstanceOn) -> Numbers:
    """|H(w) v - difference quotient|."""
    return x.ar.norm(x.hessian_difference_error)


def right(x: InstanceOn) -> Numbers:
    """rho delta |v|^2."""
    return x.hessian_lipschitz * x.delta * x.ar.squared_norm(x.v)
