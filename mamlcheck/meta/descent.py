"""What one step is sure to gain, in terms of the moments of its direction: the formulas that the descent claims share.

w+ = w - beta Gbar, beta = c beta~(w), Gbar the mean of B i.i.d. directions with mean D and second moment V. Since F is
L(w)-smooth around w (Lemma 4.8) and beta~ is drawn independently of Gbar,

    F(w) - E F(w+) >= c E beta~ <grad F(w), D> - (L(w) / 2) c^2 E beta~^2 T,   T = E |Gbar|^2 = |D|^2 + (V - |D|^2) / B.

Each is straight-line code, so that proofs read it. `x` is an instance in an arithmetic, `direction` its `x.maml`,
`x.fo_maml` or `x.hf_maml`.
"""

from __future__ import annotations

from typing import Any

from mamlcheck.arithmetic import Numbers


def batch_square(x: Any, direction: Any) -> Numbers:
    """T = |D|^2 + (V - |D|^2) / B."""
    mean = x.ar.squared_norm(direction.mean)
    return mean + (direction.second_moment - mean) / x.sizes.step_tasks


def sure_decrease(x: Any, factor: Any, direction: Any) -> Numbers:
    """L(w) (c E beta~ <grad F(w), D> - (L(w) / 2) c^2 E beta~^2 T), c = `factor`: at most L(w) (F(w) - E F(w+))."""
    first, second = x.stepsize_moments
    bound = x.smoothness_bound
    along = bound * factor * first * direction.along
    return along - x.ar.square(bound * factor) * second * batch_square(x, direction) / 2


def decreased_enough(x: Any, factor: Any, direction: Any) -> Numbers:
    """The larger side of the general descent: the sure decrease, (49/80) c |D - grad F|^2 and (371/400) c^2 T."""
    error = 49 * factor * x.ar.squared_norm(direction.error) / 80
    spread = 371 * x.ar.square(factor) * batch_square(x, direction) / 400
    return sure_decrease(x, factor, direction) + error + spread


def wanted_decrease(x: Any, factor: Any, direction: Any) -> Numbers:
    """The smaller side: (2/5) c (|grad F(w)|^2 + |D|^2)."""
    return 2 * factor * (x.ar.squared_norm(x.meta_gradient) + x.ar.squared_norm(direction.mean)) / 5
