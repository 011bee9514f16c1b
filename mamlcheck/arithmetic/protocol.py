"""What every arithmetic offers: the operations a formula may use, under one name in each, and the arrays they take.

A formula is written over `Arithmetic` and `Numbers`: `def value(ar: Arithmetic, x: Numbers) -> Numbers`. It knows
nothing else of either, so it runs in all of them. An arithmetic says which arrays it works on by its base class, as in
`class Ball(Operations[BallArray])`, and its methods are checked against `Operations` for these arrays.

Two arrays that meet in an operation belong to the arithmetic that it is asked of. Python's types cannot say so: that an
`Operations[BallArray]` serves as an `Arithmetic` is declared by the covariance of `ArrayType`, which mypy would refuse
for a type of parameters. This file, and no other, asks it not to.

An arithmetic has no state: two of the same kind (and precision) are equal, and hash alike.
"""

# mypy: disable-error-code="misc"

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from types import EllipsisType
from typing import Protocol, Self, TypeAlias, TypeVar, overload

from mamlcheck.arithmetic.arrays import Answers, Doubles, Flags, Integers, Objects

IndexPart: TypeAlias = int | slice | EllipsisType | Integers | Flags | Sequence[int] | None
Index: TypeAlias = IndexPart | tuple[IndexPart, ...]


class Numbers(Protocol):
    """An array of one arithmetic: a shape, `+ - * /` among themselves and with Python ints, indexing as NumPy's.

    It has no comparisons: they are asked of the arithmetic (`less_equal`), which may be unable to tell. All other
    numbers come in through `Arithmetic.exact`.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @property
    def ndim(self) -> int:
        """Number of axes."""

    def __getitem__(self, index: Index, /) -> Self: ...

    @overload
    def reshape(self, shape: tuple[int, ...], /) -> Self: ...

    @overload
    def reshape(self, length: int, /, *more: int) -> Self: ...

    def __neg__(self) -> Self: ...

    def __add__(self, other: Self | int, /) -> Self: ...

    def __radd__(self, other: int, /) -> Self: ...

    def __sub__(self, other: Self | int, /) -> Self: ...

    def __rsub__(self, other: int, /) -> Self: ...

    def __mul__(self, other: Self | int, /) -> Self: ...

    def __rmul__(self, other: int, /) -> Self: ...

    def __truediv__(self, other: Self | int, /) -> Self: ...

    def __rtruediv__(self, other: int, /) -> Self: ...


ArrayType = TypeVar("ArrayType", bound=Numbers, covariant=True)


class ModelOperations(Protocol[ArrayType]):
    """The operations that suffice for a model and its gradient, so that both also run on dual numbers."""

    @abstractmethod
    def square(self, x: ArrayType, /) -> ArrayType:
        """The product x * x."""

    @abstractmethod
    def exp(self, x: ArrayType, /) -> ArrayType:
        """e**x."""

    @abstractmethod
    def log(self, x: ArrayType, /) -> ArrayType:
        """Natural logarithm."""

    @abstractmethod
    def tanh(self, x: ArrayType, /) -> ArrayType:
        """Hyperbolic tangent."""

    @abstractmethod
    def sum(self, x: ArrayType, axis: int) -> ArrayType:
        """Sum over one axis."""

    @abstractmethod
    def mean(self, x: ArrayType, axis: int) -> ArrayType:
        """Mean over one axis."""

    @abstractmethod
    def matvec(self, a: ArrayType, x: ArrayType) -> ArrayType:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""

    @abstractmethod
    def rmatvec(self, a: ArrayType, y: ArrayType) -> ArrayType:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""

    @abstractmethod
    def concatenate(self, arrays: Sequence[ArrayType], axis: int) -> ArrayType:
        """Arrays along an axis they have."""

    @abstractmethod
    def transpose(self, x: ArrayType, axes: Sequence[int]) -> ArrayType:
        """X with its axes in this order."""


class DirectionOperations(ModelOperations[ArrayType], Protocol[ArrayType]):
    """The operations that suffice for the direction of an algorithm on models: those that `rounding` has too."""

    @abstractmethod
    def exact(self, values: object) -> ArrayType:
        """An array of exact numbers: ints, Fractions, doubles, and nested lists or arrays of them.

        Raises `InputError` for anything else.
        """

    @abstractmethod
    def norm(self, x: ArrayType) -> ArrayType:
        """Euclidean norm over the last axis."""

    @abstractmethod
    def broadcast_to(self, x: ArrayType, shape: tuple[int, ...]) -> ArrayType:
        """x, repeated to the shape."""

    @abstractmethod
    def sqrt(self, x: ArrayType, /) -> ArrayType:
        """Square root of numbers known to be non-negative."""

    @abstractmethod
    def sin(self, x: ArrayType, /) -> ArrayType:
        """Sine."""

    @abstractmethod
    def cos(self, x: ArrayType, /) -> ArrayType:
        """Cosine."""

    @abstractmethod
    def atan(self, x: ArrayType, /) -> ArrayType:
        """Arc tangent."""

    @abstractmethod
    def erf(self, x: ArrayType, /) -> ArrayType:
        """Error function."""

    @abstractmethod
    def less_equal(self, x: ArrayType, y: ArrayType) -> Answers:
        """1 where certainly x <= y, 0 where certainly x > y, -1 where this arithmetic cannot tell (int8)."""


class Operations(DirectionOperations[ArrayType], Protocol[ArrayType]):
    """The number system a formula runs in, on arrays of one type."""

    @abstractmethod
    def __hash__(self) -> int:
        """Two arithmetics that are equal hash alike: results can be cached by them."""

    @property
    @abstractmethod
    def name(self) -> str:
        """`float64`, `filter`, `ball`, `arb`, `rational` or `symbolic`."""

    @property
    @abstractmethod
    def rigorous(self) -> bool:
        """Whether results enclose, or are, the exact ones."""

    @property
    @abstractmethod
    def in_doubles(self) -> bool:
        """Whether arrays hold doubles, so that thousands of numbers cost what one object does."""

    @property
    @abstractmethod
    def precision(self) -> int:
        """Bits of precision, where that says something."""

    @abstractmethod
    def working(self) -> AbstractContextManager[object]:
        """Context in which formulas run."""

    @abstractmethod
    def from_arb(self, values: Objects) -> ArrayType:
        """An array around an object array of flint `arb`; raises `NotExact` where there are no enclosures."""

    @abstractmethod
    def between(self, low: Doubles, high: Doubles) -> ArrayType:
        """Numbers known to lie in [low, high]; raises `NotExact` where there are no enclosures."""

    # -- elementwise -----------------------------------------------------------------------------------------
    @abstractmethod
    def abs(self, x: ArrayType, /) -> ArrayType:
        """|x|."""

    @abstractmethod
    def minimum(self, x: ArrayType, y: ArrayType | int, /) -> ArrayType:
        """The smaller of x and y."""

    @abstractmethod
    def maximum(self, x: ArrayType, y: ArrayType | int, /) -> ArrayType:
        """The larger of x and y."""

    @abstractmethod
    def power(self, x: ArrayType, n: int) -> ArrayType:
        """x**n for an integer n >= 0."""

    @abstractmethod
    def expm1(self, x: ArrayType, /) -> ArrayType:
        """e**x - 1."""

    @abstractmethod
    def log1p(self, x: ArrayType, /) -> ArrayType:
        """log(1 + x)."""

    @abstractmethod
    def sinh(self, x: ArrayType, /) -> ArrayType:
        """Hyperbolic sine."""

    @abstractmethod
    def cosh(self, x: ArrayType, /) -> ArrayType:
        """Hyperbolic cosine."""

    @abstractmethod
    def asinh(self, x: ArrayType, /) -> ArrayType:
        """Inverse hyperbolic sine."""

    # -- sums and products along axes ------------------------------------------------------------------------
    @abstractmethod
    def weighted_sum(self, weights: ArrayType, x: ArrayType, axis: int) -> ArrayType:
        """Sum of weights * x over one axis."""

    @abstractmethod
    def squared_norm(self, x: ArrayType) -> ArrayType:
        """Sum of squares over the last axis."""

    # -- shape -----------------------------------------------------------------------------------------------
    @abstractmethod
    def stack(self, arrays: Sequence[ArrayType], axis: int) -> ArrayType:
        """Arrays of one shape along a new axis."""

    @abstractmethod
    def take(self, x: ArrayType, indices: Integers | Sequence[int], axis: int) -> ArrayType:
        """Elements at these indices along an axis."""

    # -- what is known beyond the numbers --------------------------------------------------------------------
    @abstractmethod
    def vanishing_with(self, x: ArrayType, step: ArrayType) -> ArrayType:
        """x, known to be 0 wherever `step` is exactly 0."""

    @abstractmethod
    def lipschitz(
        self,
        function: Callable[[Arithmetic, ArrayType], tuple[ArrayType, ...]],
        x: ArrayType,
        bounds: Sequence[Fraction | None],
    ) -> tuple[ArrayType, ...]:
        """function(self, x), given a Lipschitz constant of each of its outputs (None: there is none)."""

    def expanded(
        self, x: ArrayType, step: ArrayType, expansion: Callable[[], tuple[ArrayType, ArrayType] | None]
    ) -> ArrayType:
        """x, enclosed more closely where a step is small, if the arithmetic knows how wide its enclosures are.

        expansion: a second value of x and a bound of its error, by an expansion in powers of the step; None where there
        is none. It is asked for only where it may serve.
        """
        return x

    @abstractmethod
    def sloping(
        self,
        function: Callable[[ArrayType], tuple[ArrayType, ...]],
        x: ArrayType,
        slopes: Sequence[ArrayType],
    ) -> tuple[ArrayType, ...]:
        """function(x), given numbers for each output: on x[k] none of its slopes exceeds all of those at [k].

        They have as many axes as x.
        """

    # -- reading ---------------------------------------------------------------------------------------------
    @abstractmethod
    def lower(self, x: ArrayType) -> Doubles:
        """Doubles not above the numbers."""

    @abstractmethod
    def upper(self, x: ArrayType) -> Doubles:
        """Doubles not below the numbers."""

    @abstractmethod
    def midpoint(self, x: ArrayType) -> Doubles:
        """Doubles near the numbers."""


ModelArithmetic: TypeAlias = ModelOperations[Numbers]
DirectionArithmetic: TypeAlias = DirectionOperations[Numbers]
Arithmetic: TypeAlias = Operations[Numbers]
