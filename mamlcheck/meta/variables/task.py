"""The index i of the task that a claim about one task is about."""

from mamlcheck.meta.variables import Shape, Variable

VARIABLE = Variable(
    symbol="i",
    latex="i",
    shape=Shape.TASK,
    place=7,
    written=None,
    default=0,
    in_every_file=True,
)
