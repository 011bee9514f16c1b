"""The size D_in of the batch that the inner step is taken with."""

from mamlcheck.meta.variables import Listed, Shape, Variable

VARIABLE = Variable(
    symbol="D_in",
    latex="D_{in}",
    shape=Shape.BATCH,
    place=8,
    written=6,
    default=1,
    in_every_file=True,
    listed=Listed.AFTER_A_STEP_OF_THE_FIXED_TASK,
)
