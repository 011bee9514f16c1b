"""The rate of the meta step w - beta grad F(w)."""

from fractions import Fraction

from mamlcheck.meta.variables import Shape, Sign, Variable
from mamlcheck.tasks.family import Unit

VARIABLE = Variable(
    symbol="beta",
    latex=r"\beta",
    shape=Shape.NUMBER,
    unit=Unit(loss=-1, length=2),
    sign=Sign.POSITIVE,
    default=1,
    drawn=(1, Fraction(1, 3), 2),
)
