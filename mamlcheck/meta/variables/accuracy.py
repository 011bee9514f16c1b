"""The accuracy epsilon that a run is to reach: the mean of |grad F| at one of its iterates, taken at random."""

from fractions import Fraction

from mamlcheck.meta.variables import Shape, Sign, Variable
from mamlcheck.tasks.family import Unit

VARIABLE = Variable(
    symbol="eps",
    latex=r"\epsilon",
    shape=Shape.NUMBER,
    sign=Sign.POSITIVE,
    unit=Unit(loss=1, length=-1),
    default=1,
    drawn=(1, Fraction(1, 2), Fraction(1, 16), 4, 64, 1024),
    drawn_between=(Fraction(1, 2**10), 4),
    simple=1,
)
