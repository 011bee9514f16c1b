"""The mean Hessian of the tasks times their mean outer gradient: not the mean of the tasks' own products."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.diagnosis.made_of.parts import END, POINTS, START, Parts
from mamlcheck.conformance.diagnosis.made_of.vectors import Product, Vector
from mamlcheck.conformance.diagnosis.made_of.vectors.products import SETS

ORDER = 4
OUTER_GRADIENT = ("outer", END)


def vectors() -> Iterator[Vector]:
    """Of each set."""
    for role, name in SETS.items():
        says = f"the mean Hessian of the {name} sets of the tasks {POINTS[START]} times their mean outer gradient"
        made = Product(role, START, OUTER_GRADIENT, means=True)
        yield Vector(f"{says} {POINTS[END]}", partial(_product, role), 1, product=made, factors=1)


def _product(role: str, parts: Parts) -> Numbers:
    x = parts.x
    mean = x.mean(parts.gradient(*OUTER_GRADIENT))
    return x.curvature(parts.at(START), x.ar.broadcast_to(mean, (x.count, x.layout.size)), role)
