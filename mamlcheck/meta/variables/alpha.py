"""The inner rate, of the adapted parameter w - alpha grad f_i(w)."""

from fractions import Fraction

from mamlcheck.meta.variables import Shape, Variable
from mamlcheck.tasks.family import Unit

VARIABLE = Variable(
    symbol="alpha",
    latex=r"\alpha",
    shape=Shape.NUMBER,
    place=1,
    written=3,
    unit=Unit(loss=-1, length=2),
    drawn=(1, 0, Fraction(1, 2**30)),
    drawn_between=(Fraction(1, 2**20), 1),
    over_smoothness=True,
)
