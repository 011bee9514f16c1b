"""The direction of a Hessian-vector product."""

from mamlcheck.meta.variables import Shape, Variable
from mamlcheck.tasks.family import LENGTH

VARIABLE = Variable(
    symbol="v",
    latex="v",
    shape=Shape.DIRECTION,
    place=4,
    written=None,
    unit=LENGTH,
    simple=1,
)
