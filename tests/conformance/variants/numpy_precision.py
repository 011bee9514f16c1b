"""NumPy: arrays that were rounded on the way."""

from __future__ import annotations

import numpy as np
from numpy_parts import maml, of_tasks, path, pulled_back
from said import PRECISION
from variant import wrong


def _rounded(dtype, w):
    return {k: v.astype(dtype).astype(v.dtype) for k, v in w.items()}


def _stored_in_half(p, t):
    points = [_rounded(np.float16, w) for w in path(p, p.parameters, t.inner)]
    return pulled_back(p, points, p.gradient(points[-1], t.outer), t.inner)


adapted_parameters_in_half = wrong(
    "the adapted parameters are stored in float16",
    of_tasks(_stored_in_half, steps=(1, 2)),
    lambda o: o.maml(),
    (r"\bMAML\b", PRECISION),
    within=0.01,
)

direction_in_half = wrong(
    "the direction is rounded to float16 and handed over in float64",
    of_tasks(lambda p, t: _rounded(np.float16, maml(p, t.inner, t.outer)), steps=(1, 2)),
    lambda o: o.maml(),
    (r"\bMAML\b", PRECISION),
    within=0.002,
)
