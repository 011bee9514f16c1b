"""The parameters at which a claim looks."""

from mamlcheck.meta.variables import Shape, Variable
from mamlcheck.tasks.family import LENGTH

VARIABLE = Variable(
    symbol="w",
    latex="w",
    shape=Shape.POINT,
    place=2,
    written=None,
    unit=LENGTH,
)
