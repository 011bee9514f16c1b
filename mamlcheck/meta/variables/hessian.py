"""The size D_h of the batch of the Hessian. No claim depends on it."""

from mamlcheck.meta.variables import Shape, Variable

VARIABLE = Variable(
    symbol="D_h",
    latex="D_h",
    shape=Shape.BATCH,
    place=10,
    written=None,
    default=1,
    in_every_file=True,
)
