"""The number B of tasks that one step of an algorithm draws, equations (5), (8) and (10)."""

from mamlcheck.meta.variables import Shape, Variable

VARIABLE = Variable(
    symbol="B",
    latex="B",
    shape=Shape.COUNT,
    default=1,
    drawn=(1, 20, 21, 24, 32, 64, 100, 1000, 10**6),
    term="tasks_of_a_step",
)
