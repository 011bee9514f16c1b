"""One-dimensional spline tasks on which the noise of the inner batch is what counts.

Alpha is 1/L and the outer batch is so large that its noise, which Lemma 4.10 has on both sides alike, vanishes: its
second moment is tight here only where Young's inequality is. phi is kept near 1: large, it would leave the noise out.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from mamlcheck.hunt.families import Cube, Space
from mamlcheck.hunt.families._parts import Extras, deviations, instances, splines
from mamlcheck.meta.instance import BatchSizes, Instances

TITLE = "1-D spline tasks with alpha = 1/L and a large outer batch"
NAME = __name__.rpartition(".")[2]
HUGE_OUTER_BATCH = 2**20  # D_o, at which its noise no longer counts
LEAST_ALPHA_L = 1 - Fraction(1, 2**20)  # that an instance of this family has when it is made simpler


def spaces(dimension: int) -> tuple[Space, ...]:
    """One task of two samples."""
    return (Space.of(NAME, "m = 2", _build, _has_inner_noise),) if dimension == 1 else ()


def _build(cube: Cube) -> Instances:
    taken = Extras.take(cube)
    extras = replace(taken, share=np.ones(len(cube)), phi=np.clip(taken.phi, 0.25, 4))
    slopes = cube.signed(-6, 6, 1)[..., None] + deviations(cube, 1, 2)
    knots = -slopes.mean(axis=-1)[..., None] + np.stack([-cube.scale(-8, 2, 1), cube.scale(-8, 2, 1)], axis=-1)
    tasks = splines(knots, cube.between(-1, 1, 1, 2), slopes, cube.probabilities(1))
    sizes = BatchSizes(outer=HUGE_OUTER_BATCH)
    return instances(tasks, extras, np.ones((len(cube), 1)), sizes)


def _has_inner_noise(one: Instances) -> bool:
    """Whether the outer batch is still large, alpha L is 1 or nearly, and phi from 1/4 to 4."""
    rate = Fraction(one.alpha.item()) * Fraction(one.tasks.smoothness.item())
    large = one.sizes.outer >= HUGE_OUTER_BATCH
    return large and rate >= LEAST_ALPHA_L and Fraction(1, 4) <= Fraction(one.phi.item()) <= 4
