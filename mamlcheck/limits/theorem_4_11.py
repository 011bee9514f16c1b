"""Theorem 4.11: noise of +-t, and a bend of f'' at w' that is short beside it; alpha = 1/L."""

from fractions import Fraction
from typing import Any

from mamlcheck.limits._parts import bent
from mamlcheck.meta.instance import Instances


def instance(t: Fraction) -> Instances:
    """f'' = -1/2 up to w' = 0 and 1/2 from 1/2 on, two samples of slope -t and t, D_test = 1."""
    return bent(Fraction(1, 2), Fraction(1, 2), (-t, t), Fraction(2))


def loses(t: Any) -> Any:
    """What the bend costs, once in the gradient."""
    return 1 / (8 * t)
