"""The size D_o of the batch of the gradient at the adapted parameter."""

from mamlcheck.meta.variables import Shape, Variable

VARIABLE = Variable(
    symbol="D_o",
    latex="D_o",
    shape=Shape.BATCH,
    place=9,
    written=7,
    default=1,
    in_every_file=True,
)
