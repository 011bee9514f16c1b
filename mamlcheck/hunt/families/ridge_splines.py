"""Ridge sums of splines, in two dimensions or more: every sample is a spline along a direction of its own.

Directions and knots are free. Samples share the form of their second derivative, as in one dimension.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mamlcheck.hunt.families import Cube, Space
from mamlcheck.hunt.families._parts import Extras, directions, instances, splines
from mamlcheck.meta.instance import Instances

TITLE = "sums of splines along several directions"
NAME = __name__.rpartition(".")[2]
LARGEST_DIMENSION = 8  # beyond it a space has too many coordinates to search


def spaces(dimension: int) -> tuple[Space, ...]:
    """One task of one, two or four samples, or two tasks of two."""
    if not 2 <= dimension <= LARGEST_DIMENSION:
        return ()
    shapes = ((1, 1), (1, 2), (1, 4), (2, 2))
    return tuple(Space.of(NAME, f"n = {n}, m = {m}", _build(n, m, dimension)) for n, m in shapes)


def _build(n: int, m: int, d: int) -> Callable[[Cube], Instances]:
    def build(cube: Cube) -> Instances:
        extras = Extras.take(cube)
        slopes = cube.signed(-8, 10, n, m)
        centre = -(extras.share[:, None] * slopes.mean(axis=-1)) * cube.between(0, 1, n)
        knots = centre[..., None] + np.stack([-cube.scale(-8, 4, n), cube.signed(-12, 2, n), cube.scale(-8, 4, n)], -1)
        line = splines(knots, cube.between(-1, 1, n, 3), slopes, cube.probabilities(n))
        first = np.ones((len(cube), n, m, 1))
        a = np.concatenate([first, cube.signed(-8, 1, n, m, d - 1)], axis=-1)
        a = a / np.linalg.norm(a, axis=-1, keepdims=True)
        # All f'' reach 1: L = 1 where c is divided by the norm of the mean of a a^T over the samples.
        grams = np.einsum("...mk,...ml->...kl", a, a) / m
        largest = np.linalg.eigvalsh(grams)[..., -1].max(axis=1)
        tasks = replace(line, a=a, c=line.c / largest[:, None, None])
        return instances(tasks, extras, directions(cube, d))

    return build
