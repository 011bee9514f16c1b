"""Small fractions and tasks made of them, drawn at random: what exact arithmetic and its oracles are tried on."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.losses import builtin_losses, loss

EXACT_KINDS = ["splines", "quadratics"]
LOSSES = [psi.name for psi in builtin_losses()]
KINDS = [*LOSSES, *EXACT_KINDS]


def draws(rng: np.random.Generator, *shape: int, denominator: int = 8, size: int = 10) -> np.ndarray:
    """Fractions k / denominator with k from -size to size, as an object array."""
    out = np.empty(shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(int(k), denominator) for k in rng.integers(-size, size + 1, out.size)]
    return out


def random_tasks(kind: str, seed: int, lead: tuple[int, ...], n: int, m: int, d: int, size: int) -> Tasks:
    """n tasks of m samples in d dimensions with probabilities 1/n^2, 3/n^2, ...; `size` as in `draws`.

    kind: one of `KINDS`: a loss of ridge tasks, splines or quadratics.
    """
    rng = np.random.default_rng(seed)

    def drawn(*shape: int, **given: Any) -> np.ndarray:
        return draws(rng, *lead, *shape, **({"size": size} | given))

    probabilities = np.empty((*lead, n), dtype=object)
    probabilities[...] = [Fraction(2 * i + 1, n * n) for i in range(n)]
    if kind == "quadratics":
        half = drawn(n, m, d, d)
        return QuadraticTasks(half + np.swapaxes(half, -1, -2), drawn(n, m, d), probabilities)
    made: Any = RidgeTasks
    profile: tuple[Any, ...] = ((loss(kind),) * n,) if kind != "splines" else ()
    if kind == "splines":
        knots = np.cumsum(np.abs(drawn(n, m, 3)) + Fraction(1, 3), axis=-1) - 1
        made, profile = SplineTasks, (knots, drawn(n, m, 3), drawn(n, m))
    mu = np.abs(drawn()) if lead else np.array(Fraction(1, 7), dtype=object)
    c = drawn(n, m, denominator=3, size=4)
    ridge: Tasks = made(drawn(n, m, d), drawn(n, m), c, mu, probabilities, *profile)
    return ridge


def fractions(values: Any) -> np.ndarray:
    """Exact numbers as an object array of fractions."""
    out = np.empty(len(values), dtype=object)
    out[:] = [Fraction(v) for v in values]
    return out


def as_fraction(value: Any) -> Fraction:
    """A fraction of python-flint as one of Python."""
    return Fraction(int(value.p), int(value.q))
