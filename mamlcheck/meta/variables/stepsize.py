"""The size D_beta of the batches that the step size of Lemma 4.9 is computed from."""

from mamlcheck.meta.variables import Listed, Shape, Variable

VARIABLE = Variable(
    symbol="D_beta",
    latex=r"D_\beta",
    shape=Shape.BATCH,
    place=11,
    written=9,
    default=1,
    in_every_file=True,
    listed=Listed.GRADIENTS_OF_EVERY_TASK,
)
