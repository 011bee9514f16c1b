"""Two Hessians at the initial parameters times the outer gradient: what applying a factor once too often leaves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.diagnosis.made_of.parts import END, POINTS, START, Parts
from mamlcheck.conformance.diagnosis.made_of.vectors import Product, Vector
from mamlcheck.conformance.diagnosis.made_of.vectors.products import SETS

ORDER = 5
OUTER_GRADIENT = ("outer", END)


def vectors() -> Iterator[Vector]:
    """Of each set."""
    for role, name in SETS.items():
        says = f"the square of the Hessian of the {name} set {POINTS[START]} times the outer gradient {POINTS[END]}"
        yield Vector(says, partial(_product, role), 2, product=Product(role, START, OUTER_GRADIENT), factors=2)


def _product(role: str, parts: Parts) -> Numbers:
    x = parts.x
    return x.curvature(parts.at(START), parts.product(role, START, OUTER_GRADIENT), role)
