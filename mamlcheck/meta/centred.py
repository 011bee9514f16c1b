"""How far a centred step moves a gradient in the mean: the function psi of the sharper forms of Lemma 4.10.

For a step e with E e = 0 and E |e|^2 = t^2, and g with an L-Lipschitz and a rho-Lipschitz derivative H, split at any
kappa in [0, 1]: E [g(w + e) - g(w)] = E [g(w + e) - g(w + kappa e)] + E [g(w + kappa e) - g(w) - kappa H(w) e], so that
|E [g(w + e) - g(w)]| <= (1 - kappa) L t + rho kappa^2 t^2 / 2. The best kappa is min(1, L / (rho t)), and gives
psi(t) = rho t^2 / 2 for rho t <= L, else L t - L^2 / (2 rho).
"""

from __future__ import annotations

from mamlcheck.arithmetic import Arithmetic, Numbers


def centred_change(ar: Arithmetic, smoothness: Numbers, hessian_lipschitz: Numbers, squared_step: Numbers) -> Numbers:
    """psi(t) (...), from L, rho and t^2 (...), all >= 0; 0 for rho = 0.

    Where rho t <= L is certain everywhere no root is taken, so that exact fractions stay exact.
    """
    bend = hessian_lipschitz * squared_step  # rho t^2
    if (ar.less_equal(hessian_lipschitz * bend, ar.square(smoothness)) == 1).all():
        return bend / 2
    # Both cases at once, with no division by rho: min(rho t, L) t (1 - kappa / 2), kappa = L / max(rho t, L).
    step = ar.sqrt(squared_step)
    change = hessian_lipschitz * step
    kappa = smoothness / ar.maximum(change, smoothness)
    return ar.minimum(change, smoothness) * step * (1 - kappa / 2)
