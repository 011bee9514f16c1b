"""The number B' of tasks that are drawn for the step size of Lemma 4.9."""

from mamlcheck.meta.variables import Shape, Variable

VARIABLE = Variable(
    symbol="B'",
    latex="B'",
    shape=Shape.COUNT,
    place=13,
    written=10,
    default=1,
    in_every_file=True,
    term="tasks_drawn",
)
