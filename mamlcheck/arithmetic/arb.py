"""`arb`: python-flint balls of any precision, as NumPy object arrays. Rigorous, and slow next to `ball`: for
what `ball` leaves undecided, for certificates of constants, and for integrals.

python-flint keeps its precision in one place for the whole process; `working()` sets it for a `with` block
and puts it back. The precision decides how wide the results are, never whether they enclose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction

import flint
import numpy as np

from mamlcheck.arithmetic.arrays import Answers, Doubles, Objects
from mamlcheck.arithmetic.enclosures import arb_bounds
from mamlcheck.arithmetic.exact import are_doubles, exact_array, fractions_of
from mamlcheck.arithmetic.objects import ObjectArithmetic, elementwise
from mamlcheck.arithmetic.protocol import Arithmetic
from mamlcheck.errors import InputError

LARGE_PRODUCT_TERMS = 64  # matrix products of this many multiplications go through arb_mat, smaller ones through NumPy


class Arb(ObjectArithmetic):
    """Arrays are object arrays of `flint.arb`. `Arb(bits)` works at that precision inside `working()`."""

    name = "arb"
    rigorous = True

    def __init__(self, precision: int):
        if isinstance(precision, bool) or not isinstance(precision, int) or precision < 2:
            raise InputError(f"arb works at 2 bits or more, not at {precision!r}: arb(64) is a usual start")
        self.precision = precision

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Arb) and other.precision == self.precision

    def __hash__(self) -> int:
        return hash(("arb", self.precision))

    def __repr__(self) -> str:
        return f"arb({self.precision})"

    def working(self) -> AbstractContextManager[object]:
        """Sets python-flint's precision for the block."""
        context: AbstractContextManager[object] = flint.ctx.workprec(self.precision)
        return context

    def number(self, value: Fraction) -> flint.arb:
        return flint.arb(flint.fmpq(value.numerator, value.denominator))

    def exact(self, values: object) -> Objects:
        array = exact_array(values)
        out = np.empty(array.shape, dtype=object)
        if are_doubles(array):
            out.reshape(-1)[:] = [flint.arb(v) for v in array.ravel().tolist()]
        else:
            out.reshape(-1)[:] = [self.number(v) for v in fractions_of(array)]
        return out

    def from_arb(self, values: Objects) -> Objects:
        return values

    def abs(self, x: Objects) -> Objects:
        return elementwise(abs, x)

    def minimum(self, x: Objects, y: Objects | int) -> Objects:
        return elementwise(lambda a, b: a.min(b), x, self._operand(y))

    def maximum(self, x: Objects, y: Objects | int) -> Objects:
        return elementwise(lambda a, b: a.max(b), x, self._operand(y))

    def _operand(self, y: Objects | int) -> Objects:
        return self.exact(y) if isinstance(y, int) else y

    def sqrt(self, x: Objects) -> Objects:
        """Square root of numbers known to be non-negative: the negative part of a ball is cut off, and what is
        certainly negative has no root (nan).
        """
        return elementwise(_root, x)

    def exp(self, x: Objects) -> Objects:
        return elementwise(flint.arb.exp, x)

    def expm1(self, x: Objects) -> Objects:
        return elementwise(flint.arb.expm1, x)

    def log(self, x: Objects) -> Objects:
        return elementwise(flint.arb.log, x)

    def log1p(self, x: Objects) -> Objects:
        return elementwise(flint.arb.log1p, x)

    def tanh(self, x: Objects) -> Objects:
        return elementwise(flint.arb.tanh, x)

    def sin(self, x: Objects) -> Objects:
        return elementwise(flint.arb.sin, x)

    def cos(self, x: Objects) -> Objects:
        return elementwise(flint.arb.cos, x)

    def sinh(self, x: Objects) -> Objects:
        return elementwise(flint.arb.sinh, x)

    def cosh(self, x: Objects) -> Objects:
        return elementwise(flint.arb.cosh, x)

    def atan(self, x: Objects) -> Objects:
        return elementwise(flint.arb.atan, x)

    def asinh(self, x: Objects) -> Objects:
        return elementwise(flint.arb.asinh, x)

    def erf(self, x: Objects) -> Objects:
        return elementwise(flint.arb.erf, x)

    def matmul(self, x: Objects, y: Objects) -> Objects:
        rows, inner, columns = x.shape[-2], x.shape[-1], y.shape[-1]
        if rows * inner * columns < LARGE_PRODUCT_TERMS:
            return np.asarray(np.matmul(x, y))
        lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        xs = np.broadcast_to(x, (*lead, rows, inner))
        ys = np.broadcast_to(y, (*lead, inner, columns))
        out = np.empty((*lead, rows, columns), dtype=object)
        for index in np.ndindex(*lead):
            product = flint.arb_mat(xs[index].tolist()) * flint.arb_mat(ys[index].tolist())
            out[index] = np.array(product.entries(), dtype=object).reshape(rows, columns)
        return out

    def is_exact_zero(self, value: flint.arb) -> bool:
        return bool(value.is_exact() and value.is_zero())

    def lipschitz(
        self,
        function: Callable[[Arithmetic, Objects], tuple[Objects, ...]],
        x: Objects,
        bounds: Sequence[Fraction | None],
    ) -> tuple[Objects, ...]:
        """As in `Ball`: the function at the midpoints, widened by its Lipschitz constants."""
        known = [b for b in bounds if b is not None]
        if len(known) < len(bounds):
            return function(self, x)
        values = function(self, elementwise(flint.arb.mid, x))
        radii = elementwise(flint.arb.rad, x)
        return tuple(self._widened(v, radii, b) for v, b in zip(values, known, strict=True))

    def _widened(self, values: Objects, radii: Objects, bound: Fraction) -> Objects:
        factor = self.number(bound)
        return elementwise(lambda v, r: v + flint.arb(0, factor * r), values, radii)

    def lower(self, x: Objects) -> Doubles:
        """Doubles below every number of the balls."""
        return arb_bounds(x)[0]

    def upper(self, x: Objects) -> Doubles:
        """Doubles above every number of the balls."""
        return arb_bounds(x)[1]

    def midpoint(self, x: Objects) -> Doubles:
        return np.array([float(v.mid()) for v in x.ravel()], dtype=np.float64).reshape(x.shape)

    def less_equal(self, x: Objects, y: Objects) -> Answers:
        """1 where certainly x <= y, 0 where certainly x > y, -1 where the balls do not tell (int8)."""
        return elementwise(_decide, x, y).astype(np.int8)


def _root(x: flint.arb) -> flint.arb:
    return flint.arb("nan") if x < 0 else x.nonnegative_part().sqrt()


def _decide(x: flint.arb, y: flint.arb) -> int:
    # Of a ball that is not finite nothing is known, and Arb would compare an infinite midpoint as if it were a number.
    if not (x.is_finite() and y.is_finite()):
        return -1
    # On overlapping balls all of < <= > >= are False, so "not <=" would not mean ">".
    return 1 if x <= y else 0 if x > y else -1
