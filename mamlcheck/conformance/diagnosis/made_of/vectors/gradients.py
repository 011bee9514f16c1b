"""Gradients: of each set, at the initial and at the adapted parameters; alpha times those that an update is made of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.diagnosis.made_of.parts import END, POINTS, START, Parts
from mamlcheck.conformance.diagnosis.made_of.vectors import Vector

ORDER = 1
SETS = {"outer": "outer", "inner": "inner", "hessian": "Hessian set's"}


def vectors() -> Iterator[Vector]:
    """Each set at each point."""
    for point in (END, START):
        for role, name in SETS.items():
            says = f"the {name} gradient {POINTS[point]}"
            yield Vector(says, partial(_gradient, role, point), gradient=(role, point))
            if role != "hessian":
                yield Vector(says, partial(_gradient, role, point), 1, gradient=(role, point))


def _gradient(role: str, point: str, parts: Parts) -> Numbers:
    return parts.gradient(role, point)
