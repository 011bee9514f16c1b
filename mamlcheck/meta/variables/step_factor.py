"""The factor c of the step size beta = c beta~."""

from fractions import Fraction

from mamlcheck.meta.variables import Shape, Sign, Variable

VARIABLE = Variable(
    symbol="c",
    latex="c",
    shape=Shape.NUMBER,
    sign=Sign.POSITIVE,
    default=Fraction(1, 12),
    drawn=(Fraction(1, 12), Fraction(1, 16), Fraction(1, 64), Fraction(1, 4), Fraction(1, 2), Fraction(1, 2**20)),
    drawn_between=(Fraction(1, 2**10), Fraction(1, 2)),
    simple=Fraction(1, 16),
)
