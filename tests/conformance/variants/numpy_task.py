"""NumPy: tasks put together in a wrong way."""

from __future__ import annotations

import numpy as np
from numpy_parts import maml, of_all
from said import NOT_MAML_ALONE, WEIGHTS
from variant import wrong


def _each(p):
    return [maml(p, t.inner, t.outer) for t in p.tasks]


def _median(p):
    each = _each(p)
    return {k: np.median([g[k] for g in each], axis=0) for k in each[0]}


median_of_the_tasks = wrong(
    "the median over tasks of each component, in place of the mean",
    of_all(_median, steps=(1, 2)),
    lambda o: np.median([o.maml(tasks=[t]) for t in o.tasks], axis=0),
    (r"median",),
    NOT_MAML_ALONE,
)


def _halving_average(p):
    """mean = (mean + g) / 2 for each task."""
    mean = None
    for g in _each(p):
        mean = g if mean is None else {k: (mean[k] + g[k]) / 2 for k in g}
    return mean


halving_average = wrong(
    "the running mean is halved for each task: weights 1/4, 1/4 and 1/2",
    of_all(_halving_average, steps=(1, 2)),
    lambda o: sum(c * o.maml(tasks=[t]) for c, t in zip((0.25, 0.25, 0.5), o.tasks, strict=True)),
    (WEIGHTS, r"task"),
    NOT_MAML_ALONE,
)
