"""A second point, to be compared with w."""

from mamlcheck.meta.variables import STEPS, Shape, Variable
from mamlcheck.tasks.family import LENGTH

VARIABLE = Variable(
    symbol="u",
    latex="u",
    shape=Shape.POINT,
    place=3,
    written=None,
    unit=LENGTH,
    drawn=STEPS,
    near="w",
    simple=1,
)
