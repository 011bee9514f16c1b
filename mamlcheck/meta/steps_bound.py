"""How fast the meta-gradient of N inner steps may change: the formulas that the claims on N inner steps share.

Each is straight-line code, so that proofs read it. `x` is an instance in an arithmetic.
"""

from __future__ import annotations

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.instance import InstanceOn


def meta_gradient_change(x: InstanceOn, steps: int) -> Numbers:
    """|grad F_N(w) - grad F_N(u)| (...)."""
    gradients = x.inner_steps(steps).meta_gradient
    return x.ar.norm(gradients[..., 0, :] - gradients[..., 1, :])


def steps_bound(x: InstanceOn, steps: int, growth: Numbers | int) -> Numbers:
    """The smaller of M_N(w) and M_N(u), times |w - u| (...), with a = alpha L.

    M_N(w) = (1 + a)^(2N) L + alpha rho (1 + a)^(2N - 1) G E_i |grad f_i(w)|, G = `growth` = sum_{k < N} (1 + a)^k.
    """
    stretch = 1 + x.alpha * x.smoothness
    flat = x.ar.power(stretch, 2 * steps) * x.smoothness
    slope = x.alpha * x.hessian_lipschitz * x.ar.power(stretch, 2 * steps - 1) * growth
    bounds = flat[..., None] + slope[..., None] * x.at_both.mean_gradient_norm
    return x.ar.minimum(bounds[..., 0], bounds[..., 1]) * x.ar.norm(x.w - x.u)
