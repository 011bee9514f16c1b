"""The size D_test of the batch of the stochastic meta-objective, equation (3)."""

from mamlcheck.meta.variables import Listed, Shape, Variable

VARIABLE = Variable(
    symbol="D_test",
    latex="D_{test}",
    shape=Shape.BATCH,
    place=12,
    written=8,
    default=1,
    in_every_file=True,
    listed=Listed.AFTER_A_STEP_OF_EVERY_TASK,
)
