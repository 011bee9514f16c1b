"""The tightness of a claim by float64: it guides searches, and is no verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.claims import Claim
from mamlcheck.errors import InputError, TooManyBatches
from mamlcheck.meta.instance import Instances


def with_float_constants(instances: Instances) -> Instances:
    """The same block with L and rho by float64, where the tasks offer them; use it for `float_tightness` alone.

    Certifying the constants costs several times as much as the sides of a claim.
    """
    constants = instances.tasks.float_constants()
    if constants is None:
        return instances
    smoothness, lipschitz = constants
    return replace(instances, smoothness=smoothness, hessian_lipschitz=lipschitz)


def float_tightness(claim: Claim, instances: Instances) -> np.ndarray:
    """Left over right side on a block (N,), by float64; NaN where a hypothesis fails or the right side is not > 0.

    Hypotheses are compared by float64, too: a tie may go either way.
    """
    with float64.working():
        x = instances.on(float64)
        holds = np.ones(instances.shape, dtype=bool)
        try:
            for hypothesis in claim.hypotheses:
                holds &= hypothesis.seems_to_hold(x)
                if not holds.any():  # what follows may not even exist here
                    return np.full(holds.shape, np.nan)
            left, right = (np.broadcast_to(x.ar.midpoint(side(x)), holds.shape) for side in (claim.left, claim.right))
        except TooManyBatches:
            return np.full(holds.shape, np.nan)
        except InputError:  # where a hypothesis fails, a side need not exist
            alone = np.full(holds.shape, np.nan)
            if holds.any() and not holds.all():
                alone[holds] = float_tightness(claim, instances[holds])
            return alone
        ratio: np.ndarray = np.where(holds & (right > 0) & np.isfinite(left), left / right, np.nan)
        return ratio
