"""Lemma 4.10, bias, D_in = 2 on the line: f' = L |x - w'| but for a bend of length 1/t, one of four samples apart."""

from fractions import Fraction
from typing import Any

from mamlcheck.limits._parts import bent
from mamlcheck.meta.instance import Instances


def instance(t: Fraction) -> Instances:
    """f'' = -1 up to w' = 0 and 1 from 1/t on, samples of slope 3, -1, -1, -1."""
    return bent(1 / t, Fraction(1), tuple(map(Fraction, (3, -1, -1, -1))), Fraction(1), inner=2)


def loses(t: Any) -> Any:
    """The bend, on one side of w'."""
    return 1 / (2 * t)
