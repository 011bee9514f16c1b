"""What every arithmetic offers: the operations a formula may use, under one name in each.

Arrays are each arithmetic's own (`Any` here) and take `+ - * /` among themselves and with Python ints. An
arithmetic has no state: two of the same kind (and precision) are equal, and hash alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Any, Protocol


class Arithmetic(Protocol):
    """The number system a formula runs in."""

    @property
    def name(self) -> str:
        """`float64`, `ball`, `arb`, `rational` or `symbolic`."""

    @property
    def rigorous(self) -> bool:
        """Whether results enclose, or are, the exact ones."""

    @property
    def precision(self) -> int:
        """Bits of precision, where that says something."""

    def working(self) -> AbstractContextManager[Any]:
        """Context in which formulas run."""

    def exact(self, values: Any) -> Any:
        """An array of exact numbers: ints, Fractions, doubles, and nested lists or arrays of them."""

    def from_arb(self, values: Any) -> Any:
        """An array around an object array of flint `arb`; raises `NotExact` where there are no enclosures."""

    # -- elementwise -----------------------------------------------------------------------------------------
    def abs(self, x: Any, /) -> Any:
        """|x|."""

    def minimum(self, x: Any, y: Any, /) -> Any:
        """The smaller of x and y, either of which may be an int."""

    def maximum(self, x: Any, y: Any, /) -> Any:
        """The larger of x and y, either of which may be an int."""

    def square(self, x: Any, /) -> Any:
        """X * x."""

    def power(self, x: Any, n: int) -> Any:
        """x**n for an integer n >= 0."""

    def sqrt(self, x: Any, /) -> Any:
        """Square root of numbers known to be non-negative."""

    def exp(self, x: Any, /) -> Any:
        """e**x."""

    def expm1(self, x: Any, /) -> Any:
        """e**x - 1."""

    def log(self, x: Any, /) -> Any:
        """Natural logarithm."""

    def log1p(self, x: Any, /) -> Any:
        """log(1 + x)."""

    def tanh(self, x: Any, /) -> Any:
        """Hyperbolic tangent."""

    def sin(self, x: Any, /) -> Any:
        """Sine."""

    def cos(self, x: Any, /) -> Any:
        """Cosine."""

    def sinh(self, x: Any, /) -> Any:
        """Hyperbolic sine."""

    def cosh(self, x: Any, /) -> Any:
        """Hyperbolic cosine."""

    def atan(self, x: Any, /) -> Any:
        """Arc tangent."""

    def asinh(self, x: Any, /) -> Any:
        """Inverse hyperbolic sine."""

    def erf(self, x: Any, /) -> Any:
        """Error function."""

    # -- sums and products along axes ------------------------------------------------------------------------
    def sum(self, x: Any, axis: int) -> Any:
        """Sum over one axis."""

    def mean(self, x: Any, axis: int) -> Any:
        """Mean over one axis."""

    def weighted_sum(self, weights: Any, x: Any, axis: int) -> Any:
        """Sum of weights * x over one axis."""

    def matvec(self, a: Any, x: Any) -> Any:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""

    def rmatvec(self, a: Any, y: Any) -> Any:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""

    def squared_norm(self, x: Any) -> Any:
        """Sum of squares over the last axis."""

    def norm(self, x: Any) -> Any:
        """Euclidean norm over the last axis."""

    # -- shape -----------------------------------------------------------------------------------------------
    def stack(self, arrays: Sequence[Any], axis: int) -> Any:
        """Arrays of one shape along a new axis."""

    def concatenate(self, arrays: Sequence[Any], axis: int) -> Any:
        """Arrays along an axis they have."""

    def broadcast_to(self, x: Any, shape: tuple[int, ...]) -> Any:
        """x, repeated to the shape."""

    def transpose(self, x: Any, axes: Sequence[int]) -> Any:
        """X with its axes in this order."""

    def take(self, x: Any, indices: Any, axis: int) -> Any:
        """Elements at these indices along an axis."""

    # -- what is known beyond the numbers --------------------------------------------------------------------
    def vanishing_with(self, x: Any, step: Any) -> Any:
        """x, known to be 0 wherever `step` is exactly 0."""

    def lipschitz(
        self, function: Callable[..., Any], x: Any, bounds: Fraction | Sequence[Fraction | None] | None
    ) -> Any:
        """function(self, x), given the Lipschitz constant of its output, or of each (None: there is none)."""

    # -- reading ---------------------------------------------------------------------------------------------
    def lower(self, x: Any) -> Any:
        """Doubles (float64 array) not above the numbers."""

    def upper(self, x: Any) -> Any:
        """Doubles (float64 array) not below the numbers."""

    def midpoint(self, x: Any) -> Any:
        """Doubles (float64 array) near the numbers."""

    def less_equal(self, x: Any, y: Any) -> Any:
        """1 where certainly x <= y, 0 where certainly x > y, -1 where this arithmetic cannot tell (int8)."""
