"""The constant L of Assumption 4.3: every f_i is L-smooth."""

from mamlcheck.meta.variables import Shape, Sign, Variable
from mamlcheck.tasks.family import Unit

VARIABLE = Variable(
    symbol="L",
    latex="L",
    shape=Shape.NUMBER,
    place=14,
    written=1,
    unit=Unit(loss=1, length=-2),
    sign=Sign.NONNEGATIVE,
    of_tasks=True,
)
