"""Delta = F(w) - inf F, from above: F is at least E_i inf f_i, and a loss that is bounded below is so by a certificate.

inf psi = -log sup exp(-psi), and the supremum over all reals is certified as those of derivatives are. For samples with
c_ij < 0 it is sup psi = log sup exp(psi) that counts; a ridge mu |w|^2 / 2 is at least 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from mamlcheck.arithmetic import ball
from mamlcheck.arithmetic.exact import exact_array
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.tasks.certificate import NotCertified, certified_supremum
from mamlcheck.tasks.expression import variable
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.loss import Loss


@dataclass(frozen=True)
class Gap:
    """A double that Delta is at most, None where none is known. told: where it comes from, or why not."""

    upper: float | None
    told: str


def gap_bound(x: InstanceOn) -> Gap:
    """Of a block of one instance on `ball`."""
    tasks: Any = x.given.tasks
    if x.run_is_known.all():
        return Gap(float(x.ar.upper(x.initial_gap)[0]), "F(w) - min F, of quadratics of one curvature")
    if not isinstance(tasks, RidgeTasks):
        return Gap(None, "no bound of F from below is known for these tasks: give --gap")
    least = _least_of_tasks(tasks)
    if least is None:
        return Gap(None, "F has no bound from below that is certified: give --gap")
    value = x.ar.upper(x.at_w.value[..., 0] - least)
    return Gap(max(0.0, float(np.max(value))), "F(w) less a bound of F from below, of each sample by itself")


def _least_of_tasks(tasks: RidgeTasks) -> Any:
    """A ball (1,) whose lower end is at most E_i (1/m) sum_j inf c_ij psi_i; None where a sample has no bound."""
    c = np.asarray(tasks.c)
    rows = []
    for i, psi in enumerate(tasks.losses):
        row = c[..., i, :]
        below = _extreme(psi, -1) if (row > 0).any() else 0.0
        above = _extreme(psi, 1) if (row < 0).any() else 0.0
        if below is None or above is None:
            return None
        ends = np.where(row > 0, -below, above)
        rows.append(ball.mean(ball.exact(row) * ball.exact(ends), -1))
    return ball.weighted_sum(ball.exact(tasks.probabilities), ball.stack(rows, -1), -1)


@lru_cache(maxsize=64)
def _extreme(psi: Loss, sign: int) -> float | None:
    """A double that is not below sup (sign psi); None where it is infinite or not certified."""
    try:
        largest = certified_supremum(sympy.exp(sign * psi.expression), variable())
    except NotCertified:
        return None
    if largest.upper <= 0:
        return None
    with ball.working():
        return float(ball.upper(ball.log(ball.exact(exact_array([largest.upper]))))[0])


__all__ = ["Gap", "gap_bound"]
