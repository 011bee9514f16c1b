"""The factor eta of HF-MAML's delta = eta / (rho alpha |v|); the printed rule is eta = 1/6."""

from fractions import Fraction

from mamlcheck.meta.variables import Shape, Sign, Variable

VARIABLE = Variable(
    symbol="eta",
    latex=r"\eta",
    shape=Shape.NUMBER,
    sign=Sign.POSITIVE,
    default=Fraction(1, 6),
    drawn=(Fraction(1, 6), Fraction(1, 8), Fraction(1, 64), Fraction(1, 2**10)),
    drawn_between=(Fraction(1, 2**12), Fraction(1, 6)),
    simple=Fraction(1, 8),
)
