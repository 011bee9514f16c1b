"""Lemma 4.10, bias: f' = L |x - w'| but for a bend of length 1/t, and noise of two values."""

from fractions import Fraction
from typing import Any

from mamlcheck.limits._parts import bent
from mamlcheck.meta.instance import Instances


def instance(t: Fraction) -> Instances:
    """f'' = -1 up to w' = 0 and 1 from 1/t on, two samples of slope 1 and -1, D_in = 1."""
    return bent(1 / t, Fraction(1), (Fraction(1), Fraction(-1)), Fraction(1))


def loses(t: Any) -> Any:
    """The bend, on one side of w'."""
    return 1 / (2 * t)
