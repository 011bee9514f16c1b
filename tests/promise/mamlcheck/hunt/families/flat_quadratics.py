"""One-dimensional quadratic tasks of one sample, whose curvature is 1 or -1."""

from __future__ import annotations

import numpy as np

from mamlcheck.hunt.families import Cube, Space
from mamlcheck.hunt.families._parts import Extras, directions, instances
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks

TITLE = "1-D quadratic tasks of curvature 1 or -1"
NAME = __name__.rpartition(".")[2]


def spaces(dimension: int) -> tuple[Space, ...]:
    """One task."""
    return (Space.of(NAME, "m = 1", _build),) if dimension == 1 else ()


def _build(cube: Cube) -> Instances:
    curvatures = np.where(cube.uniform(1, 1, 1, 1) < 0.5, -1.0, 1.0)
    tasks = QuadraticTasks(curvatures, cube.signed(-6, 4, 1, 1, 1), cube.probabilities(1))
    return instances(tasks, Extras.take(cube), directions(cube, 1))
