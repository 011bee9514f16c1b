"""The number T of steps of a run, from w_0 = w to w_T; the theorems speak of an iterate w_0, ..., w_{T-1} at random."""

from mamlcheck.meta.variables import Shape, Variable

VARIABLE = Variable(
    symbol="T",
    latex="T",
    shape=Shape.COUNT,
    default=1,
    drawn=(1, 2, 10, 100, 1000, 10**6),
)
