"""Few-atom distributions of gradients: all tasks have one second derivative, and differ in their slopes at w.

Lemma 4.9 depends on the distribution of the norms of batch gradients at w alone. The search places the atoms; then
their spread between tasks, and within, is taken to a share of what the batch sizes of the lemma allow, 1 included.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mamlcheck.hunt.families import Cube, Space
from mamlcheck.hunt.families._parts import BELOW_ONE, Extras, instances, splines
from mamlcheck.meta.instance import BatchSizes, Instances

TITLE = "1-D tasks with few-atom distributions of gradients"
NAME = __name__.rpartition(".")[2]


def spaces(dimension: int) -> tuple[Space, ...]:
    """Up to three tasks and four samples; one draw or two for the step size."""
    if dimension != 1:
        return ()
    shapes = ((1, 2, 1, 1), (2, 2, 1, 1), (3, 2, 1, 1), (2, 3, 2, 1), (2, 4, 1, 2))
    return tuple(
        Space.of(NAME, f"n = {n}, m = {m}, D_beta = {batch}, B' = {tasks}", _build(n, m, batch, tasks))
        for n, m, batch, tasks in shapes
    )


def _build(n: int, m: int, batch: int, tasks: int) -> Callable[[Cube], Instances]:
    sizes = BatchSizes(stepsize=batch, stepsize_tasks=tasks)

    def build(cube: Cube) -> Instances:
        extras = Extras.take(cube)
        probabilities = cube.probabilities(n)
        rate, unit = extras.share * BELOW_ONE, np.ones((len(cube), n, 1))
        bent = cube.scale(-4, 4)[:, None, None] * unit  # half the length over which f'' goes from -1 to 1: rho = 1 / it
        means, within = cube.between(-1, 1, n), cube.between(-1, 1, n, m)
        within = within - within.mean(axis=-1, keepdims=True)
        # The lemma asks (rho alpha sigma)^2 <= 2 B' and (2 rho alpha sigma~)^2 <= D_beta; L = 1.
        bend = rate / bent[:, 0, 0]
        between = means - (probabilities * means).sum(axis=-1, keepdims=True)
        sigma = np.sqrt((probabilities * between**2).sum(axis=-1))
        sigma_tilde = np.sqrt((probabilities * (within**2).mean(axis=-1)).sum(axis=-1))
        spread = cube.share() * BELOW_ONE * np.sqrt(2 * tasks) / (bend * np.maximum(sigma, 2.0**-30))
        noise = cube.share() * BELOW_ONE * np.sqrt(batch) / (2 * bend * np.maximum(sigma_tilde, 2.0**-30))
        # Where the mean gradient lies is free: the lowest task gradient is taken to a place near 0, or at 0.
        placed = spread[:, None] * (means - means.min(axis=-1, keepdims=True))
        placed = placed + (cube.signed(-6, 4) / bend)[:, None]
        slopes = np.where(
            sigma[:, None, None] > 2.0**-20, placed[..., None], placed[..., None] * 0 + placed[:, :1, None]
        )
        slopes = slopes + noise[:, None, None] * within
        knots = np.concatenate([-bent, bent], axis=-1)
        values = np.concatenate([-unit, unit], axis=-1)
        return instances(splines(knots, values, slopes, probabilities), extras, np.ones((len(cube), 1)), sizes)

    return build
