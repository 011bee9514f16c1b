"""Hessian-vector products whose Hessian is of the inner and the outer samples together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.diagnosis.made_of.parts import END, POINTS, START, Parts
from mamlcheck.conformance.diagnosis.made_of.vectors import Product, Vector

ORDER = 3
BOTH = "both"
OUTER_GRADIENT = ("outer", END)


def vectors() -> Iterator[Vector]:
    """At each point."""
    for point in (START, END):
        says = f"the Hessian of the inner and outer samples together {POINTS[point]} times the outer gradient"
        made = Product(BOTH, point, OUTER_GRADIENT)
        yield Vector(f"{says} {POINTS[END]}", partial(_product, point), 1, product=made, factors=1)


def _product(point: str, parts: Parts) -> Numbers:
    """The mean over all samples of both sets, which may be of different sizes."""
    x = parts.x
    sizes = {role: x.size(role) for role in ("inner", "outer")}
    summed = [size * parts.product(role, point, OUTER_GRADIENT) for role, size in sizes.items()]
    return (summed[0] + summed[1]) / (sizes["inner"] + sizes["outer"])
