"""Hessian-vector products: of each set, at each point, with the outer gradients and the inner one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.diagnosis.made_of.parts import END, HALFWAY, POINTS, START, Parts
from mamlcheck.conformance.diagnosis.made_of.vectors import Product, Vector

ORDER = 2
SETS = {"inner": "inner", "outer": "outer", "hessian": "Hessian"}
MULTIPLIED = (("outer", END), ("outer", START), ("inner", START))
USUAL = (START, ("outer", END))


def vectors() -> Iterator[Vector]:
    """Each set at each point with each gradient."""
    for role in SETS:
        for point in (START, END, HALFWAY):
            for of in MULTIPLIED:
                for power in (1, 2, 0) if (point, of) == USUAL else (1,):
                    yield _of(Product(role, point, of), power)


def _of(p: Product, power: int) -> Vector:
    role, point = p.of
    says = f"the Hessian of the {SETS[p.role]} set {POINTS[p.point]} times the {role} gradient {POINTS[point]}"
    return Vector(says, partial(_product, p), power, product=p, factors=1)


def _product(p: Product, parts: Parts) -> Numbers:
    return parts.product(p.role, p.point, p.of)
