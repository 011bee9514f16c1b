"""Elementary functions in a few NumPy operations each, with a proved error: what `filter` evaluates losses with.

NumPy's own `exp` or `sin` are fast, but nothing is promised of their last bits. Here each function is a table at the
multiples of 1/64, which `enclosures` makes within a unit in the last place, and a short Taylor polynomial between them.
Only + - * /, comparisons and conversions to integers are used, which IEEE 754 rounds correctly. With u = 2**-53:

    exp(x)              within EXP_UNITS u exp(x) + CUT for x <= RANGE
    tanh(x)             within TANH_UNITS u
    sin(x), cos(x)      within SINE_UNITS u for |x| <= RANGE

Let n be the integer nearest to 64 x and r = x - n/64. Then r is exact: for n = 0 it is x, and otherwise
|r| <= 1/128 <= |n/64| / 2, so that x lies between half and twice n/64 and the difference is exact (Sterbenz). Values at
n/64 are lower bounds that differ from the function by less than a unit in the last place, at most 2 u of it.

This module knows doubles, and nothing of arrays with bounds.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from mamlcheck.arithmetic import enclosures
from mamlcheck.arithmetic.arrays import Doubles, Integers

STEPS_OF_ONE = 64
RANGE = 64  # arguments beyond it have no place in the tables
# exp: the value in the table is off by 2 u, the product of it and p and their sum by 1.01 u, and p, the Taylor
# polynomial of exp(r) - 1 of degree 5, by |r|^6/720 exp(|r|) <= 2**-42/720 * 1.008 <= 2.87 u and, being below 0.0079,
# by less than 0.06 u of rounding. Together less than 6.1 u of the value in the table times exp(-r) <= 1.008.
EXP_UNITS = 8
CUT = 2.0**-92  # exp(-RANGE) is below it: arguments below -RANGE are taken for -RANGE
# tanh|x| = (1 - e)/(1 + e) with e = exp(-2|x|) <= 1 changes by 2/(1 + e)^2 times as much as e: by at most
# 8 u * 2 e/(1 + e)^2 <= 4 u for e off by 8 u e, and by 2 CUT, far below u, where it is cut. Three roundings add 3 u.
TANH_UNITS = 8
# sin(n/64 + r) = S + (S (cos r - 1) + C sin r): S is off by 2 u, the polynomial for cos r - 1 by r^6/720 <= 2.85 u,
# that for sin r by r^7/5040 < 0.01 u; all that multiplies sin r, below 0.0079, adds less than 0.1 u, the last sum 1 u.
# The same for the cosine.
SINE_UNITS = 8

Reduced = tuple[Integers, Doubles]
"""The places n in a table and the rests r of arguments."""


def reduced(x: Doubles) -> Reduced:
    """Where in the tables the arguments are, and how far beside. NaN and what is beyond RANGE get a wrong place."""
    n = np.rint(x * STEPS_OF_ONE)
    rest = x - n * (1 / STEPS_OF_ONE)
    n += RANGE * STEPS_OF_ONE
    return n.astype(np.intp), rest


@cache
def _table(name: str) -> Doubles:
    points = np.arange(-RANGE * STEPS_OF_ONE, RANGE * STEPS_OF_ONE + 1) / STEPS_OF_ONE
    table = enclosures.elementary(name, points, points)[0]
    table.setflags(write=False)
    return table


def _looked_up(name: str, places: Integers) -> Doubles:
    return np.asarray(_table(name).take(places, mode="clip"))


def exp(x: Doubles) -> Doubles:
    """e**x; wrong beyond RANGE."""
    places, r = reduced(np.maximum(x, -float(RANGE)))
    p = r * (1 / 120)
    p += 1 / 24
    p *= r
    p += 1 / 6
    p *= r
    p += 0.5
    p *= r
    p += 1.0
    p *= r
    value = _looked_up("exp", places)
    p *= value
    p += value
    return p


def tanh(x: Doubles) -> Doubles:
    """Hyperbolic tangent."""
    e = exp(np.abs(x) * -2.0)
    return np.asarray(np.copysign((1.0 - e) / (1.0 + e), x))


def _beside(r: Doubles) -> tuple[Doubles, Doubles]:
    """sin r and cos r - 1."""
    square = r * r
    sine = square * (1 / 120)
    sine -= 1 / 6
    sine *= square
    sine *= r
    sine += r
    cosine = square * (1 / 24)
    cosine -= 0.5
    cosine *= square
    return sine, cosine


def sine(arguments: Reduced) -> Doubles:
    """Sines; wrong beyond RANGE."""
    places, r = arguments
    beside_sine, beside_cosine = _beside(r)
    s = _looked_up("sin", places)
    return np.asarray(s + (s * beside_cosine + _looked_up("cos", places) * beside_sine))


def cosine(arguments: Reduced) -> Doubles:
    """Cosines; wrong beyond RANGE."""
    places, r = arguments
    beside_sine, beside_cosine = _beside(r)
    c = _looked_up("cos", places)
    return np.asarray(c + (c * beside_cosine - _looked_up("sin", places) * beside_sine))
