"""The number systems a formula runs in: one set of operations, the same names in each.

A formula takes an arithmetic (`Arithmetic`) as its first argument, then its arrays (`Numbers`), and never asks
which one it is:

===============  ===================================  ==========================================================
name             arrays                               serves
===============  ===================================  ==========================================================
`float64`        `numpy.ndarray`                      sweeps and hunting; proves nothing
`double_double`  pairs, `DoubleDoubleArray`           26 digits right, to measure doubles with; proves nothing
`filtering`      midpoints, one bound a slice         the first try at a certified verdict, nearly free
`ball`           midpoint and radius, `BallArray`     certified verdicts, thousands at a time
`arb(bits)`      object arrays of `flint.arb`         what `ball` leaves undecided, at any precision
`rational`       object arrays of `fmpq` and `Surd`   exact tasks: ties, witnesses
`symbolic`       object arrays of `sympy.Expr`        symbolic models, an independent oracle
===============  ===================================  ==========================================================

Arrays take `+ - * /` among themselves and with Python ints, broadcast, and are indexed and reshaped as
NumPy's. Every other number comes in through `exact`. Points carry an axis of their own, just before the
coordinates: the products `matvec` and `rmatvec` treat P points at once.
"""

from __future__ import annotations

from mamlcheck.arithmetic.arb import Arb
from mamlcheck.arithmetic.ball import Ball, BallArray
from mamlcheck.arithmetic.double_double import DoubleDouble, DoubleDoubleArray
from mamlcheck.arithmetic.filter import BeyondFilter, Filter, FilterArray
from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.arithmetic.protocol import Arithmetic, Index, Numbers, Operations
from mamlcheck.arithmetic.rational import Rational
from mamlcheck.arithmetic.surds import NotExact
from mamlcheck.arithmetic.symbolic import Symbolic

# Each name below replaces the submodule of the same name as the package's attribute: all of them are imported
# above, so that no later import puts a module back. (`symbolic` imports SymPy only when it is used.)
float64 = Float64()
double_double = DoubleDouble()
ball = Ball()
filtering = Filter()  # `filter` is a function of Python's
rational = Rational()
symbolic = Symbolic()
arb = Arb

__all__ = [
    "Arithmetic",
    "BallArray",
    "BeyondFilter",
    "DoubleDoubleArray",
    "FilterArray",
    "Index",
    "NotExact",
    "Numbers",
    "Operations",
    "arb",
    "ball",
    "double_double",
    "filtering",
    "float64",
    "rational",
    "symbolic",
]
