"""Meta step: a task that is concave up to w = 0, and alpha nearly 1/L."""

from fractions import Fraction
from typing import Any

from mamlcheck.limits._parts import bent
from mamlcheck.meta.instance import Instances


def instance(t: Fraction) -> Instances:
    """f'' = -1 up to w = 0, f' = 1 there, so that w' = -alpha; alpha = 1 - 1/t."""
    return bent(Fraction(1), Fraction(1), (Fraction(1),), 1 - 1 / t)


def loses(t: Any) -> Any:
    """(1 + alpha)^2 in place of 4."""
    return 1 / t - 1 / (4 * t**2)
